//! The losses, one folder for each family, and the verbs that all of them have.

mod classification;
mod divergence;
mod embedding;
mod regression;
mod verbs;

pub use classification::*;
pub use divergence::*;
pub use embedding::*;
pub use regression::*;
pub use verbs::{BothGrads, Loss, With};

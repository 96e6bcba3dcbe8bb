//! The losses, one folder for each family, and the verbs that all of them have.

mod classification;
mod regression;
mod verbs;

pub use classification::*;
pub use regression::*;
pub use verbs::{Loss, With};

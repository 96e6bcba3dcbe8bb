//! Losses of scores against classes.

mod bce;
mod bce_with_logits;
mod cross_entropy;
mod hinge;
mod labels;
mod squared_hinge;

pub use bce::Bce;
pub use bce_with_logits::BceWithLogits;
pub use cross_entropy::{ClassIndex, Classes, CrossEntropy};
pub use hinge::Hinge;
pub use labels::Labels;
pub use squared_hinge::SquaredHinge;

//! Losses of scores against classes.

mod bce;
mod bce_with_logits;
mod categorical_cross_entropy;
mod categorical_hinge;
mod class_rows;
mod cross_entropy;
mod hinge;
mod labels;
mod nll;
mod squared_hinge;

pub use bce::Bce;
pub use bce_with_logits::BceWithLogits;
pub use categorical_cross_entropy::{CategoricalCrossEntropy, Clip};
pub use categorical_hinge::CategoricalHinge;
pub use cross_entropy::{ClassIndex, Classes, CrossEntropy};
pub use hinge::Hinge;
pub use labels::Labels;
pub use nll::Nll;
pub use squared_hinge::SquaredHinge;

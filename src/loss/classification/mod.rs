//! Losses of scores against classes.

mod bce_with_logits;
mod categorical_cross_entropy;
mod categorical_hinge;
mod class_rows;
mod cross_entropy;
mod nll;

pub use bce_with_logits::BceWithLogits;
pub use categorical_cross_entropy::{CategoricalCrossEntropy, Clip};
pub use categorical_hinge::CategoricalHinge;
pub use cross_entropy::{ClassIndex, Classes, CrossEntropy};
pub use nll::Nll;

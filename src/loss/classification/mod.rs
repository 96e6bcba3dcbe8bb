//! Losses of scores against classes.

mod bce_with_logits;
mod cross_entropy;

pub use bce_with_logits::BceWithLogits;
pub use cross_entropy::{ClassIndex, Classes, CrossEntropy};

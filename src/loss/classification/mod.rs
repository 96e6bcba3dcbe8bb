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

#[doc(alias(
    "BCELoss",
    "binary_cross_entropy",
    "BinaryCrossentropy",
    "binary_crossentropy",
    "BinaryCrossEntropy"
))]
pub use bce::Bce;
#[doc(alias(
    "BCEWithLogitsLoss",
    "binary_cross_entropy_with_logits",
    "BinaryCrossentropy",
    "binary_crossentropy",
    "from_logits"
))]
pub use bce_with_logits::BceWithLogits;
#[doc(alias(
    "CategoricalCrossentropy",
    "categorical_crossentropy",
    "SparseCategoricalCrossentropy",
    "sparse_categorical_crossentropy",
    "cross entropy of probabilities",
    "log loss",
    "log_loss"
))]
pub use categorical_cross_entropy::CategoricalCrossEntropy;
pub use categorical_cross_entropy::Clip;
#[doc(alias("categorical_hinge", "multiclass hinge", "crammer singer"))]
pub use categorical_hinge::CategoricalHinge;
#[doc(alias(
    "CrossEntropyLoss",
    "cross_entropy",
    "softmax",
    "CategoricalCrossentropy",
    "categorical_crossentropy",
    "SparseCategoricalCrossentropy",
    "sparse_categorical_crossentropy",
    "from_logits"
))]
pub use cross_entropy::CrossEntropy;
pub use cross_entropy::{ClassIndex, Classes};
#[doc(alias("hinge", "HingeLoss", "hinge_loss"))]
pub use hinge::Hinge;
pub use labels::Labels;
#[doc(alias("NLLLoss", "NLLLoss2d", "nll_loss", "negative_log_likelihood"))]
pub use nll::Nll;
#[doc(alias("squared_hinge", "SquaredHingeLoss"))]
pub use squared_hinge::SquaredHinge;

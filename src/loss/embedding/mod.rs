//! Losses of vectors against vectors.

mod cosine;
mod cosine_embedding;
mod cosine_similarity;
mod hinge_embedding;
mod signs;

pub use cosine_embedding::CosineEmbedding;
pub use cosine_similarity::CosineSimilarity;
pub use hinge_embedding::HingeEmbedding;
pub use signs::{SignLabel, Signs};

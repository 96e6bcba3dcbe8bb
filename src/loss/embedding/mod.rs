//! Losses of vectors against vectors.

mod cosine;
mod cosine_similarity;
mod hinge_embedding;

pub use cosine_similarity::CosineSimilarity;
pub use hinge_embedding::HingeEmbedding;

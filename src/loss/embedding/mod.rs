//! Losses of vectors against vectors.

mod cosine;
mod cosine_embedding;
mod cosine_similarity;
mod hinge_embedding;
mod signs;

#[doc(alias("CosineEmbeddingLoss", "cosine_embedding_loss"))]
pub use cosine_embedding::CosineEmbedding;
#[doc(alias("cosine_similarity", "cosine_proximity"))]
pub use cosine_similarity::CosineSimilarity;
#[doc(alias("HingeEmbeddingLoss", "hinge_embedding_loss"))]
pub use hinge_embedding::HingeEmbedding;
pub use signs::{SignLabel, Signs};

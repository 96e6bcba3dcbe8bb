//! Losses of vectors against vectors.

mod cosine;
mod cosine_similarity;

pub use cosine_similarity::CosineSimilarity;

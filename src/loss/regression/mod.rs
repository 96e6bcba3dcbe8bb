//! Losses of a number against a number.

mod huber;
mod mae;
mod mse;
mod smooth_l1;

pub use huber::Huber;
pub use mae::Mae;
pub use mse::Mse;
pub use smooth_l1::SmoothL1;

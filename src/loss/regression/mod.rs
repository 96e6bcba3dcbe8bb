//! Losses of a number against a number.

mod huber;
mod log_cosh;
mod mae;
mod mape;
mod mse;
mod msle;
mod smooth_l1;

pub use huber::Huber;
pub use log_cosh::LogCosh;
pub use mae::Mae;
pub use mape::Mape;
pub use mse::Mse;
pub use msle::Msle;
pub use smooth_l1::SmoothL1;

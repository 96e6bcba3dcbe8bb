//! Losses of a number against a number.

mod huber;
mod log_cosh;
mod mae;
mod mape;
mod mse;
mod msle;
mod smooth_l1;

#[doc(alias("HuberLoss", "huber_loss"))]
pub use huber::Huber;
#[doc(alias("log_cosh", "logcosh", "LogCoshLoss"))]
pub use log_cosh::LogCosh;
#[doc(alias("L1Loss", "l1_loss", "MeanAbsoluteError", "mean_absolute_error", "MAE", "L1"))]
pub use mae::Mae;
#[doc(alias("MeanAbsolutePercentageError", "mean_absolute_percentage_error", "MAPE"))]
pub use mape::Mape;
#[doc(alias("MSELoss", "mse_loss", "MeanSquaredError", "mean_squared_error", "MSE", "L2"))]
pub use mse::Mse;
#[doc(alias("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "MSLE"))]
pub use msle::Msle;
#[doc(alias("SmoothL1Loss", "smooth_l1_loss"))]
pub use smooth_l1::SmoothL1;

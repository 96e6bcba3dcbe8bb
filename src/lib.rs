//! Loss functions over slices: the value and the hand-written gradient in one pass, explicit SIMD chosen at run time,
//! threads for large batches, and a `no_std` build that does not allocate.
//!
//! A loss is a small value that holds its own options. It does what [`Loss`] lists, with the same arguments for all:
//! prediction `x`, target `y`, gradient `dx`. The prediction comes first, as in PyTorch; Keras has it second.
//!
//! ```
//! use lossfn::{CrossEntropy, Huber, Loss};
//!
//! let mut d_pred = [0.0_f32; 2];
//! let loss = Huber::new(1.0).value_and_grad(&[1.0, 5.0], &[0.5, 1.0], &mut d_pred)?.value;
//! assert_eq!((loss, d_pred), (1.8125, [0.25, 0.5]));
//!
//! let mut d_logits = [0.0_f64; 4];
//! let loss = CrossEntropy::new(2).value_and_grad(&[0.0, 0.0, 0.0, 0.0], &[0, 1], &mut d_logits)?.value;
//! assert!((loss - 2_f64.ln()).abs() < 1e-15);
//! assert_eq!(d_logits, [-0.25, 0.25, 0.25, -0.25]);
//! # Ok::<(), lossfn::LossError>(())
//! ```
//!
//! All that is not part of the formula is a [`Call`]: the reduction and its [`Divisor`], [`Weights`], a mask, the
//! upstream gradient, accumulation, [`Threads`], the [`Level`] of instructions.
//!
//! ```
//! use lossfn::{Call, Divisor, Loss, Mse, Threads};
//!
//! // One micro-batch of a step over 1000 elements: gradients are added up, and divided by the whole.
//! let how = Call::new().mean(Divisor::Fixed(1000.0)).accumulate().threads(Threads::Serial);
//! let mut d_pred = [1.0_f32; 2];
//! Mse::new().with(how).grad(&[1.0, 2.0], &[0.0, 0.0], &mut d_pred)?;
//! assert_eq!(d_pred, [1.002, 1.004]);
//! # Ok::<(), lossfn::LossError>(())
//! ```
//!
//! # What holds for every loss
//!
//! - **Bits.** The same input gives the same bits for any number of threads, any alignment, alone or in a batch, by any
//!   verb, and on every level with a fused multiply-add ([`Level::is_fused`]). Builds with and without `std` may differ
//!   in the last bit of sums, because their vectors and tiles differ in length.
//! - **Errors.** Lengths, options and class indices that cannot be are a [`LossError`], before any output is written.
//!   Nothing panics.
//! - **NaN.** Floats are not checked. What has no value is NaN, and so is what is made of NaN; where a loss differs, it
//!   says so under *Edge cases*. What rows and elements hold that are masked or ignored has no effect, except with
//!   [`Labels::Auto`]; their gradient is exactly zero.
//! - **Accuracy** is stated for the loss and the gradient of one element or row. Weights, divisor and upstream gradient
//!   come on top: in `f64` they are multiplied to one factor of the gradient, which is rounded to the element type, and
//!   so is the product with it.
//! - **Means over nothing** follow [`Empty`]; their gradients are zero.
//! - **Memory.** No verb allocates; scratch is on the stack, of which a call takes
//!   - with `std` less than 512 KiB, even in a debug build (the scratch is 32 KiB at most);
//!   - without it on x86-64 at most 6 KiB in the calls that `scripts/no_std` measures;
//!   - on a Cortex-M at most 4 KiB in those that `scripts/firmware` measures, and at most 2 KiB in those of them that are
//!     of elements not reduced by row but for [`Bce`], of `CrossEntropy` against classes, or of cosines, and whose rows do
//!     not lie along an axis in the middle.
//!
//! # Features
//!
//! - `std` (default): vectors of 64 bytes instead of 16, larger scratch, and the two below.
//! - `rayon` (default): large calls run in the caller's rayon pool. Without it every call is serial.
//! - `pulp` (default): AVX-512 and AVX2 chosen at run time on x86-64. Without it, and on every other target, the
//!   vectors that the compilation target guarantees.

#![no_std]
// The scalar model needs the float methods of std.
#[cfg(any(feature = "std", feature = "internals"))]
extern crate std;

mod call;
mod engine;
mod error;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod lane;
mod layout;
mod loss;
mod math;
mod reduction;

#[doc(alias("reduction", "size_average", "reduce", "sample_weight", "AUTO", "SUM_OVER_BATCH_SIZE", "batchmean"))]
pub use call::Call;
pub use call::{ByRow, Threads, Weights};
pub use error::LossError;
pub use lane::{Level, Real};
pub use layout::Layout;
pub use loss::*;
pub use reduction::{Divisor, Empty, Outcome, Reduction, Totals};

/// Where each loss and option of PyTorch and Keras is.
#[doc = include_str!("../docs/names.md")]
pub mod names {}

/// What the presets of the frameworks set.
#[doc = include_str!("../docs/presets.md")]
pub mod presets {}

/// The examples of README.md run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

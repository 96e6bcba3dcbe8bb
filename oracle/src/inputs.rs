//! Inputs that break kernels: lengths around every boundary, slices that start anywhere, values of every magnitude.

mod lengths;
mod shifted;
mod special;
#[cfg(feature = "proptest")]
pub mod strategies;
mod values;

pub use lengths::{LANES, lengths, offsets};
pub use shifted::Shifted;
pub use special::{near, pairs, special};
pub use values::{Values, rng};

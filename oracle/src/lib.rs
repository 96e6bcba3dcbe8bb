#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod compare;
pub mod dual;
pub mod elementary;
pub mod formula;
pub mod inputs;
pub mod judged;
pub mod reduce;
#[cfg(feature = "registry")]
pub mod registry;
pub mod wide;

pub use compare::{Fault, Kind, Tolerance, Truth, Worst, judge};
pub use dual::Dual;
pub use judged::{Judged, widen};
pub use wide::{Big, Wide};

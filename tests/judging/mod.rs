//! How the tests of accuracy draw inputs, run kernels at every level, and judge each number that comes out.
#![allow(dead_code, unused_imports, unused_macros, reason = "every test binary uses its own part of this")]

mod accepted;
mod buffers;
pub(crate) mod contract;
mod effort;
mod elements;
mod expected;
pub(crate) mod family;
pub(crate) mod logits;
pub(crate) mod manner;
mod pairs;
pub(crate) mod pairs_of_rows;
mod placement;
pub(crate) mod rows;
pub(crate) mod sweep;
pub(crate) mod vectors;

pub(crate) use accepted::{Accepted, Peaks};
pub(crate) use effort::{proptest_config, scaled};
pub(crate) use elements::{Elements, judge_batches, shown};
pub(crate) use expected::Output;
pub(crate) use manner::{Manner, manners};
pub(crate) use pairs::{drawn_pairs, edges, inside, kinked, pairs_of, special_pairs};

use lossfn::Level;
use lossfn_oracle::Judged;

/// Every level of this machine, and the scalar model if this build has it.
pub(crate) fn levels() -> Vec<Level> {
    lossfn::internals::levels().collect()
}

/// Whether two slices hold the same bits, any NaN being as good as another.
pub(crate) fn same_bits<T: Judged>(a: &[T], b: &[T]) -> bool {
    let same = |(a, b): (&T, &T)| a.to_bits() == b.to_bits() || (a.to_f64().is_nan() && b.to_f64().is_nan());
    a.len() == b.len() && a.iter().zip(b).all(same)
}

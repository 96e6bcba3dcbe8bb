//! What the tests of the losses share: every loss behind one face, and problems to give to them.
#![allow(dead_code, unused_imports, unused_macros, reason = "every test binary uses its own part of this")]

mod number;
mod problem;
mod subjects;
mod verbs;

pub(crate) use number::{Number, Rng, fused_levels, scaled, thinned};
pub(crate) use problem::{Problem, Results, assert_same, run, spread, words_of_both};
pub(crate) use subjects::{Subject, Targets, subjects};
pub(crate) use verbs::{AnyLoss, Verbs, Y, bind};

/// Runs generic tests for `f32` and for `f64`.
macro_rules! for_both_types {
    ($($test:ident),+ $(,)?) => {
        mod single {
            $(#[test] fn $test() { super::$test::<f32>(); })+
        }
        mod double {
            $(#[test] fn $test() { super::$test::<f64>(); })+
        }
    };
}
pub(crate) use for_both_types;

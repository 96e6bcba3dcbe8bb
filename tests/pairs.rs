//! Losses of rows against rows, and of probabilities against classes: every row and entry, at every level, by every
//! verb, against the textbook. They come from the registry: a loss that is added there is tested here.
//!
//! What is a difference is judged in ULPs of its larger term. `LOSSFN_TEST_CASES=10` does ten times as much.

mod judging;

use judging::pairs_of_rows::PairsOfRows;
use judging::vectors::{Shape, rows_for};
use judging::{Manner, Peaks, manners, proptest_config, scaled, shown};
use lossfn::{CategoricalHinge, Loss};
use lossfn_oracle::inputs::offsets;
use lossfn_oracle::registry::PairSubject;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::collections::BTreeMap;

/// Runs generic tests for both types.
macro_rules! for_both_types {
    ($($test:ident),+ $(,)?) => {
        mod singles {
            $(#[test] fn $test() { super::$test::<f32>(); })+
        }
        mod doubles {
            $(#[test] fn $test() { super::$test::<f64>(); })+
        }
    };
}
for_both_types!(shapes, batches, special_values);

/// Both sides of every boundary of the kernels.
const COLUMNS: [usize; 18] = [1, 2, 3, 7, 15, 16, 17, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1000, 4096];

/// Rows of every shape. In f64 an entry takes the oracle long, so that the largest are for single precision.
fn shapes<T: PairSubject>() {
    let (most, entries) = if T::BITS == 32 { (usize::MAX, 20_000) } else { (513, 600) };
    let mut peaks: BTreeMap<&str, Peaks> = BTreeMap::new();
    let mut failures: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mean = Manner { divisor: Some(lossfn::Divisor::OfLoss), ..Manner::sum() };
    let losses = T::pairs();
    for loss in &losses {
        for (seed, columns) in (1..).zip(COLUMNS).filter(|(_, columns)| *columns <= most) {
            let rows = (scaled(entries) / columns).clamp(2, 96);
            match rows_for(loss, Shape { rows, columns }, seed).judge(&[Manner::sum(), mean.clone()]) {
                Ok(judged) => peaks.entry(loss.name).or_default().absorb(judged),
                Err(failure) => failures.entry(loss.name).or_default().push(failure),
            }
        }
    }
    for (name, Peaks { value, slope, target_slope }) in peaks {
        println!("{name:<60} {} value {value:.3} ULP, gradient {slope:.3}, of the target {target_slope:.3}", T::NAME);
    }
    let first = failures.iter().map(|(name, failures)| format!("{name}: {} like {}", failures.len(), failures[0]));
    assert!(failures.is_empty(), "shapes that fail:\n{}", first.collect::<Vec<_>>().join("\n"));
}

/// All losses with all weights, divisors, strides and offsets.
fn batches<T: PairSubject>() {
    let (cases, most) = if T::BITS == 32 { (600, 129) } else { (80, 17) };
    let losses = T::pairs();
    let columns: Vec<usize> = COLUMNS.into_iter().filter(|columns| *columns <= most).collect();
    let shape = (0..losses.len(), select(columns), 0..=9_usize, 0..=3_usize, offsets(), any::<u64>());
    let batch = shape.prop_flat_map(|(loss, columns, rows, padding, offset, seed)| {
        let manner = manners::<T>(rows, false);
        manner.prop_map(move |manner| (loss, Shape { rows, columns }, padding, offset, seed, manner))
    });
    let outcome =
        TestRunner::new(proptest_config(cases)).run(&batch, |(loss, shape, padding, offset, seed, manner)| {
            let rows = PairsOfRows { stride: shape.columns + padding, offset, ..rows_for(&losses[loss], shape, seed) };
            rows.judge(&[manner]).map(|_| ()).map_err(TestCaseError::fail)
        });
    outcome.unwrap_or_else(|failure| panic!("{}", shown(failure)));
}

/// One entry of a row is NaN, infinite, 0, or at either end of the type, in short rows and in long ones.
fn special_values<T: PairSubject>() {
    let most = T::MAX.to_f64();
    let specials = [f64::NAN, f64::INFINITY, 0.0, most, most / 4.0, T::from_bits(1).to_f64()];
    let losses = T::pairs();
    let mut failures = Vec::new();
    for loss in &losses {
        for columns in [1, 3, 70] {
            for (i, special) in specials.into_iter().enumerate() {
                let mut rows = rows_for(loss, Shape { rows: 11, columns }, i as u64);
                for row in 0..11 {
                    rows.x[row * columns + row % columns] = T::from_f64(special);
                }
                if let Err(fault) = rows.judge(&[Manner::sum()]) {
                    failures.push(format!("{} of {columns} with {special:e}: {fault}", loss.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} that fail:\n{}", failures.len(), failures.join("\n"));
}

/// The difference of the scores is not a number of the type, and what its rounding takes is the loss.
#[test]
fn a_difference_that_rounds_to_minus_one() {
    let tiny = f64::EPSILON / 4.0;
    let loss = CategoricalHinge::new(2).without_target_slot();
    assert_eq!(loss.value(&[-1.25, -0.25 - tiny], &[0.0, 1.0]).map(|outcome| outcome.value), Ok(tiny));
}

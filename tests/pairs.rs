//! Losses of rows against rows, and of probabilities against classes: every row and entry, at every level, by every
//! verb, against the textbook. They come from the registry: a loss that is added there is tested here.
//!
//! What is a difference is judged in ULPs of its larger term. `LOSSFN_TEST_CASES=10` does ten times as much.

mod judging;

use judging::pairs_of_rows::PairsOfRows;
use judging::vectors::{Shape, rows_for};
use judging::{Manner, Peaks, manners, proptest_config, scaled, shown};
use lossfn::{CategoricalHinge, Loss};
use lossfn_oracle::Tolerance;
use lossfn_oracle::inputs::offsets;
use lossfn_oracle::registry::{PairSubject, PairsRow, Sides};
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
for_both_types!(shapes, one_class, batches, batches_along_an_axis, special_values, special_targets);

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

/// A target of one class makes a hinge that is exact but for the difference itself.
fn one_class<T: PairSubject>() {
    let mut losses = T::pairs();
    losses.retain(|loss| loss.sides == Sides::Hits);
    for loss in &mut losses {
        loss.accuracy.value = Tolerance::ulp(2.0);
        for (seed, columns) in (1..).zip(COLUMNS.into_iter().take(if T::BITS == 32 { 18 } else { 10 })) {
            let shape = Shape { rows: (scaled(20_000) / columns).clamp(2, 64), columns };
            let mut rows = rows_for(loss, shape, seed);
            for (t, class) in rows.t.chunks_mut(columns).zip(&rows.classes) {
                t.fill(T::from_f64(0.0));
                t[usize::try_from(*class).unwrap_or_default()] = T::from_f64(1.0);
            }
            let judged = rows.judge(&[Manner::sum()]);
            judged.unwrap_or_else(|fault| panic!("{} of {columns} classes: {fault}", loss.name));
            // What fills the last vector up must not be the best of the others.
            rows.x.iter_mut().for_each(|x| *x = T::from_f64(-1.0 - x.to_f64().abs()));
            let judged = rows.judge(&[Manner::sum()]);
            judged.unwrap_or_else(|fault| panic!("{} of {columns} classes below 0: {fault}", loss.name));
        }
    }
}

/// All losses with all weights, divisors, strides and offsets.
fn batches<T: PairSubject>() {
    let (cases, most) = if T::BITS == 32 { (600, 129) } else { (80, 17) };
    let batch = (select(columns_to(most)), 0..=9_usize, 0..=3_usize);
    judge_drawn::<T>(cases, batch.prop_map(|(columns, rows, padding)| (Shape { rows, columns }, columns + padding, 1)));
}

/// The same along an axis, of one sample and of two.
fn batches_along_an_axis<T: PairSubject>() {
    let (cases, most) = if T::BITS == 32 { (400, 129) } else { (40, 7) };
    let batch = (select(columns_to(most)), select(vec![2, 7, 15, 16, 17, 33, 70]), 1..=2_usize);
    judge_drawn::<T>(
        cases,
        batch.prop_map(|(columns, inner, samples)| (Shape { rows: inner * samples, columns }, columns, inner)),
    );
}

/// These of [`COLUMNS`].
fn columns_to(most: usize) -> Vec<usize> {
    COLUMNS.into_iter().filter(|columns| *columns <= most).collect()
}

/// Any loss in any manner over rows of such a shape, stride and inner length.
fn judge_drawn<T: PairSubject>(cases: usize, shapes: impl Strategy<Value = (Shape, usize, usize)>) {
    let losses = T::pairs();
    let batch = (0..losses.len(), shapes, offsets(), any::<u64>()).prop_flat_map(|(loss, shape, offset, seed)| {
        manners::<T>(shape.0.rows, false).prop_map(move |manner| (loss, shape, offset, seed, manner))
    });
    let outcome = TestRunner::new(proptest_config(cases)).run(&batch, |(loss, shape, offset, seed, manner)| {
        let (shape, stride, inner) = shape;
        let rows = PairsOfRows { stride, inner, offset, ..rows_for(&losses[loss], shape, seed) };
        rows.judge(&[manner]).map(|_| ()).map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|failure| panic!("{}", shown(failure)));
}

/// One entry of a row is NaN, infinite, 0, or at either end of the type, in short rows and in long ones.
fn special_values<T: PairSubject>() {
    let most = T::MAX.to_f64();
    let specials = [f64::NAN, f64::INFINITY, 0.0, most, most / 4.0, T::from_bits(1).to_f64()];
    let mut failures = Vec::new();
    for loss in &T::pairs() {
        failures.extend(specials.into_iter().flat_map(|special| judge_special(loss, "x", special)));
    }
    assert!(failures.is_empty(), "{} that fail:\n{}", failures.len(), failures.join("\n"));
}

/// One target of a row, or one class weight, is NaN, 0 or far from 1. Entries of vectors are more than that.
fn special_targets<T: PairSubject>() {
    let most = T::MAX.to_f64();
    let of_vectors = [f64::NAN, f64::INFINITY, 0.0, most, most / 4.0, 1e-30];
    let others = [f64::NAN, 0.0, 1.0, 1e-15, 1e15];
    let mut failures = Vec::new();
    for loss in &T::pairs() {
        let of_targets = match loss.sides {
            Sides::Vectors => &of_vectors[..],
            Sides::Hits | Sides::Distributions => &others,
            Sides::Classes | Sides::ClassesOfLogarithms => &[],
        };
        failures.extend(of_targets.iter().flat_map(|special| judge_special(loss, "t", *special)));
        let of_weights = if loss.weighted { &others[..] } else { &[] };
        failures.extend(of_weights.iter().flat_map(|special| judge_special(loss, "class weights", *special)));
    }
    assert!(failures.is_empty(), "{} that fail:\n{}", failures.len(), failures.join("\n"));
}

/// Rows with such a value, in short rows and in long ones.
fn judge_special<T: PairSubject>(loss: &PairsRow<T>, what: &str, special: f64) -> Vec<String> {
    let value = T::from_f64(special);
    let judge = |columns: usize| {
        let mut rows = rows_for(loss, Shape { rows: 11, columns }, columns as u64);
        let entries = (0..11).map(|row| row * columns + row % columns);
        match what {
            "x" => entries.for_each(|entry| rows.x[entry] = value),
            "t" => entries.for_each(|entry| rows.t[entry] = value),
            _ => rows.class_weights[columns / 2] = value,
        }
        let fault = rows.judge(&[Manner::sum()]).err()?;
        Some(format!("{} of {columns} with {special:e} in {what}: {fault}", loss.name))
    };
    [1, 3, 70].into_iter().filter_map(judge).collect()
}

/// The difference of the scores is not a number of the type, and what its rounding takes is the loss.
#[test]
fn a_difference_that_rounds_to_minus_one() {
    let tiny = f64::EPSILON / 4.0;
    let loss = CategoricalHinge::new(2).without_target_slot();
    assert_eq!(loss.value(&[-1.25, -0.25 - tiny], &[0.0, 1.0]).map(|outcome| outcome.value), Ok(tiny));
}

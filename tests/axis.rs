//! Classes on an axis in the middle: every position, at every level, by every verb, against the textbook.
//!
//! The positions are the rows of the tests of classification, laid out with their classes apart.

mod judging;

use judging::logits::{Shape, drawn_rows, rows_of, with_targets};
use judging::rows::Rows;
use judging::{Manner, Peaks, manners, proptest_config, scaled, shown};
use lossfn_oracle::registry::{CROSS_ENTROPY, Subject};
use proptest::prelude::{Just, Strategy};
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
for_both_types!(shapes, batches, special_logits, own_shifts);

/// Inner lengths on both sides of every boundary.
const INNER: [usize; 10] = [1, 2, 15, 16, 17, 31, 33, 64, 100, 1025];
/// Classes with and without room in the scratch.
const CLASSES: [usize; 8] = [1, 2, 3, 10, 21, 64, 129, 600];

/// Every inner length with every number of classes. In f64 an entry takes the oracle 40 µs.
fn shapes<T: Subject>() {
    let entries = scaled(if T::BITS == 32 { 40_000 } else { 1500 });
    let mut peaks: BTreeMap<&str, Peaks> = BTreeMap::new();
    let mut failures = Vec::new();
    let mean = Manner { divisor: Some(lossfn::Divisor::OfLoss), ..Manner::sum() };
    for loss in CROSS_ENTROPY {
        let shapes = INNER.into_iter().flat_map(|inner| CLASSES.map(|classes| (inner, classes)));
        for (seed, (inner, classes)) in (0..).zip(shapes.filter(|(inner, classes)| inner * classes <= entries)) {
            let rows = (entries / 4 / classes / inner).clamp(1, 3) * inner;
            let (spread, shift) = [(3.0, 0.0), (8.0, 500.0), (20.0, -500.0), (8.0, 1e8)][seed as usize % 4];
            let rows = Rows { inner, ..rows_of::<T>(loss, Shape { rows, classes, spread, shift }, seed) };
            match rows.judge(&[Manner::sum(), mean.clone()]) {
                Ok(judged) => peaks.entry(loss.name).or_default().absorb(judged),
                Err(failure) => failures.push(format!("spread {spread}, shift {shift:e}: {failure}")),
            }
        }
    }
    for (name, Peaks { value, slope, target_slope }) in peaks {
        println!("{name:<50} {} value {value:.3} ULP, gradient {slope:.3}, of the target {target_slope:.3}", T::NAME);
    }
    assert!(failures.is_empty(), "{} shapes fail, like {}", failures.len(), failures[0]);
}

/// All options with all weights, divisors and offsets.
fn batches<T: Subject>() {
    let (cases, most) = if T::BITS == 32 { (400, 513) } else { (80, 33) };
    let batch = (drawn_rows::<T>(most), select(INNER.to_vec()), 0..=1_usize).prop_flat_map(|(rows, inner, samples)| {
        let count = rows.x.len() / rows.classes;
        let inner = if samples == 0 || count < inner { count.max(2) } else { inner };
        let count = count / inner * inner;
        let mut rows = Rows { inner, stride: rows.classes, ..rows };
        rows.x.truncate(count * rows.classes);
        rows.probabilities.truncate(count * rows.classes);
        rows.class.truncate(count);
        (Just(rows), manners::<T>(count, false))
    });
    let outcome = TestRunner::new(proptest_config(cases))
        .run(&batch, |(rows, manner)| rows.judge(&[manner]).map(|_| ()).map_err(TestCaseError::fail));
    outcome.unwrap_or_else(|failure| panic!("{}", shown(failure)));
}

/// Infinite, huge, tiny and missing logits beside ordinary ones.
fn special_logits<T: Subject>() {
    let inf = f64::INFINITY;
    let most = T::MAX.to_f64() / 2.0;
    let heads = [
        [-inf, 1.0, 2.0],
        [1.0, -inf, -inf],
        [-inf; 3],
        [inf, 0.0, 1.0],
        [f64::NAN, 0.0, 1.0],
        [most, most, most],
        [-most, -most, -most],
        [-1e30, 1e30, 0.0],
        [0.0, -0.0, 0.0],
        [88.0, -88.0, 89.0],
        [256.5, -256.5, 257.0],
        [700.0, -745.0, 710.0],
        [15.0, 0.0, 1.0],
        [0.0, 110.0, 1e8],
    ];
    for loss in CROSS_ENTROPY {
        // In f64 an entry takes the oracle 40 µs.
        for classes in [3, 21, if T::BITS == 32 { 600 } else { 70 }] {
            for (i, head) in heads.into_iter().enumerate() {
                let row = |head: [f64; 3]| -> Vec<T> {
                    let rest = if head.iter().all(|x| *x == -inf) { -inf } else { head[1].min(head[2]) };
                    (0..classes).map(|j| T::from_f64(*head.get(j).unwrap_or(&rest))).collect()
                };
                // All kinds of targets, and ordinary rows between.
                let x = [row(head), row([0.5, 1.0, -2.0])].concat().repeat(11);
                for inner in [if classes == 3 { 2 } else { 11 }, 22].into_iter().take(if T::BITS == 32 { 2 } else { 1 })
                {
                    let rows = Rows { inner, ..with_targets(loss, classes, x.clone(), i as u64) };
                    rows.judge(&[Manner::sum()]).unwrap_or_else(|fault| panic!("{head:?}: {fault}"));
                }
            }
        }
    }
}

/// A position whose exponentials need a shift of their own, beside those in which the target has as much as all others:
/// these keep theirs, also where their exponentials have no room and are made twice.
fn own_shifts<T: Subject>() {
    let inner = 16;
    for loss in CROSS_ENTROPY {
        for classes in [3, if T::BITS == 32 { 600 } else { 100 }] {
            let row = |[own, other, rest]: [f64; 3], target: usize| -> Vec<T> {
                let entry =
                    |j: usize| if j == target { own } else { [other, rest][usize::from(j != (target + 1) % 3)] };
                (0..classes).map(|j| T::from_f64(entry(j))).collect()
            };
            let x =
                (0..inner).flat_map(|i| row([[0.5, 0.5, -900.0], [900.0, 899.0, 898.0]][usize::from(i == 5)], i % 3));
            let class = (0..16).map(|i| i % 3).collect();
            let rows = Rows { inner, class, ..with_targets(loss, classes, x.collect(), 1) };
            rows.judge(&[Manner::sum()]).unwrap_or_else(|fault| panic!("{classes} classes: {fault}"));
        }
    }
}

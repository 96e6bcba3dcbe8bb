//! Losses of scores against classes: every element, row and entry, at every level, by every verb, against the textbook.
//!
//! Elementwise losses come from the registry: a loss that is added there is tested here. Cross-entropy against a class
//! is judged in ULPs of the result; where it is the difference of two terms (probabilities, label smoothing), in ULPs of
//! the larger one. `LOSSFN_TEST_CASES=10` does ten times as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use core::cell::RefCell;
use judging::family::tests_of_family;
use judging::logits::{Shape, drawn_rows, rows_far_apart, rows_of, with_targets};
use judging::manner::Weighed;
use judging::rows::Rows;
use judging::{Manner, Peaks, levels, manners, proptest_config, scaled, shown};
use lossfn::{BceWithLogits, BothGrads, Call, CrossEntropy, Loss, Weights};
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::registry::{CROSS_ENTROPY, Given, Rowwise, Slices, Subject, Verb};
use lossfn_oracle::{Truth, Wide};
use proptest::prelude::Strategy;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::collections::BTreeMap;

tests_of_family!(Classification);

/// A row whose exponentials could be added one by one, but not all of them.
#[test]
fn long_rows_of_large_logits_in_place() {
    const LEN: usize = 1 << 19;
    for level in levels() {
        let mut x = vec![43.0_f32; LEN];
        let loss = CrossEntropy::new(LEN).with(Call::new().level(level));
        let value = loss.value_and_grad_in_place(&mut x, &[1_u8]).expect("a call").value;
        assert!((value - (LEN as f64).ln()).abs() < 2e-6, "{value} on {level:?}");
        let share = 1.0 / LEN as f32;
        let wanted = |i: usize| if i == 1 { share - 1.0 } else { share };
        assert!(x.iter().enumerate().all(|(i, &dx)| (dx / wanted(i) - 1.0).abs() < 3e-7), "{level:?}");
    }
}

/// A positive weight for each column is that weight, bit for bit.
macro_rules! positive_weights_by_column {
    ($($test:ident: $float:ident),+) => {
        $(
            #[test]
            fn $test() {
                let weights: [$float; 3] = [0.25, 3.0, 0.0];
                let spread = Values::Uniform { low: -30.0, high: 30.0 };
                let x: Vec<$float> = spread.vector(3 * 101, &mut rng(1));
                let t: Vec<$float> = Values::probabilities(x.len(), &mut rng(2));
                for level in levels() {
                    let how = Call::new().level(level).columns(3);
                    let run = |loss: BceWithLogits<'_, $float>| {
                        let (mut each, mut grad) = (x.clone(), x.clone());
                        loss.with(how).each_and_grad(&x, &t, &mut each, &mut grad).expect("a call");
                        (each, grad)
                    };
                    let by_column = run(BceWithLogits::new().pos_weights(&weights));
                    let alone = weights.map(|weight| run(BceWithLogits::new().pos_weight(f64::from(weight))));
                    for i in 0..x.len() {
                        let (each, grad) = &alone[i % 3];
                        assert_eq!((by_column.0[i], by_column.1[i]), (each[i], grad[i]), "{level:?}: {} {}", x[i], t[i]);
                    }
                }
            }
        )+
    };
}
positive_weights_by_column!(positive_weights_of_singles: f32, positive_weights_of_doubles: f64);

/// Runs generic tests for both types.
/// `w (1 - smoothing) (lse - x)` for each entry, of short rows and of long ones, which each have a way of their own.
macro_rules! gradients_of_probabilities {
    ($($test:ident: $float:ident),+) => {
        $(
            #[test]
            fn $test() {
                let classes = [1, 3, 40, 129, 700, 5000].into_iter();
                for (level, classes) in levels().into_iter().flat_map(|level| classes.clone().map(move |n| (level, n))) {
                    let x: Vec<$float> = Values::Uniform { low: -9.0, high: 9.0 }.vector(3 * classes, &mut rng(1));
                    let t: Vec<$float> = Values::probabilities(x.len(), &mut rng(2));
                    let weights: Vec<$float> = Values::Uniform { low: 0.5, high: 2.0 }.vector(classes, &mut rng(3));
                    let loss = CrossEntropy::new(classes).class_weights(&weights).label_smoothing(0.25);
                    let loss = loss.with(Call::new().sum().upstream(1.5).level(level));
                    let (mut dx, mut dt) = (x.clone(), x.clone());
                    loss.value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).expect("a call");
                    for (x, dt) in x.chunks(classes).zip(dt.chunks(classes)) {
                        let lse = x.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
                        for ((x, w), dt) in x.iter().zip(&weights).zip(dt) {
                            let wanted = 1.125 * f64::from(*w) * (lse - f64::from(*x));
                            let size = 2.25 * (lse.abs() + f64::from(*x).abs());
                            let off = (f64::from(*dt) - wanted).abs() / (size * f64::from($float::EPSILON));
                            assert!(off <= 4.0, "{classes} classes, {level:?}: {dt:e}, not {wanted:e}");
                        }
                    }
                }
            }
        )+
    };
}
gradients_of_probabilities!(gradients_of_probabilities_single: f32, gradients_of_probabilities_double: f64);

macro_rules! for_both_types {
    ($($test:ident),+ $(,)?) => {
        mod rows_of_singles {
            $(#[test] fn $test() { super::$test::<f32>(); })+
        }
        mod rows_of_doubles {
            $(#[test] fn $test() { super::$test::<f64>(); })+
        }
    };
}
for_both_types!(
    shapes,
    exponentials_far_apart,
    batches,
    special_logits,
    special_targets_and_weights,
    targets_of_impossible_classes,
    nothing_between_rows_is_read,
    class_weights_of_one,
    gradients_of_a_row_add_up_to_zero,
    losses_are_not_negative,
);

/// The classes of real tasks, and both sides of every boundary of the kernels.
const CLASSES: [usize; 19] =
    [1, 2, 3, 10, 16, 17, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1000, 4096, 32_000, 128_256];

/// Rows of every shape. In f64 an entry takes the oracle 40 µs, so that the largest are for single precision.
fn shapes<T: Subject>() {
    let (most, entries) = if T::BITS == 32 { (usize::MAX, 20_000) } else { (1000, 200) };
    let mut peaks: BTreeMap<&str, Peaks> = BTreeMap::new();
    let mut failures: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mean = Manner { divisor: Some(lossfn::Divisor::OfLoss), ..Manner::sum() };
    let manners = [Manner::sum(), mean];
    for loss in CROSS_ENTROPY {
        for classes in CLASSES.into_iter().filter(|classes| *classes <= most) {
            for (seed, (spread, shift)) in (1..).zip(spreads_and_shifts(classes)) {
                let rows = (scaled(entries) / classes).clamp(1, 70);
                let rows = rows_of::<T>(loss, Shape { rows, classes, spread, shift }, seed);
                match rows.judge(&manners) {
                    Ok(judged) => peaks.entry(loss.name).or_default().absorb(judged),
                    Err(failure) => {
                        let failure = format!("spread {spread}, shift {shift:e}: {failure}");
                        failures.entry(loss.name).or_default().push(failure);
                    }
                }
            }
        }
    }
    for (name, Peaks { value, slope, target_slope }) in peaks {
        println!("{name:<50} {} value {value:.3} ULP, gradient {slope:.3}, of the target {target_slope:.3}", T::NAME);
    }
    let first = failures.values().map(|failures| format!("{} like {}", failures.len(), failures[0]));
    assert!(failures.is_empty(), "shapes that fail:\n{}", first.collect::<Vec<_>>().join("\n"));
}

/// Rows that are hard to add up, short ones of one vector and of several, long ones of one block and of several.
fn exponentials_far_apart<T: Subject>() {
    let (most, entries) = if T::BITS == 32 { (usize::MAX, 60_000) } else { (200, 1_000) };
    for loss in CROSS_ENTROPY {
        let mut peaks = Peaks::default();
        for classes in
            [2, 3, 10, 16, 17, 33, 64, 111, 128, 129, 200, 500, 1000, 4000].into_iter().filter(|c| *c <= most)
        {
            for seed in 0..16 {
                let rows = (scaled(entries) / 16 / classes).clamp(1, 64);
                let rows = rows_far_apart::<T>(loss, rows, classes, seed);
                peaks.absorb(rows.judge(&[Manner::sum()]).unwrap_or_else(|fault| panic!("{classes} classes: {fault}")));
            }
        }
        let Peaks { value, slope, .. } = peaks;
        println!("{:<50} {} far apart value {value:.3} ULP, gradient {slope:.3} ULP", loss.name, T::NAME);
    }
}

/// Long rows go through few of them.
fn spreads_and_shifts(classes: usize) -> Vec<(f64, f64)> {
    let all = [3.0, 8.0, 20.0].into_iter().flat_map(|spread| [0.0, 500.0, -500.0, 1e8].map(|shift| (spread, shift)));
    all.step_by(if classes > 200 { 5 } else { 1 }).collect()
}

/// All options with all weights, divisors, strides and offsets.
fn batches<T: Subject>() {
    let (cases, most) = if T::BITS == 32 { (600, 513) } else { (120, 33) };
    let batch = drawn_rows::<T>(most).prop_flat_map(|rows| {
        let count = rows.x.len() / rows.classes;
        (proptest::prelude::Just(rows), manners::<T>(count, false))
    });
    let peaks = RefCell::new(Peaks::default());
    let outcome = TestRunner::new(proptest_config(cases)).run(&batch, |(rows, manner)| {
        let judged = rows.judge(&[manner]).map_err(TestCaseError::fail)?;
        peaks.borrow_mut().absorb(judged);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{}", shown(failure)));
}

/// Infinite, huge, tiny and missing logits, in short rows and in long ones, under all options.
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
        for classes in [3, 140] {
            for (i, head) in heads.into_iter().enumerate() {
                let rest = if head.iter().all(|x| *x == -inf) { -inf } else { head[1].min(head[2]) };
                let row: Vec<T> = (0..classes).map(|j| T::from_f64(*head.get(j).unwrap_or(&rest))).collect();
                // A row for each kind of target, and one that is ignored.
                let rows = with_targets(loss, classes, row.repeat(11), i as u64);
                rows.judge(&[Manner::sum()]).unwrap_or_else(|fault| panic!("{head:?}: {fault}"));
            }
        }
    }
}

/// One probability of each row, or one class weight, is NaN, 0, or far from 1.
fn special_targets_and_weights<T: Subject>() {
    let specials = [f64::NAN, 0.0, 1.0, 1e15, T::MAX.to_f64() / 16.0, T::from_bits(1).to_f64()];
    let numbers = if T::BITS == 32 { &[1, 3, 16, 70, 140][..] } else { &[1, 3, 16] };
    let mut failures = Vec::new();
    for (loss, &classes) in CROSS_ENTROPY.into_iter().flat_map(|loss| numbers.iter().map(move |n| (loss, n))) {
        for (i, special) in specials.into_iter().enumerate() {
            let mut judge = |what: &str, rows: Rows<T>| {
                if let Err(fault) = rows.judge(&[Manner::sum()]) {
                    failures.push(format!("{} of {classes} with {special:e} in {what}: {fault}", loss.name));
                }
            };
            let drawn = rows_of::<T>(loss, Shape { rows: 11, classes, spread: 3.0, shift: 0.0 }, i as u64);
            if loss.given == Given::Probabilities {
                let mut rows = drawn.clone();
                for row in 0..11 {
                    rows.probabilities[row * classes + row % classes] = T::from_f64(special);
                }
                judge("targets", rows);
            }
            if loss.weighted {
                let mut rows = drawn;
                rows.class_weights[classes / 2] = T::from_f64(special);
                judge("class weights", rows);
            }
        }
    }
    assert!(failures.is_empty(), "{} that fail:\n{}", failures.len(), failures.join("\n"));
}

/// An impossible class has an infinite gradient of its target, in a row of weight 0 none.
fn targets_of_impossible_classes<T: Subject>() {
    let weighted = Manner::<T>::new(11, Weighed::Rows, 1, 1);
    assert!(weighted.weights.iter().any(|weight| weight.to_f64() == 0.0));
    for loss in CROSS_ENTROPY.into_iter().filter(|loss| loss.given == Given::Probabilities) {
        for classes in [2, 16, 140] {
            let row: Vec<f64> = (0..classes).map(|j| if j % 2 == 1 { f64::NEG_INFINITY } else { 1.0 }).collect();
            let x = row.repeat(11).into_iter().map(T::from_f64).collect();
            let mut rows = with_targets(loss, classes, x, 1);
            // Else the losses are infinite, too.
            let impossible = rows.probabilities.iter_mut().skip(1).step_by(2);
            impossible.for_each(|probability| *probability = T::from_f64(0.0));
            rows.judge(&[Manner::sum(), weighted.clone()]).unwrap_or_else(|fault| panic!("{classes} classes: {fault}"));
        }
    }
}

/// The rows of one batch in one call, at a stride or not: their results do not depend on it.
fn nothing_between_rows_is_read<T: Subject>() {
    for loss in CROSS_ENTROPY {
        for classes in [3, 17, 129] {
            let shape = Shape { rows: 12, classes, spread: 3.0, shift: 0.0 };
            for (stride, offset) in [(classes, 0), (classes + 1, 3), (classes + 47, 16)] {
                let rows = Rows { stride, offset, ..rows_of::<T>(loss, shape, 1) };
                rows.judge(&[Manner::sum()]).unwrap_or_else(|fault| panic!("{fault}"));
            }
        }
    }
}

/// Bits of the losses and of the gradient of a mean.
fn bits<T: Subject>(rows: &Rows<T>, how: Call<'_, T>) -> (Vec<u64>, Vec<u64>) {
    let (mut x, mut each, mut grad) = (rows.x.clone(), vec![T::MAX; rows.x.len() / rows.classes], rows.x.clone());
    for verb in [Verb::Each, Verb::ValueAndGrad] {
        let slices = Slices { x: &mut x, each: &mut each, grad: &mut grad, target_grad: &mut [] };
        rows.loss.run(rows.classes.into(), &rows.class_weights, how, verb, rows.targets(), slices).expect("a call");
    }
    let bits = |values: &[T]| values.iter().map(|x| x.to_bits()).collect();
    (bits(&each), bits(&grad))
}

/// Class weights of one, and row weights of one, are no weights, bit for bit.
fn class_weights_of_one<T: Subject>() {
    for (loss, classes) in CROSS_ENTROPY.into_iter().flat_map(|loss| [3, 17, 300].map(|classes| (loss, classes))) {
        let shape = Shape { rows: 13, classes, spread: 3.0, shift: 0.0 };
        let ones = vec![T::from_f64(1.0); classes.max(13)];
        let without = Rowwise { weighted: false, ..loss };
        let rows = Rows { loss: without, ..rows_of::<T>(loss, shape, 1) };
        for level in levels() {
            let how = Call::new().level(level);
            let plain = bits(&rows, how);
            let with = Rows {
                loss: Rowwise { weighted: true, ..loss },
                class_weights: ones[..classes].to_vec(),
                ..rows.clone()
            };
            assert!(bits(&with, how) == plain, "{} {classes} {level:?}: class weights", loss.name);
            let how = how.weights(Weights::Rows(&ones[..13]));
            assert!(bits(&rows, how) == plain, "{} {classes} {level:?}: row weights", loss.name);
        }
    }
}

/// Every entry may be off by its own tolerance, so that their sum is off by no more than all of those together.
fn gradients_of_a_row_add_up_to_zero<T: Subject>() {
    let (spread, shift) = (5.0, 0.0);
    for (loss, classes) in CROSS_ENTROPY.into_iter().flat_map(|loss| [2, 10, 65, 300].map(|classes| (loss, classes))) {
        let rows = rows_of::<T>(loss, Shape { rows: 22, classes, spread, shift }, 3);
        let tolerance = loss.accuracy::<T>().slope;
        for level in levels() {
            let (mut x, mut each, mut grad) = (rows.x.clone(), vec![T::MAX; 22], rows.x.clone());
            let slices = Slices { x: &mut x, each: &mut each, grad: &mut grad, target_grad: &mut [] };
            let how = Call::new().sum().level(level);
            loss.run(classes.into(), &rows.class_weights, how, Verb::Grad, rows.targets(), slices).expect("a call");
            for (row, truth) in grad.chunks(classes).zip(rows.truth()) {
                let sum: f64 = row.iter().map(|x| x.to_f64()).sum();
                let size = |truth: &Truth<T::Wide>| truth.value.abs().max(truth.scale);
                let ulps =
                    truth.gradient.iter().map(|truth| T::ulp(size(truth)).to_f64() * tolerance.ulp + tolerance.flush);
                assert!(sum.abs() <= ulps.sum::<f64>(), "{} {classes} {level:?}: {sum:e}", loss.name);
            }
        }
    }
}

/// Neither is any loss but that of a class weight that is: a certain prediction may round to 0, and no further.
fn losses_are_not_negative<T: Subject>() {
    for (loss, classes) in CROSS_ENTROPY.into_iter().flat_map(|loss| [1, 2, 10, 200].map(|classes| (loss, classes))) {
        for (spread, shift) in [(0.1, 0.0), (30.0, 0.0), (30.0, 200.0), (30.0, -1e8)] {
            let rows = rows_of::<T>(loss, Shape { rows: 64, classes, spread, shift }, 5);
            for level in levels() {
                let (mut x, mut each, mut grad) = (rows.x.clone(), vec![T::MAX; 64], rows.x.clone());
                let slices = Slices { x: &mut x, each: &mut each, grad: &mut grad, target_grad: &mut [] };
                let how = Call::new().level(level);
                let run = loss.run(classes.into(), &rows.class_weights, how, Verb::Each, rows.targets(), slices);
                run.expect("a call");
                let least = each.iter().map(|x| x.to_f64()).fold(0.0, f64::min);
                assert!(least >= 0.0, "{} {classes} {level:?}, spread {spread}, shift {shift}: {least:e}", loss.name);
            }
        }
    }
}

/// A row that is cut into segments, whose logits need a shift: of all segments' largest.
#[test]
fn the_largest_logit_may_be_in_any_segment() {
    const LEN: usize = 70_000;
    for at in [0, LEN / 2, LEN - 1] {
        let (mut x, mut dx) = (vec![0.0_f32; LEN], vec![f32::NAN; LEN]);
        x[at] = 1000.0;
        let mut run = |class: usize| {
            let value = CrossEntropy::new(LEN).value_and_grad(&x, &[class as u32], &mut dx).expect("a call").value;
            (value, dx[class], dx[at])
        };
        assert_eq!(run(at), (0.0, 0.0, 0.0), "the largest at {at}");
        assert_eq!(run(7), (1000.0, -1.0, 1.0), "the largest at {at}");
    }
}

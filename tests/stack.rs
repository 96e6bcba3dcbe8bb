//! No call needs more stack than a small thread has, not even in unoptimised builds, for which `scripts/unoptimised` runs
//! this: there, frames of inlined functions lie side by side.

mod support;

use lossfn::{
    Bce, BothGrads, ByRow, Call, CosineSimilarity, CrossEntropy, HingeEmbedding, KlDiv, Layout, Level, Loss, Mape,
    SquaredHinge, Weights,
};
use std::thread::Builder;
use support::{Number, Problem, for_both_types, subjects};

/// What the documentation promises.
const STACK: usize = 512 << 10;

for_both_types!(every_loss_at_every_level, losses_beside_the_table, classes_apart);

/// Runs it on a small stack, beyond which the process ends.
fn confined(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, run).expect("a thread");
        thread.join().expect("no panic");
    });
}

fn every_loss_at_every_level<T: Number>() {
    for subject in subjects::<T>() {
        for (rows, columns) in [(1, 3), (37, 10), (9, 117), (40, 300), (2, 5000)] {
            let problem = Problem::new(subject, rows, columns, 5);
            let items = problem.items();
            let (w, mask) = (vec![T::of(0.5); items], (0..items).map(|i| i % 3 != 1).collect::<Vec<_>>());
            let (mut each, mut dx) = (w.clone(), problem.x.clone());
            for level in Level::available() {
                let plain = Call::new().level(level);
                let full = plain.weights(Weights::Each(&w)).mask(&mask).upstream_each(&w);
                confined(|| {
                    problem.run(plain);
                    problem.run(full);
                    let adding = problem.bind(full.accumulate());
                    assert!(adding.each_and_grad(&problem.x, &mut each, &mut dx).is_ok());
                });
            }
        }
    }
}

/// Losses that the table lacks, and losses of elements by rows.
fn losses_beside_the_table<T: Number>()
where
    Bce: BothGrads<T>,
    KlDiv: BothGrads<T>,
    Mape: BothGrads<T>,
    SquaredHinge: Loss<T>,
    HingeEmbedding: Loss<T>,
{
    let n = 1200;
    let x: Vec<T> = (1..=n).map(|i| T::of(f64::from(i) / f64::from(n + 1))).collect();
    let signs: Vec<T> = (0..n).map(|i| T::of(f64::from(1 - 2 * (i % 2)))).collect();
    for level in Level::available() {
        let plain = Call::new().level(level);
        let by_row = plain.columns(30).by_row(ByRow::Mean);
        let by_axis = plain.layout(Layout::axis(20, 5)).by_row(ByRow::Sum);
        for (how, items) in [(plain, x.len()), (by_row, x.len() / 30), (by_axis, x.len() / 20)] {
            confined(|| {
                both_grads(&Bce::new().with(how), &x, items);
                both_grads(&Bce::new().clip(1e-3).with(how), &x, items);
                both_grads(&KlDiv::new().log_target().with(how), &x, items);
                both_grads(&KlDiv::new().of_probabilities().with(how), &x, items);
                both_grads(&Mape::new().with(how), &x, items);
                one_grad(&SquaredHinge::new().with(how), &x, &signs, items);
                one_grad(&HingeEmbedding::new(1.0).with(how), &x, &signs, items);
            });
        }
    }
}

fn both_grads<T: Number>(loss: &impl BothGrads<T>, x: &[T], items: usize) {
    let (y, mut dx, mut dy) = (x.iter().rev().copied().collect::<Vec<_>>(), x.to_vec(), x.to_vec());
    one_grad(loss, x, &y, items);
    let mut each = vec![x[0]; items];
    loss.each_and_grads(x, &y, &mut each, Some(&mut dx), Some(&mut dy)).expect("lengths that fit");
    loss.value_and_grads(x, &y, Some(&mut dx), Some(&mut dy)).expect("lengths that fit");
    assert!(dx.iter().chain(&dy).all(|d| d.wide().is_finite()));
}

fn one_grad<T: Number>(loss: &impl Loss<T>, x: &[T], y: &[T], items: usize) {
    let (mut each, mut dx, mut in_place) = (vec![x[0]; items], x.to_vec(), x.to_vec());
    loss.each_and_grad(x, y, &mut each, &mut dx).expect("lengths that fit");
    let value = loss.value_and_grad(x, y, &mut dx).expect("lengths that fit").value;
    loss.value_and_grad_in_place(&mut in_place, y).expect("lengths that fit");
    assert!(value.is_finite() && in_place == dx);
}

fn classes_apart<T: Number>()
where
    for<'a> CrossEntropy<'a, T>: Loss<T, usize> + BothGrads<T>,
    CosineSimilarity: BothGrads<T>,
{
    for (samples, classes, inner) in [(2, 3, 5), (1, 21, 900), (3, 900, 40)] {
        let n = samples * classes * inner;
        let x: Vec<T> = (0..n).map(|i| T::of((i % 13) as f64)).collect();
        let y: Vec<usize> = (0..samples * inner).map(|i| i % classes).collect();
        let layout = Layout::axis(classes, inner);
        for level in Level::available() {
            let how = Call::new().level(level);
            let (loss, cosine) = (CrossEntropy::new(layout).with(how), CosineSimilarity::new(layout).with(how));
            confined(|| {
                let (mut dx, mut dt, mut out) = (x.clone(), x.clone(), vec![T::of(0.0); samples * inner]);
                loss.each_and_grad(&x, &y, &mut out, &mut dx).expect("lengths that fit");
                loss.value_and_grads(&x, &x, Some(&mut dx), Some(&mut dt)).expect("lengths that fit");
                cosine.value_and_grads(&x, &x, Some(&mut dx), Some(&mut dt)).expect("lengths that fit");
                loss.value_and_grad_in_place(&mut dx, &y).expect("lengths that fit");
            });
        }
    }
}

/// Work that threads share. With several long rows, a thread that waits within a row may begin another.
#[cfg(feature = "rayon")]
#[test]
fn large_batches() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).stack_size(STACK).build().expect("a pool");
    for subject in subjects::<f32>() {
        let rows = if subject.by_row { 12 } else { 4 };
        for (rows, columns) in [(11_000, 13), (130, 1100), (rows, 140_000)] {
            let problem = Problem::new(subject, rows, columns, 9);
            let mut dx = problem.x.clone();
            let result = pool.install(|| problem.bind(Call::new()).value_and_grad(&problem.x, &mut dx));
            assert!(result.is_ok(), "{} {rows}x{columns}", subject.name);
        }
    }
}

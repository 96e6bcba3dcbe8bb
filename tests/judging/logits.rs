//! Rows of logits with targets that are certain, hopeless and anything between.

use super::rows::{IGNORED, Rows};
use lossfn_oracle::inputs::strategies::{everyday, value};
use lossfn_oracle::inputs::{Values, offsets, rng};
use lossfn_oracle::registry::{CROSS_ENTROPY, Given, Rowwise, Subject};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;

/// How many logits there are, and how they are spread and shifted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) classes: usize,
    pub(crate) spread: f64,
    pub(crate) shift: f64,
}

/// Rows of one shape.
pub(crate) fn rows_of<T: Subject>(loss: Rowwise, shape: Shape, seed: u64) -> Rows<T> {
    let Shape { rows, classes, spread, shift } = shape;
    let mut generator = rng(seed);
    let logits: Vec<f64> = Values::Normal { deviation: spread }.vector(rows * classes, &mut generator);
    let x = logits.into_iter().map(|x| T::from_f64(shift + x)).collect();
    with_targets(loss, classes, x, seed)
}

/// Rows whose exponentials are of very different sizes, so that sums of them round most: logits are one of three steps
/// below a common one or anywhere above it, and one of them, the first in half of the rows, is far above.
pub(crate) fn rows_far_apart<T: Subject>(loss: Rowwise, rows: usize, classes: usize, seed: u64) -> Rows<T> {
    let mut generator = rng(seed);
    let mut draw = |low, high| -> f64 { Values::Uniform { low, high }.vector::<f64>(1, &mut generator)[0] };
    let mut x = Vec::with_capacity(rows * classes);
    for row in 0..rows {
        let (base, spread) = (draw(-10.0, 10.0), [0.0, 1.0, 4.0, 10.0, 17.0][row % 5]);
        let top = if row % 2 == 0 { 0 } else { draw(0.0, classes as f64) as usize };
        for class in 0..classes {
            let step = draw(-3.0, 1.0);
            let apart = if step < 0.0 { step.ceil() / 2.0 } else { step } * spread;
            let ahead = if class == top { draw(0.0, 20.0) } else { 0.0 };
            x.push(T::from_f64(base + apart + ahead));
        }
    }
    with_targets(loss, classes, x, seed)
}

/// Gives rows their targets: the most likely class, the least likely one, and others; a row in eleven is ignored.
pub(crate) fn with_targets<T: Subject>(loss: Rowwise, classes: usize, x: Vec<T>, seed: u64) -> Rows<T> {
    let mut generator = rng(!seed);
    let draws: Vec<f64> = Values::Uniform { low: 0.0, high: 1.0 }.vector(x.len() / classes, &mut generator);
    let by_size =
        |row: &[T], ahead: fn(T, T) -> bool| (0..classes).fold(0, |a, b| if ahead(row[b], row[a]) { b } else { a });
    let class = |(i, row): (usize, &[T])| match i % 11 {
        0 | 4 | 8 => by_size(row, |b, a| b > a) as i64,
        1 | 5 => by_size(row, |b, a| b < a) as i64,
        10 => IGNORED,
        _ => (draws[i] * classes as f64) as i64,
    };
    let class = x.chunks(classes).enumerate().map(class).collect();
    let probabilities = match loss.given {
        Given::Class => Vec::new(),
        Given::Probabilities => (0..draws.len()).flat_map(|i| distribution(classes, i, seed)).collect(),
    };
    let class_weights = Values::Uniform { low: 0.25, high: 2.0 }.vector(classes, &mut generator);
    Rows { loss, classes, stride: classes, inner: 1, offset: 0, x, class, probabilities, class_weights }
}

/// Probabilities of one row: one class has them all, or some have none, or each has a share.
fn distribution<T: Subject>(classes: usize, row: usize, seed: u64) -> Vec<T> {
    let mut shares: Vec<T> = Values::probabilities(classes, &mut rng(seed ^ row as u64));
    match row % 3 {
        0 => (0..classes).for_each(|j| shares[j] = T::from_f64(f64::from(u8::from(j == row % classes)))),
        1 => shares.iter_mut().skip(row % 2).step_by(2).for_each(|share| *share = T::from_f64(0.0)),
        _ => {}
    }
    shares
}

/// Rows as a property test draws them: every choice of options, class counts on both sides of every boundary.
pub(crate) fn drawn_rows<T: Subject>(most: usize) -> impl Strategy<Value = Rows<T>> {
    let boundaries = [1, 2, 3, 10, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 200, 511, 513];
    let classes = select(boundaries.into_iter().filter(|classes| *classes <= most).collect::<Vec<_>>());
    let shape = (select(CROSS_ENTROPY.to_vec()), classes, 0..=3_usize, offsets());
    shape.prop_flat_map(move |(loss, classes, padding, offset)| {
        let rows = 0..=(most * 2 / classes).clamp(1, 70);
        // No loss overflows before its weights come, whose product is at most 6.
        let most = T::MAX.to_f64();
        let tame = move |x: T| T::from_f64(if x.to_f64().abs() > most / 16.0 { x.to_f64() / 16.0 } else { x.to_f64() });
        let logit = prop_oneof![everyday::<T>().boxed(), value::<T>().prop_map(tame).boxed()].boxed();
        let row = prop_oneof![4 => vec(everyday::<T>(), classes).boxed(), 1 => vec(logit, classes).boxed()];
        (vec(row, rows), any::<u64>()).prop_map(move |(x, seed)| {
            let rows = with_targets(loss, classes, x.concat(), seed);
            Rows { stride: classes + padding, offset, ..rows }
        })
    })
}

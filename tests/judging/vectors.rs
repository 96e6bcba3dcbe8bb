//! Rows for losses of rows against rows, of every kind that they take.

use super::pairs_of_rows::PairsOfRows;
use lossfn_oracle::Judged;
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::registry::{IGNORED, PairSubject, PairsRow, Sides};

/// So many rows of so many columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// Numbers from 0 to 1, the same for the same seed.
fn units(count: usize, seed: u64) -> Vec<f64> {
    Values::Uniform { low: 0.0, high: 1.0 }.vector(count, &mut rng(seed))
}

fn bells(count: usize, seed: u64) -> Vec<f64> {
    Values::Normal { deviation: 1.0 }.vector(count, &mut rng(seed))
}

/// Rows that fit the loss.
pub(crate) fn rows_for<T: PairSubject>(loss: &PairsRow<T>, shape: Shape, seed: u64) -> PairsOfRows<'_, T> {
    let Shape { rows, columns } = shape;
    let draws = units(rows, !seed);
    let class = |row: usize| if row % 11 == 10 { IGNORED } else { (draws[row] * columns as f64) as i64 };
    let classes: Vec<i64> = (0..rows).map(class).collect();
    let labels = (0..rows).map(|row| [1, -1, 1, -1, 0][row % 5]).collect();
    let (mut x, mut t) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let seed = seed ^ (row as u64) << 20;
        let hit = usize::try_from(classes[row]).unwrap_or_default();
        x.extend(match loss.sides {
            Sides::Vectors => vector(columns, row, seed),
            Sides::Hits => bells(columns, seed).into_iter().map(|x| 2.0 * x).map(T::from_f64).collect(),
            Sides::Distributions | Sides::Classes => distribution(columns, row, hit, seed),
            Sides::ClassesOfLogarithms => units(columns, seed).into_iter().map(|x| T::from_f64(x.ln())).collect(),
        });
        t.extend(match loss.sides {
            Sides::Vectors => partner(&x[row * columns..], row, seed),
            Sides::Hits => hits(columns, row, hit, seed),
            Sides::Distributions if row % 3 > 0 => Values::probabilities(columns, &mut rng(!seed)),
            _ => one_hot(columns, hit),
        });
    }
    let class_weights = Values::Uniform { low: 0.25, high: 2.0 }.vector(columns, &mut rng(seed ^ 77));
    PairsOfRows { loss, columns, stride: columns, inner: 1, offset: 0, x, t, classes, labels, class_weights }
}

/// The lengths of vectors go through the whole range of the type; some vectors are zeros.
fn length<T: Judged>(row: usize) -> f64 {
    let (least, most) = ((T::MIN_EXPONENT as f64).exp2(), (T::MAX_EXPONENT as f64).exp2());
    let tiny = [1e-20, 1e-30, 8.0 * least, least / 64.0];
    let huge = [1e20, 1e30, most / 8.0, most / 64.0];
    match row % 12 {
        3 => tiny[row / 12 % 4],
        6 => huge[row / 12 % 4],
        9 if row % 24 == 9 => 0.0,
        _ => 1.0,
    }
}

fn vector<T: Judged>(columns: usize, row: usize, seed: u64) -> Vec<T> {
    let length = length::<T>(row);
    bells(columns, seed).into_iter().map(|x| T::from_f64(x * length)).collect()
}

/// A vector at any angle, at times nearly the same or the opposite one.
fn partner<T: Judged>(x: &[T], row: usize, seed: u64) -> Vec<T> {
    let own = match length::<T>(row) {
        0.0 => 0.0,
        length => 1.0 / length,
    };
    let length = length::<T>(row * 5 + 1);
    let near = [0.0, 0.5, -0.5, 1.0, -1.0, 30.0, 1e4][row % 7];
    let noise = bells(x.len(), !seed);
    x.iter()
        .zip(noise)
        .map(|(x, noise)| T::from_f64((near * own * x.to_f64() + noise) * length / (near.abs() + 1.0)))
        .collect()
}

fn one_hot<T: Judged>(columns: usize, hit: usize) -> Vec<T> {
    (0..columns).map(|j| T::from_f64(if j == hit { 1.0 } else { 0.0 })).collect()
}

/// One class, several, none, or shares of them.
fn hits<T: Judged>(columns: usize, row: usize, hit: usize, seed: u64) -> Vec<T> {
    match row % 4 {
        0 | 1 => one_hot(columns, hit),
        2 => units(columns, !seed).into_iter().map(|x| T::from_f64(x.round())).collect(),
        _ => Values::probabilities(columns, &mut rng(!seed)),
    }
}

/// Probabilities, of which some are 0, some rows nearly certain, and some rows do not add up to 1 at all.
fn distribution<T: Judged>(columns: usize, row: usize, hit: usize, seed: u64) -> Vec<T> {
    let mut shares: Vec<f64> = Values::probabilities::<f64>(columns, &mut rng(seed));
    match row % 5 {
        1 => (0..columns).filter(|j| *j != hit).for_each(|j| shares[j] *= 1e-6),
        2 => (0..columns).filter(|j| j % 3 == row % 3).for_each(|j| shares[j] = 0.0),
        3 => shares[hit] *= 1e-5,
        _ => {}
    }
    let scale = match row % 7 {
        2 => 1e-20,
        4 => 1e20,
        5 => (T::MAX_EXPONENT as f64).exp2(),
        6 => 256.0,
        _ => 1.0,
    };
    if shares.iter().all(|share| *share == 0.0) {
        shares[0] = 1.0;
    }
    shares.into_iter().map(|share| T::from_f64(share * scale)).collect()
}

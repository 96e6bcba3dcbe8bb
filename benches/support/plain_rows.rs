//! The losses of rows against rows, and of probabilities, as plain loops.

use super::data::Batch;
use super::scalar::Scalar;

/// The sum of the losses of all rows of the two. `row` gives the loss of one, and its gradient times `scale`.
fn rows<T: Scalar>(
    row: impl Fn(&[T], &[T], T, Option<&mut [T]>) -> T,
    columns: usize,
    scale: f64,
    Batch { x, y, dx }: Batch<'_, T, T>,
) -> f64 {
    let pairs = x.chunks_exact(columns).zip(y.chunks_exact(columns));
    let scale = T::of(scale);
    match dx {
        None => pairs.map(|(x, t)| row(x, t, scale, None).into()).sum(),
        Some(dx) => pairs.zip(dx.chunks_exact_mut(columns)).map(|((x, t), dx)| row(x, t, scale, Some(dx)).into()).sum(),
    }
}

pub(crate) fn cosine_similarity<T: Scalar>(columns: usize, scale: f64, batch: Batch<'_, T, T>) -> f64 {
    let row = |x: &[T], t: &[T], scale: T, dx: Option<&mut [T]>| {
        let (mut dot, mut xx, mut tt) = (T::default(), T::default(), T::default());
        for (&x, &t) in x.iter().zip(t) {
            dot = dot + x * t;
            xx = xx + x * x;
            tt = tt + t * t;
        }
        let cross = T::of(1.0) / (xx * tt).sqrt();
        let cosine = dot * cross;
        let (towards, away) = (-scale * cross, scale * cosine / xx);
        for ((dx, &x), &t) in dx.into_iter().flatten().zip(x).zip(t) {
            *dx = t * towards + x * away;
        }
        -cosine
    };
    rows(row, columns, scale, batch)
}

/// For one class in each row, whose target is 1.
pub(crate) fn categorical_hinge<T: Scalar>(columns: usize, scale: f64, batch: Batch<'_, T, T>) -> f64 {
    let row = |x: &[T], t: &[T], scale: T, dx: Option<&mut [T]>| {
        let (one, mut pos, mut neg, mut top) = (T::of(1.0), T::default(), T::of(f64::NEG_INFINITY), 0);
        for (j, (&x, &t)) in x.iter().zip(t).enumerate() {
            pos = pos + t * x;
            if (one - t) * x > neg {
                (neg, top) = ((one - t) * x, j);
            }
        }
        let loss = (neg - pos + one).max(T::default());
        if let Some(dx) = dx {
            let factor = if loss > T::default() { scale } else { T::default() };
            for (dx, &t) in dx.iter_mut().zip(t) {
                *dx = -t * factor;
            }
            dx[top] = dx[top] + (one - t[top]) * factor;
        }
        loss
    };
    rows(row, columns, scale, batch)
}

pub(crate) fn categorical_cross_entropy<T: Scalar>(columns: usize, scale: f64, batch: Batch<'_, T, T>) -> f64 {
    let row = |x: &[T], t: &[T], scale: T, dx: Option<&mut [T]>| {
        let (mut sum, mut mass) = (T::default(), T::default());
        for (&x, &t) in x.iter().zip(t) {
            sum = sum + x;
            mass = mass + t;
        }
        let mut loss = T::default();
        for (&x, &t) in x.iter().zip(t) {
            loss = loss - t * (x / sum).ln();
        }
        let pull = scale * mass / sum;
        for ((dx, &x), &t) in dx.into_iter().flatten().zip(x).zip(t) {
            *dx = pull - scale * t / x;
        }
        loss
    };
    rows(row, columns, scale, batch)
}

pub(crate) fn nll<T: Scalar>(columns: usize, scale: f64, Batch { x, y, dx }: Batch<'_, T, u32>) -> f64 {
    if let Some(dx) = dx {
        dx.fill(T::default());
        for (dx, &y) in dx.chunks_exact_mut(columns).zip(y) {
            dx[y as usize] = T::of(-scale);
        }
    }
    x.chunks_exact(columns).zip(y).map(|(x, &y)| (-x[y as usize]).into()).sum()
}

/// Cross-entropy whose classes are `inner` entries apart: plane by plane, as one writes it who knows caches.
pub(crate) fn cross_entropy_apart<T: Scalar>(
    classes: usize,
    inner: usize,
    scale: f64,
    Batch { x, y, mut dx }: Batch<'_, T, u32>,
) -> f64 {
    let scale = T::of(scale);
    let mut total = 0.0;
    for (sample, (x, y)) in x.chunks_exact(classes * inner).zip(y.chunks_exact(inner)).enumerate() {
        let mut max = x[..inner].to_vec();
        let mut sum = vec![T::default(); inner];
        for plane in x.chunks_exact(inner) {
            for (max, &x) in max.iter_mut().zip(plane) {
                *max = max.max(x);
            }
        }
        for plane in x.chunks_exact(inner) {
            for ((sum, &max), &x) in sum.iter_mut().zip(&max).zip(plane) {
                *sum = *sum + (x - max).exp();
            }
        }
        for (i, ((&sum, &max), &y)) in sum.iter().zip(&max).zip(y).enumerate() {
            total += (sum.ln() + max - x[y as usize * inner + i]).into();
        }
        let Some(dx) = dx.as_mut().map(|dx| &mut dx[sample * classes * inner..][..classes * inner]) else {
            continue;
        };
        for (dx, x) in dx.chunks_exact_mut(inner).zip(x.chunks_exact(inner)) {
            for (((dx, &x), &max), &sum) in dx.iter_mut().zip(x).zip(&max).zip(&sum) {
                *dx = (x - max).exp() * (scale / sum);
            }
        }
        for (i, &y) in y.iter().enumerate() {
            let dx = &mut dx[y as usize * inner + i];
            *dx = *dx - scale;
        }
    }
    total
}

//! The loops that a user would write: the stable formula, one element at a time, functions of std.

use super::data::Batch;
use super::scalar::Scalar;

/// The sum of the losses of all elements; `formula` gives a loss and its derivative. Gradients are times `scale`.
#[inline(always)]
pub(crate) fn elementwise<T: Scalar>(
    formula: impl Fn(T, T) -> (T, T),
    scale: f64,
    Batch { x, y, dx }: Batch<'_, T, T>,
) -> f64 {
    let scale = T::of(scale);
    let mut sum = 0.0;
    let Some(dx) = dx else {
        for (&x, &t) in x.iter().zip(y) {
            sum += formula(x, t).0.into();
        }
        return sum;
    };
    for ((&x, &t), dx) in x.iter().zip(y).zip(dx) {
        let (value, slope) = formula(x, t);
        sum += value.into();
        *dx = slope * scale;
    }
    sum
}

#[inline(always)]
pub(crate) fn mse<T: Scalar>(x: T, t: T) -> (T, T) {
    let e = x - t;
    (e * e, e + e)
}

#[inline(always)]
pub(crate) fn mae<T: Scalar>(x: T, t: T) -> (T, T) {
    let e = x - t;
    (e.abs(), if e == T::default() { e } else { e.signum() })
}

/// Huber with a threshold of 1, and so smooth L1 with a tip of 1 too.
#[inline(always)]
pub(crate) fn huber<T: Scalar>(x: T, t: T) -> (T, T) {
    let (half, one) = (T::of(0.5), T::of(1.0));
    let e = x - t;
    let value = if e.abs() < one { half * e * e } else { e.abs() - half };
    (value, e.clamp(-one, one))
}

#[inline(always)]
pub(crate) fn bce_with_logits<T: Scalar>(x: T, t: T) -> (T, T) {
    let (zero, one) = (T::default(), T::of(1.0));
    let e = (-x.abs()).exp();
    let certain = one / (one + e);
    let sigmoid = if x < zero { one - certain } else { certain };
    (x.max(zero) - x * t + e.ln_1p(), sigmoid - t)
}

#[inline(always)]
pub(crate) fn log_cosh<T: Scalar>(x: T, t: T) -> (T, T) {
    let one = T::of(1.0);
    let e = x - t;
    let decay = (-(e.abs() + e.abs())).exp();
    let slope = (one - decay) / (one + decay);
    let value = e.abs() + decay.ln_1p() - T::of(core::f64::consts::LN_2);
    (value, if e < T::default() { -slope } else { slope })
}

/// With Keras's floor.
#[inline(always)]
pub(crate) fn mape<T: Scalar>(x: T, t: T) -> (T, T) {
    let (hundred, base) = (T::of(100.0), t.abs().max(T::of(1e-7)));
    let e = x - t;
    let sign = if e == T::default() { e } else { e.signum() };
    (hundred * (e / base).abs(), hundred * sign / base)
}

#[inline(always)]
pub(crate) fn msle<T: Scalar>(x: T, t: T) -> (T, T) {
    let r = x.ln_1p() - t.ln_1p();
    (r * r, (r + r) / (T::of(1.0) + x))
}

#[inline(always)]
pub(crate) fn bce<T: Scalar>(x: T, t: T) -> (T, T) {
    let one = T::of(1.0);
    let value = -(t * x.ln() + (one - t) * (-x).ln_1p());
    (value, (x - t) / ((one - x) * x))
}

#[inline(always)]
pub(crate) fn hinge<T: Scalar>(x: T, t: T) -> (T, T) {
    let (zero, lacking) = (T::default(), T::of(1.0) - t * x);
    if lacking > zero { (lacking, -t) } else { (zero, zero) }
}

#[inline(always)]
pub(crate) fn squared_hinge<T: Scalar>(x: T, t: T) -> (T, T) {
    let lacking = (T::of(1.0) - t * x).max(T::default());
    (lacking * lacking, -(t * (lacking + lacking)))
}

#[inline(always)]
pub(crate) fn kl_div<T: Scalar>(x: T, t: T) -> (T, T) {
    let zero = T::default();
    if t > zero { (t * (t.ln() - x), -t) } else { (zero, zero) }
}

/// With both branches, as PyTorch has it for targets that are no labels.
#[inline(always)]
pub(crate) fn hinge_embedding<T: Scalar>(x: T, t: T) -> (T, T) {
    let (zero, one) = (T::default(), T::of(1.0));
    let (together, apart) = (if t == -one { zero } else { x }, if t == one { zero } else { (one - x).max(zero) });
    let slope = if t == -one { zero } else { one };
    (together + apart, if t != one && x < one { slope - one } else { slope })
}

/// The sum of the losses of all rows. Gradients are times `scale`.
pub(crate) fn cross_entropy<T: Scalar>(classes: usize, scale: f64, Batch { x, y, dx }: Batch<'_, T, u32>) -> f64 {
    let rows = x.chunks_exact(classes).zip(y);
    let Some(dx) = dx else {
        return rows.map(|(x, &y)| row_loss(x, y as usize)).sum();
    };
    let mut sum = 0.0;
    for ((x, &y), dx) in rows.zip(dx.chunks_exact_mut(classes)) {
        sum += row_loss_and_grad(x, y as usize, T::of(scale), dx);
    }
    sum
}

fn row_loss<T: Scalar>(x: &[T], y: usize) -> f64 {
    let max = x.iter().fold(x[0], |max, &x| max.max(x));
    let mut sum = T::default();
    for &x in x {
        sum = sum + (x - max).exp();
    }
    (sum.ln() + max - x[y]).into()
}

fn row_loss_and_grad<T: Scalar>(x: &[T], y: usize, scale: T, dx: &mut [T]) -> f64 {
    let max = x.iter().fold(x[0], |max, &x| max.max(x));
    let mut sum = T::default();
    for (&x, dx) in x.iter().zip(&mut *dx) {
        *dx = (x - max).exp();
        sum = sum + *dx;
    }
    let factor = scale / sum;
    for dx in &mut *dx {
        *dx = *dx * factor;
    }
    dx[y] = dx[y] - scale;
    (sum.ln() + max - x[y]).into()
}

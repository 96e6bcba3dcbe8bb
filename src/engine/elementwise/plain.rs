//! From the inputs to the gradient and the sum in registers.

use super::{Elementwise, Eval, Shared};
use crate::engine::sum::{BLOCK, BlockSum, Sum};
use crate::lane::{AHEAD, Isa, Lane};
use crate::math::Float;

#[inline(always)]
pub(super) fn run<I, T, F, const VALUE: bool, const GRAD: bool, const STREAM: bool>(
    isa: I,
    shared: &Shared<'_, T, F>,
    x: &[T],
    t: &[T],
    grad: &mut [T],
) -> Sum
where
    I: Isa,
    T: Float,
    F: Elementwise<T>,
{
    let stream = if STREAM { Some(isa.stream()) } else { None };
    let factor = T::Lane::<I>::splat(isa, T::from_f64(shared.factors.scale));
    let mut sum = Sum::default();
    let mut start = 0;
    while start < x.len() {
        let end = x.len().min(start + BLOCK * T::LANES);
        let (x, t) = (&x[start..end], &t[start..end]);
        let grad = if GRAD { &mut grad[start..end] } else { &mut [] };
        let total = block::<I, T, F, VALUE, GRAD>(isa, stream.as_ref(), shared.loss, factor, x, t, grad);
        if VALUE {
            sum.add(if total.is_finite() { total } else { wide_block(isa, shared.loss, x, t) });
        }
        start = end;
    }
    sum
}

#[inline(always)]
fn block<I, T, F, const VALUE: bool, const GRAD: bool>(
    isa: I,
    stream: Option<&I::Stream>,
    loss: F,
    factor: T::Lane<I>,
    x: &[T],
    t: &[T],
    grad: &mut [T],
) -> f64
where
    I: Isa,
    T: Float,
    F: Elementwise<T>,
{
    let mut sum = BlockSum::<T::Lane<I>>::new(isa);
    let whole = x.len() / (4 * T::LANES) * (4 * T::LANES);
    let (xs, x_rest) = x.split_at(whole);
    let (ts, t_rest) = t.split_at(whole);
    let (grads, mut grad_rest) = grad.split_at_mut(if GRAD { whole } else { 0 });
    let (xs, ts) = (T::chunks(xs).0.as_chunks::<4>().0, T::chunks(ts).0.as_chunks::<4>().0);
    let grads = T::chunks_mut(grads).0.as_chunks_mut::<4>().0;
    let mut i = 0;
    while i < xs.len().min(ts.len()) {
        let mut values = [factor; 4];
        let mut k = 0;
        while k < 4 {
            if stream.is_some() {
                isa.prefetch(&xs[i][k], AHEAD);
                isa.prefetch(&ts[i][k], AHEAD);
            }
            let (x, t) = (T::Lane::<I>::load(isa, &xs[i][k]), T::Lane::<I>::load(isa, &ts[i][k]));
            let Eval { value, slope, .. } = loss.eval(x, t);
            values[k] = value;
            if GRAD {
                let (grad, to) = (slope * factor, &mut grads[i][k]);
                match stream {
                    Some(stream) => grad.stream(to, stream),
                    None => grad.store(to),
                }
            }
            k += 1;
        }
        if VALUE {
            sum.add(values);
        }
        i += 1;
    }
    if x_rest.is_empty() {
        return sum.total().to_f64();
    }
    let mut values = [T::chunk(T::default()); 4];
    let values = &mut T::flat_mut(&mut values)[..x_rest.len()];
    for ((x, t), values) in x_rest.chunks(T::LANES).zip(t_rest.chunks(T::LANES)).zip(values.chunks_mut(T::LANES)) {
        let lane = T::Lane::<I>::load_part(isa, x, T::default());
        let Eval { value, slope, .. } = loss.eval(lane, T::Lane::<I>::load_part(isa, t, T::default()));
        value.store_part(values);
        if GRAD {
            let (part, rest) = grad_rest.split_at_mut(x.len());
            (slope * factor).store_part(part);
            grad_rest = rest;
        }
    }
    sum.push(isa, values);
    sum.total().to_f64()
}

/// The sum of a block that overflows the element type.
#[inline(always)]
fn wide_block<I: Isa, T: Float, F: Elementwise<T>>(isa: I, loss: F, x: &[T], t: &[T]) -> f64 {
    let mut sum = 0.0;
    for (x, t) in x.chunks(T::LANES).zip(t.chunks(T::LANES)) {
        let lane = T::Lane::<I>::load_part(isa, x, T::default());
        let Eval { value, .. } = loss.eval(lane, T::Lane::<I>::load_part(isa, t, T::default()));
        let mut values = T::chunk(T::default());
        value.store(&mut values);
        for value in &values.as_ref()[..x.len()] {
            sum += value.to_f64();
        }
    }
    sum
}

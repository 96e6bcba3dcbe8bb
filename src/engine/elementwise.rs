//! Losses of one prediction and one target at a time.
//!
//! A leaf runs on one of two paths with the same bits. The plain path goes from the inputs to the gradient and the sum
//! in registers. The other path (weights, mask, upstream by item, unreduced values, accumulation, in place) puts
//! values and gradients of one tile into the first-level cache and finishes them there; none of its steps but the
//! first knows the loss.

use super::factors::{Factors, Reduced, Scratch, TILE};
use super::parallel::{self, Job};
use super::sum::{BLOCK, BlockSum, LEAF, Sum};
use super::{Args, Input, check};
use crate::lane::{Isa, Kernel, Lane, Token, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome};

/// A loss of one prediction and one target.
pub(crate) trait Elementwise<T: Float>: Copy + Send + Sync {
    /// Whether an element costs an exponential or more: such work is worth threads sooner.
    const HEAVY: bool = false;

    /// The options are in their ranges.
    fn check(&self) -> Result<(), LossError> {
        Ok(())
    }

    /// Whether the formula is [`eval_column`](Self::eval_column).
    const BY_COLUMN: bool = false;

    /// An option with one entry for each column; ones if it is not given.
    fn columns(&self) -> Option<&[T]> {
        None
    }

    /// The loss and its derivative with respect to `x`.
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> (L, L);

    /// The same with the entries of [`columns`](Self::columns), for losses that have them.
    #[inline(always)]
    fn eval_column<L: Lane<Elem = T>>(&self, x: L, t: L, column: L) -> (L, L) {
        let _ = column;
        self.eval(x, t)
    }
}

/// Elements that are worth threads, by [`Elementwise::HEAVY`].
const LARGE: [usize; 2] = [1 << 19, 1 << 17];

/// Checks and runs one call.
pub(crate) fn run<T, F>(loss: &F, how: &Call<'_, T>, mut args: Args<'_, T, T>) -> Result<Outcome, LossError>
where
    T: Float,
    F: Elementwise<T>,
{
    let items = args.x.len();
    loss.check()?;
    check::length("y", items, args.target.len())?;
    args.check_outputs(items, how.accumulate)?;
    let token = how.token()?;
    let mut factors = Factors::new(how, items, loss.columns().map(<[T]>::len))?;
    if let Some(columns) = loss.columns()
        && columns.len() != factors.columns
    {
        return Err(LossError::Weights { what: "pos_weights", expected: factors.columns, found: columns.len() });
    }
    let mut totals = factors.totals(items);
    #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
    let of_loss = totals.count as f64;
    let reduced = Reduced::new(how, &totals, items, items / factors.columns, of_loss)?;
    let empty = args.each.is_none() && reduced.scale.is_none();
    if args.each.is_none() {
        factors.scale = reduced.scale.unwrap_or(0.0);
    }
    let plain = factors.is_plain()
        && !how.accumulate
        && args.each.is_none()
        && loss.columns().is_none()
        && matches!(args.x, Input::Keep(_));
    let shared = Shared { loss: *loss, token, factors, plain, accumulate: how.accumulate, want_value: args.want_value };
    let large = items >= LARGE[usize::from(F::HEAVY)];
    let sum = |x, each, grad| {
        let job = Leaves { shared: &shared, x, t: args.target, each, grad, start: 0 };
        parallel::run(job, how.threads, large).total()
    };
    totals.sum = if empty {
        let total = sum(Input::Keep(&args.x), None, None);
        args.zero_grad(how.accumulate, 1, 1);
        total
    } else {
        sum(args.x, args.each, args.grad)
    };
    Ok(reduced.outcome(how, totals))
}

/// What all leaves share.
struct Shared<'a, T, F> {
    loss: F,
    token: Token,
    factors: Factors<'a, T>,
    plain: bool,
    accumulate: bool,
    want_value: bool,
}

/// A run of leaves; `start` is the first element's place in the whole.
struct Leaves<'a, T, F> {
    shared: &'a Shared<'a, T, F>,
    x: Input<'a, T>,
    t: &'a [T],
    each: Option<&'a mut [T]>,
    grad: Option<&'a mut [T]>,
    start: usize,
}

impl<T: Float, F: Elementwise<T>> Job for Leaves<'_, T, F> {
    type Out = Sum;

    fn leaves(&self) -> usize {
        self.x.len().div_ceil(LEAF * BLOCK * T::LANES)
    }

    fn split_at(self, leaf: usize) -> (Self, Self) {
        let at = leaf * LEAF * BLOCK * T::LANES;
        let (x, x_rest) = self.x.split_at(at);
        let (t, t_rest) = self.t.split_at(at);
        let (each, each_rest) = self.each.map(|each| each.split_at_mut(at)).unzip();
        let (grad, grad_rest) = self.grad.map(|grad| grad.split_at_mut(at)).unzip();
        let Self { shared, start, .. } = self;
        let rest = Self { shared, x: x_rest, t: t_rest, each: each_rest, grad: grad_rest, start: start + at };
        (Self { shared, x, t, each, grad, start }, rest)
    }

    fn run(self) -> Sum {
        dispatch(self.shared.token, self)
    }
}

impl<T: Float, F: Elementwise<T>> Kernel for Leaves<'_, T, F> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Sum {
        let shared = self.shared;
        match (self.x, self.grad) {
            (Input::Keep(x), None) if shared.plain => plain::<I, T, F, true, false>(isa, shared, x, self.t, &mut []),
            (Input::Keep(x), Some(grad)) if shared.plain && shared.want_value => {
                plain::<I, T, F, true, true>(isa, shared, x, self.t, grad)
            }
            (Input::Keep(x), Some(grad)) if shared.plain => plain::<I, T, F, false, true>(isa, shared, x, self.t, grad),
            (x, grad) => {
                let rest = Leaves { shared, x, grad, t: self.t, each: self.each, start: self.start };
                rest.tiled(isa)
            }
        }
    }
}

/// The plain path.
#[inline(always)]
fn plain<I, T, F, const VALUE: bool, const GRAD: bool>(
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
    let factor = T::Lane::<I>::splat(isa, T::from_f64(shared.factors.scale));
    let mut sum = Sum::default();
    let mut start = 0;
    while start < x.len() {
        let end = x.len().min(start + BLOCK * T::LANES);
        let (x, t) = (&x[start..end], &t[start..end]);
        let grad = if GRAD { &mut grad[start..end] } else { &mut [] };
        let total = plain_block::<I, T, F, VALUE, GRAD>(isa, shared.loss, factor, x, t, grad);
        if VALUE {
            sum.add(if total.is_finite() { total } else { wide_block(isa, shared.loss, x, t) });
        }
        start = end;
    }
    sum
}

#[inline(always)]
fn plain_block<I, T, F, const VALUE: bool, const GRAD: bool>(
    isa: I,
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
            let (x, t) = (T::Lane::<I>::load(isa, &xs[i][k]), T::Lane::<I>::load(isa, &ts[i][k]));
            let (value, slope) = loss.eval(x, t);
            values[k] = value;
            if GRAD {
                (slope * factor).store(&mut grads[i][k]);
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
        let (value, slope) = loss.eval(lane, T::Lane::<I>::load_part(isa, t, T::default()));
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
        let (value, _) = loss.eval(lane, T::Lane::<I>::load_part(isa, t, T::default()));
        let mut values = T::chunk(T::default());
        value.store(&mut values);
        for value in &values.as_ref()[..x.len()] {
            sum += value.to_f64();
        }
    }
    sum
}

impl<T: Float, F: Elementwise<T>> Leaves<'_, T, F> {
    /// The path with all options.
    #[inline(always)]
    fn tiled<I: Isa>(mut self, isa: I) -> Sum {
        let mut sum = Sum::default();
        let mut scratch = Scratch::new();
        let mut start = 0;
        while start < self.x.len() {
            let end = self.x.len().min(start + BLOCK * T::LANES);
            let mut block = BlockSum::<T::Lane<I>>::new(isa);
            let mut in_f64 = 0.0;
            while start < end {
                let tile = start..end.min(start + TILE * T::LANES);
                start = tile.end;
                let mut values = [T::chunk(T::default()); TILE];
                let values = &mut T::flat_mut(&mut values)[..tile.len()];
                self.tile(isa, tile, values, &mut scratch);
                block.push(isa, values);
                if TILE < BLOCK || !block.total().to_f64().is_finite() {
                    in_f64 = values.iter().fold(in_f64, |sum, value| sum + value.to_f64());
                }
            }
            let total = block.total().to_f64();
            sum.add(if total.is_finite() { total } else { in_f64 });
        }
        sum
    }

    /// Values, gradients and outputs of one tile.
    #[inline(always)]
    fn tile<I: Isa>(&mut self, isa: I, tile: core::ops::Range<usize>, values: &mut [T], scratch: &mut Scratch<T>) {
        let shared = self.shared;
        let start = self.start + tile.start;
        let mut grads = [T::chunk(T::default()); TILE];
        let grads = &mut T::flat_mut(&mut grads)[..tile.len()];
        if F::BY_COLUMN {
            let ones = [T::from_f64(1.0)];
            let columns = shared.loss.columns().unwrap_or(&ones);
            scratch.lay_out_columns(columns, start, tile.len());
        }
        eval_tile(isa, shared.loss, &self.x[tile.clone()], &self.t[tile.clone()], scratch, values, grads);
        shared.factors.weigh(start, values, scratch);
        if let Some(each) = &mut self.each {
            each[tile.clone()].copy_from_slice(values);
        }
        let to = match (&mut self.grad, &mut self.x) {
            (Some(grad), _) => &mut grad[tile],
            (None, Input::Replace(x)) => &mut x[tile],
            (None, Input::Keep(_)) => return,
        };
        shared.factors.scale(start, grads, scratch);
        if shared.accumulate {
            for (to, &grad) in to.iter_mut().zip(&*grads) {
                *to = *to + grad;
            }
        } else {
            to.copy_from_slice(grads);
        }
    }
}

/// Values and derivatives of one tile, before any factor.
#[inline(always)]
fn eval_tile<I: Isa, T: Float, F: Elementwise<T>>(
    isa: I,
    loss: F,
    x: &[T],
    t: &[T],
    scratch: &Scratch<T>,
    values: &mut [T],
    grads: &mut [T],
) {
    let columns = scratch.columns();
    let zero = T::default();
    let lanes = T::LANES;
    let mut at = 0;
    while at < x.len() {
        let end = x.len().min(at + lanes);
        let x = T::Lane::<I>::load_part(isa, &x[at..end], zero);
        let t = T::Lane::<I>::load_part(isa, &t[at..end], zero);
        let (value, slope) = loss.eval_column(x, t, T::Lane::<I>::load_part(isa, &columns[at..end], zero));
        value.store_part(&mut values[at..end]);
        slope.store_part(&mut grads[at..end]);
        at = end;
    }
}

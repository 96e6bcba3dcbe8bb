//! Losses of one prediction and one target at a time.
//!
//! A leaf runs on one of two paths with the same bits. The plain path goes from the inputs to the gradient and the sum
//! in registers. The tiled path (weights, mask, upstream by item, unreduced values, accumulation, in place, gradient of
//! the target) puts values and gradients of one tile into the first-level cache and finishes them there; none of its
//! steps but the first knows the loss.

mod by_row;
mod plain;
mod tiled;

use self::by_row::Kernels as RowKernels;
use super::factors::{Factors, Reduced};
use super::parallel::{self, Job};
use super::sum::{BLOCK, LEAF, Sum};
use super::{Args, Input, Outputs, check};
use crate::lane::{Isa, Kernel, Lane, Token, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome};

/// The loss of an element, and its derivatives with respect to the prediction and to the target. What is not asked for
/// is dead code.
#[derive(Clone, Copy)]
pub(crate) struct Eval<L> {
    pub(crate) value: L,
    pub(crate) slope: L,
    pub(crate) target_slope: L,
}

impl<L: Lane> Eval<L> {
    /// Of a loss of the error `x - t` alone.
    #[inline(always)]
    pub(crate) fn of_error(value: L, slope: L) -> Self {
        Self { value, slope, target_slope: -slope }
    }
}

/// A loss of one prediction and one target.
pub(crate) trait Elementwise<T: Float>: Copy + Send + Sync {
    /// Whether an element costs an exponential or more: such work is worth threads sooner.
    const HEAVY: bool = false;

    /// The options are in their ranges.
    fn check(&self) -> Result<(), LossError> {
        Ok(())
    }

    /// What the loss must know of all targets before the first element; most need nothing.
    #[must_use]
    fn prepared(self, _targets: &[T]) -> Self {
        self
    }

    /// Runs some leaves. A method of the loss, not of the engine, so that the compiler builds each loss by itself: all at
    /// once, and only those that changed.
    fn run_leaves(leaves: Leaves<'_, T, Self>) -> Sum {
        dispatch(leaves.shared.token, leaves)
    }

    /// Runs some rows, likewise.
    fn run_rows(rows: RowKernels<'_, T, Self>) {
        dispatch(rows.batch.shared.token, rows);
    }

    /// Whether the formula is [`eval_column`](Self::eval_column).
    const BY_COLUMN: bool = false;

    /// An option with one entry for each column; ones if it is not given.
    fn columns(&self) -> Option<&[T]> {
        None
    }

    /// The loss and its derivatives.
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L>;

    /// The same with the entries of [`columns`](Self::columns), for losses that have them.
    #[inline(always)]
    fn eval_column<L: Lane<Elem = T>>(&self, x: L, t: L, column: L) -> Eval<L> {
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
    if how.by_row.is_some() {
        return by_row::run(loss, how, args);
    }
    args.check_outputs(items, how.accumulate)?;
    let token = how.token()?;
    let mut factors = Factors::new(how, items, loss.columns().map(<[T]>::len))?;
    check_columns(loss, factors.columns)?;
    let mut totals = factors.totals(items);
    #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
    let of_loss = totals.count as f64;
    let reduced = Reduced::new(how, &totals, items, items / factors.columns, of_loss)?;
    let empty = args.out.each.is_none() && reduced.scale.is_none();
    if args.out.each.is_none() {
        factors.scale = reduced.scale.unwrap_or(0.0);
    }
    let plain = factors.is_plain()
        && !how.accumulate
        && args.out.each.is_none()
        && args.out.target_grad.is_none()
        && loss.columns().is_none()
        && matches!(args.x, Input::Keep(_));
    let loss = loss.prepared(args.target);
    let shared = Shared { loss, token, factors, plain, accumulate: how.accumulate, want_value: args.want_value };
    let large = items >= LARGE[usize::from(F::HEAVY)];
    let sum = |x, out| {
        let job = Leaves { shared: &shared, x, t: args.target, out, start: 0 };
        parallel::run(job, how.threads, large).total()
    };
    totals.sum = if empty {
        let total = sum(Input::Keep(&args.x), Outputs::default());
        args.zero_grad(how.accumulate, 1, 1);
        total
    } else {
        sum(args.x, args.out)
    };
    Ok(reduced.outcome(how, totals))
}

/// An option by column has one entry for each column.
fn check_columns<T: Float, F: Elementwise<T>>(loss: &F, expected: usize) -> Result<(), LossError> {
    match loss.columns() {
        Some(columns) if columns.len() != expected => {
            Err(LossError::Weights { what: "pos_weights", expected, found: columns.len() })
        }
        _ => Ok(()),
    }
}

/// What all leaves share.
pub(crate) struct Shared<'a, T, F> {
    loss: F,
    token: Token,
    factors: Factors<'a, T>,
    plain: bool,
    accumulate: bool,
    want_value: bool,
}

/// A run of leaves; `start` is the first element's place in the whole.
pub(crate) struct Leaves<'a, T, F> {
    shared: &'a Shared<'a, T, F>,
    x: Input<'a, T>,
    t: &'a [T],
    out: Outputs<'a, T>,
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
        let (out, out_rest) = self.out.split_at(at, at);
        let Self { shared, start, .. } = self;
        (Self { shared, x, t, out, start }, Self { shared, x: x_rest, t: t_rest, out: out_rest, start: start + at })
    }

    fn run(self) -> Sum {
        F::run_leaves(self)
    }
}

impl<T: Float, F: Elementwise<T>> Kernel for Leaves<'_, T, F> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> Sum {
        let shared = self.shared;
        if !shared.plain {
            return tiled::run(self, isa);
        }
        let (x, t) = (&*self.x, self.t);
        match self.out.grad.as_deref_mut() {
            None => plain::run::<I, T, F, true, false>(isa, shared, x, t, &mut []),
            Some(grad) if shared.want_value => plain::run::<I, T, F, true, true>(isa, shared, x, t, grad),
            Some(grad) => plain::run::<I, T, F, false, true>(isa, shared, x, t, grad),
        }
    }
}

//! Losses of one prediction and one target at a time.
//!
//! A leaf runs on one of two paths with the same bits. The plain path goes from the inputs to the gradient and the sum
//! in registers. The tiled path (weights, mask, upstream by item, unreduced values, accumulation, in place, gradient of
//! the target) puts values and gradients of one tile into the first-level cache and finishes them there.
//!
//! A call of a few elements without options takes neither: [`small`].
//!
//! What is compiled for each loss is [`Compiled`], [`small`], and the checks of [`run`].

mod by_axis;
mod by_row;
mod compiled;
mod plain;
mod small;
mod tiled;

use self::compiled::Compiled;
use self::plain::Plain;
use super::factors::Factors;
use super::parallel::{self, Job};
use super::reduced::Reduced;
use super::rowwise::STREAMED;
use super::sum::{BLOCK, LEAF, Sum};
use super::{Args, Input, Outputs, check};
use crate::lane::{Lane, Token};
use crate::math::Float;
use crate::{Call, Layout, LossError, Outcome, Threads};

/// The loss of an element, and its derivatives with respect to the prediction and to the target. In a
/// loop in registers, what is not asked for is dead code.
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
    fn prepared(self, _targets: &[T], _layout: Option<Layout>) -> Self {
        self
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
    loss.check()?;
    check::length("y", args.x.len(), args.target.len())?;
    let loss = &loss.prepared(args.target, how.layout);
    if cfg!(feature = "std")
        && let Some(outcome) = small::run(loss, how, &mut args)
    {
        return Ok(outcome);
    }
    if how.by_row.is_some() { by_row::run(loss, how, args) } else { by_item(loss, how, args) }
}

fn by_item<T: Float>(
    loss: &dyn Compiled<T>,
    how: &Call<'_, T>,
    mut args: Args<'_, T, T>,
) -> Result<Outcome, LossError> {
    if let Some(layout) = how.layout
        && !layout.is_dense()
    {
        layout.check()?;
        let instead = "reduce the rows by `by_row`";
        return Err(LossError::Unsupported { what: "a row stride", instead });
    }
    let items = args.x.len();
    args.check_outputs(items, how.accumulate)?;
    let token = how.token()?;
    let columns = loss.columns();
    let mut factors = Factors::new(how, items, columns.map(<[T]>::len))?;
    check_columns(columns, factors.columns)?;
    let mut totals = factors.totals(token, items);
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
        && columns.is_none()
        // Where the stack is small, what overwrites its input goes by tiles.
        && (cfg!(feature = "std") || matches!(args.x, Input::Keep(_)));
    let (accumulate, want_value) = (how.accumulate, args.want_value);
    let streams = size_of_val(&*args.x) >= STREAMED;
    let shared = Shared { loss, token, factors, plain, accumulate, want_value, streams };
    let large = items >= LARGE[usize::from(loss.is_heavy())];
    totals.sum = if empty {
        let total = value_alone(&shared, &args, how.threads, large);
        args.zero_grad(how.accumulate, 1, 1);
        total
    } else {
        let job = Leaves { shared: &shared, x: args.x, t: args.target, out: args.out, start: 0 };
        parallel::run(job, how.threads, large).total()
    };
    Ok(reduced.outcome(how, totals))
}

/// The sum for a mean over nothing, whose gradients are zeros.
#[cold]
#[inline(never)]
fn value_alone<T: Float>(shared: &Shared<'_, T>, args: &Args<'_, T, T>, threads: Threads, large: bool) -> f64 {
    let (x, out) = (Input::Keep(&args.x), Outputs::default());
    parallel::run(Leaves { shared, x, t: args.target, out, start: 0 }, threads, large).total()
}

/// An option by column has one entry for each column.
fn check_columns<T>(columns: Option<&[T]>, expected: usize) -> Result<(), LossError> {
    match columns {
        Some(columns) if columns.len() != expected => {
            Err(LossError::Weights { what: "pos_weights", expected, found: columns.len() })
        }
        _ => Ok(()),
    }
}

/// What all leaves share.
struct Shared<'a, T> {
    loss: &'a dyn Compiled<T>,
    token: Token,
    factors: Factors<'a, T>,
    plain: bool,
    accumulate: bool,
    want_value: bool,
    streams: bool,
}

/// A run of leaves; `start` is the first element's place in the whole.
struct Leaves<'a, T> {
    shared: &'a Shared<'a, T>,
    x: Input<'a, T>,
    t: &'a [T],
    out: Outputs<'a, T>,
    start: usize,
}

impl<T: Float> Job for Leaves<'_, T> {
    type Out = Sum;

    fn leaves(&self) -> usize {
        self.x.len().div_ceil(LEAF * BLOCK * T::LANES)
    }

    fn split_off(&mut self, leaves: usize) -> Self {
        let count = (leaves * LEAF * BLOCK * T::LANES).min(self.x.len());
        let Self { shared, x, t, out, start } = self;
        let t = t.split_off(..count).unwrap_or_default();
        let first = Self { shared, x: x.split_off(count), t, out: out.split_off(count, count), start: *start };
        *start += count;
        first
    }

    fn run(self) -> Sum {
        let Shared { loss, token, ref factors, plain, want_value, streams, .. } = *self.shared;
        if !plain {
            return tiled::run(self);
        }
        let factor = T::from_f64(factors.scale);
        loss.plain(token, Plain { x: self.x, t: self.t, grad: self.out.grad, factor, want_value, streams })
    }
}

//! Losses of one row of scores at a time.

use super::factors::Factors;
use super::parallel::{self, Job};
use super::reduced::Reduced;
use super::sum::{self, Sum};
use super::{Args, Input, Outputs};
use crate::lane::{Isa, Kernel, Token, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Threads, Totals};

use crate::Layout;

/// Rows whose losses are added in the element type.
pub(crate) const BATCH: usize = if cfg!(feature = "std") { 64 } else { 16 };
/// Entries that are never shared between threads, unless one row has more.
pub(super) const LEAF: usize = 1 << 16;
/// Entries that are worth threads.
pub(super) const LARGE: usize = 1 << 17;

/// Bytes of predictions, or of their gradient, that no cache holds from one call to the next.
pub(super) const STREAMED: usize = 1 << 25;
/// Bytes of a gradient from which on its memory, and the predictions of the next rows, are worth fetching early.
const FAR: usize = 1 << 20;

/// A loss of one row.
pub(crate) trait Rowwise<T: Float>: Send + Sync {
    /// Runs the batches of a leaf: writes the weighted losses of the rows, and their gradients where there is a place
    /// for them. What the batches share to work in lives here.
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum;
}

/// `rows` rows from row `first` on, at most [`BATCH`].
pub(crate) struct Batch<'a, T> {
    pub(crate) shared: &'a Shared<'a, T>,
    pub(crate) first: usize,
    pub(crate) rows: usize,
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) target_grad: Option<&'a mut [T]>,
    pub(crate) losses: &'a mut [T; BATCH],
}

/// What all rows share.
pub(crate) struct Shared<'a, T> {
    pub(crate) token: Token,
    pub(crate) threads: Threads,
    pub(crate) layout: Layout,
    pub(crate) factors: Factors<'a, T>,
    pub(crate) accumulate: bool,
    /// Whether no cache will hold the gradient until it is read, and it fills whole registers row by row.
    pub(crate) streams: bool,
    /// Whether the gradient, if there is one, is large enough for fetching its memory and the next predictions early.
    pub(crate) is_far: bool,
}

impl<'a, T: Float> Shared<'a, T> {
    /// Of a call for so many rows.
    pub(crate) fn new(how: &Call<'a, T>, layout: Layout, rows: usize) -> Result<Self, LossError> {
        let factors = Factors::of_rows(how, rows)?;
        let Call { threads, accumulate, .. } = *how;
        Ok(Self { token: how.token()?, threads, layout, factors, accumulate, streams: false, is_far: false })
    }
}

/// Runs a call whose loss, lengths and factors have been checked. `totals` are those of the rows that count.
pub(crate) fn run<T: Float>(
    loss: &dyn Rowwise<T>,
    how: &Call<'_, T>,
    shared: &mut Shared<'_, T>,
    args: Args<'_, T, ()>,
    rows: usize,
    of_loss: f64,
    totals: Totals,
) -> Result<Outcome, LossError> {
    let large = args.x.len() >= LARGE;
    reduce(how, shared, args, rows, of_loss, totals, |shared, x, out| {
        let all = Leaf { shared, rows: 0..rows, x, out };
        parallel::run(Leaves { loss, leaf: all }, how.threads, large).total()
    })
}

/// Reduces what `sum` makes of a call: it adds the weighted losses up, and writes what there is a place for.
pub(super) fn reduce<T: Float>(
    how: &Call<'_, T>,
    shared: &mut Shared<'_, T>,
    mut args: Args<'_, T, ()>,
    rows: usize,
    of_loss: f64,
    mut totals: Totals,
    sum: impl FnOnce(&Shared<'_, T>, Input<'_, T>, Outputs<'_, T>) -> f64,
) -> Result<Outcome, LossError> {
    let layout = shared.layout;
    let is_whole = layout.is_dense() && layout.classes.is_multiple_of(T::LANES);
    shared.streams = is_whole && !how.accumulate && size_of_val(&*args.x) >= STREAMED;
    shared.is_far = size_of_val(&*args.x) >= FAR;
    let reduced = Reduced::new(how, &totals, rows, rows, of_loss)?;
    let empty = args.out.each.is_none() && reduced.scale.is_none();
    if args.out.each.is_none() {
        shared.factors.scale = reduced.scale.unwrap_or(0.0);
    }
    totals.sum = if empty {
        let total = sum(shared, Input::Keep(&args.x), Outputs::default());
        args.zero_grad(how.accumulate, layout.classes, layout.stride);
        total
    } else {
        sum(shared, args.x, args.out)
    };
    Ok(reduced.outcome(how, totals))
}

struct Leaves<'a, T> {
    loss: &'a dyn Rowwise<T>,
    leaf: Leaf<'a, T>,
}

/// Some rows with all that is theirs.
pub(crate) struct Leaf<'a, T> {
    shared: &'a Shared<'a, T>,
    rows: core::ops::Range<usize>,
    x: Input<'a, T>,
    out: Outputs<'a, T>,
}

impl<T> Leaves<'_, T> {
    /// Whole batches where rows are short, whole rows where they are long.
    fn leaf_rows(&self) -> usize {
        let rows = LEAF / self.leaf.shared.layout.classes;
        if rows >= BATCH { rows / BATCH * BATCH } else { rows.max(1) }
    }
}

impl<T: Float> Job for Leaves<'_, T> {
    type Out = Sum;

    fn leaves(&self) -> usize {
        self.leaf.rows.len().div_ceil(self.leaf_rows())
    }

    fn split_off(&mut self, leaves: usize) -> Self {
        let count = (leaves * self.leaf_rows()).min(self.leaf.rows.len());
        let Self { loss, leaf: Leaf { shared, rows, x, out } } = self;
        let entries = count * shared.layout.stride;
        let first = rows.start..rows.start + count;
        rows.start = first.end;
        let (x, out) = (x.split_off(entries), out.split_off(count, entries));
        Self { loss: *loss, leaf: Leaf { shared, rows: first, x, out } }
    }

    fn run(self) -> Sum {
        self.loss.leaf(self.leaf)
    }
}

impl<T: Float> Leaf<'_, T> {
    /// Entries of a row.
    pub(crate) fn classes(&self) -> usize {
        self.shared.layout.classes
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Runs all batches and adds their losses up.
    pub(crate) fn batches(self, run: &mut dyn FnMut(Batch<'_, T>)) -> Sum {
        let Self { shared, rows, mut x, out: Outputs { mut each, mut grad, mut target_grad } } = self;
        let mut sum = Sum::default();
        for first in rows.clone().step_by(BATCH) {
            let count = BATCH.min(rows.end - first);
            let at = (first - rows.start) * shared.layout.stride;
            let entries = at..at + count * shared.layout.stride;
            let mut losses = [T::default(); BATCH];
            run(Batch {
                shared,
                first,
                rows: count,
                x: x.part(entries.clone()),
                grad: grad.as_deref_mut().map(|grad| &mut grad[entries.clone()]),
                target_grad: target_grad.as_deref_mut().map(|grad| &mut grad[entries]),
                losses: &mut losses,
            });
            let losses = &losses[..count];
            sum.add(add_up(shared.token, losses));
            if let Some(each) = &mut each {
                each[first - rows.start..][..count].copy_from_slice(losses);
            }
        }
        sum
    }
}

/// The sum of at most [`BATCH`] losses. Not inlined: its vectors would lie on the stack below the rows.
#[inline(never)]
pub(crate) fn add_up<T: Float>(token: Token, losses: &[T]) -> f64 {
    dispatch(token, Add(losses))
}

struct Add<'a, T>(&'a [T]);

impl<T: Float> Kernel for Add<'_, T> {
    type Out = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        sum::block(isa, self.0)
    }
}

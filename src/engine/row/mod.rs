//! Losses of one row of numbers against another, or against a label.
//!
//! A formula sees vectors of entries and passes over the row, never the slices: where the row is contiguous the lanes
//! are its columns, and what a pass finds stands in all lanes; where its entries lie an axis apart, or are few, the lanes
//! are rows.

mod apart;
mod contiguous;

use super::axis;
use super::rowwise::{self, Leaf, Rowwise, Shared};
use super::sum::Sum;
use super::{Args, check};
use crate::Layout;
use crate::lane::{Element, Lane, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Weights};
use contiguous::Contiguous;

/// One vector of entries of the two rows, their columns, and what the formula has for these columns.
#[derive(Clone, Copy)]
pub(crate) struct Entry<L> {
    pub(crate) x: L,
    pub(crate) t: L,
    pub(crate) columns: L,
    /// From [`RowFormula::weights`]; 1 without them.
    pub(crate) weight: L,
}

/// `K` numbers for each entry.
pub(crate) trait Terms<L: Lane, const K: usize>: Copy {
    /// Whether vectors are taken one at a time: where terms are costly or rarely wanted, four are a lot of code for
    /// nothing.
    const ONE_BY_ONE: bool = false;

    fn at(&self, entry: Entry<L>) -> [L; K];
}

/// What a formula may do with a row.
pub(crate) trait Passes<L: Lane> {
    fn isa(&self) -> L::Isa;
    /// The sums of the terms over the row.
    fn sums<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K];
    /// The largest of the terms; NaN is dropped.
    fn largest<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K];
    /// The derivatives of every entry, with respect to `x` and to `t`.
    fn grads(&mut self, slopes: impl Terms<L, 2>);
    /// Whether anybody wants derivatives.
    fn wants_grads(&self) -> bool;
    /// Whether anybody wants those with respect to `t`.
    fn wants_target_grads(&self) -> bool;
}

/// A loss of one row.
pub(crate) trait RowFormula<T: Float>: Copy + Send + Sync {
    /// Whether each row comes with a second one.
    const PAIRED: bool;
    /// Columns up to which rows are faster side by side in lanes than one by one.
    const BY_LANES: usize = 8;
    /// What to do instead of weighing the columns of a call.
    const INSTEAD: &'static str = "weigh the rows";

    /// What the row has for a label: a class, a sign; any number where there is none. `None` leaves the row out.
    fn label(&self, row: usize) -> Option<T> {
        let _ = row;
        Some(T::default())
    }

    /// What the row counts in the divisor of the loss's own mean, before its sample weight.
    fn counts(&self, row: usize) -> f64 {
        let _ = row;
        1.0
    }

    /// One weight for each column; none where all are 1.
    fn weights(&self) -> &[T] {
        &[]
    }

    /// The loss of the row.
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, label: L) -> L;
}

/// Runs one call whose options have been checked. `t` is the second row of each row, for formulas that are paired.
pub(crate) fn run<T: Float, F: RowFormula<T>>(
    loss: &F,
    how: &Call<'_, T>,
    args: Args<'_, T, ()>,
    t: Option<&[T]>,
    layout: Layout,
    rows: usize,
) -> Result<Outcome, LossError> {
    check_call(how, F::INSTEAD)?;
    let entries = layout.entries(rows)?;
    check::length("x", entries, args.x.len())?;
    if let Some(t) = t {
        check::length("y", entries, t.len())?;
    }
    args.check_outputs(rows, how.accumulate)?;
    let mut shared = Shared::new(how, layout, rows)?;
    let (totals, of_loss) = shared.factors.row_totals(rows, |row| loss.label(row).map(|_| loss.counts(row)));
    let of_rows = Rows { loss: *loss, t };
    if layout.goes_by_lanes(F::BY_LANES) {
        return axis::run(&of_rows, how, &mut shared, args, of_loss, totals);
    }
    rowwise::run(&of_rows, how, &mut shared, args, rows, of_loss, totals)
}

/// [`run`] with a second row for each row, its target.
pub(crate) fn run_pairs<T: Float>(
    loss: &impl RowFormula<T>,
    how: &Call<'_, T>,
    args: Args<'_, T, T>,
    layout: Layout,
) -> Result<Outcome, LossError> {
    let rows = layout.rows_of(args.x.len())?;
    let (args, t) = args.take_target();
    run(loss, how, args, Some(t), layout, rows)
}

/// Refuses what a loss of rows does not have. `instead` is what to give it for weights of columns.
pub(crate) fn check_call<T: Float>(how: &Call<'_, T>, instead: &'static str) -> Result<(), LossError> {
    if how.by_row.is_some() {
        let instead = "leave it out: every row has one loss already";
        return Err(LossError::Unsupported { what: "a reduction of rows", instead });
    }
    if matches!(how.weights, Some(Weights::Columns(_))) {
        return Err(LossError::Unsupported { what: "a weight for each column", instead });
    }
    Ok(())
}

/// The power of two that brings a number next to 1, and its exponent. It stays a normal number.
#[inline(always)]
pub(crate) fn scale_to_one<L: Lane<Elem: Float>>(size: L) -> (L, L) {
    let least = size.of(L::Elem::MIN_NORMAL);
    let (_, exponent) = size.at_least(least).at_most(size.of(0.25 / L::Elem::MIN_NORMAL)).split();
    (L::pow2(-exponent + (L::Elem::ROUND + L::Elem::BIAS)), -exponent)
}

struct Rows<'a, T, F> {
    loss: F,
    t: Option<&'a [T]>,
}

impl<T: Float, F: RowFormula<T>> Rowwise<T> for Rows<'_, T, F> {
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum {
        leaf.batches(&mut |batch| dispatch(batch.shared.token, Contiguous { rows: self, batch }))
    }
}

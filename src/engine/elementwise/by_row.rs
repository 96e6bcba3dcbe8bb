//! Losses of elements whose rows have one loss each.

use super::check_columns;
use super::compiled::Compiled;
use super::tiled::{Tile, put};
use crate::call::ByRow;
use crate::engine::axis;
use crate::engine::factors::{Scratch, TILE};
use crate::engine::rowwise::{self, Batch, Layout, Leaf, Rowwise, Shared};
use crate::engine::sum::{self, BlockSum, Sum};
use crate::engine::{Args, Input};
use crate::lane::{Isa, Kernel, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Weights};

/// Columns up to which rows are faster side by side in lanes than one by one.
const BY_LANES: usize = 8;

/// Runs one call whose loss and lengths of input have been checked.
pub(super) fn run<T: Float>(
    loss: &dyn Compiled<T>,
    how: &Call<'_, T>,
    args: Args<'_, T, T>,
) -> Result<Outcome, LossError> {
    let elements = args.x.len();
    let column_weights = match how.weights {
        Some(Weights::Columns(weights)) => Some(weights),
        _ => None,
    };
    let known = how.columns.or(loss.columns().map(<[T]>::len)).or(column_weights.map(<[T]>::len));
    let instead = "give the call its `columns`";
    let columns = known.ok_or(LossError::Unsupported { what: "a row of unknown length", instead })?;
    let layout = Layout::axis(columns, how.inner);
    let rows = layout.rows_of(elements)?;
    check_columns(loss.columns(), columns)?;
    if let Some(weights) = column_weights
        && weights.len() != columns
    {
        return Err(LossError::Weights { what: "column weights", expected: columns, found: weights.len() });
    }
    args.check_outputs(rows, how.accumulate)?;
    let shared = Shared::new(how, layout, rows)?;
    let totals = shared.factors.totals(rows);
    #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
    let (of_loss, length) = (totals.count as f64, columns as f64);
    let share = if how.by_row == Some(ByRow::Mean) { 1.0 / length } else { 1.0 };
    let (args, t) = args.take_target();
    let rows_of = Rows { loss, t, column_weights, share };
    if layout.goes_by_lanes(BY_LANES) {
        return axis::run(&rows_of, how, shared, args, of_loss, totals);
    }
    rowwise::run(&rows_of, how, shared, args, rows, of_loss, totals)
}

/// A loss of elements with its targets.
pub(super) struct Rows<'a, T> {
    pub(super) loss: &'a dyn Compiled<T>,
    pub(super) t: &'a [T],
    pub(super) column_weights: Option<&'a [T]>,
    /// What the sum of a row is multiplied with.
    pub(super) share: f64,
}

impl<T: Float> Rowwise<T> for Rows<'_, T> {
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum {
        leaf.batches(&mut |batch| dispatch(batch.shared.token, Kernels { rows: self, batch }))
    }
}

struct Kernels<'a, T> {
    rows: &'a Rows<'a, T>,
    batch: Batch<'a, T>,
}

impl<T: Float> Kernel for Kernels<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let (mut tile, mut scratch) = (Tile::new(), Scratch::new());
        let factors = self.batch.shared.factors;
        for i in 0..self.batch.rows {
            let row = self.batch.first + i;
            let kept = factors.is_kept(row);
            let weight = if kept { factors.weight(row).to_f64() } else { 0.0 };
            let scale = if kept { factors.upstream(row) * weight } else { 0.0 };
            let mut sum = Sum::default();
            let columns = self.batch.shared.layout.classes;
            let mut start = 0;
            while start < columns {
                let end = columns.min(start + TILE * T::LANES);
                sum.add(self.tile(isa, i, start..end, kept.then_some(scale), &mut tile, &mut scratch));
                start = end;
            }
            let loss = T::from_f64(sum.total() * self.rows.share);
            self.batch.losses[i] = if kept { loss * T::from_f64(weight) } else { T::default() };
        }
    }
}

impl<T: Float> Kernels<'_, T> {
    /// The sum of some columns of row `i`, and their gradients times `scale`; zeros without one.
    #[inline(always)]
    fn tile<I: Isa>(
        &mut self,
        isa: I,
        i: usize,
        columns: core::ops::Range<usize>,
        scale: Option<f64>,
        tile: &mut Tile<T>,
        scratch: &mut Scratch<T>,
    ) -> f64 {
        let Rows { loss, t, column_weights, share } = *self.rows;
        let batch = &mut self.batch;
        let classes = batch.shared.layout.classes;
        let len = columns.len();
        let at = i * classes + columns.start..i * classes + columns.end;
        let target = (batch.first + i) * classes + columns.start;
        if let Some(scale) = scale {
            let ones = [T::from_f64(1.0)];
            if loss.is_by_column() {
                scratch.lay_out_columns(loss.columns().unwrap_or(&ones), columns.start, len);
            }
            let (x, t) = (&batch.x[at.clone()], &t[target..target + len]);
            tile.evaluate(loss, batch.shared.token, x, t, scratch.columns(), true);
            scratch.lay_out_columns(column_weights.unwrap_or(&ones), columns.start, len);
            tile.weigh(scratch.columns(), scale * share, len);
        } else {
            tile.clear();
        }
        let (values, grads, target_grads) = tile.parts(len);
        let grad = match (batch.grad.as_deref_mut(), &mut batch.x) {
            (None, Input::Replace(x)) => Some(&mut **x),
            (grad, _) => grad,
        };
        for (to, from) in [(grad, grads), (batch.target_grad.as_deref_mut(), target_grads)] {
            if let Some(to) = to {
                put(&mut to[at.clone()], from, batch.shared.accumulate);
            }
        }
        let mut block = BlockSum::<T::Lane<I>>::new(isa);
        block.push(isa, values);
        let total = block.total().to_f64();
        if total.is_finite() { total } else { sum::wide(values) }
    }
}

impl<T: Float> Tile<T> {
    /// Multiplies values with the weights of their columns, gradients with those and `scale`.
    #[inline(always)]
    fn weigh(&mut self, columns: &[T], scale: f64, len: usize) {
        let (values, grads, target_grads) = self.parts(len);
        for (i, &weight) in columns[..len].iter().enumerate() {
            let factor = T::from_f64(scale * weight.to_f64());
            values[i] = values[i] * weight;
            grads[i] = grads[i] * factor;
            target_grads[i] = target_grads[i] * factor;
        }
    }
}

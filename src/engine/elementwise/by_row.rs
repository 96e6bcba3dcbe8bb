//! Losses of elements whose rows have one loss each.

use super::compiled::Compiled;
use super::tiled::{Tile, put};
use super::{by_item, check_columns};
use crate::Layout;
use crate::call::ByRow;
use crate::engine::Args;
use crate::engine::axis;
use crate::engine::factors::{Scratch, TILE};
use crate::engine::rowwise::{self, BATCH, Batch, Leaf, Rowwise, Shared};
use crate::engine::sum::{self, Sum};
use crate::lane::{Isa, Kernel, Lane, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Weights};
use core::ops::Range;

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
    let implied = loss.columns().or(column_weights).map(<[T]>::len);
    let instead = "give the call its `columns`";
    let unknown = LossError::Unsupported { what: "a row of unknown length", instead };
    let layout = how.layout.or(implied.map(Layout::rows)).ok_or(unknown)?;
    let columns = layout.classes;
    let rows = layout.rows_of(elements)?;
    check_columns(loss.columns(), columns)?;
    if let Some(weights) = column_weights
        && weights.len() != columns
    {
        return Err(LossError::Weights { what: "column weights", expected: columns, found: weights.len() });
    }
    // The loss of a row is that of its element; the totals alone count weights of columns in another way.
    if columns == 1 && layout.is_dense() && !layout.is_apart() && column_weights.is_none() {
        return by_item(loss, how, args);
    }
    args.check_outputs(rows, how.accumulate)?;
    let mut shared = Shared::new(how, layout, rows)?;
    let totals = shared.factors.totals(shared.token, rows);
    #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
    let (of_loss, length) = (totals.count as f64, columns as f64);
    let divisor = if how.by_row == Some(ByRow::Mean) { length } else { 1.0 };
    let (args, t) = args.take_target();
    let rows_of = Rows { loss, t, column_weights, divisor };
    if layout.is_apart() {
        return axis::run(&rows_of, how, &mut shared, args, of_loss, totals);
    }
    rowwise::run(&rows_of, how, &mut shared, args, rows, of_loss, totals)
}

/// A loss of elements with its targets.
pub(super) struct Rows<'a, T> {
    pub(super) loss: &'a dyn Compiled<T>,
    pub(super) t: &'a [T],
    pub(super) column_weights: Option<&'a [T]>,
    /// What the sum of a row is divided by.
    pub(super) divisor: f64,
}

impl<T: Float> Rowwise<T> for Rows<'_, T> {
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum {
        let mut work = Work { tile: Tile::new(), scratch: Scratch::new(), own: [Own::default(); BATCH] };
        leaf.batches(&mut |batch| dispatch(batch.shared.token, Kernels { rows: self, batch, work: &mut work }))
    }
}

/// What rows are worked on in.
struct Work<T: Float> {
    tile: Tile<T>,
    scratch: Scratch<T>,
    own: [Own; BATCH],
}

struct Kernels<'a, 'w, T: Float> {
    rows: &'a Rows<'a, T>,
    batch: Batch<'a, T>,
    work: &'w mut Work<T>,
}

/// What a row has of its own: its weight, the factor of its gradients, and the sum of its columns.
#[derive(Clone, Copy, Default)]
struct Own {
    weight: f64,
    scale: f64,
    sum: Sum,
}

impl<T: Float> Kernel for Kernels<'_, '_, T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let factors = self.batch.shared.factors;
        let layout = self.batch.shared.layout;
        let columns = layout.classes;
        let width = TILE * T::LANES;
        let mut start = 0;
        while start < self.batch.rows {
            let first = self.batch.first + start;
            // As many rows as a tile holds, or one that takes several or has a gap behind it.
            let most = if layout.is_dense() { width / columns } else { 1 };
            let most = most.clamp(1, self.batch.rows - start);
            let mut count = 0;
            while count < most && factors.is_kept(first + count) {
                let weight = factors.weight(first + count).to_f64();
                let scale = factors.upstream(first + count) * weight / self.rows.divisor;
                self.work.own[count] = Own { weight, scale, sum: Sum::default() };
                count += 1;
            }
            if count == 0 {
                self.leave_out(start);
                start += 1;
                continue;
            }
            for column in (0..columns).step_by(width) {
                let columns = column..columns.min(column + width);
                self.tile(isa, start, columns, count);
            }
            for (loss, own) in self.batch.losses[start..].iter_mut().zip(&self.work.own[..count]) {
                *loss = T::from_f64(own.sum.total() / self.rows.divisor) * T::from_f64(own.weight);
            }
            start += count;
        }
    }
}

impl<T: Float> Kernels<'_, '_, T> {
    /// The gradient of a row that is left out.
    fn leave_out(&mut self, row: usize) {
        let (shared, batch) = (self.batch.shared, &mut self.batch);
        let start = row * shared.layout.stride;
        let at = start..start + shared.layout.classes;
        let grad = batch.x.place(batch.grad.as_deref_mut());
        for to in [grad, batch.target_grad.as_deref_mut()].into_iter().flatten().filter(|_| !shared.accumulate) {
            to[at.clone()].fill(T::default());
        }
    }

    /// Adds some columns of so many rows from `start` on to their sums, and writes their gradients.
    #[inline(always)]
    fn tile<I: Isa>(&mut self, isa: I, start: usize, columns: Range<usize>, count: usize) {
        let Rows { loss, t, column_weights, .. } = *self.rows;
        let Work { tile, scratch, own } = &mut *self.work;
        let own = &mut own[..count];
        let batch = &mut self.batch;
        let stride = batch.shared.layout.stride;
        let len = (own.len() - 1) * stride + columns.len();
        let at = start * stride + columns.start;
        let target = batch.first * stride + at;
        if loss.is_by_column() {
            scratch.lay_out_columns(loss.columns().unwrap_or(&[T::from_f64(1.0)]), 1, columns.start, len);
        }
        let (x, t) = (&batch.x[at..at + len], &t[target..target + len]);
        tile.evaluate(loss, batch.shared.token, x, t, scratch.columns(), batch.target_grad.is_some());
        if let Some(weights) = column_weights {
            scratch.lay_out_columns(weights, 1, columns.start, len);
        }
        let (values, grads, target_grads) = tile.parts(len);
        let (weights, scales) = scratch.columns_and_scales(len);
        for (scales, (own, weights)) in
            scales.chunks_mut(columns.len()).zip(own.iter().zip(weights.chunks(columns.len())))
        {
            if column_weights.is_some() {
                for (scale, weight) in scales.iter_mut().zip(weights) {
                    *scale = T::from_f64(own.scale * weight.to_f64());
                }
            } else {
                let scale = T::Lane::<I>::splat(isa, T::from_f64(own.scale));
                for scales in scales.chunks_mut(T::LANES) {
                    scale.store_part(scales);
                }
            }
        }
        if column_weights.is_some() {
            for (value, weight) in values.iter_mut().zip(weights) {
                *value = *value * *weight;
            }
        }
        let grad = batch.x.place(batch.grad.as_deref_mut());
        for (to, from) in [(grad, grads), (batch.target_grad.as_deref_mut(), target_grads)] {
            let Some(to) = to else { continue };
            for (grad, scale) in from.iter_mut().zip(&*scales) {
                *grad = *grad * *scale;
            }
            put(&mut to[at..at + len], from, batch.shared.accumulate);
        }
        for (own, values) in own.iter_mut().zip(values.chunks(columns.len())) {
            own.sum.add(sum::block(isa, values));
        }
    }
}

//! Losses of elements whose rows lie along an axis in the middle and have one loss each.
//!
//! A tile of positions is worked on column by column: what a column has there is copied, evaluated and added to the
//! sums of the positions.

use super::by_row::Rows;
use super::tiled::{Tile, put};
use crate::Layout;
use crate::engine::axis::{Axis, Positions};
use crate::engine::factors::Factors;
use crate::engine::rowwise::Shared;
use crate::engine::sum::{self, Sum};
use crate::lane::{Element, Isa, Kernel, Window, WindowMut, dispatch};
use crate::math::Float;

/// Vectors of positions of a tile: as many as fit the stack of a small machine without `std`.
const WIDTH: usize = if cfg!(feature = "std") { 8 } else { 1 };
/// Positions of a tile, at most.
const MOST: usize = f32::LANES * WIDTH;

impl<T: Float> Axis<T> for Rows<'_, T> {
    fn tile(&self, _: Layout) -> usize {
        WIDTH * T::LANES
    }

    fn positions(&self, shared: &Shared<'_, T>, mut positions: Positions<'_, T>) -> Sum {
        let mut total = Sum::default();
        let (len, width) = (positions.len(), WIDTH * T::LANES);
        let mut work = TileWork::new();
        for start in (0..len).step_by(width) {
            let positions = &mut positions.part(start..len.min(start + width));
            total.add(dispatch(shared.token, TileKernel { rows: self, shared, positions, work: &mut work }));
        }
        total
    }
}

/// What tiles are worked on in.
struct TileWork<T: Float> {
    tile: Tile<T, WIDTH>,
    /// The option by column, once for each position.
    option: [T::Chunk; WIDTH],
    x: [T::Chunk; WIDTH],
    t: [T::Chunk; WIDTH],
    before: [T::Chunk; WIDTH],
    sums: [Sum; MOST],
    /// The weight of each position, and the factor of its gradients; `None` where it is left out.
    factors: [Option<[f64; 2]>; MOST],
}

impl<T: Float> TileWork<T> {
    /// Not inlined: so it is built in its place, not beside it.
    #[inline(never)]
    fn new() -> Self {
        let zero = [T::chunk(T::default()); WIDTH];
        Self {
            tile: Tile::new(),
            option: zero,
            x: zero,
            t: zero,
            before: zero,
            sums: [Sum::default(); MOST],
            factors: [None; MOST],
        }
    }

    fn prepare(&mut self, factors: &Factors<'_, T>, divisor: f64, first: usize, len: usize) {
        self.sums[..len].fill(Sum::default());
        for (i, to) in self.factors[..len].iter_mut().enumerate() {
            let weight = factors.weight(first + i).to_f64();
            *to = factors.is_kept(first + i).then(|| [weight, factors.upstream(first + i) * weight / divisor]);
        }
    }
}

/// One tile.
struct TileKernel<'a, 'p, T: Float> {
    rows: &'a Rows<'a, T>,
    shared: &'a Shared<'a, T>,
    positions: &'a mut Positions<'p, T>,
    work: &'a mut TileWork<T>,
}

impl<T: Float> Kernel for TileKernel<'_, '_, T> {
    type Out = f64;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> f64 {
        let len = self.positions.len();
        self.work.prepare(&self.shared.factors, self.rows.divisor, self.positions.first, len);
        for column in 0..self.shared.layout.classes {
            self.column(column, len);
        }
        let losses = &mut T::flat_mut(&mut self.work.x)[..len];
        for ((to, sum), factors) in losses.iter_mut().zip(&self.work.sums).zip(&self.work.factors) {
            let loss = T::from_f64(sum.total() / self.rows.divisor);
            *to = factors.map_or(T::default(), |[weight, _]| loss * T::from_f64(weight));
        }
        if let Some(each) = &mut self.positions.each {
            each.copy_from_slice(losses);
        }
        sum::block(isa, losses)
    }
}

impl<T: Float> TileKernel<'_, '_, T> {
    /// Adds a column to the sums, and writes its gradients.
    fn column(&mut self, column: usize, len: usize) {
        let Rows { loss, t, column_weights, .. } = *self.rows;
        let TileWork { tile, option, x: xs, t: ts, before, sums, factors } = &mut *self.work;
        let Layout { classes, stride, inner } = self.shared.layout;
        let (xs, ts) = (&mut T::flat_mut(xs)[..len], &mut T::flat_mut(ts)[..len]);
        let range = self.positions.first..self.positions.first + len;
        self.positions.x.get().copy_row(column, xs);
        Window::new(t, classes, stride, inner).part(range).copy_row(column, ts);
        if loss.is_by_column() {
            let own = loss.columns().map_or(T::from_f64(1.0), |columns| columns[column]);
            T::flat_mut(option)[..len].fill(own);
        }
        tile.evaluate(loss, self.shared.token, xs, ts, T::flat(option), self.positions.target_grad.is_some());
        let weight = column_weights.map_or(T::from_f64(1.0), |weights| weights[column]);
        let (values, grads, target_grads) = tile.parts(len);
        for (sum, &value) in sums.iter_mut().zip(&*values) {
            sum.add((value * weight).to_f64());
        }
        let scale = |grads: &mut [T]| {
            for (grad, factors) in grads.iter_mut().zip(&*factors) {
                let factor = factors.map(|[_, scale]| T::from_f64(scale * weight.to_f64()));
                *grad = factor.map_or(T::default(), |factor| *grad * factor);
            }
        };
        let before = &mut T::flat_mut(before)[..len];
        let accumulate = self.shared.accumulate;
        if let Some(to) = &mut self.positions.target_grad {
            scale(target_grads);
            write(to, column, target_grads, before, accumulate);
        }
        if let Some((mut to, accumulate)) = self.positions.grad_place(accumulate) {
            scale(grads);
            write(&mut to, column, grads, before, accumulate);
        }
    }
}

/// Writes or adds the gradients of a column.
fn write<T: Float>(to: &mut WindowMut<'_, T>, column: usize, grads: &[T], before: &mut [T], accumulate: bool) {
    if !accumulate {
        return to.paste_row(column, grads);
    }
    to.shared().copy_row(column, before);
    put(before, grads, true);
    to.paste_row(column, before);
}

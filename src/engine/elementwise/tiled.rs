//! The path with all options, tile by tile.

use super::Leaves;
use super::compiled::{Compiled, Few};
use crate::engine::factors::{Scratch, TILE};
use crate::engine::sum::{BLOCK, BlockSum, Sum};
use crate::lane::{Isa, Kernel, Token, dispatch};
use crate::math::Float;
use core::ops::Range;

/// Not inlined: its tiles would lie on the stack of the plain path, too.
#[inline(never)]
pub(super) fn run<T: Float>(leaves: Leaves<'_, T>) -> Sum {
    dispatch(leaves.shared.token, leaves)
}

impl<T: Float> Kernel for Leaves<'_, T> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> Sum {
        let mut sum = Sum::default();
        let (mut tile, mut scratch) = (Tile::new(), Scratch::new());
        let mut start = 0;
        while start < self.x.len() {
            let end = self.x.len().min(start + BLOCK * T::LANES);
            let mut block = BlockSum::<T::Lane<I>>::new(isa);
            let mut in_f64 = 0.0;
            while start < end {
                let range = start..end.min(start + TILE * T::LANES);
                start = range.end;
                let values = self.tile(range, &mut tile, &mut scratch);
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
}

/// Values and gradients of one tile.
pub(super) struct Tile<T: Float, const N: usize = TILE> {
    values: [T::Chunk; N],
    grads: [T::Chunk; N],
    target_grads: [T::Chunk; N],
}

impl<T: Float, const N: usize> Tile<T, N> {
    /// Not inlined: so it is built in its place, not beside it.
    #[inline(never)]
    pub(super) fn new() -> Self {
        let zero = T::chunk(T::default());
        Self { values: [zero; N], grads: [zero; N], target_grads: [zero; N] }
    }

    /// The first so many values, gradients and gradients of the target.
    #[inline(always)]
    pub(super) fn parts(&mut self, len: usize) -> (&mut [T], &mut [T], &mut [T]) {
        let Self { values, grads, target_grads } = self;
        (&mut T::flat_mut(values)[..len], &mut T::flat_mut(grads)[..len], &mut T::flat_mut(target_grads)[..len])
    }

    /// Values and derivatives of the elements, before any factor.
    pub(super) fn evaluate(
        &mut self,
        loss: &dyn Compiled<T>,
        token: Token,
        x: &[T],
        t: &[T],
        columns: &[T],
        with_target: bool,
    ) {
        let Self { values, grads, target_grads } = self;
        let target_grads: &mut [T::Chunk] = if with_target { target_grads } else { &mut [] };
        loss.evaluate(token, Few { x, t, columns, values, grads, target_grads });
    }
}

impl<T: Float> Leaves<'_, T> {
    /// Outputs of one tile; returns its values.
    #[inline(always)]
    fn tile<'a>(&mut self, range: Range<usize>, tile: &'a mut Tile<T>, scratch: &mut Scratch<T>) -> &'a [T] {
        let shared = self.shared;
        let (start, len) = (self.start + range.start, range.len());
        if shared.loss.is_by_column() {
            let ones = [T::from_f64(1.0)];
            scratch.lay_out_columns(shared.loss.columns().unwrap_or(&ones), shared.factors.inner, start, len);
        }
        let (x, t) = (&self.x[range.clone()], &self.t[range.clone()]);
        tile.evaluate(shared.loss, shared.token, x, t, scratch.columns(), self.out.target_grad.is_some());
        let values = &mut T::flat_mut(&mut tile.values)[..len];
        shared.factors.weigh(start, values, scratch);
        if let Some(each) = &mut self.out.each {
            each[range.clone()].copy_from_slice(values);
        }
        let grad = self.x.place(self.out.grad.as_deref_mut());
        let target_grad = self.out.target_grad.as_deref_mut();
        for (to, from) in [(grad, &mut tile.grads), (target_grad, &mut tile.target_grads)] {
            let Some(to) = to else { continue };
            let from = &mut T::flat_mut(from)[..len];
            shared.factors.scale(start, from, scratch);
            put(&mut to[range.clone()], from, shared.accumulate);
        }
        values
    }
}

/// Writes or adds gradients.
#[inline(always)]
pub(super) fn put<T: Float>(to: &mut [T], from: &[T], accumulate: bool) {
    if accumulate {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = *to + from;
        }
    } else {
        to.copy_from_slice(from);
    }
}

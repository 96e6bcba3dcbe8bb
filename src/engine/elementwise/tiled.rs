//! The path with all options, tile by tile.

use super::{Elementwise, Eval, Leaves};
use crate::engine::Input;
use crate::engine::factors::{Scratch, TILE};
use crate::engine::sum::{BLOCK, BlockSum, Sum};
use crate::lane::{Isa, Lane};
use crate::math::Float;
use core::ops::Range;

#[inline(always)]
pub(super) fn run<I: Isa, T: Float, F: Elementwise<T>>(mut leaves: Leaves<'_, T, F>, isa: I) -> Sum {
    let mut sum = Sum::default();
    let mut scratch = Scratch::new();
    let mut start = 0;
    while start < leaves.x.len() {
        let end = leaves.x.len().min(start + BLOCK * T::LANES);
        let mut block = BlockSum::<T::Lane<I>>::new(isa);
        let mut in_f64 = 0.0;
        while start < end {
            let range = start..end.min(start + TILE * T::LANES);
            start = range.end;
            let mut tile = Tile::new();
            let values = leaves.tile(isa, range, &mut tile, &mut scratch);
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

/// Values and gradients of one tile.
pub(super) struct Tile<T: Float> {
    values: [T::Chunk; TILE],
    grads: [T::Chunk; TILE],
    target_grads: [T::Chunk; TILE],
}

impl<T: Float> Tile<T> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        let zero = T::chunk(T::default());
        Self { values: [zero; TILE], grads: [zero; TILE], target_grads: [zero; TILE] }
    }

    /// The first so many values, gradients and gradients of the target.
    #[inline(always)]
    pub(super) fn parts(&mut self, len: usize) -> (&mut [T], &mut [T], &mut [T]) {
        let Self { values, grads, target_grads } = self;
        (&mut T::flat_mut(values)[..len], &mut T::flat_mut(grads)[..len], &mut T::flat_mut(target_grads)[..len])
    }

    /// Values and derivatives of the elements, before any factor.
    #[inline(always)]
    pub(super) fn eval<I: Isa, F: Elementwise<T>, const TARGET: bool>(
        &mut self,
        isa: I,
        loss: F,
        x: &[T],
        t: &[T],
        columns: &[T],
    ) {
        let zero = T::default();
        let lanes = T::LANES;
        let mut vector = 0;
        while vector * lanes < x.len() {
            let at = vector * lanes..x.len().min((vector + 1) * lanes);
            let x = T::Lane::<I>::load_part(isa, &x[at.clone()], zero);
            let t = T::Lane::<I>::load_part(isa, &t[at.clone()], zero);
            let eval = loss.eval_column(x, t, T::Lane::<I>::load_part(isa, &columns[at], zero));
            let Eval { value, slope, target_slope } = eval;
            value.store(&mut self.values[vector]);
            slope.store(&mut self.grads[vector]);
            if TARGET {
                target_slope.store(&mut self.target_grads[vector]);
            }
            vector += 1;
        }
    }
}

impl<T: Float, F: Elementwise<T>> Leaves<'_, T, F> {
    /// Outputs of one tile; returns its values.
    #[inline(always)]
    fn tile<'a, I: Isa>(
        &mut self,
        isa: I,
        range: Range<usize>,
        tile: &'a mut Tile<T>,
        scratch: &mut Scratch<T>,
    ) -> &'a [T] {
        let shared = self.shared;
        let (start, len) = (self.start + range.start, range.len());
        if F::BY_COLUMN {
            let ones = [T::from_f64(1.0)];
            scratch.lay_out_columns(shared.loss.columns().unwrap_or(&ones), start, len);
        }
        let (x, t) = (&self.x[range.clone()], &self.t[range.clone()]);
        if self.out.target_grad.is_some() {
            tile.eval::<I, F, true>(isa, shared.loss, x, t, scratch.columns());
        } else {
            tile.eval::<I, F, false>(isa, shared.loss, x, t, scratch.columns());
        }
        let values = &mut T::flat_mut(&mut tile.values)[..len];
        shared.factors.weigh(start, values, scratch);
        if let Some(each) = &mut self.out.each {
            each[range.clone()].copy_from_slice(values);
        }
        let grad = match (self.out.grad.as_deref_mut(), &mut self.x) {
            (None, Input::Replace(x)) => Some(&mut **x),
            (grad, _) => grad,
        };
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

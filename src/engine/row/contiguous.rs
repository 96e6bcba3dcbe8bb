//! Rows whose entries lie side by side.

use super::{Entry, Passes, RowFormula, Rows, Terms};
use crate::engine::Input;
use crate::engine::rowwise::{Batch, Layout, Shared};
use crate::engine::sum::{BlockSum, Sum};
use crate::lane::{Element, Isa, Kernel, Lane};
use crate::math::Float;
use core::ops::Range;

/// Vectors whose terms are added in the element type: a multiple of four.
const BLOCK: usize = 32;

pub(super) struct Contiguous<'a, T, F> {
    pub(super) rows: &'a Rows<'a, T, F>,
    pub(super) batch: Batch<'a, T>,
}

impl<T: Float, F: RowFormula<T>> Kernel for Contiguous<'_, T, F> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        if self.rows.t.is_some() { self.all::<I, true>(isa) } else { self.all::<I, false>(isa) }
    }
}

impl<T: Float, F: RowFormula<T>> Contiguous<'_, T, F> {
    #[inline(always)]
    fn all<I: Isa, const TARGET: bool>(mut self, isa: I) {
        let Rows { loss, t } = *self.rows;
        let Shared { layout: Layout { classes, stride, .. }, factors, accumulate, .. } = *self.batch.shared;
        for i in 0..self.batch.losses.len() {
            let row = self.batch.first + i;
            let at = i * stride..i * stride + classes;
            let mut slices = Slices::<T::Lane<I>, TARGET> {
                isa,
                x: self.batch.x.part(at.clone()),
                t: t.map_or(&[], |t| &t[row * stride..][..classes]),
                grad: self.batch.grad.as_deref_mut().map(|grad| &mut grad[at.clone()]),
                target_grad: self.batch.target_grad.as_deref_mut().map(|grad| &mut grad[at]),
                factor: T::Lane::<I>::splat(isa, T::default()),
                accumulate,
            };
            let label = if factors.is_kept(row) { loss.label(row) } else { None };
            let Some(label) = label else {
                slices.zero();
                continue;
            };
            let weight = loss.label_weight(row) * factors.weight(row).to_f64();
            slices.factor = T::Lane::<I>::splat(isa, T::from_f64(factors.upstream(row) * weight));
            let value = loss.row(&mut slices, T::Lane::<I>::splat(isa, label));
            self.batch.losses[i] = (value * T::Lane::<I>::splat(isa, T::from_f64(weight))).first();
        }
    }
}

/// One row. Without a `TARGET` the second row is zeros.
struct Slices<'a, L: Lane, const TARGET: bool> {
    isa: L::Isa,
    x: Input<'a, L::Elem>,
    t: &'a [L::Elem],
    grad: Option<&'a mut [L::Elem]>,
    target_grad: Option<&'a mut [L::Elem]>,
    factor: L,
    accumulate: bool,
}

impl<L: Lane<Elem: Float>, const TARGET: bool> Slices<'_, L, TARGET> {
    /// The vector of entries from `start` on; 0 past the end.
    #[inline(always)]
    fn part(&self, start: usize) -> Entry<L> {
        let zero = L::Elem::default();
        let end = self.x.len().min(start + L::Elem::LANES);
        let x = L::load_part(self.isa, &self.x[start..end], zero);
        let t = if TARGET { L::load_part(self.isa, &self.t[start..end], zero) } else { x.of(0.0) };
        Entry { x, t, columns: L::counting(self.isa) + start as f64 }
    }

    /// The gradient of a row that is left out.
    #[inline(always)]
    fn zero(&mut self) {
        let in_place = match &mut self.x {
            Input::Replace(x) if self.grad.is_none() => Some(&mut **x),
            _ => None,
        };
        let grads = [self.grad.as_deref_mut(), self.target_grad.as_deref_mut()];
        let accumulate = self.accumulate;
        for grad in grads.into_iter().filter(|_| !accumulate).chain([in_place]).flatten() {
            grad.fill(L::Elem::default());
        }
    }

    /// Writes or adds one vector of a gradient; the part of it that `to` has.
    #[inline(always)]
    fn put(&self, grad: L, to: &mut [L::Elem]) {
        let grad = grad * self.factor;
        let grad = if self.accumulate { L::load_part(self.isa, to, L::Elem::default()) + grad } else { grad };
        grad.store_part(to);
    }

    /// The gradients of the entries of a vector, of which `x` and `t` have been read.
    #[inline(always)]
    fn put_both(&mut self, [grad, target_grad]: [L; 2], at: Range<usize>) {
        if let Some(to) = self.target_grad.take() {
            self.put(target_grad, &mut to[at.clone()]);
            self.target_grad = Some(to);
        }
        if let Some(to) = self.grad.take() {
            self.put(grad, &mut to[at]);
            self.grad = Some(to);
        } else if let Input::Replace(x) = &mut self.x {
            (grad * self.factor).store_part(&mut x[at]);
        }
    }
}

impl<L: Lane<Elem: Float>, const TARGET: bool> Slices<'_, L, TARGET> {
    /// The sums of the terms of whole vectors, of which the first has the given columns.
    #[inline(always)]
    fn block<const K: usize>(
        &self,
        terms: impl Terms<L, K>,
        xs: &[<L::Elem as Element>::Chunk],
        ts: &[<L::Elem as Element>::Chunk],
        mut columns: L,
    ) -> [BlockSum<L>; K] {
        let zero = L::splat(self.isa, L::Elem::default());
        let mut block = [BlockSum::new(self.isa); K];
        let mut start = 0;
        while start < xs.len() {
            let mut group = [[zero; 4]; K];
            let mut i = 0;
            while i < 4 && start + i < xs.len() {
                let t = if TARGET { L::load(self.isa, &ts[start + i]) } else { zero };
                let found = terms.at(Entry { x: L::load(self.isa, &xs[start + i]), t, columns });
                let mut k = 0;
                while k < K {
                    group[k][i] = found[k];
                    k += 1;
                }
                columns = columns + L::Elem::LANES as f64;
                i += 1;
            }
            let mut k = 0;
            while k < K {
                block[k].add(group[k]);
                k += 1;
            }
            start += 4;
        }
        block
    }
}

impl<L: Lane<Elem: Float>, const TARGET: bool> Passes<L> for Slices<'_, L, TARGET> {
    #[inline(always)]
    fn isa(&self) -> L::Isa {
        self.isa
    }

    #[inline(always)]
    fn wants_grads(&self) -> bool {
        self.grad.is_some() || self.target_grad.is_some() || matches!(self.x, Input::Replace(_))
    }

    #[inline(always)]
    fn sums<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K] {
        let (xs, tail) = L::Elem::chunks(&self.x);
        let ts = if TARGET { L::Elem::chunks(self.t).0 } else { xs };
        let mut sums = [Sum::default(); K];
        let mut start = 0;
        while start < xs.len() {
            let end = xs.len().min(start + BLOCK);
            let columns = L::counting(self.isa) + (start * L::Elem::LANES) as f64;
            let block = self.block(terms, &xs[start..end], &ts[start..end], columns);
            let mut k = 0;
            while k < K {
                sums[k].add(block[k].total().to_f64());
                k += 1;
            }
            start = end;
        }
        let last = if tail.is_empty() { None } else { Some(terms.at(self.part(xs.len() * L::Elem::LANES))) };
        let kept = L::first_lanes(self.isa, tail.len());
        let mut found = [L::splat(self.isa, L::Elem::default()); K];
        let mut k = 0;
        while k < K {
            if let Some(last) = last {
                sums[k].add(last[k].keep(kept).sum().to_f64());
            }
            found[k] = L::splat(self.isa, L::Elem::from_f64(sums[k].total()));
            k += 1;
        }
        found
    }

    #[inline(always)]
    fn largest<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K] {
        let lowest = L::splat(self.isa, L::Elem::from_f64(f64::NEG_INFINITY));
        let mut largest = [lowest; K];
        let lanes = L::Elem::LANES;
        let mut start = 0;
        while start < self.x.len() {
            let found = terms.at(self.part(start));
            let kept = L::first_lanes(self.isa, lanes.min(self.x.len() - start));
            let mut k = 0;
            while k < K {
                largest[k] = largest[k].at_least(L::pick(kept, found[k], lowest));
                k += 1;
            }
            start += lanes;
        }
        let mut k = 0;
        while k < K {
            largest[k] = L::splat(self.isa, largest[k].largest());
            k += 1;
        }
        largest
    }

    #[inline(always)]
    fn grads(&mut self, slopes: impl Terms<L, 2>) {
        let len = self.x.len();
        let mut start = 0;
        while start < len {
            let end = len.min(start + L::Elem::LANES);
            let slopes = slopes.at(self.part(start));
            self.put_both(slopes, start..end);
            start = end;
        }
    }
}

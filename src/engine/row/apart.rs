//! Rows whose entries lie an axis apart, or are few: each lane is a row, and what a pass finds is each lane's own.

use super::{Entry, Passes, RowFormula, Rows, Terms};
use crate::Layout;
use crate::engine::axis::{Axis, ByColumn, Column, Positions, by_column, column_tile};
use crate::engine::factors::Factors;
use crate::engine::lane_sum::RunningSum;
use crate::engine::rowwise::Shared;
use crate::engine::sum::Sum;
use crate::lane::{Isa, Lane};
use crate::math::Float;

impl<T: Float, F: RowFormula<T>> Axis<T> for Rows<'_, T, F> {
    fn tile(&self, layout: Layout) -> usize {
        column_tile::<T>(layout.classes, self.t.is_some())
    }

    fn positions(&self, shared: &Shared<'_, T>, leaf: Positions<'_, T>) -> Sum {
        by_column(shared, leaf, self.t, Weighed { loss: self.loss, factors: &shared.factors })
    }
}

/// A formula with what multiplies it.
#[derive(Clone, Copy)]
struct Weighed<'a, T, F> {
    loss: F,
    factors: &'a Factors<'a, T>,
}

impl<T: Float, F: RowFormula<T>> ByColumn<T> for Weighed<'_, T, F> {
    fn labels(&self, first: usize, label: &mut [T], kept: &mut [T]) {
        for (i, (to, kept)) in label.iter_mut().zip(kept).enumerate() {
            let row = first + i;
            let label = if self.factors.is_kept(row) { self.loss.label(row) } else { None };
            *kept = T::from_f64(f64::from(u8::from(label.is_some())));
            *to = label.unwrap_or_default();
        }
    }

    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn column<I: Isa>(&self, column: &mut Column<'_, T, I>, first: usize, label: T::Lane<I>) -> T::Lane<I> {
        let (mut weight, mut factor) = (T::chunk(T::default()), T::chunk(T::default()));
        for i in 0..column.len() {
            let own = self.factors.weight(first + i);
            weight.as_mut()[i] = own;
            factor.as_mut()[i] = T::from_f64(self.factors.upstream(first + i) * own.to_f64());
        }
        column.factor = T::Lane::<I>::load(column.isa, &factor);
        let isa = column.isa;
        let mut apart = Apart { column, weights: self.loss.weights() };
        self.loss.row(&mut apart, label) * T::Lane::<I>::load(isa, &weight)
    }
}

/// As many rows as there are lanes, and the weights of their classes; none for ones.
struct Apart<'c, 'a, T: Float, I: Isa> {
    column: &'c mut Column<'a, T, I>,
    weights: &'c [T],
}

impl<T: Float, I: Isa> Apart<'_, '_, T, I> {
    #[inline(always)]
    fn entry(&self, class: usize) -> Entry<T::Lane<I>> {
        let (x, t) = self.column.entry(class);
        let weight = self.weights.get(class).map_or(x.of(1.0), |weight| T::Lane::<I>::splat(self.column.isa, *weight));
        Entry { x, t, columns: x.of(class as f64), weight }
    }
}

impl<T: Float, I: Isa> Passes<T::Lane<I>> for Apart<'_, '_, T, I> {
    #[inline(always)]
    fn isa(&self) -> I {
        self.column.isa
    }

    #[inline(always)]
    fn wants_grads(&self) -> bool {
        let [x, t] = self.column.wants();
        x || t
    }

    #[inline(always)]
    fn wants_target_grads(&self) -> bool {
        self.column.wants()[1]
    }

    #[inline(always)]
    fn sums<const K: usize>(&self, terms: impl Terms<T::Lane<I>, K>) -> [T::Lane<I>; K] {
        let zero = T::Lane::<I>::splat(self.column.isa, T::default());
        let mut sums = [RunningSum::new(zero); K];
        for class in 0..self.column.classes {
            let found = terms.at(self.entry(class));
            let mut k = 0;
            while k < K {
                sums[k].add(found[k]);
                k += 1;
            }
        }
        let mut totals = [zero; K];
        let mut k = 0;
        while k < K {
            totals[k] = sums[k].total();
            k += 1;
        }
        totals
    }

    #[inline(always)]
    fn largest<const K: usize>(&self, terms: impl Terms<T::Lane<I>, K>) -> [T::Lane<I>; K] {
        let mut largest = [T::Lane::<I>::splat(self.column.isa, T::from_f64(f64::NEG_INFINITY)); K];
        for class in 0..self.column.classes {
            let found = terms.at(self.entry(class));
            let mut k = 0;
            while k < K {
                largest[k] = largest[k].at_least(found[k]);
                k += 1;
            }
        }
        largest
    }

    #[inline(always)]
    fn grads(&mut self, slopes: impl Terms<T::Lane<I>, 2>) {
        for class in 0..self.column.classes {
            let [grad, target_grad] = slopes.at(self.entry(class));
            let factor = self.column.factor;
            self.column.put(class, [grad * factor, target_grad * factor]);
        }
    }
}

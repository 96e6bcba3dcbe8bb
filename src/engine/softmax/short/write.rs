//! The gradients of short rows, from their exponentials.

use super::sums::RowShape;
use super::{Exponentials, Group, IGNORED, Short};
use crate::lane::{Element, Isa, Lane};
use crate::math::Float;
use core::ops::Range;

impl<T: Float> Short<'_, T> {
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    pub(super) fn write<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &Group<T>) {
        let entries = rows.start * self.stride..rows.end * self.stride;
        let Some(to) = self.x.place(self.grad.as_deref_mut()) else { return };
        let to = &mut to[entries];
        let shape = RowShape::<T::Lane<I>>::new(isa, self.classes);
        if self.stride == self.classes && !self.accumulate {
            let width = shape.vectors * T::LANES;
            // The rows from which whole vectors can be stored; the others are less than `width` entries.
            let whole = to.len().checked_sub(width).map_or(0, |room| room / self.classes + 1);
            let at = whole * self.classes;
            let Exponentials { e, last, .. } = &mut *self.e;
            spill(isa, &shape, e, &group.factor[..whole], to);
            spill(isa, &shape, &e[at..], &group.factor[whole..rows.len()], last);
            let rest = to.len() - at;
            to[at..].copy_from_slice(&last[..rest]);
            put(&self.plan.class[rows], &group.d_target, self.classes, to);
            return;
        }
        for (i, &class) in self.plan.class[rows].iter().enumerate() {
            if class == IGNORED && self.accumulate {
                continue;
            }
            let row = RowGrad {
                e: T::chunks(&self.e.e[i * self.classes..][..shape.vectors * T::LANES]).0,
                columns: T::Lane::<I>::counting(isa),
                class: T::Lane::<I>::splat(isa, T::from_f64(class as f64)),
                d_target: T::Lane::<I>::splat(isa, group.d_target[i]),
                factor: T::Lane::<I>::splat(isa, group.factor[i]),
            };
            row.write(isa, &mut to[i * self.stride..][..self.classes], self.accumulate);
        }
    }
}

/// Writes whole vectors from the start of each row on.
#[inline(always)]
fn spill<L: Lane<Elem: Float>>(
    isa: L::Isa,
    shape: &RowShape<L>,
    e: &[L::Elem],
    factors: &[L::Elem],
    to: &mut [L::Elem],
) {
    if shape.vectors == 1 {
        spill_rows::<L>(isa, shape.classes, L::Elem::LANES, e, factors, to);
    } else {
        spill_rows::<L>(isa, shape.classes, shape.vectors * L::Elem::LANES, e, factors, to);
    }
}

/// Of each `width` entries that are written, the first `classes` are the row's.
#[inline(always)]
fn spill_rows<L: Lane<Elem: Float>>(
    isa: L::Isa,
    classes: usize,
    width: usize,
    e: &[L::Elem],
    factors: &[L::Elem],
    to: &mut [L::Elem],
) {
    let mut at = 0;
    for &factor in factors {
        let factor = L::splat(isa, factor);
        let from = L::Elem::chunks(&e[at..at + width]).0;
        for (e, to) in from.iter().zip(L::Elem::chunks_mut(&mut to[at..at + width]).0) {
            (L::load(isa, e) * factor).store(to);
        }
        at += classes;
    }
}

/// Puts one entry into each row that is not ignored.
#[inline(always)]
fn put<T: Float>(class: &[usize], entries: &[T], classes: usize, to: &mut [T]) {
    let mut at = 0;
    for (&class, &entry) in class.iter().zip(entries) {
        if class != IGNORED {
            to[at + class] = entry;
        }
        at += classes;
    }
}

/// The gradient of one row, before it is written.
struct RowGrad<'a, L: Lane> {
    e: &'a [<L::Elem as Element>::Chunk],
    columns: L,
    class: L,
    d_target: L,
    factor: L,
}

impl<L: Lane<Elem: Float>> RowGrad<'_, L> {
    #[inline(always)]
    fn write(&self, isa: L::Isa, to: &mut [L::Elem], accumulate: bool) {
        let mut columns = self.columns;
        for (e, to) in self.e.iter().zip(to.chunks_mut(L::Elem::LANES)) {
            let grad = L::pick(columns.same(self.class), self.d_target, L::load(isa, e) * self.factor);
            let grad = if accumulate { L::load_part(isa, to, L::Elem::default()) + grad } else { grad };
            grad.store_part(to);
            columns = columns + L::Elem::LANES as f64;
        }
    }
}

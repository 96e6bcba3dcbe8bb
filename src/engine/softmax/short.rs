//! Many short rows at a time against one class each.
//!
//! 1. The exponentials of the whole group go to the first-level cache in one flat run. Nothing is changed there: a
//!    vector that is loaded over a fresh scalar store waits for it, so the target is left out by a mask.
//! 2. The sums of as many rows as a vector has lanes come from one tree; loss and factor are then vectors over rows.
//! 3. The gradient is the exponentials times their row's factor, row by row; a store may reach into the next row,
//!    which is written after it.
//!
//! The lanes meet the same terms as in a long row, so the bits are those of [`hard_row`](super::hard_row).
//! A row that is not accepted runs again by itself, before anything is written.

use super::{Shift, factors, row_loss};
use crate::engine::Input;
use crate::engine::sum::BlockSum;
use crate::lane::{Element, Isa, Kernel, Lane};
use crate::math::{Float, exp_scaled};
use core::ops::Range;

/// Entries of the exponentials of one group.
const SCRATCH: usize = if cfg!(feature = "std") { 2048 } else { 64 };
/// Rows of one group.
pub(crate) const GROUP: usize = if cfg!(feature = "std") { 64 } else { 16 };
/// Room for whole vectors from the last row on.
const SPARE: usize = 16;

/// Whether rows of so many classes are short.
pub(crate) const fn is_short(classes: usize) -> bool {
    classes <= SCRATCH / 16
}

/// The class of a row that is not to be read.
pub(crate) const IGNORED: usize = usize::MAX;

/// What is known of at most [`GROUP`] rows before they are read.
pub(crate) struct Plan<T> {
    /// The class, or [`IGNORED`].
    pub(crate) class: [usize; GROUP],
    pub(crate) weight: [T; GROUP],
    pub(crate) scale: [f64; GROUP],
}

/// Consecutive rows.
pub(crate) struct Short<'a, T> {
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) losses: &'a mut [T],
    pub(crate) classes: usize,
    pub(crate) stride: usize,
    pub(crate) plan: &'a Plan<T>,
    pub(crate) accumulate: bool,
    pub(crate) e: &'a mut Exponentials<T>,
}

/// Where the exponentials of a group are kept.
pub(crate) struct Exponentials<T>([T; SCRATCH + SPARE]);

impl<T: Float> Exponentials<T> {
    pub(crate) fn new() -> Self {
        Self([T::default(); SCRATCH + SPARE])
    }
}

impl<T: Float> Kernel for Short<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let rows = self.losses.len();
        let per_group = (SCRATCH / self.classes).min(GROUP) / T::LANES * T::LANES;
        let zero = [T::default(); GROUP];
        let mut group = Group { others: zero, target: zero, x_target: zero, loss: zero, factor: zero };
        let mut first = 0;
        while first < rows {
            let range = first..rows.min(first + per_group);
            first = range.end;
            self.group(isa, range, &mut group);
        }
    }
}

/// What the first steps find of the rows of one group.
struct Group<T> {
    others: [T; GROUP],
    target: [T; GROUP],
    x_target: [T; GROUP],
    loss: [T; GROUP],
    factor: [T; GROUP],
}

impl<T: Float> Short<'_, T> {
    #[inline(always)]
    fn group<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) {
        self.exponentials(isa, rows.clone());
        self.sums(isa, rows.clone(), &mut group.others);
        let mut mend = false;
        for (i, row) in rows.clone().enumerate() {
            match self.plan.class[row] {
                IGNORED => mend = true,
                class => {
                    group.x_target[i] = self.x[row * self.stride + class];
                    group.target[i] = self.e.0[i * self.classes + class];
                }
            }
        }
        if self.finish(isa, rows.clone(), group) || mend {
            self.mend(isa, rows.clone(), group);
        }
        self.losses[rows.clone()].copy_from_slice(&group.loss[..rows.len()]);
        self.write(isa, rows, group);
    }

    /// The rows that the vectors could not finish: those left out, and those that were not accepted.
    #[cold]
    #[inline(always)]
    fn mend<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) {
        for (i, row) in rows.enumerate() {
            if self.plan.class[row] == IGNORED {
                self.e.0[i * self.classes..(i + 1) * self.classes].fill(T::default());
                (group.loss[i], group.factor[i]) = (T::default(), T::default());
            } else if !Shift::accepts(group.others[i] + group.target[i]) {
                self.retry(isa, row, i, group);
            }
        }
    }

    #[inline(always)]
    fn exponentials<I: Isa>(&mut self, isa: I, rows: Range<usize>) {
        let e = &mut self.e.0;
        if self.stride == self.classes {
            flat_exponentials(isa, &self.x[rows.start * self.stride..rows.end * self.stride], e);
            return;
        }
        for (i, row) in rows.enumerate() {
            let x = &self.x[row * self.stride..][..self.classes];
            flat_exponentials(isa, x, &mut e[i * self.classes..]);
        }
    }

    /// The sum of each row's exponentials but the target's, in the lanes and the order of a long row.
    #[inline(always)]
    fn sums<I: Isa>(&self, isa: I, rows: Range<usize>, others: &mut [T]) {
        let shape = RowShape::<T::Lane<I>>::new(isa, self.classes);
        for (i, row) in rows.enumerate() {
            others[i] = shape.sum(isa, &self.e.0[i * self.classes..], self.plan.class[row]).sum();
        }
    }

    /// Losses and factors from the sums. Returns whether a row needs to be mended.
    #[inline(always)]
    fn finish<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) -> bool {
        let shift = Shift::<T>::first();
        let base = T::Lane::<I>::splat(isa, shift.base);
        let (others, target) = (T::chunks(&group.others).0, T::chunks(&group.target).0);
        let x_target = T::chunks(&group.x_target).0;
        let (loss, factor) = (T::chunks_mut(&mut group.loss).0, T::chunks_mut(&mut group.factor).0);
        let first = rows.start / T::LANES;
        let weight = &T::chunks(&self.plan.weight).0[first..];
        let scale = &self.plan.scale[rows.start..];
        let mut mend = false;
        for i in 0..rows.len().div_ceil(T::LANES) {
            let (o, t) = (T::Lane::<I>::load(isa, &others[i]), T::Lane::<I>::load(isa, &target[i]));
            let x = T::Lane::<I>::load(isa, &x_target[i]);
            mend |= Shift::<T>::rejects_any(o + t);
            (row_loss(o, t, x, base, shift.k) * T::Lane::<I>::load(isa, &weight[i])).store(&mut loss[i]);
            factors::<T>(&scale[i * T::LANES..], &others[i], &target[i], &mut factor[i]);
        }
        mend
    }

    /// Row `i` of the group once more, with a shift from its maximum.
    #[inline(always)]
    fn retry<I: Isa>(&mut self, isa: I, row: usize, i: usize, group: &mut Group<T>) {
        let x = &self.x[row * self.stride..][..self.classes];
        let mut largest = T::from_f64(f64::NEG_INFINITY);
        for &x in x {
            largest = if x > largest { x } else { largest };
        }
        let shift = Shift::from_largest(largest);
        let scaling = shift.scaling::<T::Lane<I>>(isa);
        let e = &mut self.e.0[i * self.classes..];
        for (x, e) in x.chunks(T::LANES).zip(e[..self.classes].chunks_mut(T::LANES)) {
            exp_scaled::<T::Lane<I>, true>(T::Lane::<I>::load_part(isa, x, T::default()), scaling).store_part(e);
        }
        let class = self.plan.class[row];
        let target = e[class];
        let others = RowShape::<T::Lane<I>>::new(isa, self.classes).sum(isa, e, class).sum();
        (group.others[i], group.target[i]) = (others, target);
        let base = T::Lane::<I>::splat(isa, shift.base);
        let x_target = T::Lane::<I>::splat(isa, group.x_target[i]);
        let (o, t) = (T::Lane::<I>::splat(isa, others), T::Lane::<I>::splat(isa, target));
        let loss = row_loss(o, t, x_target, base, shift.k);
        group.loss[i] = (loss * T::Lane::<I>::splat(isa, self.plan.weight[row])).first();
        let mut factor = T::chunk(T::default());
        factors::<T>(&[self.plan.scale[row]], &T::chunk(others), &T::chunk(target), &mut factor);
        group.factor[i] = factor.as_ref()[0];
    }

    #[inline(always)]
    fn write<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &Group<T>) {
        let entries = rows.start * self.stride..rows.end * self.stride;
        let to = match (&mut self.grad, &mut self.x) {
            (Some(grad), _) => &mut grad[entries],
            (None, Input::Replace(x)) => &mut x[entries],
            (None, Input::Keep(_)) => return,
        };
        let shape = RowShape::<T::Lane<I>>::new(isa, self.classes);
        let width = shape.vectors * T::LANES;
        let mut i = 0;
        if self.stride == self.classes && !self.accumulate {
            while i < rows.len() && i * self.classes + width <= to.len() {
                let row = shape.row(isa, group, &*self.e, i, self.plan.class[rows.start + i]);
                row.spill(T::chunks_mut(&mut to[i * self.classes..][..width]).0);
                i += 1;
            }
        }
        while i < rows.len() {
            let row = shape.row(isa, group, &*self.e, i, self.plan.class[rows.start + i]);
            row.write(isa, &mut to[i * self.stride..][..self.classes], self.accumulate);
            i += 1;
        }
    }
}

/// The gradient of one row, before it is written.
struct RowGrad<'a, L: Lane> {
    e: &'a [<L::Elem as Element>::Chunk],
    columns: L,
    class: L,
    /// What stands in for the exponential of the target.
    instead: L,
    factor: L,
}

impl<L: Lane<Elem: Float>> RowGrad<'_, L> {
    /// The entries of one vector, whose first column is `column`.
    #[inline(always)]
    fn entries(&self, isa: L::Isa, e: &<L::Elem as Element>::Chunk, column: usize) -> L {
        let is_class = (self.columns + column as f64).same(self.class);
        L::pick(is_class, self.instead, L::load(isa, e)) * self.factor
    }

    /// Writes whole vectors.
    #[inline(always)]
    fn spill(&self, to: &mut [<L::Elem as Element>::Chunk]) {
        let isa = self.factor.isa();
        let mut column = 0;
        for (e, to) in self.e.iter().zip(to) {
            self.entries(isa, e, column).store(to);
            column += L::Elem::LANES;
        }
    }

    #[inline(always)]
    fn write(&self, isa: L::Isa, to: &mut [L::Elem], accumulate: bool) {
        let mut column = 0;
        for (e, to) in self.e.iter().zip(to.chunks_mut(L::Elem::LANES)) {
            let grad = self.entries(isa, e, column);
            let grad = if accumulate { L::load_part(isa, to, L::Elem::default()) + grad } else { grad };
            grad.store_part(to);
            column += L::Elem::LANES;
        }
    }
}

/// How a row of exponentials lies in vectors.
struct RowShape<L: Lane> {
    classes: usize,
    vectors: usize,
    /// The columns of the first vector.
    columns: L,
    /// The lanes of the last vector that are the row's.
    last: L::Mask,
}

impl<L: Lane<Elem: Float>> RowShape<L> {
    #[inline(always)]
    fn new(isa: L::Isa, classes: usize) -> Self {
        let vectors = classes.div_ceil(L::Elem::LANES);
        let last = L::first_lanes(isa, classes - (vectors - 1) * L::Elem::LANES);
        Self { classes, vectors, columns: L::counting(isa), last }
    }

    /// Row `i` of the group, whose target is `class`.
    #[inline(always)]
    fn row<'a>(
        &self,
        isa: L::Isa,
        group: &Group<L::Elem>,
        e: &'a Exponentials<L::Elem>,
        i: usize,
        class: usize,
    ) -> RowGrad<'a, L> {
        RowGrad {
            e: L::Elem::chunks(&e.0[i * self.classes..][..self.vectors * L::Elem::LANES]).0,
            columns: self.columns,
            class: L::splat(isa, L::Elem::from_f64(class as f64)),
            instead: L::splat(isa, -group.others[i]),
            factor: L::splat(isa, group.factor[i]),
        }
    }

    /// The lanes of the sum of all entries but that of column `skip`.
    #[inline(always)]
    fn sum(&self, isa: L::Isa, row: &[L::Elem], skip: usize) -> L {
        let zero = L::splat(isa, L::Elem::default());
        let skip = L::splat(isa, L::Elem::from_f64(skip as f64));
        let row = L::Elem::chunks(&row[..self.vectors * L::Elem::LANES]).0;
        if let [only] = row {
            return L::pick(self.columns.same(skip), zero, L::load(isa, only).keep(self.last));
        }
        let mut sum = BlockSum::<L>::new(isa);
        let mut columns = self.columns;
        let mut start = 0;
        while start < row.len() {
            let mut group = [zero; 4];
            let mut k = 0;
            while k < 4 && start + k < row.len() {
                let e = L::pick(columns.same(skip), zero, L::load(isa, &row[start + k]));
                group[k] = if start + k + 1 == row.len() { e.keep(self.last) } else { e };
                columns = columns + L::Elem::LANES as f64;
                k += 1;
            }
            sum.add(group);
            start += 4;
        }
        sum.lanes()
    }
}

#[inline(always)]
fn flat_exponentials<I: Isa, T: Float>(isa: I, x: &[T], e: &mut [T]) {
    let scaling = Shift::<T>::first().scaling::<T::Lane<I>>(isa);
    let (xs, tail) = T::chunks(x);
    let es = T::chunks_mut(&mut e[..x.len().next_multiple_of(T::LANES)]).0;
    let (es, last) = es.split_at_mut(xs.len());
    for (x, e) in xs.iter().zip(es) {
        exp_scaled::<T::Lane<I>, false>(T::Lane::<I>::load(isa, x), scaling).store(e);
    }
    if let [last] = last {
        let x = T::Lane::<I>::load_part(isa, tail, T::default());
        exp_scaled::<T::Lane<I>, false>(x, scaling).store(last);
    }
}

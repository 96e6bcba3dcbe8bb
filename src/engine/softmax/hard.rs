//! One row against one class.

use super::{Shift, factors, largest, row_loss};
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{Largest, OnRow, Pass, Passes, Row, Scale};
use crate::engine::sum::Sum;
use crate::lane::{AHEAD, Isa, Lane, load_four};
use crate::math::{Float, Scaling, exp_scaled, exp_scaled_each, weigh};

/// Vectors whose exponentials are added lane by lane.
const BLOCK: usize = 32;

/// One row, its class and the factors of its loss and gradient.
pub(crate) struct HardRow<'a, T> {
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) class: usize,
    pub(crate) weight: T,
    pub(crate) scale: f64,
    pub(crate) accumulate: bool,
}

impl<T: Float> OnRow for HardRow<'_, T> {
    /// The weighted loss; the gradient goes to its place.
    type Out = T;

    #[inline(always)]
    fn run<I: Isa>(self, passes: Passes<I>) -> T {
        let Self { x, grad, class, weight, scale, accumulate } = self;
        let isa = passes.isa;
        let x_target = x[class];
        let (x, y) = x.with_place(grad);
        // The exponentials are kept where they will be scaled, unless something else is there.
        let keeps = x.is_empty() || !y.is_empty() && !accumulate;
        let (shift, SplitSum { others, target }) = if x.is_empty() {
            let shift = shift_of_replaced(passes, class, y);
            (shift, exp_sum(passes, shift, class, &[], y))
        } else {
            exp_sums_of(passes, class, x, if keeps { &mut *y } else { &mut [] })
        };
        let (others, lost) = others.rounded();
        let Finished { loss, factor } = finish(isa, Finish { others, lost, target, x_target, shift, weight, scale });
        if keeps {
            y[class] = -others;
            passes.run(Scale(factor), Row { x: &[], t: &[], y, dt: &mut [] });
        } else if let Some(&before) = y.get(class) {
            passes.run(AddAgain { shift, factor }, Row { x, t: &[], y: &mut *y, dt: &mut [] });
            y[class] = before + -others * factor;
        }
        loss
    }
}

/// The shift of a row, and the sums with it; the exponentials go to `y` if it is not empty.
#[inline(always)]
fn exp_sums_of<I: Isa, T: Float>(passes: Passes<I>, class: usize, x: &[T], y: &mut [T]) -> (Shift<T>, SplitSum<T>) {
    let shift = Shift::first();
    let sums = exp_sum(passes, shift, class, x, y);
    if Shift::accepts(sums.total()) {
        return (shift, sums);
    }
    let shift = Shift::from_largest(passes.run_rarely(Largest, Row { x, t: &[], y: &mut [], dt: &mut [] }).0);
    (shift, passes.run_rarely(ExpSum { shift, skip: Some(class) }, Row { x, t: &[], y, dt: &mut [] }))
}

/// The shift of a row whose exponentials will replace it: there is no second try, so it is found before.
#[inline(always)]
fn shift_of_replaced<I: Isa, T: Float>(passes: Passes<I>, class: usize, x: &[T]) -> Shift<T> {
    let first = Shift::first();
    let largest = largest(passes, x);
    if first.is_sure(largest, x.len()) {
        return first;
    }
    let row = Row { x, t: &[], y: &mut [], dt: &mut [] };
    let sums = passes.run_rarely(ExpSum { shift: first, skip: Some(class) }, row);
    if Shift::accepts(sums.total()) { first } else { Shift::from_largest(largest) }
}

#[inline(always)]
fn exp_sum<I: Isa, T: Float>(passes: Passes<I>, shift: Shift<T>, skip: usize, x: &[T], y: &mut [T]) -> SplitSum<T> {
    passes.run(ExpSum { shift, skip: Some(skip) }, Row { x, t: &[], y, dt: &mut [] })
}

/// Exponentials of a row, stored where there is a place for them, or over the row where `x` is empty, and their sum.
#[derive(Clone, Copy)]
pub(super) struct ExpSum<T> {
    pub(super) shift: Shift<T>,
    /// The column that stays out of the sum.
    pub(super) skip: Option<usize>,
}

/// A sum over the columns but one, and that column's own term.
#[derive(Clone, Copy, Default)]
pub(super) struct SplitSum<T> {
    pub(super) others: Sum,
    pub(super) target: T,
}

impl<T: Float> SplitSum<T> {
    pub(super) fn total(self) -> T {
        T::from_f64(self.others.total()) + self.target
    }
}

impl<T: Float> Merge for SplitSum<T> {
    fn merge(self, next: Self) -> Self {
        Self { others: self.others.merge(next.others), target: self.target + next.target }
    }
}

impl<T: Float> Pass<T> for ExpSum<T> {
    type Out = SplitSum<T>;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> SplitSum<T> {
        let skip = self.skip.and_then(|skip| skip.checked_sub(at)).unwrap_or(usize::MAX);
        match (self.shift.is_based(), row.x.is_empty(), row.y.is_empty()) {
            (false, true, _) => exp_sums::<I, T, false, true, true>(isa, self.shift, skip, row),
            (true, true, _) => exp_sums::<I, T, true, true, true>(isa, self.shift, skip, row),
            (false, false, false) => exp_sums::<I, T, false, true, false>(isa, self.shift, skip, row),
            (false, false, true) => exp_sums::<I, T, false, false, false>(isa, self.shift, skip, row),
            (true, false, false) => exp_sums::<I, T, true, true, false>(isa, self.shift, skip, row),
            (true, false, true) => exp_sums::<I, T, true, false, false>(isa, self.shift, skip, row),
        }
    }
}

#[cfg_attr(feature = "std", inline(always))]
#[cfg_attr(not(feature = "std"), inline(never))]
fn exp_sums<I: Isa, T: Float, const BASED: bool, const STORE: bool, const OVER: bool>(
    isa: I,
    shift: Shift<T>,
    skip: usize,
    row: Row<'_, T>,
) -> SplitSum<T> {
    let len = row.len();
    let mut sums = SplitSum::default();
    let mut start = 0;
    while start < len {
        let end = len.min(start + BLOCK * T::LANES);
        let x = if OVER { &[] } else { &row.x[start..end] };
        let y = if STORE { &mut row.y[start..end] } else { &mut [] };
        let skip = skip.wrapping_sub(start);
        let (others, target) = exp_block::<I, T, BASED, STORE, OVER>(isa, shift, skip, end - start, x, y);
        sums.others = sums.others.merge(others);
        sums.target = sums.target + target;
        start = end;
    }
    sums
}

/// The sum of one block without column `skip`, and that column's exponential.
#[inline(always)]
fn exp_block<I: Isa, T: Float, const BASED: bool, const STORE: bool, const OVER: bool>(
    isa: I,
    shift: Shift<T>,
    skip: usize,
    len: usize,
    x: &[T],
    y: &mut [T],
) -> (Sum, T) {
    let scaling = shift.scaling::<T::Lane<I>>(isa);
    let group = 4 * T::LANES;
    let mut sum = LaneSum::<T::Lane<I>>::new(isa);
    let mut target = T::default();
    let mut start = 0;
    while start < len {
        // As many whole groups as there are before the skipped one, or before the end.
        let whole = if skip >= start && skip < len { skip } else { len };
        let run = start + (whole - start) / group * group;
        let from = if OVER { &[] } else { &x[start..run] };
        let to = if STORE { &mut y[start..run] } else { &mut [] };
        exp_groups::<I, T, BASED, STORE, OVER>(isa, scaling, from, to, &mut sum);
        start = run;
        if start < len {
            let end = len.min(start + group);
            let from = if OVER { &[] } else { &x[start..end] };
            let to = if STORE { &mut y[start..end] } else { &mut [] };
            let skip = skip.wrapping_sub(start);
            target = target + exp_part::<I, T, BASED, STORE, OVER>(isa, scaling, skip, from, to, &mut sum);
            start = end;
        }
    }
    (Sum::of_lanes(sum, len), target)
}

/// Exponentials of whole groups of four vectors.
#[inline(always)]
fn exp_groups<I: Isa, T: Float, const BASED: bool, const STORE: bool, const OVER: bool>(
    isa: I,
    scaling: Scaling<T::Lane<I>>,
    x: &[T],
    y: &mut [T],
    sum: &mut LaneSum<T::Lane<I>>,
) {
    let xs = T::chunks(x).0.as_chunks::<4>().0;
    let ys = T::chunks_mut(y).0.as_chunks_mut::<4>().0;
    let mut i = 0;
    while i < if OVER { ys.len() } else { xs.len() } {
        let from = if OVER { &ys[i] } else { &xs[i] };
        let mut x = [T::Lane::<I>::splat(isa, T::default()); 4];
        let mut k = 0;
        while k < 4 {
            isa.prefetch(&from[k], AHEAD);
            x[k] = T::Lane::<I>::load(isa, &from[k]);
            k += 1;
        }
        let e = exp_scaled_each::<_, BASED, 4>(x, scaling);
        k = 0;
        while STORE && k < 4 {
            if !OVER {
                isa.prefetch(&ys[i][k], AHEAD);
            }
            e[k].store(&mut ys[i][k]);
            k += 1;
        }
        sum.add_four(e);
        i += 1;
    }
}

/// Exponentials of at most four vectors; that of column `skip` is returned, with a 0 in its place.
#[inline(always)]
fn exp_part<I: Isa, T: Float, const BASED: bool, const STORE: bool, const OVER: bool>(
    isa: I,
    scaling: Scaling<T::Lane<I>>,
    skip: usize,
    x: &[T],
    y: &mut [T],
    sum: &mut LaneSum<T::Lane<I>>,
) -> T {
    let (zero, lowest) = (T::default(), T::from_f64(f64::NEG_INFINITY));
    let len = if OVER { y.len() } else { x.len() };
    let from = load_four(isa, if OVER { &*y } else { x }, lowest);
    let mut e = exp_scaled_each::<_, BASED, 4>(from, scaling);
    let mut skipped = T::Lane::<I>::splat(isa, zero);
    if skip < len {
        let counting = T::Lane::<I>::counting(isa);
        let mut k = 0;
        while k < 4 {
            let place = T::from_i32(skip as i32 - (k * T::LANES) as i32);
            let is_skipped = counting.same(T::Lane::<I>::splat(isa, place));
            skipped = skipped + e[k].keep(is_skipped);
            e[k] = e[k].without(is_skipped);
            k += 1;
        }
    }
    let mut k = 0;
    while STORE && k < 4 {
        let part = len.min(k * T::LANES)..len.min((k + 1) * T::LANES);
        e[k].store_part(&mut y[part]);
        k += 1;
    }
    sum.add_four(e);
    skipped.sum()
}

/// Adds the exponentials once more, times a factor, to a gradient.
#[derive(Clone, Copy)]
struct AddAgain<T> {
    shift: Shift<T>,
    factor: T,
}

impl<T: Float> Pass<T> for AddAgain<T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, _: usize) {
        let scaling = self.shift.scaling::<T::Lane<I>>(isa);
        let factor = T::Lane::<I>::splat(isa, self.factor);
        let lanes = T::LANES;
        let len = row.y.len();
        let mut start = 0;
        while start < len {
            let end = len.min(start + lanes);
            let x = T::Lane::<I>::load_part(isa, &row.x[start..end], T::default());
            let y = T::Lane::<I>::load_part(isa, &row.y[start..end], T::default());
            let e = exp_scaled::<T::Lane<I>, true>(x, scaling) * factor;
            (y + e).store_part(&mut row.y[start..end]);
            start = end;
        }
    }
}

/// Loss and gradient factor of one row, by the vector functions that all rows use.
struct Finish<T> {
    others: T,
    /// What the rounding of the others took.
    lost: T,
    target: T,
    x_target: T,
    shift: Shift<T>,
    weight: T,
    scale: f64,
}

struct Finished<T> {
    loss: T,
    factor: T,
}

/// Inlined where there is room: else its vectors would lie on the stack below the passes.
#[cfg_attr(feature = "std", inline(always))]
#[cfg_attr(not(feature = "std"), inline(never))]
fn finish<I: Isa, T: Float>(isa: I, finish: Finish<T>) -> Finished<T> {
    let Finish { others, lost, target, x_target, shift, weight, scale } = finish;
    let mut factor = T::chunk(others);
    factors::<T>(&[scale], &T::chunk(others), &T::chunk(target), &mut factor);
    let (high, low) = (T::Lane::<I>::splat(isa, others), T::Lane::<I>::splat(isa, lost));
    let (x_target, base) = (T::Lane::<I>::splat(isa, x_target), T::Lane::<I>::splat(isa, shift.base));
    let loss = row_loss(LaneSum { high, low }, T::Lane::<I>::splat(isa, target), x_target, base, shift.k);
    let loss = weigh(T::Lane::<I>::splat(isa, weight), loss);
    Finished { loss: loss.first(), factor: factor.as_ref()[0] }
}

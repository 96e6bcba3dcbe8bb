//! The pass that makes exponentials of a row, and their sum.

use super::Shift;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{Pass, Row};
use crate::engine::sum::Sum;
use crate::lane::{AHEAD, Isa, Lane, load_up_to};
use crate::math::{Float, Scaling, exp_scaled_each};

/// Vectors whose exponentials are added lane by lane.
const BLOCK: usize = 32;

/// Bytes of a row that the second-level cache holds beside the row before.
const NEXT: usize = 1 << 18;

/// Exponentials of a row, stored where there is a place for them, or over the row where `x` is empty, and their sum.
#[derive(Clone, Copy)]
pub(super) struct ExpSum<T> {
    shift: Shift<T>,
    /// The column that stays out of the sum; past all if none does.
    skip: usize,
    /// Bytes from what is read to what is announced.
    ahead: usize,
}

impl<T> ExpSum<T> {
    /// What follows in the row is announced.
    #[inline(always)]
    pub(super) fn new(shift: Shift<T>, skip: Option<usize>) -> Self {
        Self { shift, skip: skip.unwrap_or(usize::MAX), ahead: AHEAD }
    }

    /// Over a row of so many entries that the caches have, as its largest has been found: the next row is announced,
    /// which usually follows.
    #[inline(always)]
    pub(super) fn of_cached(shift: Shift<T>, skip: Option<usize>, len: usize) -> Self {
        let bytes = len * size_of::<T>();
        let ahead = if bytes <= NEXT { AHEAD.max(bytes) } else { AHEAD };
        Self { ahead, ..Self::new(shift, skip) }
    }
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
        let skip = self.skip.checked_sub(at).unwrap_or(usize::MAX);
        match (self.shift.is_based(), row.x.is_empty(), row.y.is_empty()) {
            (false, true, _) => exp_sums::<I, T, false, true, true>(isa, self, skip, row),
            (true, true, _) => exp_sums::<I, T, true, true, true>(isa, self, skip, row),
            (false, false, false) => exp_sums::<I, T, false, true, false>(isa, self, skip, row),
            (false, false, true) => exp_sums::<I, T, false, false, false>(isa, self, skip, row),
            (true, false, false) => exp_sums::<I, T, true, true, false>(isa, self, skip, row),
            (true, false, true) => exp_sums::<I, T, true, false, false>(isa, self, skip, row),
        }
    }
}

#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
fn exp_sums<I: Isa, T: Float, const BASED: bool, const STORE: bool, const OVER: bool>(
    isa: I,
    pass: ExpSum<T>,
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
        let (others, target) = exp_block::<I, T, BASED, STORE, OVER>(isa, pass, skip, end - start, x, y);
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
    pass: ExpSum<T>,
    skip: usize,
    len: usize,
    x: &[T],
    y: &mut [T],
) -> (Sum, T) {
    let scaling = pass.shift.scaling::<T::Lane<I>>(isa);
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
        exp_groups::<I, T, BASED, STORE, OVER>(isa, scaling, pass.ahead, from, to, &mut sum);
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
    ahead: usize,
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
            isa.prefetch(&from[k], ahead);
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
    let mut k = 0;
    while k < 4 {
        if let Some(x) = x.get(k * T::LANES) {
            isa.prefetch(x, AHEAD);
        }
        if let Some(y) = y.get(k * T::LANES) {
            isa.prefetch(y, AHEAD);
        }
        k += 1;
    }
    let from = load_up_to(isa, if OVER { &*y } else { x }, lowest);
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

//! The pass that makes exponentials of a row, and their sum.

use super::Shift;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{Pass, Row};
use crate::engine::sum::{FoldedSum, Sum};
use crate::lane::{Cache, FAR_AHEAD, Isa, Lane, load_up_to};
use crate::math::{Float, Scaling, exp_scaled, exp_scaled_each};

/// Vectors whose exponentials are added lane by lane.
const BLOCK: usize = 32;

/// Bytes from a row to the next that the caches hold at once.
pub(super) const NEXT: usize = 1 << 21;

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
        Self { shift, skip: skip.unwrap_or(usize::MAX), ahead: FAR_AHEAD }
    }

    /// Over a row that the caches have, as its largest has been found: the next row, so many entries on, is announced,
    /// which usually follows.
    #[inline(always)]
    pub(super) fn of_cached(shift: Shift<T>, skip: Option<usize>, stride: usize) -> Self {
        let bytes = stride * size_of::<T>();
        let ahead = if bytes <= NEXT { FAR_AHEAD.max(bytes) } else { FAR_AHEAD };
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
    let Row { x, y, .. } = row;
    let maker = Maker { isa, scaling: pass.shift.scaling::<T::Lane<I>>(isa), ahead: pass.ahead };
    // The target is read before it is written over; else after the pass, which brings it to the cache.
    let target = if OVER { y.get(skip).copied() } else { None };
    let mut folded = FoldedSum::<T::Lane<I>>::new(isa);
    let mut start = 0;
    let others = loop {
        let end = len.min(start + BLOCK * T::LANES);
        let x = if OVER { &[] } else { &x[start..end] };
        let y = if STORE { &mut y[start..end] } else { &mut [] };
        let block = maker.block::<BASED, STORE, OVER>(skip.wrapping_sub(start), x, y);
        // One block shares its steps with no other.
        if end - start == len {
            break Sum::of_lanes(block, len);
        }
        folded.add(block, end - start);
        if end == len {
            break folded.total();
        }
        start = end;
    };
    let target = if OVER { target } else { x.get(skip).copied() };
    let target = target.map(|x| exp_scaled::<_, BASED>(T::Lane::<I>::splat(isa, x), maker.scaling).first());
    SplitSum { others, target: target.unwrap_or_default() }
}

/// Where predictions are announced to. Stores wait for places that the first cache has for what is under way; without
/// them it is the nearer one.
const fn cache_of(store: bool) -> Cache {
    if store { Cache::Second } else { Cache::First }
}

/// What exponentials are made with.
#[derive(Clone, Copy)]
struct Maker<I: Isa, T: Float> {
    isa: I,
    scaling: Scaling<T::Lane<I>>,
    ahead: usize,
}

/// The four vectors with the skipped column, but for -inf in its place, whose exponential is 0. They are read instead
/// of the row's: a loop that stopped at the column would end where no processor can guess.
struct Skipping<T: Float> {
    group: usize,
    entries: [T::Chunk; 4],
}

impl<I: Isa, T: Float> Maker<I, T> {
    /// The sum of one block without column `skip`.
    #[inline(always)]
    fn block<const BASED: bool, const STORE: bool, const OVER: bool>(
        self,
        skip: usize,
        x: &[T],
        y: &mut [T],
    ) -> LaneSum<T::Lane<I>> {
        let group = 4 * T::LANES;
        let mut sum = LaneSum::new(self.isa);
        let len = if OVER { y.len() } else { x.len() };
        let xs = T::chunks(x).0.as_chunks::<4>().0;
        let ys = T::chunks_mut(y).0.as_chunks_mut::<4>().0;
        let whole = if OVER { ys.len() } else { xs.len() };
        let whole = if STORE { whole.min(ys.len()) } else { whole };
        let mut skipping = Skipping { group: skip / group, entries: [T::chunk(T::default()); 4] };
        // Any group will do where the block has not that one: it is not read then.
        if whole > 0 {
            let nearest = skipping.group.min(whole - 1);
            let from = if OVER { &ys[nearest] } else { &xs[nearest] };
            let mut k = 0;
            // Whole vectors: one that is loaded over a fresh scalar store waits for it.
            while k < 4 {
                let entries = T::Lane::<I>::load(self.isa, &from[k]);
                self.skipped(skip % group, k, entries).store(&mut skipping.entries[k]);
                k += 1;
            }
        }
        let mut i = 0;
        while I::EIGHT && i + 1 < whole {
            self.groups::<8, BASED, STORE, OVER>(&skipping, xs, ys, i, &mut sum);
            i += 2;
        }
        while i < whole {
            self.groups::<4, BASED, STORE, OVER>(&skipping, xs, ys, i, &mut sum);
            i += 1;
        }
        let at = whole * group;
        if at < len {
            let (x, y) = (x.get(at..).unwrap_or_default(), y.get_mut(at..).unwrap_or_default());
            self.part::<BASED, STORE, OVER>(skip.wrapping_sub(at), x, y, &mut sum);
        }
        sum
    }

    /// The `k`th of some vectors, with -inf in place `skip` of all.
    #[inline(always)]
    fn skipped(self, skip: usize, k: usize, entries: T::Lane<I>) -> T::Lane<I> {
        let lowest = T::Lane::<I>::splat(self.isa, T::from_f64(f64::NEG_INFINITY));
        let place = T::Lane::<I>::splat(self.isa, T::from_i32(skip as i32));
        let places = T::Lane::<I>::counting(self.isa) + (k * T::LANES) as f64;
        T::Lane::<I>::pick(places.same(place), lowest, entries)
    }

    /// `N / 4` whole groups of four vectors from group `i` on, together.
    #[inline(always)]
    fn groups<const N: usize, const BASED: bool, const STORE: bool, const OVER: bool>(
        self,
        skipping: &Skipping<T>,
        xs: &[[T::Chunk; 4]],
        ys: &mut [[T::Chunk; 4]],
        i: usize,
        sum: &mut LaneSum<T::Lane<I>>,
    ) {
        let mut x = [T::Lane::<I>::splat(self.isa, T::default()); N];
        let mut k = 0;
        while k < N {
            let row = if OVER { &ys[i + k / 4] } else { &xs[i + k / 4] };
            let from = if i + k / 4 == skipping.group { &skipping.entries } else { row };
            let mut j = 0;
            while j < 4 {
                self.isa.prefetch(&row[j], self.ahead, cache_of(STORE));
                x[k + j] = T::Lane::<I>::load(self.isa, &from[j]);
                j += 1;
            }
            k += 4;
        }
        let e = exp_scaled_each::<_, BASED, N>(x, self.scaling);
        k = 0;
        while STORE && k < N {
            let to = &mut ys[i + k / 4][k % 4];
            if !OVER {
                self.isa.prefetch(to, FAR_AHEAD, Cache::Second);
            }
            e[k].store(to);
            k += 1;
        }
        k = 0;
        while k < N {
            sum.add_four([e[k], e[k + 1], e[k + 2], e[k + 3]]);
            k += 4;
        }
    }

    /// What fills no group, the last of the row.
    #[inline(always)]
    fn part<const BASED: bool, const STORE: bool, const OVER: bool>(
        self,
        skip: usize,
        x: &[T],
        y: &mut [T],
        sum: &mut LaneSum<T::Lane<I>>,
    ) {
        let len = if OVER { y.len() } else { x.len() };
        let mut k = 0;
        while k < 4 {
            if let Some(x) = x.get(k * T::LANES) {
                self.isa.prefetch(x, self.ahead, cache_of(STORE));
            }
            if let Some(y) = y.get(k * T::LANES) {
                self.isa.prefetch(y, if OVER { self.ahead } else { FAR_AHEAD }, Cache::Second);
            }
            k += 1;
        }
        let lowest = T::from_f64(f64::NEG_INFINITY);
        let mut from = load_up_to(self.isa, if OVER { &*y } else { x }, lowest);
        k = 0;
        while skip < len && k < 4 {
            from[k] = self.skipped(skip, k, from[k]);
            k += 1;
        }
        let e = exp_scaled_each::<_, BASED, 4>(from, self.scaling);
        k = 0;
        while STORE && k < 4 {
            let part = len.min(k * T::LANES)..len.min((k + 1) * T::LANES);
            e[k].store_part(&mut y[part]);
            k += 1;
        }
        sum.add_four(e);
    }
}

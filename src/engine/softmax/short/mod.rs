//! Many short rows at a time against one class each.
//!
//! 1. The exponentials of the whole group go to the first-level cache in one flat run. Then all targets are taken out of
//!    it, which leaves zeros: a vector that is loaded over a fresh scalar store waits for it, and so these are old.
//! 2. As many rows as a vector has lanes are summed together; loss and factor are then vectors over rows.
//! 3. The gradient is the exponentials times their row's factor, row by row; a store may reach into the next row,
//!    which is written after it. The gradients of the targets are put over it at the end.
//!
//! The lanes meet the same terms as in a long row, so the bits are those of [`HardRows`](super::HardRows).
//! A row that the vectors cannot finish runs again by itself, before anything is written.

mod sums;
mod write;

use super::{RATIO_MAX, Shift, factors, load, near_loss, row_loss};
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::lane::{Cache, Element, FAR_AHEAD, Isa, Kernel, Lane, Mask};
use crate::math::{Float, Scaling, exp_scaled, weigh};
use core::ops::Range;
use sums::RowShape;

/// Entries of the exponentials of one group.
const SCRATCH: usize = 2048;
/// Rows of one group.
pub(crate) const GROUP: usize = if cfg!(feature = "std") { 64 } else { 4 };
const _: () = assert!(GROUP.is_multiple_of(f32::LANES), "whole vectors");
/// Room for whole vectors from the last row on.
const SPARE: usize = 16;

/// Whether rows of so many classes are short. Without `std` none are: a group of them takes more stack than a small
/// machine has.
pub(crate) const fn is_short(classes: usize) -> bool {
    cfg!(feature = "std") && classes <= SCRATCH / 16
}

/// Whether there are so few rows that a group, which takes the time of a whole vector of rows, is slower than
/// [`HardRows`](super::HardRows).
pub(crate) const fn are_few<T: Float>(rows: usize, classes: usize) -> bool {
    rows <= if is_small::<T>(rows, classes) { 2 } else { T::LANES / 2 }
}

/// The class of a row that is not to be read: past the end of any slice, from wherever one counts.
pub(crate) const IGNORED: usize = usize::MAX / 2;

/// What is known of at most `N` rows before they are read.
pub(crate) struct Plan<T, const N: usize = GROUP> {
    /// The class, or [`IGNORED`].
    pub(crate) class: [usize; N],
    pub(crate) weight: [T; N],
    pub(crate) scale: [f64; N],
}

impl<T: Float, const N: usize> Plan<T, N> {
    /// Of no row.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { class: [IGNORED; N], weight: [T::default(); N], scale: [0.0; N] }
    }
}

/// Consecutive rows.
pub(crate) struct Short<'a, T> {
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) rows: usize,
    /// Of the rows, and room for whole vectors.
    pub(crate) losses: &'a mut [T],
    pub(crate) classes: usize,
    pub(crate) stride: usize,
    pub(crate) plan: &'a Plan<T>,
    pub(crate) accumulate: bool,
    pub(crate) e: &'a mut Exponentials<T>,
}

/// Where the exponentials of a group are kept.
pub(crate) struct Exponentials<T, E: ?Sized = [T]> {
    /// Kept in memory: as constants, its parts would take registers that the loop of the exponentials needs.
    shift: Shift<T>,
    /// The gradients of the last rows, where whole vectors do not fit their own place.
    last: [T; SCRATCH / 16 + 2 * SPARE],
    e: E,
}

/// What short rows are done in, `E` exponentials and more. A group of ten classes is so little work that clearing this
/// for each would show.
pub(crate) struct ShortScratch<T, const E: usize> {
    pub(crate) plan: Plan<T>,
    pub(crate) e: Exponentials<T, [T; E]>,
    pub(crate) group: Group<T>,
}

/// For groups of any size.
pub(crate) const WHOLE_GROUP: usize = SCRATCH + SPARE;
/// For one vector of rows of few classes, by [`is_small`].
pub(crate) const SMALL_GROUP: usize = 256 + SPARE;

/// Whether so few rows fit a [`SMALL_GROUP`], and clearing more would take as long as all else.
pub(crate) const fn is_small<T: Float>(rows: usize, classes: usize) -> bool {
    rows <= T::LANES && classes * T::LANES <= SMALL_GROUP - SPARE
}

impl<T: Float, const E: usize> ShortScratch<T, E> {
    /// Not inlined: so it is built in its place, not beside it.
    #[inline(never)]
    pub(crate) fn new() -> Self {
        let zero = T::default();
        Self {
            plan: Plan::new(),
            e: Exponentials { shift: Shift::first(), last: [zero; SCRATCH / 16 + 2 * SPARE], e: [zero; E] },
            group: Group::new(),
        }
    }
}

/// The group is apart from the rows, which are borrowed whole while it is filled.
impl<T: Float> Kernel for (Short<'_, T>, &mut Group<T>) {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let (mut short, group) = self;
        let rows = short.rows;
        let per_group = (SCRATCH / short.classes).min(GROUP) / T::LANES * T::LANES;
        let mut first = 0;
        while first < rows {
            let range = first..rows.min(first + per_group);
            first = range.end;
            short.group(isa, range, group);
        }
    }
}

/// What the first steps find of the rows of one group.
pub(crate) struct Group<T> {
    target: [T; GROUP],
    /// The sum of the others, and what its rounding took.
    others: [T; GROUP],
    lost: [T; GROUP],
    factor: [T; GROUP],
    /// The gradient of the target.
    d_target: [T; GROUP],
}

impl<T: Float> Group<T> {
    #[inline(always)]
    fn new() -> Self {
        let zero = [T::default(); GROUP];
        Self { target: zero, others: zero, lost: zero, factor: zero, d_target: zero }
    }
}

impl<T: Float> Short<'_, T> {
    #[inline(always)]
    fn group<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) {
        self.exponentials(isa, rows.clone());
        let mut mend = self.targets(rows.clone(), group);
        mend |= self.finish(isa, rows.clone(), group);
        if mend {
            self.mend(isa, rows.clone(), group);
        }
        self.write(isa, rows, group);
    }

    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn exponentials<I: Isa>(&mut self, isa: I, rows: Range<usize>) {
        let Exponentials { shift, e, .. } = &mut *self.e;
        let scaling = shift.scaling(isa);
        let x = &*self.x;
        let to = self.grad.as_deref().unwrap_or(x);
        // Of rows of up to a vector, whose own steps take longest, none gained by the second cache.
        let cache = if self.classes > T::LANES { Cache::Second } else { Cache::First };
        if self.stride == self.classes {
            let entries = rows.start * self.stride..rows.end * self.stride;
            flat_exponentials(isa, cache, scaling, &x[entries.clone()], &to[entries], e);
            return;
        }
        for (i, row) in rows.enumerate() {
            let entries = row * self.stride..row * self.stride + self.classes;
            flat_exponentials(isa, cache, scaling, &x[entries.clone()], &to[entries], &mut e[i * self.classes..]);
        }
    }

    /// Takes out the exponentials of the targets. Returns whether a row is ignored; what is found there has no meaning.
    #[inline(always)]
    fn targets(&mut self, rows: Range<usize>, group: &mut Group<T>) -> bool {
        let classes = &self.plan.class[rows];
        let mut ignored = false;
        for &class in classes {
            ignored |= class == IGNORED;
        }
        let mut at = 0;
        for (&class, target) in classes.iter().zip(&mut group.target) {
            *target = self.e.e.get_mut(class + at).map(core::mem::take).unwrap_or_default();
            at += self.classes;
        }
        ignored
    }

    /// Sums, losses and factors. Returns whether a row needs to be mended.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn finish<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) -> bool {
        let shape = RowShape::<T::Lane<I>>::new(isa, self.classes);
        let target = T::chunks(&group.target).0;
        let (others, d_target) = (T::chunks_mut(&mut group.others).0, T::chunks_mut(&mut group.d_target).0);
        let (lost, factor) = (T::chunks_mut(&mut group.lost).0, T::chunks_mut(&mut group.factor).0);
        let loss = &mut T::chunks_mut(self.losses).0[rows.start / T::LANES..];
        let weight = &T::chunks(&self.plan.weight).0[rows.start / T::LANES..];
        let scale = &self.plan.scale[rows.start..];
        let vectors = rows.len().div_ceil(T::LANES);
        // Apart from what follows: the steps of a sum wait for each other, and the next one can begin meanwhile.
        for i in 0..vectors {
            let sums = shape.sums(isa, &self.e.e[i * T::LANES * self.classes..]);
            sums.high.store(&mut others[i]);
            sums.low.store(&mut lost[i]);
        }
        let mut mend = false;
        for i in 0..vectors {
            let start = i * T::LANES;
            let (high, low) = (load::<I, T>(isa, &others[i]), load::<I, T>(isa, &lost[i]));
            let (o, t) = (LaneSum { high, low }, load::<I, T>(isa, &target[i]));
            let (near, vanishing) = near_loss(o, t);
            mend |= (Shift::<T>::rejects(high + t) | vanishing).any();
            weigh(load::<I, T>(isa, &weight[i]), near).store(&mut loss[i]);
            factors(&scale[start..], others[i].as_ref(), target[i].as_ref(), factor[i].as_mut());
        }
        // Not above: what is loaded right after parts of it were stored waits for them.
        for ((others, factor), d_target) in others.iter().zip(factor).zip(d_target) {
            (-load::<I, T>(isa, others) * load::<I, T>(isa, factor)).store(d_target);
        }
        mend
    }

    /// The rows that the vectors could not finish: those left out, those that were not accepted, and those whose target
    /// vanishes.
    #[cold]
    #[inline(always)]
    fn mend<I: Isa>(&mut self, isa: I, rows: Range<usize>, group: &mut Group<T>) {
        for (i, row) in rows.enumerate() {
            let (others, target) = (group.others[i], group.target[i]);
            if self.plan.class[row] == IGNORED {
                self.e.e[i * self.classes..][..self.classes].fill(T::default());
                (self.losses[row], group.factor[i]) = (T::default(), T::default());
            } else if !Shift::accepts(others + target) {
                self.retry(isa, row, i, group);
            } else if others.to_f64() > 0.5 * RATIO_MAX * target.to_f64() {
                self.finish_one(isa, Shift::first(), row, i, group);
            }
        }
    }

    /// Row `i` of the group once more, with a shift from its maximum.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn retry<I: Isa>(&mut self, isa: I, row: usize, i: usize, group: &mut Group<T>) {
        let x = &self.x[row * self.stride..][..self.classes];
        let mut largest = T::from_f64(f64::NEG_INFINITY);
        for &x in x {
            largest = if x > largest { x } else { largest };
        }
        let shift = Shift::from_largest(largest);
        let scaling = shift.scaling::<T::Lane<I>>(isa);
        let e = &mut self.e.e[i * self.classes..];
        for (x, e) in x.chunks(T::LANES).zip(e[..self.classes].chunks_mut(T::LANES)) {
            exp_scaled::<T::Lane<I>, true>(T::Lane::<I>::load_part(isa, x, T::default()), scaling).store_part(e);
        }
        group.target[i] = core::mem::take(&mut e[self.plan.class[row]]);
        let sum = RowShape::<T::Lane<I>>::new(isa, self.classes).sum(isa, e);
        let LaneSum { high, low } = sum.sum(self.classes <= T::LANES).rounded();
        (group.others[i], group.lost[i]) = (high.first(), low.first());
        self.finish_one(isa, shift, row, i, group);
    }

    /// Loss and factor of row `i` of the group.
    #[inline(always)]
    fn finish_one<I: Isa>(&mut self, isa: I, shift: Shift<T>, row: usize, i: usize, group: &mut Group<T>) {
        let (high, low) = (T::Lane::<I>::splat(isa, group.others[i]), T::Lane::<I>::splat(isa, group.lost[i]));
        let target = T::Lane::<I>::splat(isa, group.target[i]);
        let x_target = T::Lane::<I>::splat(isa, self.x[row * self.stride + self.plan.class[row]]);
        let (base, k) = (T::Lane::<I>::splat(isa, shift.base), T::Lane::<I>::splat(isa, shift.k));
        let loss = row_loss(LaneSum { high, low }, target, x_target, base, k);
        self.losses[row] = weigh(T::Lane::<I>::splat(isa, self.plan.weight[row]), loss).first();
        let (others, target) = (&group.others[i..=i], &group.target[i..=i]);
        factors(&[self.plan.scale[row]], others, target, &mut group.factor[i..=i]);
        group.d_target[i] = -group.others[i] * group.factor[i];
    }
}

/// Exponentials of consecutive entries, while `to`, which is about to be written, is fetched.
#[inline(always)]
fn flat_exponentials<I: Isa, T: Float>(
    isa: I,
    cache: Cache,
    scaling: Scaling<T::Lane<I>>,
    x: &[T],
    to: &[T],
    e: &mut [T],
) {
    let (xs, tail) = T::chunks(x);
    let es = T::chunks_mut(&mut e[..x.len().next_multiple_of(T::LANES)]).0;
    let (es, last) = es.split_at_mut(xs.len());
    for ((x, to), e) in xs.iter().zip(T::chunks(to).0).zip(es) {
        isa.prefetch(x, FAR_AHEAD, cache);
        isa.prefetch(to, 0, Cache::First);
        exp_scaled::<T::Lane<I>, false>(T::Lane::<I>::load(isa, x), scaling).store(e);
    }
    if let [last] = last {
        let x = T::Lane::<I>::load_part(isa, tail, T::default());
        exp_scaled::<T::Lane<I>, false>(x, scaling).store(last);
    }
}

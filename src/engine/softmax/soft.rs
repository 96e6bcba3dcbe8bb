//! One row against a distribution over its classes.
//!
//! With `q_j = w_j t_j` (class weight times target probability) and `Q` their sum, the loss is
//! `Σ q_j (lse - x_j)` and the gradient `p_j Q - q_j`. With the maximum `m` of the row, `lse - x_j` is
//! `(m - x_j) + (lse - m)`, and `lse - m` is the loss of the maximum's own class, which is known to the last digits:
//! both terms are positive, so nothing cancels, and a large common shift of the logits does not enter.
//!
//! The passes: the maximum and its column, the sum of `q_j`, that of the exponentials, then loss and gradient.
//!
//! Where the maximum has most of `p` and of `q`, its `p Q - q` would cancel. It is `Σ' q_j - Q Σ' p_j` over the other
//! columns too, of which both sums are kept apart.

use super::Shift;
use super::axis::{Distributions, Entry};
use super::exp_sum::{ExpSum, SplitSum};
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{OnRows, Pass, Passes, Row};
use crate::engine::sum::{BLOCK, Sum};
use crate::lane::{Element, Isa, Lane, Mask, load_four};
use crate::math::{Float, exp_scaled_each, log1p};

/// The target probabilities of one row.
#[derive(Clone, Copy)]
pub(crate) struct SoftTarget<'a, T> {
    /// Given probabilities, or those of a class.
    pub(crate) given: Result<&'a [T], usize>,
    pub(crate) all: Distributions<'a, T>,
}

impl<T: Float> SoftTarget<'_, T> {
    /// The entries of so many columns from `at` on, of which `given` has the probabilities.
    #[inline(always)]
    fn load<I: Isa>(&self, isa: I, given: &[T], at: usize, columns: usize) -> Entries<T::Lane<I>> {
        let given = match self.given {
            Ok(_) => load_four(isa, given, T::default()),
            Err(class) => one_hot(isa, class.wrapping_sub(at)),
        };
        let weights = self.all.weights.get(at..at + columns).unwrap_or_default();
        Entries { given, weighted: !weights.is_empty(), weights: load_four(isa, weights, T::default()) }
    }
}

/// The entries of a group of four vectors.
struct Entries<L> {
    given: [L; 4],
    weighted: bool,
    weights: [L; 4],
}

impl<L: Lane> Entries<L> {
    #[inline(always)]
    fn vector(&self, k: usize) -> Entry<L> {
        Entry { given: self.given[k], weight: if self.weighted { Some(self.weights[k]) } else { None } }
    }
}

/// One row, its targets and the factors of its loss and gradient.
pub(crate) struct SoftRow<'a, T> {
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) target_grad: Option<&'a mut [T]>,
    pub(crate) target: SoftTarget<'a, T>,
    pub(crate) weight: T,
    pub(crate) scale: f64,
    pub(crate) accumulate: bool,
}

impl<T: Float> OnRows for SoftRow<'_, T> {
    /// The weighted loss; the gradient goes to its place.
    type Out = T;

    #[inline(always)]
    fn run<I: Isa>(self, passes: Passes<I>) -> T {
        let Self { x, grad, target_grad, target, weight, scale, accumulate } = self;
        let isa = passes.isa;
        let given = target.given.unwrap_or_default();
        let largest = super::largest(passes, &x);
        let Place(top) = passes.run(Find(largest), Row { x: &x, t: &[], y: &mut [], dt: &mut [] });
        let masses = passes.run(Mass { target, skip: top }, Row { x: &x, t: given, y: &mut [], dt: &mut [] });
        let masses = [masses.others.total(), masses.target.to_f64()];
        let (x, y) = x.with_place(grad);
        // The exponentials are kept where the gradient goes, unless something else is there.
        let keeps = !x.is_empty() && !y.is_empty() && !accumulate;
        let (from, to): (&[T], &mut [T]) = match keeps {
            true => (x, &mut *y),
            false => (if x.is_empty() { y } else { x }, &mut []),
        };
        let mut shift = Shift::first();
        let row = Row { x: from, t: &[], y: &mut *to, dt: &mut [] };
        let mut sums = passes.run(ExpSum::of_cached(shift, top, row.len()), row);
        if !Shift::accepts(sums.total()) {
            shift = Shift::from_largest(largest);
            let row = Row { x: from, t: &[], y: to, dt: &mut [] };
            sums = passes.run_rarely(ExpSum::new(shift, top), row);
        }
        let above = above(isa, T::from_f64(sums.others.total()), sums.target);
        let sums = [sums.others.total(), sums.target.to_f64()];
        let finish = Finish {
            target,
            shift,
            keeps,
            largest,
            above,
            factor: T::from_f64(scale * (masses[0] + masses[1]) / (sums[0] + sums[1])),
            kept: T::from_f64(scale * target.all.keep),
            added: T::from_f64(scale * target.all.add),
            accumulate,
        };
        let at_top = T::from_f64(scale * gap_at_top(masses, sums));
        let at_top = top.and_then(|top| Some((top, if accumulate { *y.get(top)? + at_top } else { at_top })));
        let loss = passes.run(finish, Row { x, t: given, y: &mut *y, dt: target_grad.unwrap_or_default() });
        if let Some((top, at_top)) = at_top
            && let Some(entry) = y.get_mut(top)
        {
            *entry = at_top;
        }
        T::from_f64(loss.total() * weight.to_f64())
    }
}

/// Finds the first column of an entry.
#[derive(Clone, Copy)]
struct Find<T>(T);

/// What [`Find`] finds.
struct Place(Option<usize>);

impl Merge for Place {
    fn merge(self, next: Self) -> Self {
        Self(self.0.or(next.0))
    }
}

impl<T: Float> Pass<T> for Find<T> {
    type Out = Place;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> Place {
        let entry = T::Lane::<I>::splat(isa, self.0);
        let mut start = 0;
        while start < row.x.len() {
            let part = &row.x[start..row.x.len().min(start + T::LANES)];
            // A NaN is not found.
            if T::Lane::<I>::load_part(isa, part, T::from_f64(f64::NAN)).same(entry).any() {
                return Place(part.iter().position(|x| *x == self.0).map(|lane| at + start + lane));
            }
            start += T::LANES;
        }
        Place(None)
    }
}

/// The sum of `q_j`.
#[derive(Clone, Copy)]
struct Mass<'a, T> {
    target: SoftTarget<'a, T>,
    /// The column that stays out of the sum.
    skip: Option<usize>,
}

impl<T: Float> Pass<T> for Mass<'_, T> {
    type Out = SplitSum<T>;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> SplitSum<T> {
        let mut sum = SplitSum::default();
        let len = row.x.len();
        let mut start = 0;
        while start < len {
            let block_end = len.min(start + BLOCK * T::LANES);
            let (mut block, terms) = (LaneSum::<T::Lane<I>>::new(isa), block_end - start);
            while start < block_end {
                let end = block_end.min(start + 4 * T::LANES);
                let entries = self.target.load(isa, row.t.get(start..end).unwrap_or_default(), at + start, end - start);
                let mut q = entries.given;
                let mut k = 0;
                while k < 4 {
                    q[k] = self.target.all.q(entries.vector(k));
                    k += 1;
                }
                q = first_columns(isa, q, end - start);
                if let Some(skip) = self.skip
                    && (at + start..at + end).contains(&skip)
                {
                    let counting = T::Lane::<I>::counting(isa);
                    let mut own = counting.of(0.0);
                    k = 0;
                    while k < 4 {
                        let lane = (skip - at - start) as i32 - (k * T::LANES) as i32;
                        let is_own = counting.same(T::Lane::<I>::splat(isa, T::from_i32(lane)));
                        own = own + q[k].keep(is_own);
                        q[k] = q[k].without(is_own);
                        k += 1;
                    }
                    sum.target = own.sum();
                }
                block.add_four(q);
                start = end;
            }
            sum.others = sum.others.merge(Sum::of_lanes(block, terms));
        }
        sum
    }
}

/// Loss and gradient of a row whose sums are known. What is written for the largest logit, [`gap_at_top`] is put over.
#[derive(Clone, Copy)]
struct Finish<'a, T> {
    target: SoftTarget<'a, T>,
    shift: Shift<T>,
    /// Whether the exponentials are where the gradient goes.
    keeps: bool,
    largest: T,
    /// `lse - m`.
    above: T,
    /// What exponentials are multiplied with.
    factor: T,
    /// What given probabilities are multiplied with in the gradient, and what is added to them.
    kept: T,
    added: T,
    accumulate: bool,
}

impl<T: Float> Pass<T> for Finish<'_, T> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> Sum {
        match (row.y.is_empty(), self.keeps) {
            (true, _) => self.groups::<I, false, false>(isa, row, at),
            (false, false) => self.groups::<I, true, false>(isa, row, at),
            (false, true) => self.groups::<I, true, true>(isa, row, at),
        }
    }
}

impl<T: Float> Finish<'_, T> {
    #[cfg_attr(feature = "std", inline(always))]
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn groups<I: Isa, const GRAD: bool, const KEPT: bool>(self, isa: I, row: Row<'_, T>, at: usize) -> Sum {
        let Row { x: xs, t, y, dt } = row;
        let len = xs.len().max(y.len());
        let mut sum = Sum::default();
        let mut start = 0;
        while start < len {
            let block_end = len.min(start + BLOCK * T::LANES);
            let (mut block, columns) = (LaneSum::<T::Lane<I>>::new(isa), block_end - start);
            while start < block_end {
                let end = block_end.min(start + 4 * T::LANES);
                let x: [T::Lane<I>; 4] =
                    load_four(isa, if GRAD && xs.is_empty() { &y[start..end] } else { &xs[start..end] }, T::default());
                let entries = self.target.load(isa, t.get(start..end).unwrap_or_default(), at + start, end - start);
                let (mut half, mut terms) = (x, x);
                let mut k = 0;
                while k < 4 {
                    half[k] = self.half::<I>(isa, x[k]);
                    terms[k] = self.term::<I>(half[k], entries.vector(k));
                    k += 1;
                }
                block.add_four(first_columns(isa, terms, end - start));
                if let Some(to) = dt.get_mut(start..end) {
                    let mut grads = half;
                    k = 0;
                    while k < 4 {
                        grads[k] = self.target_grad::<I>(isa, half[k], entries.vector(k));
                        k += 1;
                    }
                    put(grads, to, self.accumulate);
                }
                if GRAD {
                    let e = if KEPT {
                        load_four(isa, &y[start..end], T::default())
                    } else {
                        exp_scaled_each::<_, true, 4>(x, self.shift.scaling(isa))
                    };
                    let mut grads = e;
                    k = 0;
                    while k < 4 {
                        grads[k] = self.grad::<I>(isa, e[k], entries.vector(k));
                        k += 1;
                    }
                    put(grads, &mut y[start..end], self.accumulate);
                }
                start = end;
            }
            sum = sum.merge(Sum::of_lanes(block, columns));
        }
        sum
    }

    /// `(lse - x) / 2`: halves, so that logits at both ends of the range do not overflow.
    #[inline(always)]
    fn half<I: Isa>(&self, isa: I, x: T::Lane<I>) -> T::Lane<I> {
        let (largest, above) = (T::Lane::<I>::splat(isa, self.largest), T::Lane::<I>::splat(isa, self.above));
        (largest * 0.5 - x * 0.5) + above * 0.5
    }

    /// A term of the loss, with 0 times infinity as 0.
    #[inline(always)]
    fn term<I: Isa>(&self, half: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let (zero, q) = (half.of(0.0), self.target.all.q(entry));
        T::Lane::<I>::pick(q.same(zero) & half.same(half.of(f64::INFINITY)), zero, (q + q) * half)
    }

    /// An entry of the gradient of the target, with 0 times infinity as 0.
    #[inline(always)]
    fn target_grad<I: Isa>(&self, isa: I, half: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let share = entry.share(T::Lane::<I>::splat(isa, self.kept));
        let zero = half.of(0.0);
        T::Lane::<I>::pick(share.same(zero) & half.same(half.of(f64::INFINITY)), zero, (share + share) * half)
    }

    /// An entry of the gradient from its exponential.
    #[inline(always)]
    fn grad<I: Isa>(&self, isa: I, e: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let (kept, added) = (T::Lane::<I>::splat(isa, self.kept), T::Lane::<I>::splat(isa, self.added));
        e.mul_add(T::Lane::<I>::splat(isa, self.factor), -entry.blend(kept, added))
    }
}

/// Four vectors with a 1 in one place, if they have that.
#[inline(always)]
fn one_hot<L: Lane>(isa: L::Isa, place: usize) -> [L; 4] {
    let mut chunks = [L::Elem::chunk(L::Elem::default()); 4];
    match L::Elem::flat_mut(&mut chunks).get_mut(place) {
        Some(entry) => {
            *entry = L::Elem::from_f64(1.0);
            load_four(isa, L::Elem::flat(&chunks), L::Elem::default())
        }
        None => [L::splat(isa, L::Elem::default()); 4],
    }
}

/// Writes or adds at most four vectors.
#[inline(always)]
fn put<L: Lane>(four: [L; 4], to: &mut [L::Elem], accumulate: bool) {
    let (len, lanes) = (to.len(), L::Elem::LANES);
    let mut k = 0;
    while k * lanes < len {
        let to = &mut to[k * lanes..len.min((k + 1) * lanes)];
        if accumulate {
            (L::load_part(four[k].isa(), to, L::Elem::default()) + four[k]).store_part(to);
        } else {
            four[k].store_part(to);
        }
        k += 1;
    }
}

/// The terms of so many columns, and 0 past them.
#[inline(always)]
fn first_columns<L: Lane>(isa: L::Isa, mut terms: [L; 4], columns: usize) -> [L; 4] {
    let lanes = L::Elem::LANES;
    let mut k = 0;
    while columns < 4 * lanes && k < 4 {
        terms[k] = terms[k].keep(L::first_lanes(isa, columns.saturating_sub(k * lanes)));
        k += 1;
    }
    terms
}

/// `p Q - q` of the maximum, from `q` and from exponentials: of the other columns together, and its own. Of its own terms
/// or of those of the others, those that are smaller.
pub(super) fn gap_at_top([other_mass, own_mass]: [f64; 2], [others, own]: [f64; 2]) -> f64 {
    let (mass, sum) = (other_mass + own_mass, others + own);
    let (of_others, of_own) = (mass * (others / sum), mass * (own / sum));
    let largest = |a: f64, b: f64| a.abs().max(b.abs());
    if largest(other_mass, of_others) < largest(own_mass, of_own) { other_mass - of_others } else { of_own - own_mass }
}

/// `lse - m` from the scaled exponentials of the maximum and of the others. Inlined where there is room.
#[cfg_attr(feature = "std", inline(always))]
#[cfg_attr(not(feature = "std"), inline(never))]
fn above<I: Isa, T: Float>(isa: I, others: T, largest: T) -> T {
    log1p(T::Lane::<I>::splat(isa, others) / T::Lane::<I>::splat(isa, largest)).first()
}

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

mod finish;

use super::Shift;
use super::axis::{Distributions, Entry};
use super::exp_sum::{ExpSum, SplitSum};
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{OnRows, Pass, Passes, Row};
use crate::engine::sum::{BLOCK, Sum};
use crate::lane::{Element, Isa, Lane, Mask, load_up_to};
use crate::math::{Float, log1p};
use finish::Finish;

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
    fn load<I: Isa, const N: usize>(&self, isa: I, given: &[T], at: usize, columns: usize) -> Entries<T::Lane<I>, N> {
        let given = match self.given {
            Ok(_) => load_up_to(isa, given, T::default()),
            Err(class) => one_hot(isa, class.wrapping_sub(at)),
        };
        let weights = self.all.weights.get(at..at + columns).unwrap_or_default();
        Entries { given, weighted: !weights.is_empty(), weights: load_up_to(isa, weights, T::default()) }
    }
}

/// The entries of at most so many vectors.
struct Entries<L, const N: usize> {
    given: [L; N],
    weighted: bool,
    weights: [L; N],
}

impl<L: Lane, const N: usize> Entries<L, N> {
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
    /// Entries from the row to the next.
    pub(crate) stride: usize,
}

impl<T: Float> OnRows for SoftRow<'_, T> {
    /// The weighted loss; the gradient goes to its place.
    type Out = T;

    #[inline(always)]
    fn run<I: Isa>(self, passes: Passes<I>) -> T {
        let Self { x, grad, target_grad, target, weight, scale, accumulate, stride } = self;
        let given = target.given.unwrap_or_default();
        let (largest, top, masses) = masses(passes, &x, &target, stride);
        let (x, y) = x.with_place(grad);
        // The exponentials are kept where the gradient goes, unless something else is there.
        let keeps = !x.is_empty() && !y.is_empty() && !accumulate;
        let (from, to): (&[T], &mut [T]) = match keeps {
            true => (x, &mut *y),
            false => (if x.is_empty() { y } else { x }, &mut []),
        };
        let (shift, sums) = exponentials(passes, largest, top, from, to, stride);
        let above = above(passes.isa, T::from_f64(sums[0]), T::from_f64(sums[1]));
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
        let loss = passes.run(&finish, Row { x, t: given, y: &mut *y, dt: target_grad.unwrap_or_default() });
        if let Some((top, at_top)) = at_top
            && let Some(entry) = y.get_mut(top)
        {
            *entry = at_top;
        }
        T::from_f64(loss.total() * weight.to_f64())
    }
}

/// The largest logit, its column, and the sums of `q_j` of the others and of that column.
#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
fn masses<I: Isa, T: Float>(
    passes: Passes<I>,
    x: &[T],
    target: &SoftTarget<'_, T>,
    stride: usize,
) -> (T, Option<usize>, [f64; 2]) {
    let largest = super::largest(passes, x, stride);
    let Place(top) = passes.run(Find(largest), Row { x, t: &[], y: &mut [], dt: &mut [] });
    let given = target.given.unwrap_or_default();
    let masses = passes.run(Mass { target, skip: top }, Row { x, t: given, y: &mut [], dt: &mut [] });
    (largest, top, [masses.others.total(), masses.target.to_f64()])
}

/// The sums of the exponentials of the others and of the largest, whose column is `top`, and their shift. The
/// exponentials go to their place, if there is one.
#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
fn exponentials<I: Isa, T: Float>(
    passes: Passes<I>,
    largest: T,
    top: Option<usize>,
    x: &[T],
    y: &mut [T],
    stride: usize,
) -> (Shift<T>, [f64; 2]) {
    let mut shift = Shift::first();
    let mut sums = passes.run(ExpSum::of_cached(shift, top, stride), Row { x, t: &[], y: &mut *y, dt: &mut [] });
    if !Shift::accepts(sums.total()) {
        shift = Shift::from_largest(largest);
        sums = passes.run_rarely(ExpSum::new(shift, top), Row { x, t: &[], y, dt: &mut [] });
    }
    (shift, [sums.others.total(), sums.target.to_f64()])
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
    target: &'a SoftTarget<'a, T>,
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
                let given = row.t.get(start..end).unwrap_or_default();
                let entries = self.target.load(isa, given, at + start, end - start);
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

/// Vectors with a 1 in one place, if they have that.
#[inline(always)]
fn one_hot<L: Lane, const N: usize>(isa: L::Isa, place: usize) -> [L; N] {
    let mut chunks = [L::Elem::chunk(L::Elem::default()); N];
    match L::Elem::flat_mut(&mut chunks).get_mut(place) {
        Some(entry) => {
            *entry = L::Elem::from_f64(1.0);
            load_up_to(isa, L::Elem::flat(&chunks), L::Elem::default())
        }
        None => [L::splat(isa, L::Elem::default()); N],
    }
}

/// The terms of so many columns, and 0 past them.
#[inline(always)]
fn first_columns<L: Lane, const N: usize>(isa: L::Isa, mut terms: [L; N], columns: usize) -> [L; N] {
    let lanes = L::Elem::LANES;
    let mut k = 0;
    while columns < N * lanes && k < N {
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
#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
fn above<I: Isa, T: Float>(isa: I, others: T, largest: T) -> T {
    log1p(T::Lane::<I>::splat(isa, others) / T::Lane::<I>::splat(isa, largest)).first()
}

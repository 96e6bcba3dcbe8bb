//! One row against a distribution over its classes.
//!
//! With `q_j = w_j t_j` (class weight times target probability) and `Q` their sum, the loss is
//! `Σ q_j (lse - x_j)` and the gradient `p_j Q - q_j`. With the maximum `m` of the row, `lse - x_j` is
//! `(m - x_j) + (lse - m)`, and `lse - m` is the loss of the maximum's own class, which is known to the last digits:
//! both terms are positive, so nothing cancels, and a large common shift of the logits does not enter.
//!
//! Where the maximum has most of `p` and of `q`, its `p Q - q` would cancel. It is `Σ' q_j - Q Σ' p_j` over the other
//! columns too, of which both sums are kept apart.

use super::Shift;
use super::axis::{Distributions, Entry};
use super::hard::{ExpSum, SplitSum};
use crate::Threads;
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{self, Pass, Row};
use crate::engine::sum::{BLOCK, Sum};
use crate::lane::{Element, Isa, Kernel, Lane, Token, dispatch};
use crate::math::{Float, exp_scaled, log1p};

/// The target probabilities of one row.
#[derive(Clone, Copy)]
pub(crate) struct SoftTarget<'a, T> {
    /// Given probabilities, or those of a class.
    pub(crate) given: Result<&'a [T], usize>,
    pub(crate) all: Distributions<'a, T>,
}

impl<T: Float> SoftTarget<'_, T> {
    /// The entries of the columns from `at` on; 0 past the end.
    #[inline(always)]
    fn load<I: Isa>(&self, isa: I, given: &[T], at: usize) -> Entry<T::Lane<I>> {
        let zero = T::default();
        let given = match self.given {
            Ok(_) => T::Lane::<I>::load_part(isa, given, zero),
            Err(class) => {
                let mut one_hot = T::chunk(zero);
                if let Some(entry) = class.checked_sub(at).and_then(|lane| one_hot.as_mut().get_mut(lane)) {
                    *entry = T::from_f64(1.0);
                }
                T::Lane::<I>::load(isa, &one_hot)
            }
        };
        let weight = match self.all.weights.get(at..) {
            Some(weights) if !self.all.weights.is_empty() => Some(T::Lane::<I>::load_part(isa, weights, zero)),
            _ => None,
        };
        Entry { given, weight }
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

/// The weighted loss; the gradient goes to its place.
pub(crate) fn soft_row<T: Float>(token: Token, threads: Threads, row: SoftRow<'_, T>) -> T {
    let SoftRow { mut x, grad, target_grad, target, weight, scale, accumulate } = row;
    let dt = target_grad.unwrap_or_default();
    let given = target.given.unwrap_or_default();
    let largest = super::largest(token, threads, &x);
    let top = x.iter().position(|&x| x == largest);
    let mut shift = Shift::first();
    let mut sums = exp_sum(token, threads, shift, top, &x);
    if !Shift::accepts(sums.total()) {
        shift = Shift::from_largest(largest);
        sums = exp_sum(token, threads, shift, top, &x);
    }
    let row = Row { x: &x, t: given, y: &mut [], dt: &mut [] };
    let masses = pass::run(token, threads, Mass { target, skip: top }, row);
    let other_mass = masses.others.total();
    let (mass, sum) = (other_mass + masses.target.to_f64(), sums.others.total() + sums.target.to_f64());
    let above = dispatch(token, Above { others: T::from_f64(sums.others.total()), largest: sums.target });
    let factor = T::from_f64(scale * mass / sum);
    let at_top = scale * gap_at_top([other_mass, masses.target.to_f64()], [sums.others.total(), sums.target.to_f64()]);
    let top = top.map(|top| (top, T::from_f64(at_top)));
    let (kept, added) = (T::from_f64(scale * target.all.keep), T::from_f64(scale * target.all.add));
    let finish = Finish { target, shift, largest, above, factor, kept, added, top, accumulate, grad: true };
    let loss = match (&mut x, grad) {
        (x, Some(y)) => pass::run(token, threads, finish, Row { x, t: given, y, dt }),
        (Input::Replace(y), None) => pass::run(token, threads, finish, Row { x: &[], t: given, y, dt }),
        (Input::Keep(x), None) => {
            pass::run(token, threads, Finish { grad: false, ..finish }, Row { x, t: given, y: &mut [], dt })
        }
    };
    T::from_f64(loss.total() * weight.to_f64())
}

fn exp_sum<T: Float>(token: Token, threads: Threads, shift: Shift<T>, skip: Option<usize>, x: &[T]) -> SplitSum<T> {
    pass::run(token, threads, ExpSum { shift, skip }, Row { x, t: &[], y: &mut [], dt: &mut [] })
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
            let end = len.min(start + BLOCK * T::LANES);
            let (mut block, terms) = (LaneSum::<T::Lane<I>>::new(isa), end - start);
            while start < end {
                let mut four = [T::chunk(T::default()); 4];
                let terms = &mut T::flat_mut(&mut four)[..(4 * T::LANES).min(end - start)];
                for (i, terms) in terms.chunks_mut(T::LANES).enumerate() {
                    let first = start + i * T::LANES;
                    let given = row.t.get(first..first + terms.len()).unwrap_or_default();
                    self.target.all.q(self.target.load(isa, given, at + first)).store_part(terms);
                }
                let own = self.skip.and_then(|skip| terms.get_mut(skip.checked_sub(at + start)?));
                if let Some(own) = own {
                    sum.target = core::mem::take(own);
                }
                start += terms.len();
                block.add_four(load(isa, &four));
            }
            sum.others = sum.others.merge(Sum::of_lanes(block, terms));
        }
        sum
    }
}

#[inline(always)]
fn load<L: Lane>(isa: L::Isa, [a, b, c, d]: &[<L::Elem as Element>::Chunk; 4]) -> [L; 4] {
    [L::load(isa, a), L::load(isa, b), L::load(isa, c), L::load(isa, d)]
}

/// Loss and gradient of a row whose sums are known.
#[derive(Clone, Copy)]
struct Finish<'a, T> {
    target: SoftTarget<'a, T>,
    shift: Shift<T>,
    largest: T,
    /// `lse - m`.
    above: T,
    /// What exponentials are multiplied with.
    factor: T,
    /// What given probabilities are multiplied with in the gradient, and what is added to them.
    kept: T,
    added: T,
    /// The column of the largest logit, and the gradient there.
    top: Option<(usize, T)>,
    accumulate: bool,
    grad: bool,
}

impl<T: Float> Pass<T> for Finish<'_, T> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> Sum {
        let Row { x, t, y, dt } = row;
        let len = x.len().max(y.len());
        let mut sum = Sum::default();
        let mut start = 0;
        while start < len {
            let end = len.min(start + BLOCK * T::LANES);
            let (mut block, terms) = (LaneSum::<T::Lane<I>>::new(isa), end - start);
            while start < end {
                let mut four = [T::chunk(T::default()); 4];
                let terms = &mut T::flat_mut(&mut four)[..(4 * T::LANES).min(end - start)];
                for (i, terms) in terms.chunks_mut(T::LANES).enumerate() {
                    let columns = start + i * T::LANES..start + i * T::LANES + terms.len();
                    let from = if x.is_empty() { &y[columns.clone()] } else { &x[columns.clone()] };
                    let x = T::Lane::<I>::load_part(isa, from, T::default());
                    let given = t.get(columns.clone()).unwrap_or_default();
                    let entry = self.target.load(isa, given, at + columns.start);
                    let half = self.half::<I>(isa, x);
                    let (term, grad) = self.eval::<I>(isa, x, entry, half);
                    term.store_part(terms);
                    if let Some(to) = dt.get_mut(columns.clone()) {
                        self.put::<I>(isa, self.target_grad::<I>(isa, half, entry), to);
                    }
                    if self.grad {
                        let grad = self.with_top::<I>(isa, grad, at + columns.start);
                        self.put::<I>(isa, grad, &mut y[columns]);
                    }
                }
                start += terms.len();
                block.add_four(load(isa, &four));
            }
            sum = sum.merge(Sum::of_lanes(block, terms));
        }
        sum
    }
}

impl<T: Float> Finish<'_, T> {
    /// Writes or adds a vector of a gradient.
    #[inline(always)]
    fn put<I: Isa>(&self, isa: I, grad: T::Lane<I>, to: &mut [T]) {
        let before = T::Lane::<I>::load_part(isa, to, T::default());
        (if self.accumulate { before + grad } else { grad }).store_part(to);
    }

    /// Entries of the gradient from column `first` on, with that of the largest logit put in its place.
    #[inline(always)]
    fn with_top<I: Isa>(&self, isa: I, grad: T::Lane<I>, first: usize) -> T::Lane<I> {
        let Some((lane, own)) = self.top.and_then(|(top, own)| Some((top.checked_sub(first)?, own))) else {
            return grad;
        };
        if lane >= T::LANES {
            return grad;
        }
        let mut entries = T::chunk(T::default());
        grad.store(&mut entries);
        entries.as_mut()[lane] = own;
        T::Lane::<I>::load(isa, &entries)
    }

    /// `(lse - x) / 2`: halves, so that logits at both ends of the range do not overflow.
    #[inline(always)]
    fn half<I: Isa>(&self, isa: I, x: T::Lane<I>) -> T::Lane<I> {
        let (largest, above) = (T::Lane::<I>::splat(isa, self.largest), T::Lane::<I>::splat(isa, self.above));
        (largest * 0.5 - x * 0.5) + above * 0.5
    }

    /// An entry of the gradient of the target, with 0 times infinity as 0.
    #[inline(always)]
    fn target_grad<I: Isa>(&self, isa: I, half: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let share = entry.share(T::Lane::<I>::splat(isa, self.kept));
        let zero = half.of(0.0);
        T::Lane::<I>::pick(share.same(zero) & half.same(half.of(f64::INFINITY)), zero, (share + share) * half)
    }

    /// A term of the loss, with 0 times infinity as 0, and an entry of the gradient.
    #[inline(always)]
    fn eval<I: Isa>(
        &self,
        isa: I,
        x: T::Lane<I>,
        entry: Entry<T::Lane<I>>,
        half: T::Lane<I>,
    ) -> (T::Lane<I>, T::Lane<I>) {
        let (zero, q) = (x.of(0.0), self.target.all.q(entry));
        let term = T::Lane::<I>::pick(q.same(zero) & half.same(x.of(f64::INFINITY)), zero, (q + q) * half);
        let e = exp_scaled::<T::Lane<I>, true>(x, self.shift.scaling(isa));
        let (kept, added) = (T::Lane::<I>::splat(isa, self.kept), T::Lane::<I>::splat(isa, self.added));
        (term, e.mul_add(T::Lane::<I>::splat(isa, self.factor), -entry.blend(kept, added)))
    }
}

/// `p Q - q` of the maximum, from `q` and from exponentials: of the other columns together, and its own. Of its own terms
/// or of those of the others, those that are smaller.
pub(super) fn gap_at_top([other_mass, own_mass]: [f64; 2], [others, own]: [f64; 2]) -> f64 {
    let (mass, sum) = (other_mass + own_mass, others + own);
    let (of_others, of_own) = (mass * (others / sum), mass * (own / sum));
    let largest = |a: f64, b: f64| a.abs().max(b.abs());
    if largest(other_mass, of_others) < largest(own_mass, of_own) { other_mass - of_others } else { of_own - own_mass }
}

/// `lse - m` from the scaled exponentials of the maximum and of the others.
struct Above<T> {
    others: T,
    largest: T,
}

impl<T: Float> Kernel for Above<T> {
    type Out = T;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> T {
        log1p(T::Lane::<I>::splat(isa, self.others) / T::Lane::<I>::splat(isa, self.largest)).first()
    }
}

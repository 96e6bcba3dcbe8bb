//! Positions against distributions over their classes: the method of [`SoftRow`](super::super::SoftRow) in each lane.

use super::{Plans, shifts};
use crate::engine::axis::{ByColumn, Column};
use crate::engine::lane_sum::LaneSum;
use crate::engine::softmax::soft::gap_at_top;
use crate::engine::softmax::{GROUP, IGNORED, Shift};
use crate::lane::{Isa, Lane, Mask};
use crate::math::{Float, Scaling, exp_scaled, log1p, weigh};

/// What is known of positions before they are read, and of all targets.
pub(crate) trait SoftPlans<T>: Plans<T> {
    fn distributions(&self) -> Distributions<'_, T>;
}

/// What all targets share.
#[derive(Clone, Copy)]
pub(crate) struct Distributions<'a, T> {
    /// Whether probabilities are given; else they are those of a class.
    pub(crate) given: bool,
    /// What the given probability is multiplied with, and what is added to it.
    pub(crate) keep: f64,
    pub(crate) add: f64,
    /// Class weights; empty for none.
    pub(crate) weights: &'a [T],
}

impl<T: Float> Distributions<'_, T> {
    /// The given probability of a class, or that from the label, and the weight of the class.
    #[inline(always)]
    fn entry<L: Lane<Elem = T>>(&self, class: usize, t: L, label: L) -> Entry<L> {
        let given = if self.given { t } else { t.of(1.0).keep(label.same(t.of(class as f64))) };
        Entry { given, weight: self.weights.get(class).map(|&weight| L::splat(t.isa(), weight)) }
    }

    /// `q` of an entry.
    #[inline(always)]
    pub(crate) fn q<L: Lane<Elem = T>>(&self, entry: Entry<L>) -> L {
        let Entry { given, .. } = entry;
        entry.blend(given.of(self.keep), given.of(self.add))
    }
}

/// A target probability before smoothing, and the weight of its class.
#[derive(Clone, Copy)]
pub(crate) struct Entry<L> {
    pub(crate) given: L,
    pub(crate) weight: Option<L>,
}

impl<L: Lane> Entry<L> {
    /// `weight (given keep + add)`. A factor of `q` is in `keep` and `add` already: nothing is rounded for it.
    #[inline(always)]
    pub(crate) fn blend(self, keep: L, add: L) -> L {
        match self.weight {
            Some(weight) => (self.given * weight).mul_add(keep, add * weight),
            None => self.given.mul_add(keep, add),
        }
    }

    /// What `q` changes by with the given probability, by `keep`.
    #[inline(always)]
    pub(crate) fn share(self, keep: L) -> L {
        match self.weight {
            Some(weight) => keep * weight,
            None => keep,
        }
    }
}

/// The loss with its plans.
#[derive(Clone, Copy)]
pub(crate) struct Soft<P>(pub(crate) P);

impl<T: Float, P: SoftPlans<T>> ByColumn<T> for Soft<P> {
    fn labels(&self, first: usize, label: &mut [T], kept: &mut [T]) {
        for (i, (label, kept)) in label.chunks_mut(GROUP).zip(kept.chunks_mut(GROUP)).enumerate() {
            let mut classes = [IGNORED; GROUP];
            self.0.classes(first + i * GROUP, &mut classes[..label.len()]);
            for ((label, kept), class) in label.iter_mut().zip(kept).zip(classes) {
                *kept = T::from_f64(f64::from(u8::from(class != IGNORED)));
                *label = T::from_f64(if class == IGNORED { -1.0 } else { class as f64 });
            }
        }
    }

    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn column<I: Isa>(&self, column: &mut Column<'_, T, I>, first: usize, label: T::Lane<I>) -> T::Lane<I> {
        let plan = self.0.plan(first, column.len());
        let targets = self.0.distributions();
        let softmax = Softmax::new(column);
        let masses = Kept::new(masses_of(column, targets, label, softmax.top));
        let [mut factor, mut kept, mut added, mut at_top] = [T::chunk(T::default()); 4];
        for i in 0..column.len() {
            let (masses, sums) = (masses.at(i), softmax.sums.at(i));
            factor.as_mut()[i] = T::from_f64(plan.scale[i] * (masses[0] + masses[1]) / (sums[0] + sums[1]));
            at_top.as_mut()[i] = T::from_f64(plan.scale[i] * gap_at_top(masses, sums));
            kept.as_mut()[i] = T::from_f64(plan.scale[i] * targets.keep);
            added.as_mut()[i] = T::from_f64(plan.scale[i] * targets.add);
        }
        let isa = column.isa;
        let weight = T::Lane::<I>::load(isa, &T::chunks(&plan.weight).0[0]);
        let finish = Finish::<T, I> {
            factor: T::Lane::<I>::load(isa, &factor),
            kept: T::Lane::<I>::load(isa, &kept),
            added: T::Lane::<I>::load(isa, &added),
            at_top: T::Lane::<I>::load(isa, &at_top),
            targets,
            label,
        };
        finish.run(column, &softmax) * weight
    }
}

/// The sum of `q_j` of all classes but `top`, and its own.
#[inline(always)]
fn masses_of<T: Float, I: Isa>(
    column: &Column<'_, T, I>,
    targets: Distributions<'_, T>,
    label: T::Lane<I>,
    top: T::Lane<I>,
) -> Split<T::Lane<I>> {
    let mut split = Split::new(column.isa);
    for class in 0..column.classes {
        let q = targets.q(targets.entry(class, column.entry(class).1, label));
        let is_top = top.same(top.of(class as f64));
        split.own = T::Lane::<I>::pick(is_top, q, split.own);
        split.others.add(q.without(is_top));
    }
    split.rounded()
}

/// A sum over the classes but one, and that class's own term.
#[derive(Clone, Copy)]
struct Split<L> {
    others: LaneSum<L>,
    own: L,
}

impl<L: Lane> Split<L> {
    #[inline(always)]
    fn new(isa: L::Isa) -> Self {
        let others = LaneSum::new(isa);
        Self { others, own: others.high }
    }

    #[inline(always)]
    fn rounded(self) -> Self {
        Self { others: self.others.rounded(), ..self }
    }

    /// As [`Lane::pick`].
    #[inline(always)]
    fn pick(mask: L::Mask, yes: Self, no: Self) -> Self {
        let high = L::pick(mask, yes.others.high, no.others.high);
        let low = L::pick(mask, yes.others.low, no.others.low);
        Self { others: LaneSum { high, low }, own: L::pick(mask, yes.own, no.own) }
    }
}

/// The same in memory.
struct Kept<T: Float> {
    others: T::Chunk,
    lost: T::Chunk,
    own: T::Chunk,
}

impl<T: Float> Kept<T> {
    #[inline(always)]
    fn new<L: Lane<Elem = T>>(split: Split<L>) -> Self {
        let zero = T::chunk(T::default());
        let mut kept = Self { others: zero, lost: zero, own: zero };
        split.others.high.store(&mut kept.others);
        split.others.low.store(&mut kept.lost);
        split.own.store(&mut kept.own);
        kept
    }

    /// The sum and the own term of a lane.
    fn at(&self, lane: usize) -> [f64; 2] {
        let [others, lost, own] = [&self.others, &self.lost, &self.own].map(|kept| kept.as_ref()[lane].to_f64());
        // What the roundings lost of an infinite sum has no meaning.
        [if others.is_finite() { others + lost } else { others }, own]
    }
}

/// The softmax of a vector of positions.
struct Softmax<T: Float, I: Isa> {
    /// The sums of the exponentials; the largest logit's own is apart.
    sums: Kept<T>,
    scaling: Scaling<T::Lane<I>>,
    largest: T::Lane<I>,
    /// Its class.
    top: T::Lane<I>,
    /// `lse - m`.
    above: T::Lane<I>,
}

impl<T: Float, I: Isa> Softmax<T, I> {
    #[inline(always)]
    fn new(column: &Column<'_, T, I>) -> Self {
        let mut largest = T::Lane::<I>::splat(column.isa, T::from_f64(f64::NEG_INFINITY));
        let mut top = largest.of(0.0);
        for class in 0..column.classes {
            let (x, _) = column.entry(class);
            let is_larger = largest.lt(x);
            largest = T::Lane::<I>::pick(is_larger, x, largest);
            top = T::Lane::<I>::pick(is_larger, x.of(class as f64), top);
        }
        let mut scaling = Shift::<T>::first().scaling::<T::Lane<I>>(column.isa);
        let mut split = sums(column, scaling, top);
        let total = split.others.high + split.own;
        let rejected = Shift::<T>::rejects(total);
        if rejected.any() {
            let [base, k] = shifts(total, largest);
            scaling = Scaling::each(column.isa, &base, &k);
            split = Split::pick(rejected, sums(column, scaling, top), split);
        }
        let above = log1p(split.others.high / split.own);
        Self { sums: Kept::new(split), scaling, largest, top, above }
    }

    /// `(lse - x) / 2`: halves, so that logits at both ends of the range do not overflow.
    #[inline(always)]
    fn half(&self, x: T::Lane<I>) -> T::Lane<I> {
        (self.largest * 0.5 - x * 0.5) + self.above * 0.5
    }
}

/// The sums of the exponentials of all classes but `top`, and its own.
#[inline(always)]
fn sums<T: Float, I: Isa>(
    column: &Column<'_, T, I>,
    scaling: Scaling<T::Lane<I>>,
    top: T::Lane<I>,
) -> Split<T::Lane<I>> {
    let mut split = Split::new(column.isa);
    for class in 0..column.classes {
        let e = exp_scaled::<T::Lane<I>, true>(column.entry(class).0, scaling);
        let own = e.keep(top.same(top.of(class as f64)));
        split.own = split.own + own;
        split.others.add(e - own);
    }
    split.rounded()
}

/// Loss and gradients of a vector of positions whose sums are known.
struct Finish<'a, T: Float, I: Isa> {
    targets: Distributions<'a, T>,
    label: T::Lane<I>,
    /// What exponentials are multiplied with.
    factor: T::Lane<I>,
    /// What given probabilities are multiplied with in the gradient, and what is added to them.
    kept: T::Lane<I>,
    added: T::Lane<I>,
    /// The gradient of the largest logit, where nothing may cancel.
    at_top: T::Lane<I>,
}

impl<T: Float, I: Isa> Finish<'_, T, I> {
    #[inline(always)]
    fn run(&self, column: &mut Column<'_, T, I>, softmax: &Softmax<T, I>) -> T::Lane<I> {
        let zero = self.label.of(0.0);
        let [wants_grad, wants_target_grad] = column.wants();
        let mut sum = LaneSum::new(column.isa);
        for class in 0..column.classes {
            let (x, t) = column.entry(class);
            let entry = self.targets.entry(class, t, self.label);
            let q = self.targets.q(entry);
            let half = softmax.half(x);
            sum.add(weigh(q + q, half));
            let mut grads = [zero; 2];
            if wants_grad {
                let e = exp_scaled::<T::Lane<I>, true>(x, softmax.scaling);
                let is_top = softmax.top.same(x.of(class as f64));
                let grad = e.mul_add(self.factor, -entry.blend(self.kept, self.added));
                grads[0] = T::Lane::<I>::pick(is_top, self.at_top, grad);
            }
            if wants_target_grad {
                let share = entry.share(self.kept);
                grads[1] = weigh(share + share, half);
            }
            if wants_grad || wants_target_grad {
                column.put(class, grads);
            }
        }
        sum.total()
    }
}

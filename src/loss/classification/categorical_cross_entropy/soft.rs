//! One row of probabilities against a distribution over the classes.
//!
//! 1. `-ln q_j` is `ln(S / x_j)`, but for the largest entry `ln(1 + S_o / x_j)`, where `S_o` is the sum of all others:
//!    only that entry can be nearly certain. No digit is lost, and no term of the loss is negative.
//! 2. `1/S - 1/x_j` of the largest entry is `-S_o / (S x_j)` likewise.

use super::hard::{Entries, Pull, RATIO_MAX};
use super::limits::Limits;
use crate::engine::row::{Entry, Passes, Terms, scale_to_one};
use crate::lane::{Lane, Mask};
use crate::math::{Float, ln, ln_normal, log1p, nan_of, weigh};

/// Rows whose largest entry is outside this range, 2^-64 to 2^64, are scaled, so that their sum does not overflow, and
/// what is divided by it does not.
const USUAL: (f64, f64) = (5.421_010_862_427_522e-20, 18_446_744_073_709_551_616.0);

/// What the target probabilities are, before and after smoothing.
#[derive(Clone, Copy)]
pub(super) struct Target<L> {
    /// Of the one class that has the probability 1; without it they are given.
    pub(super) class: Option<L>,
    /// What a probability is multiplied with, and what is added to it.
    pub(super) keep: f64,
    pub(super) add: f64,
}

impl<L: Lane<Elem: Float>> Target<L> {
    /// The smoothed probabilities times the weights of their classes.
    #[inline(always)]
    fn mass(&self, Entry { t, columns, weight, .. }: Entry<L>) -> L {
        let t = match self.class {
            Some(class) => t.of(1.0).keep(columns.same(class)),
            None => t,
        };
        t.mul_add(t.of(self.keep), t.of(self.add)) * weight
    }
}

/// The loss; the gradients go to their places.
#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
pub(super) fn row<L: Lane<Elem: Float>>(row: &mut impl Passes<L>, target: Target<L>, limits: Limits<L>) -> L {
    let surprises = Surprises::new(row, limits);
    let [loss, mass] = row.sums(Losses { surprises, target });
    if row.wants_grads() {
        // Where all entries are clipped, no mass is left to tell of a NaN.
        row.grads(Slopes::new(surprises, target, nan_of(loss, mass), row.wants_target_grads()));
    }
    // NaN where no entry has a mass, too.
    loss + surprises.least * 0.0
}

/// Whether any entry has a mass. What none of a vector has need not be weighed: classes are often sure.
#[inline(always)]
fn is_any<L: Lane<Elem: Float>>(mass: L) -> bool {
    (mass.of(0.0).lt(mass.abs()) | mass.is_nan()).any()
}

/// What `-ln q` of every entry of a row is made of.
#[derive(Clone, Copy)]
struct Surprises<L> {
    limits: Limits<L>,
    scale: L,
    top: L,
    /// The sums of the scaled entries, without one of the largest, and of all.
    others: L,
    sum: L,
    /// The logarithm of the sum before it was scaled.
    log_sum: L,
    /// `-ln q` of the largest.
    least: L,
}

impl<L: Lane<Elem: Float>> Surprises<L> {
    #[inline(always)]
    fn new(row: &impl Passes<L>, limits: Limits<L>) -> Self {
        let [top] = row.largest(Entries { limits });
        let (scale, exponent) = scale_to_one(top);
        let is_far = top.of(USUAL.1).lt(top) | top.lt(top.of(USUAL.0));
        let scale = L::pick(is_far, scale, top.of(1.0));
        let shift = (exponent * -core::f64::consts::LN_2).keep(is_far);
        let [below, ties] = row.sums(Below { limits, top, scale });
        let others = below + weigh(ties - 1.0, top * scale);
        // The sum of an infinite entry is NaN.
        let sum = others + top * scale;
        let sum = sum + sum * 0.0;
        let least = log1p(others / (top * scale)) + sum * 0.0;
        Self { limits, scale, top, others, sum, log_sum: ln(sum) + shift, least }
    }

    /// `-ln q`, before any clip, of entries as the loss sees them.
    #[inline(always)]
    fn at(&self, x: L) -> L {
        // Below 0 the sum is NaN.
        let x = x.abs();
        let ratio = self.sum / (x * self.scale);
        let vanishing = ratio.of(RATIO_MAX).le(ratio);
        let log = if vanishing.any() {
            let log = ln(L::pick(vanishing, x, ratio));
            L::pick(vanishing, self.log_sum - log, log)
        } else {
            ln_normal(ratio) + self.least * 0.0
        };
        L::pick(x.same(self.top), self.least, log)
    }
}

/// The sum of what is smaller than the largest entry, NaN for what is below 0, and the number of those that are not
/// smaller.
#[derive(Clone, Copy)]
struct Below<L> {
    limits: Limits<L>,
    top: L,
    scale: L,
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Below<L> {
    const ONE_BY_ONE: bool = true;

    #[inline(always)]
    fn at(&self, Entry { x, .. }: Entry<L>) -> [L; 2] {
        let x = self.limits.entry(x);
        let (zero, is_top) = (x.of(0.0), x.same(self.top));
        let below = (x * self.scale).without(is_top);
        [L::pick(x.lt(zero), x.of(f64::NAN), below), x.of(1.0).keep(is_top)]
    }
}

/// The terms of the loss, and the mass that its gradient sees.
#[derive(Clone, Copy)]
struct Losses<L> {
    surprises: Surprises<L>,
    target: Target<L>,
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Losses<L> {
    const ONE_BY_ONE: bool = true;

    #[inline(always)]
    fn at(&self, entry: Entry<L>) -> [L; 2] {
        let mass = self.target.mass(entry);
        if !is_any(mass) {
            return [mass.of(0.0); 2];
        }
        let limits = self.surprises.limits;
        let surprise = self.surprises.at(limits.entry(entry.x));
        [weigh(mass, limits.surprise(surprise)), limits.mass(surprise, mass)]
    }
}

/// The derivatives.
#[derive(Clone, Copy)]
struct Slopes<L> {
    surprises: Surprises<L>,
    target: Target<L>,
    /// Of all classes that are not clipped.
    mass: L,
    /// A scale of small rows is one of the derivatives too: only they may overflow, and not their terms.
    up: L,
    /// What all entries have by the sum.
    common: L,
    /// The inverse of the sum.
    inverse: L,
    /// Of a largest entry.
    pull: Pull<L>,
    /// The derivative of a largest entry without a mass.
    idle_top: L,
    wants_target_grads: bool,
}

impl<L: Lane<Elem: Float>> Slopes<L> {
    #[inline(always)]
    fn new(surprises: Surprises<L>, target: Target<L>, mass: L, wants_target_grads: bool) -> Self {
        let Surprises { scale, top, others, sum, .. } = surprises;
        let (zero, one) = (mass.of(0.0), mass.of(1.0));
        let up = scale.at_least(one);
        let common = mass / sum * (scale / up);
        let (inverse, pull) = (one / sum, Pull::new(others, sum, top * scale));
        let slopes = Self { surprises, target, mass, up, common, inverse, pull, idle_top: zero, wants_target_grads };
        Self { idle_top: slopes.top_slope(zero), ..slopes }
    }

    /// Of a largest entry. The differences of the masses and of the sums are taken apart.
    #[inline(always)]
    fn top_slope(&self, mass: L) -> L {
        (weigh(self.mass - mass, self.inverse) - self.pull.times(mass)) * self.surprises.scale
    }

    #[inline(always)]
    fn idle_slope(&self, x: L) -> L {
        let Surprises { limits, top, .. } = self.surprises;
        limits.slope(x, L::pick(limits.entry(x).same(top), self.idle_top, self.common * self.up))
    }

    #[inline(always)]
    fn slope(&self, x: L, mass: L) -> L {
        let Surprises { limits, top, .. } = self.surprises;
        let (given, zero) = (limits.entry(x), mass.of(0.0));
        let usual = self.common - (mass / (given.abs() * self.up)).without(mass.same(zero));
        limits.slope(x, L::pick(given.same(top), self.top_slope(mass), usual * self.up))
    }
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Slopes<L> {
    const ONE_BY_ONE: bool = true;

    #[inline(always)]
    fn at(&self, entry: Entry<L>) -> [L; 2] {
        let Self { surprises, target, .. } = self;
        let (mass, limits) = (target.mass(entry), surprises.limits);
        if !self.wants_target_grads {
            if !is_any(mass) {
                return [self.idle_slope(entry.x), mass.of(0.0)];
            }
            if !limits.by_surprise {
                return [self.slope(entry.x, mass), mass.of(0.0)];
            }
        }
        let surprise = surprises.at(limits.entry(entry.x));
        let share = entry.weight * target.keep;
        [self.slope(entry.x, limits.mass(surprise, mass)), weigh(share, limits.surprise(surprise))]
    }
}

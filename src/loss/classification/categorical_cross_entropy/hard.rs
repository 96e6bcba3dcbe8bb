//! One row of probabilities against one class.
//!
//! The class stays out of the sum `S_o` of the others. The loss `ln(1 + S_o / x_y)` and the class's own gradient
//! `-S_o / ((S_o + x_y) x_y)` then keep all digits when the class is nearly certain.

use super::limits::Limits;
use crate::engine::row::{Entry, Passes, Terms, scale_to_one};
use crate::lane::{Lane, Mask};
use crate::math::{Float, ln, log1p, nan_of, weigh};

/// Above this ratio of the others to the class, 2^120, the loss is the difference of two logarithms.
pub(super) const RATIO_MAX: f64 = 1.329_227_995_784_916e36;

/// The loss; the gradient goes to its place.
#[cfg_attr(not(small_frames), inline(always))]
#[cfg_attr(small_frames, inline(never))]
pub(super) fn row<L: Lane<Elem: Float>>(row: &mut impl Passes<L>, class: L, limits: Limits<L>) -> L {
    let (one, zero) = (class.of(1.0), class.of(0.0));
    let mut parts = Parts { class, limits, scale: one };
    let (mut shift, mut is_scaled) = (zero, false);
    let [others, own, weight] = loop {
        let sums = row.sums(parts);
        let overflow = zero.of(f64::INFINITY).le(sums[0] + sums[1]);
        if is_scaled || !overflow.any() {
            break sums;
        }
        let [largest] = row.largest(Entries { limits });
        let (scale, exponent) = scale_to_one(largest);
        parts.scale = L::pick(overflow, scale, one);
        shift = (exponent * -core::f64::consts::LN_2).keep(overflow);
        is_scaled = true;
    };
    // The sum of an infinite entry is NaN from here on.
    let sum = others + own * parts.scale;
    let sum = sum + sum * 0.0;
    let ratio = others / (own * parts.scale);
    let near = log1p(ratio);
    let surprise = L::pick(zero.of(RATIO_MAX).le(ratio), ln(sum) + shift - ln(own), near);
    let surprise = surprise + sum * 0.0;
    if row.wants_grads() {
        let mass = limits.mass(surprise, weight);
        let elsewhere = nan_of(surprise, mass / sum * parts.scale);
        let pull = Pull::new(others, sum, own).times(mass).without(mass.same(zero));
        row.grads(Slopes { class, limits, elsewhere, own: -nan_of(surprise, pull) });
    }
    weigh(weight, limits.surprise(surprise))
}

/// Shares of the others below the second are multiplied with the first, so that they are no subnormal numbers.
const BOOST: (f64, f64) = (18_446_744_073_709_551_616.0, 5.421_010_862_427_522e-20);

/// `others / sum / own`, with the powers of two apart that could overflow, or make a subnormal number, before a mass
/// brings it back.
#[derive(Clone, Copy)]
pub(super) struct Pull<L> {
    share: L,
    power: L,
    /// At most 1, and last.
    down: L,
}

impl<L: Lane<Elem: Float>> Pull<L> {
    #[inline(always)]
    pub(super) fn new(others: L, sum: L, own: L) -> Self {
        let one = own.of(1.0);
        let is_small = others.abs().lt(sum * BOOST.1);
        let (boost, back) = (L::pick(is_small, one * BOOST.0, one), L::pick(is_small, one * BOOST.1, one));
        let (scale, _) = scale_to_one(own);
        let share = others * boost / sum / (own * scale);
        Self { share, power: scale.at_least(one) * back, down: scale.at_most(one) }
    }

    #[inline(always)]
    pub(super) fn times(self, mass: L) -> L {
        let is_small = mass.abs().lt(mass.of(1.0));
        let (first, second) = (L::pick(is_small, self.power, self.share), L::pick(is_small, self.share, self.power));
        mass * first * second * self.down
    }
}

/// The class and the others of a row, and the weight of the class.
#[derive(Clone, Copy)]
struct Parts<L> {
    class: L,
    limits: Limits<L>,
    /// Of the others.
    scale: L,
}

impl<L: Lane<Elem: Float>> Terms<L, 3> for Parts<L> {
    #[inline(always)]
    fn at(&self, Entry { x, columns, weight, .. }: Entry<L>) -> [L; 3] {
        let x = self.limits.entry(x);
        let is_class = columns.same(self.class);
        [(x * self.scale).without(is_class), x.keep(is_class), weight.keep(is_class)]
    }
}

/// The entries as the loss sees them.
#[derive(Clone, Copy)]
pub(super) struct Entries<L> {
    pub(super) limits: Limits<L>,
}

impl<L: Lane<Elem: Float>> Terms<L, 1> for Entries<L> {
    #[inline(always)]
    fn at(&self, entry: Entry<L>) -> [L; 1] {
        [self.limits.entry(entry.x)]
    }
}

#[derive(Clone, Copy)]
struct Slopes<L> {
    class: L,
    limits: Limits<L>,
    elsewhere: L,
    own: L,
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Slopes<L> {
    const ONE_BY_ONE: bool = true;

    #[inline(always)]
    fn at(&self, Entry { x, columns, .. }: Entry<L>) -> [L; 2] {
        let slope = L::pick(columns.same(self.class), self.own, self.elsewhere);
        [self.limits.slope(x, slope), x.of(0.0)]
    }
}

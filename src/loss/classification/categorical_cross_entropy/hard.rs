//! One row of probabilities against one class.
//!
//! The class stays out of the sum `S_o` of the others. The loss `ln(1 + S_o / x_y)` and the class's own gradient
//! `-S_o / ((S_o + x_y) x_y)` then keep all digits when the class is nearly certain.

use super::limits::Limits;
use crate::engine::row::{Entry, Passes, Terms, scale_to_one};
use crate::lane::{Element, Lane, Mask};
use crate::math::{Float, ln, log1p, nan_of, weigh};

/// Above this ratio of the others to the class, 2^120, the loss is the difference of two logarithms.
pub(super) const RATIO_MAX: f64 = 1.329_227_995_784_916e36;

/// The loss; the gradient goes to its place.
#[inline(always)]
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
        shift = L::pick(overflow, exponent * -core::f64::consts::LN_2, zero);
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
        let elsewhere = nan_of(surprise, weigh(mass, parts.scale / sum));
        row.grads(Slopes { class, limits, elsewhere, own: -slope(mass, others, sum, own) });
    }
    weigh(weight, limits.surprise(surprise))
}

/// `mass * others / sum / own`, with a mass of 0 as in [`weigh`]. Where the quotient overflows, the mass is taken first.
/// Where the share of the others is subnormal, it would be rounded too early; the sum and the class are far from that.
#[inline(always)]
fn slope<L: Lane<Elem: Float>>(mass: L, others: L, sum: L, own: L) -> L {
    let share = others / sum;
    let is_subnormal = share.of(0.0).lt(share) & share.lt(share.of(L::Elem::MIN_NORMAL));
    let steep = L::pick(is_subnormal, others / (sum * own), share / own);
    let overflows = steep.same(own.of(f64::INFINITY)) & own.of(0.0).lt(mass.abs());
    L::pick(overflows, mass * share / own, weigh(mass, steep))
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
        [L::pick(is_class, x.of(0.0), x * self.scale), x.keep(is_class), weight.keep(is_class)]
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

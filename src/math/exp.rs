//! The exponential, whole and scaled by a power of two.

use super::Float;
use crate::lane::{Element, Isa, Lane, Many, ROOMY};
use core::f64::consts::{LN_2, LOG2_E};

/// `e^x`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 1 ULP, unfused 1.25 ULP; subnormal results are rounded once.
/// - NaN gives NaN, +inf gives +inf, -inf gives +0, ±0 gives 1.
///
/// 1. `n = round(x log2 e)` and `r = x - n ln 2` with `ln 2` in two parts, so `|r| <= ln 2 / 2`.
/// 2. `e^r = 1 + r + r² q(r)`.
/// 3. Times `2^n`, in one rounding.
#[inline(always)]
pub(crate) fn exp<L: Lane<Elem: Float>>(x: L) -> L {
    exp_below(x.at_most(x.of(L::Elem::EXP_RANGE.1)))
}

/// `e^-size` for `size >= 0`, and NaN for NaN: the same number as [`exp`] gives, in less work.
#[inline(always)]
pub(crate) fn exp_down<L: Lane<Elem: Float>>(size: L) -> L {
    exp_below(-size)
}

/// `e^x` for `x` that is not above the range.
#[inline(always)]
fn exp_below<L: Lane<Elem: Float>>(x: L) -> L {
    let x = x.at_least(x.of(L::Elem::EXP_RANGE.0));
    let round = x.of(L::Elem::ROUND);
    let n = x.mul_add(x.of(LOG2_E), round) - round;
    exp_reduced(reduce(x, n)).ldexp(n)
}

/// `x - n ln 2`.
#[inline(always)]
pub(super) fn reduce<L: Lane<Elem: Float>>(x: L, n: L) -> L {
    let (high, low) = L::Elem::LN2;
    n.neg_mul_add(x.of(low), n.neg_mul_add(x.of(high), x))
}

/// `e^r` for `|r| <= ln 2 / 2`: `(q(r) r + 1) r + 1`. Without a fused multiply-add `1 + (r + q(r) r r)` is nearer and no
/// slower.
#[inline(always)]
fn exp_reduced<L: Lane<Elem: Float>>(r: L) -> L {
    let q = L::Elem::EXP;
    let mut e = r.of(q[q.len() - 1]);
    let mut step = 1;
    while step < q.len() + 2 {
        let next = if step < q.len() { q[q.len() - 1 - step] } else { 1.0 };
        e = if L::Isa::FUSED || step < q.len() {
            e.mul_add(r, r.of(next))
        } else if step == q.len() {
            e * r
        } else {
            (e * r + r) + next
        };
        step += 1;
    }
    e
}

/// How [`exp_scaled`] moves its argument and its result.
#[derive(Clone, Copy)]
pub(crate) struct Scaling<L> {
    base: L,
    round: L,
    least: L,
    most: L,
}

impl<L: Lane<Elem: Float>> Scaling<L> {
    /// For `e^(x - base) 2^-k`. The product of `k` with `ln 2` must be exact: `|k| < 512` (`f32`).
    #[inline(always)]
    pub(crate) fn new(isa: L::Isa, base: L::Elem, k: f64) -> Self {
        let of = L::splat(isa, L::Elem::default());
        let [round, least, most] = Self::bounds(k);
        Self { base: L::splat(isa, base), round: of.of(round), least: of.of(least), most: of.of(most) }
    }

    /// What rounds the exponent and moves it, and the least and the largest argument.
    #[inline(always)]
    fn bounds(k: f64) -> [f64; 3] {
        let bias = L::Elem::BIAS;
        [L::Elem::ROUND + bias - k, (k - bias) * LN_2, (k - 0.1 + bias) * LN_2]
    }

    /// One for each lane.
    #[inline(always)]
    pub(crate) fn each(isa: L::Isa, base: &<L::Elem as Element>::Chunk, k: &<L::Elem as Element>::Chunk) -> Self {
        let mut lanes = [*k; 3];
        for (i, k) in k.as_ref().iter().enumerate() {
            let bounds = Self::bounds(k.to_f64());
            let mut which = 0;
            while which < 3 {
                lanes[which].as_mut()[i] = L::Elem::from_f64(bounds[which]);
                which += 1;
            }
        }
        let [round, least, most] = &lanes;
        let (round, least, most) = (L::load(isa, round), L::load(isa, least), L::load(isa, most));
        Self { base: L::load(isa, base), round, least, most }
    }

    #[inline(always)]
    fn many<const N: usize>(self) -> Scaling<Many<L, N>> {
        let Self { base, round, least, most } = self;
        Scaling { base: Many([base; N]), round: Many([round; N]), least: Many([least; N]), most: Many([most; N]) }
    }
}

/// `e^(x - base) 2^-k`, one multiplication cheaper than [`exp`]: results below the normal range are 0, results near
/// the top of the range stay there. `BASED` is whether `base` is not 0.
///
/// The least exponent has the bits of a factor of 0: an argument that is held there gives 0 without a comparison.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: as [`exp`] where `x - base` is exact. The significand does not depend on `k`.
/// - NaN gives NaN, -inf gives +0, +inf less than +inf gives NaN or the top of the range.
#[inline(always)]
pub(crate) fn exp_scaled<L: Lane<Elem: Float>, const BASED: bool>(x: L, s: Scaling<L>) -> L {
    let x = if BASED { x - s.base } else { x };
    let r = x.at_least(s.least).at_most(s.most);
    let biased = r.mul_add(s.round.of(LOG2_E), s.round);
    exp_reduced(reduce(r, biased - s.round)) * L::pow2(biased)
}

/// [`exp_scaled`] of several vectors, which go through it at once where the stack has room for that.
#[inline(always)]
pub(crate) fn exp_scaled_each<L: Lane<Elem: Float>, const BASED: bool, const N: usize>(
    mut x: [L; N],
    s: Scaling<L>,
) -> [L; N] {
    if ROOMY {
        return exp_scaled::<_, BASED>(Many(x), s.many()).0;
    }
    let mut i = 0;
    while i < N {
        x[i] = exp_scaled::<_, BASED>(x[i], s);
        i += 1;
    }
    x
}

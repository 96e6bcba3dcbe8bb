//! Logarithms.

use super::{Float, horner};
use crate::lane::{Element, Isa, Lane};

/// `ln x`.
///
/// - Types: `f32`, `f64`. Domain: `x >= 0`, subnormals included.
/// - Error: fused 1 ULP, unfused 1.25 ULP.
/// - NaN and `x < 0` give NaN, +inf gives +inf, ±0 gives -inf.
///
/// 1. A subnormal is made normal by a power of two.
/// 2. `x = m 2^k` with `m` in `[0.75, 1.5)`, so that `f = m - 1` is exact and `k = 0` around 1.
/// 3. `ln x = ln(1 + f) + k ln 2`.
#[inline(always)]
pub(crate) fn ln<L: Lane<Elem: Float>>(x: L) -> L {
    let tiny = x.lt(x.of(L::Elem::MIN_NORMAL));
    let scale = 4.0 * L::Elem::EXPONENT_FLOAT;
    let shift = x.of(L::Elem::FRACTION_BITS + 2.0).keep(tiny);
    let (m, k) = L::pick(tiny, x * scale, x).split();
    x.ln_limits(L::Elem::log1p_reduced(m - 1.0, k - shift, None))
}

/// `ln x` for positive normal `x`, of which it is the same number as [`ln`] gives, in less work. For NaN it is any number.
#[inline(always)]
pub(crate) fn ln_normal<L: Lane<Elem: Float>>(x: L) -> L {
    let (m, k) = x.split();
    L::Elem::log1p_reduced(m - 1.0, k, None)
}

/// `ln(1 + x)`.
///
/// - Types: `f32`, `f64`. Domain: `x >= -1`.
/// - Error: fused 1 ULP, unfused 1.25 ULP.
/// - NaN and `x < -1` give NaN, +inf gives +inf, -1 gives -inf, ±0 and subnormals give themselves.
///
/// 1. `k` is the exponent of `1 + x` as for [`ln`].
/// 2. `f = (1 + x) 2^-k - 1 = x 2^-k + (2^-k - 1)` in one rounding, since the second term is exact: nothing of `x`
///    is lost.
/// 3. Where `1 + x` is `x` to the last bit, `f` is that of `ln x`.
#[inline(always)]
pub(crate) fn log1p<L: Lane<Elem: Float>>(x: L) -> L {
    let y = (x + 1.0).ln_limits(log1p_finite(x, None));
    L::pick(x.abs().lt(x.of(L::Elem::MIN_NORMAL)), x, y)
}

/// `ln(1 + x)` for finite `x >= 0`, and NaN for NaN: the same number as [`log1p`] gives, in less work. A rest, which is
/// small next to it, is added before it is rounded.
#[inline(always)]
pub(crate) fn log1p_finite<L: Lane<Elem: Float>>(x: L, rest: Option<L>) -> L {
    let (m, k) = (x + 1.0).split();
    let large = x.of(L::Elem::LOG1P_LARGE).lt(x);
    let scale = L::pow2(-k.without(large) + (L::Elem::ROUND + L::Elem::BIAS));
    let f = L::pick(large, m - 1.0, x.mul_add(scale, scale - 1.0));
    L::Elem::log1p_reduced(f, k, rest)
}

/// `ln(1 + x)` for `x` in `[0, 1]`, with no special values but NaN: half the work of [`log1p`], and in `f32` with an error
/// of up to 1.25 ULP.
#[inline(always)]
pub(crate) fn log1p_up<L: Lane<Elem: Float>>(x: L) -> L {
    if let Some(y) = log1p_whole(x, L::Elem::LOG1P_UP) {
        return y;
    }
    let upper = x.of(0.5).lt(x);
    let f = L::pick(upper, x.mul_add(x.of(0.5), x.of(-0.5)), x);
    L::Elem::log1p_reduced(f, x.of(1.0).keep(upper), None)
}

/// `ln(1 + x)` for `x` in `[-1/2, 1/2]`, with no special values but NaN: half the work of [`log1p`], the same error.
#[inline(always)]
pub(crate) fn log1p_half<L: Lane<Elem: Float>>(x: L) -> L {
    let lower = x.lt(x.of(-0.25));
    let f = L::pick(lower, x.mul_add(x.of(2.0), x.of(1.0)), x);
    L::Elem::log1p_reduced(f, x.of(-1.0).keep(lower), None)
}

/// `ln(1 + x)` for `x` in `[-1/2, 0]`, with no special values but NaN: less work than [`log1p_half`], the same error.
#[inline(always)]
pub(crate) fn log1p_down<L: Lane<Elem: Float>>(x: L) -> L {
    if let Some(y) = log1p_whole(x, L::Elem::LOG1P_DOWN) {
        return y;
    }
    log1p_half(x)
}

/// `x + x² P(x)`, if there is such a polynomial. Unfused there is none: the square and the product would each round.
#[inline(always)]
fn log1p_whole<L: Lane<Elem: Float>>(x: L, polynomial: &[f64]) -> Option<L> {
    if polynomial.is_empty() || !L::Isa::FUSED {
        return None;
    }
    Some((x * x).mul_add(horner(x, polynomial), x))
}

/// `ln(a/b)` from `a`, `b` and their difference, which the caller may know better than the numbers.
///
/// - Types: `f32`, `f64`. Domain: `a >= 0` and `b >= 0`, one of them up to 2^227 (`f32`) or 2^1923 times the other.
/// - Error: fused 2 ULP, unfused 2.25 ULP, for the given difference, which may be off by as much as its rounding.
/// - NaN, a negative number and two zeros give NaN; a zero, an infinite difference give ±inf.
///
/// 1. `ln(a/b) = ±ln(1 + |a - b| / min(a, b))`, where nothing cancels and the logarithm shrinks relative errors.
/// 2. A quotient that would overflow is made smaller by a power of two, beside which the 1 does not count.
#[inline(always)]
pub(crate) fn ln_ratio<L: Lane<Elem: Float>>(a: L, b: L, difference: L) -> L {
    let (zero, size) = (a.of(0.0), difference.abs());
    let (bound, down, logarithm) = L::Elem::RATIO_FAR;
    let least = a.at_most(b);
    let least = L::pick(least.lt(zero), a.of(f64::NAN), least);
    let far = (least * bound).lt(size) & zero.lt(least);
    let quotient = L::pick(far, size * down, size) / least;
    let y = log1p(quotient) + a.of(logarithm).keep(far);
    y.copysign(difference)
}

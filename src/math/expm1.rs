//! `e^x - 1` and the hyperbolic tangent.

use super::exp::reduce;
use super::{Float, horner};
use crate::lane::{Element, Lane};
use core::f64::consts::LOG2_E;

/// `e^x - 1`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, +inf gives +inf, -inf gives -1, ±0 and subnormals give themselves.
///
/// 1. The reduction of [`exp`](super::exp), with `q = e^r - 1` kept apart from the 1.
/// 2. `e^x - 1 = 2^n (q + (1 - 2^-n))`: for `n = 0` that is `q` itself, and no other `n` cancels.
#[inline(always)]
pub(crate) fn expm1<L: Lane<Elem: Float>>(x: L) -> L {
    let t = x.at_least(x.of(L::Elem::EXPM1_FLAT)).at_most(x.of(L::Elem::EXP_RANGE.1));
    let round = x.of(L::Elem::ROUND);
    let n = t.mul_add(x.of(LOG2_E), round) - round;
    let r = reduce(t, n);
    let q = (horner(r, L::Elem::EXP) * r).mul_add(r, r);
    let rest = x.of(1.0) - L::pow2(-n.at_most(x.of(L::Elem::BIAS - 1.0)) + (L::Elem::ROUND + L::Elem::BIAS));
    let y = (q + rest).ldexp(n);
    L::pick(x.abs().lt(x.of(L::Elem::MIN_NORMAL)), x, y)
}

/// The hyperbolic tangent.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, ±inf gives ±1, ±0 and subnormals give themselves.
///
/// 1. Up to 5/8 `x + x³ p(x²)`.
/// 2. Beyond it `tanh |x| = e / (e + 2)` with `e = e^(2|x|) - 1`, where neither step magnifies the error of `e`.
/// 3. Beyond the point where it is 1 to the last bit, `|x|` is held there.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn tanh<L: Lane<Elem: Float>>(x: L) -> L {
    let size = x.abs();
    let square = x * x;
    let near = (x * square).mul_add(horner(square, L::Elem::TANH), x);
    let e = expm1(size.at_most(x.of(-L::Elem::EXPM1_FLAT)) * 2.0);
    let y = L::pick(size.lt(x.of(0.625)), near, (e / (e + 2.0)).copysign(x));
    L::pick(size.lt(x.of(L::Elem::MIN_NORMAL)), x, y)
}

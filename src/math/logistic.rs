//! The logistic function and its integral.

use super::{Float, exp_down, log1p_up};
use crate::lane::Lane;

/// `1 / (1 + e^-x)`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, +inf gives 1, -inf gives +0.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn sigmoid<L: Lane<Elem: Float>>(x: L) -> L {
    let Logistic { e, negative, .. } = logistic(x);
    L::pick(negative, e, x.of(1.0)) / (e + 1.0)
}

/// `ln(1 + e^x)`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, +inf gives +inf, -inf gives +0.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn softplus<L: Lane<Elem: Float>>(x: L) -> L {
    logistic(x).near + x.at_least(x.of(0.0))
}

/// `-ln(1 + e^-x)`: [`softplus`] mirrored, with its error.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn log_sigmoid<L: Lane<Elem: Float>>(x: L) -> L {
    -softplus(-x)
}

/// What the functions of one logit share.
#[derive(Clone, Copy)]
pub(crate) struct Logistic<L: Lane> {
    pub(crate) negative: L::Mask,
    /// `e^-|x|`, which never overflows: the larger of `1 / (1 + e^-x)` and `1 / (1 + e^x)` is `1 / (1 + e)`, the smaller
    /// one `e / (1 + e)`.
    pub(crate) e: L,
    /// `ln(1 + e)`: the smaller of `ln(1 + e^x)` and `ln(1 + e^-x)`. The larger one is `|x|` more.
    pub(crate) near: L,
}

#[inline(always)]
pub(crate) fn logistic<L: Lane<Elem: Float>>(x: L) -> Logistic<L> {
    let e = exp_down(x.abs());
    Logistic { negative: x.lt(x.of(0.0)), e, near: log1p_up(e) }
}

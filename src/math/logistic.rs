//! The logistic function and its integral.

use super::{Float, exp, log1p_unit};
use crate::lane::Lane;

/// `1 / (1 + e^-x)`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, +inf gives 1, -inf gives +0.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn sigmoid<L: Lane<Elem: Float>>(x: L) -> L {
    let parts = logistic(x);
    parts.rise / parts.sum
}

/// `ln(1 + e^x)`.
///
/// - Types: `f32`, `f64`. Domain: all.
/// - Error: fused 2.5 ULP, unfused 3 ULP.
/// - NaN gives NaN, +inf gives +inf, -inf gives +0.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn softplus<L: Lane<Elem: Float>>(x: L) -> L {
    logistic(x).softplus
}

/// `-ln(1 + e^-x)`: [`softplus`] mirrored, with its error.
#[cfg(feature = "internals")]
#[inline(always)]
pub(crate) fn log_sigmoid<L: Lane<Elem: Float>>(x: L) -> L {
    -logistic(x).softplus_of_minus
}

/// The functions of one logit that share its exponential.
#[derive(Clone, Copy)]
pub(crate) struct Logistic<L> {
    /// `rise / sum` is `1 / (1 + e^-x)`, and `fall / sum` is `1 / (1 + e^x)`.
    pub(crate) rise: L,
    pub(crate) fall: L,
    pub(crate) sum: L,
    /// `ln(1 + e^x)`
    pub(crate) softplus: L,
    /// `ln(1 + e^-x)`
    pub(crate) softplus_of_minus: L,
}

/// All from one `e = e^-|x|`, which never overflows: the larger sigmoid is `1 / (1 + e)`, the smaller one
/// `e / (1 + e)`, and the larger softplus is the smaller one plus `|x|`.
#[inline(always)]
pub(crate) fn logistic<L: Lane<Elem: Float>>(x: L) -> Logistic<L> {
    let (zero, one) = (x.of(0.0), x.of(1.0));
    let size = x.abs();
    let e = exp(-size);
    let near = log1p_unit(e);
    let far = size + near;
    let negative = x.lt(zero);
    Logistic {
        rise: L::pick(negative, e, one),
        fall: L::pick(negative, one, e),
        sum: e + one,
        softplus: L::pick(negative, near, far),
        softplus_of_minus: L::pick(negative, far, near),
    }
}

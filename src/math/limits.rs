//! Products and NaN at the limits of a formula.

use crate::lane::Lane;

/// `factor * term`, where a factor of 0 wins over an infinite term, as in `0 ln 0`. A NaN stays.
#[inline(always)]
pub(crate) fn weigh<L: Lane>(factor: L, term: L) -> L {
    (factor * term).without(factor.same(factor.of(0.0)) & term.same(term))
}

/// `y`, or the NaN of `x`: for what does not depend on `x` but has no meaning beside a NaN.
#[inline(always)]
pub(crate) fn nan_of<L: Lane>(x: L, y: L) -> L {
    L::pick(x.is_nan(), x, y)
}

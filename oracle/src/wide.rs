//! Numbers wider than what they judge: `f64` for f32 results, [`Big`] for f64 results.

mod big;

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Neg, Sub};

pub use big::Big;

/// A number wider than the type it judges, with the infinities and the NaN of IEEE 754.
///
/// `f64` has 29 bits more than f32 and holds the square of every f32; [`Big`] has 75 bits more than f64. Functions are
/// within one unit in the last place of the wide type, so a truth is wrong by less than 2^-28 ULP of the judged type
/// for each operation that led to it.
pub trait Wide:
    Copy
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// +∞.
    const INFINITY: Self;
    /// NaN.
    const NAN: Self;

    /// The same number.
    fn from_f64(x: f64) -> Self;
    /// The nearest `f64`, for reports and for distances.
    fn to_f64(self) -> f64;
    /// 2^`exponent`; 0 or +∞ outside this type's range.
    fn exp2i(exponent: i64) -> Self;
    /// The integer part of log₂|self|: `i64::MIN` for 0, `i64::MAX` for what is not finite.
    fn exponent(self) -> i64;
    /// Whether this is NaN.
    fn is_nan(self) -> bool;
    /// Whether this is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Whether the sign bit is set: −0 is negative.
    fn is_negative(self) -> bool;
    /// |self|.
    fn abs(self) -> Self;
    /// √self.
    fn sqrt(self) -> Self;
    /// e^self.
    fn exp(self) -> Self;
    /// e^self − 1, without cancellation.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + self), without cancellation.
    fn ln_1p(self) -> Self;

    /// The product that 0 wins over ±∞, as in 0·ln 0 and in a zero slope at an infinite point. 0·NaN is NaN.
    fn weigh(self, other: Self) -> Self {
        let annihilates = |zero: Self, any: Self| zero == Self::ZERO && !any.is_nan();
        if annihilates(self, other) || annihilates(other, self) { Self::ZERO } else { self * other }
    }

    /// The larger of the two; NaN where either is.
    fn max(self, other: Self) -> Self {
        if self.is_nan() || self > other { self } else { other }
    }
}

impl Wide for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const INFINITY: Self = f64::INFINITY;
    const NAN: Self = f64::NAN;

    fn from_f64(x: f64) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn exp2i(exponent: i64) -> Self {
        match exponent {
            ..-1074 => 0.0,
            -1074..-1022 => f64::from_bits(1 << (exponent + 1074)),
            -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
            1024.. => f64::INFINITY,
        }
    }
    fn exponent(self) -> i64 {
        match self.classify() {
            core::num::FpCategory::Zero => i64::MIN,
            core::num::FpCategory::Infinite | core::num::FpCategory::Nan => i64::MAX,
            core::num::FpCategory::Subnormal => -1011 - i64::from(self.abs().to_bits().leading_zeros()),
            core::num::FpCategory::Normal => (self.abs().to_bits() >> 52) as i64 - 1023,
        }
    }
    fn is_nan(self) -> bool {
        self.is_nan()
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn is_negative(self) -> bool {
        self.is_sign_negative()
    }
    fn abs(self) -> Self {
        self.abs()
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn exp(self) -> Self {
        self.exp()
    }
    fn exp_m1(self) -> Self {
        self.exp_m1()
    }
    fn ln(self) -> Self {
        self.ln()
    }
    fn ln_1p(self) -> Self {
        self.ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::Wide;

    #[test]
    fn powers_of_two_and_exponents_are_inverse() {
        for exponent in -1074..=1023 {
            assert_eq!(<f64 as Wide>::exp2i(exponent).exponent(), exponent);
            assert_eq!(<f64 as Wide>::exp2i(exponent) * 2.0, <f64 as Wide>::exp2i(exponent + 1));
        }
        assert_eq!((<f64 as Wide>::exp2i(0), <f64 as Wide>::exp2i(-1075)), (1.0, 0.0));
        assert_eq!((1.5 * f64::MIN_POSITIVE / 4.0).exponent(), -1024);
        assert_eq!(f64::MAX.exponent(), 1023);
    }

    #[test]
    fn zero_wins_over_infinity_and_not_over_nan() {
        assert_eq!(0.0.weigh(f64::INFINITY), 0.0);
        assert_eq!(f64::NEG_INFINITY.weigh(-0.0), 0.0);
        assert!(0.0.weigh(f64::NAN).is_nan());
        assert_eq!(2.0.weigh(f64::INFINITY), f64::INFINITY);
    }

    #[test]
    fn max_keeps_nan_from_either_side() {
        assert!(Wide::max(f64::NAN, 1.0).is_nan() && Wide::max(1.0, f64::NAN).is_nan());
        assert_eq!(Wide::max(1.0, 2.0), 2.0);
    }
}

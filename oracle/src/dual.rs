//! Forward-mode dual numbers: a value and its derivative along one input, from one evaluation of a formula.
//!
//! Ours, because num-dual 0.15.1 asks its inner float for `num_traits::Float` and `Copy` with all of their constants,
//! which the multi-precision crates do not give, and because the limits at infinity below (0·∞ = 0 in slopes, softplus
//! as a primitive) are the reference's semantics rather than a library's.

use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::elementary::logistic;
use crate::wide::Wide;

/// A value and its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<W> {
    /// f(x).
    pub value: W,
    /// f′(x).
    pub slope: W,
}

impl<W: Wide> Dual<W> {
    /// What does not move with the input.
    pub fn constant(value: W) -> Self {
        Self { value, slope: W::ZERO }
    }

    /// The input itself.
    pub fn variable(value: W) -> Self {
        Self { value, slope: W::ONE }
    }

    /// A constant of a formula.
    pub fn from_f64(value: f64) -> Self {
        Self::constant(W::from_f64(value))
    }

    /// The chain rule: f(self), given f and f′ there.
    fn chain(self, value: W, slope: W) -> Self {
        Self { value, slope: slope.weigh(self.slope) }
    }

    /// |self|. The slope at 0 is a convention, so the formula names it.
    #[must_use]
    pub fn abs(self, slope_at_zero: W) -> Self {
        let slope = match self.value {
            x if x > W::ZERO => W::ONE,
            x if x < W::ZERO => -W::ONE,
            x if x == W::ZERO => slope_at_zero,
            _ => W::NAN,
        };
        self.chain(self.value.abs(), slope)
    }

    /// e^self.
    #[must_use]
    pub fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }

    /// e^self − 1.
    #[must_use]
    pub fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }

    /// The natural logarithm.
    #[must_use]
    pub fn ln(self) -> Self {
        self.chain(self.value.ln(), W::ONE / self.value)
    }

    /// ln(1 + self).
    #[must_use]
    pub fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), W::ONE / (W::ONE + self.value))
    }

    /// √self.
    #[must_use]
    pub fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        self.chain(value, W::ONE / (value + value))
    }

    /// softplus(−self) and softplus(self): −ln σ and −ln(1−σ), the two surprises of a logit. A primitive, so that both
    /// hold at logits whose exponential does not.
    #[must_use]
    pub fn surprises(self) -> (Self, Self) {
        let logistic = logistic(self.value);
        let yes = self.chain(logistic.softplus_neg, -logistic.complement);
        (yes, self.chain(logistic.softplus, logistic.sigmoid))
    }

    /// The product that 0 wins over ±∞, in the value as in the slope.
    #[must_use]
    pub fn weigh(self, other: Self) -> Self {
        Self { value: self.value.weigh(other.value), ..self * other }
    }
}

impl<W: Wide> Add for Dual<W> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, slope: self.slope + other.slope }
    }
}

impl<W: Wide> Sub for Dual<W> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { value: self.value - other.value, slope: self.slope - other.slope }
    }
}

impl<W: Wide> Mul for Dual<W> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let slope = self.slope.weigh(other.value) + self.value.weigh(other.slope);
        Self { value: self.value * other.value, slope }
    }
}

impl<W: Wide> Div for Dual<W> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self { value, slope: (self.slope - value.weigh(other.slope)) / other.value }
    }
}

impl<W: Wide> Neg for Dual<W> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, slope: -self.slope }
    }
}

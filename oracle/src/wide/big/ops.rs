//! Arithmetic and order of [`Big`]: the special values by the rules of IEEE 754, the rest by dashu.

use core::cmp::Ordering;
use core::ops::{Add, Div, Mul, Neg, Sub};

use super::{Big, Finite, Infinite, Nan, Wide};

impl Neg for Big {
    type Output = Self;
    fn neg(self) -> Self {
        Self(match self.0 {
            Nan => Nan,
            Infinite { negative } => Infinite { negative: !negative },
            Finite { negative, significand, exponent } => Finite { negative: !negative, significand, exponent },
        })
    }
}

impl Add for Big {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Nan, _) | (_, Nan) => Self::NAN,
            (Infinite { negative: a }, Infinite { negative: b }) if a != b => Self::NAN,
            (Infinite { .. }, _) => self,
            (_, Infinite { .. }) => other,
            _ if other.is_zero() && self.is_zero() => Self::zero(self.is_negative() && other.is_negative()),
            _ if other.is_zero() => self,
            _ if self.is_zero() => other,
            _ => Self::from_dashu(Self::CONTEXT.add(&self.repr(), &other.repr())),
        }
    }
}

impl Sub for Big {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Big {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let negative = self.is_negative() != other.is_negative();
        match (self.0, other.0) {
            (Nan, _) | (_, Nan) => Self::NAN,
            (Infinite { .. }, _) if other.is_zero() => Self::NAN,
            (_, Infinite { .. }) if self.is_zero() => Self::NAN,
            (Infinite { .. }, _) | (_, Infinite { .. }) => Self::infinite(negative),
            _ if self.is_zero() || other.is_zero() => Self::zero(negative),
            _ => Self::from_dashu(Self::CONTEXT.mul(&self.repr(), &other.repr())),
        }
    }
}

impl Div for Big {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let negative = self.is_negative() != other.is_negative();
        match (self.0, other.0) {
            (Nan, _) | (_, Nan) | (Infinite { .. }, Infinite { .. }) => Self::NAN,
            (Infinite { .. }, _) => Self::infinite(negative),
            (_, Infinite { .. }) => Self::zero(negative),
            _ if other.is_zero() && self.is_zero() => Self::NAN,
            _ if other.is_zero() => Self::infinite(negative),
            _ if self.is_zero() => Self::zero(negative),
            _ => Self::from_dashu(Self::CONTEXT.div(&self.repr(), &other.repr())),
        }
    }
}

impl PartialEq for Big {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_nan() || other.is_nan() {
            return None;
        }
        Some(self.repr().cmp(&other.repr()))
    }
}

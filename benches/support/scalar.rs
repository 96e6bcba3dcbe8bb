//! The element types, with the functions that std gives them.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// `f32` or `f64`, so that a plain loop is written once.
pub(crate) trait Scalar:
    lossfn::Real
    + Into<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    const NAME: &'static str;
    const EPSILON: f64;
    /// How far two ways to add up many numbers may be apart.
    const TOLERANCE: f64;

    fn of(x: f64) -> Self;
    fn abs(self) -> Self;
    fn signum(self) -> Self;
    fn clamp(self, least: Self, largest: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn sqrt(self) -> Self;
}

macro_rules! scalar {
    ($t:ident, $tolerance:literal: $($method:ident)+) => {
        impl Scalar for $t {
            const NAME: &'static str = stringify!($t);
            const EPSILON: f64 = $t::EPSILON as f64;
            const TOLERANCE: f64 = $tolerance;

            #[inline(always)]
            fn of(x: f64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn clamp(self, least: $t, largest: $t) -> $t {
                $t::clamp(self, least, largest)
            }
            #[inline(always)]
            fn max(self, other: $t) -> $t {
                $t::max(self, other)
            }
            $(
                #[inline(always)]
                fn $method(self) -> $t {
                    $t::$method(self)
                }
            )+
        }
    };
}
scalar!(f32, 1e-4: abs signum exp ln ln_1p sqrt);
scalar!(f64, 1e-11: abs signum exp ln ln_1p sqrt);

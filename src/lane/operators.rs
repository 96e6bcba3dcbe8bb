//! Operators for the vectors of every backend, so that formulas read like the paper.

/// Implements `+ - * /` between vectors, and `+ - *` with a constant, by the four given expressions. They look like
/// closures and are none: a closure need not be inlined.
macro_rules! operators {
    ($vector:ty, $trait:ident, $method:ident, |$a:ident: $left:ty, $b:ident: $right:ty| $body:expr) => {
        impl core::ops::$trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let ($a, $b): ($left, $right) = (self, other);
                $body
            }
        }
        impl core::ops::$trait<f64> for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                let ($a, $b): ($left, $right) = (self, crate::lane::Lane::of(self, other));
                $body
            }
        }
    };
}
pub(super) use operators;

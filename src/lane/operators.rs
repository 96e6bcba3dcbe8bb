//! Operators for the vectors of every backend, so that formulas read like the paper.

/// Implements `+ - * /` between vectors, and `+ - *` with a constant, by the four given functions.
macro_rules! operators {
    ($vector:ty, $trait:ident, $method:ident, $body:expr) => {
        impl core::ops::$trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $body(self, other)
            }
        }
        impl core::ops::$trait<f64> for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                $body(self, crate::lane::Lane::of(self, other))
            }
        }
    };
}
pub(super) use operators;

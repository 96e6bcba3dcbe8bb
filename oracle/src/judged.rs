//! The float types that kernels compute in, and that the oracle judges.

use core::fmt::Debug;

use crate::wide::{Big, Wide};

/// A float type under judgement. Every one of its values is an `f64`, exactly.
pub trait Judged: Copy + Debug + PartialEq + PartialOrd + 'static {
    /// The wider type that the truth is computed in.
    type Wide: Wide;
    /// Its name in reports.
    const NAME: &'static str;
    /// Bits of the significand, the hidden one included.
    const PRECISION: i64;
    /// Exponent of the smallest normal number.
    const MIN_EXPONENT: i64;
    /// Exponent of the largest number.
    const MAX_EXPONENT: i64;
    /// Bits of the whole number.
    const BITS: u32;
    /// The largest number.
    const MAX: Self;

    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// The same number.
    fn to_f64(self) -> f64;
    /// The number with these low [`BITS`](Self::BITS) bits.
    fn from_bits(bits: u64) -> Self;
    /// Its bits, zero-extended.
    fn to_bits(self) -> u64;
    /// The next number towards +∞.
    fn next_up(self) -> Self;
    /// The next number towards −∞.
    fn next_down(self) -> Self;

    /// The same number in any wider type.
    fn to_wide<W: Wide>(self) -> W {
        W::from_f64(self.to_f64())
    }

    /// `x` as this type holds it: what a kernel sees of an `f64` hyper-parameter.
    fn round(x: f64) -> f64 {
        Self::from_f64(x).to_f64()
    }

    /// The spacing of this type's numbers at `x`: the subnormal spacing below the normal range, the largest finite
    /// spacing above it.
    fn ulp<W: Wide>(x: W) -> W {
        let exponent = x.exponent().clamp(Self::MIN_EXPONENT, Self::MAX_EXPONENT);
        W::exp2i(exponent - (Self::PRECISION - 1))
    }

    /// From here on, magnitudes round to infinity.
    fn overflow<W: Wide>() -> W {
        Self::MAX.to_wide::<W>() + W::exp2i(Self::MAX_EXPONENT - Self::PRECISION)
    }
}

macro_rules! judged {
    ($float:ident, $bits:ident, $wide:ty) => {
        impl Judged for $float {
            type Wide = $wide;
            const NAME: &'static str = stringify!($float);
            const PRECISION: i64 = $float::MANTISSA_DIGITS as i64;
            const MIN_EXPONENT: i64 = $float::MIN_EXP as i64 - 1;
            const MAX_EXPONENT: i64 = $float::MAX_EXP as i64 - 1;
            const BITS: u32 = $bits::BITS;
            const MAX: Self = $float::MAX;

            fn from_f64(x: f64) -> Self {
                x as $float
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn from_bits(bits: u64) -> Self {
                $float::from_bits(bits as $bits)
            }
            fn to_bits(self) -> u64 {
                u64::from(self.to_bits())
            }
            fn next_up(self) -> Self {
                self.next_up()
            }
            fn next_down(self) -> Self {
                self.next_down()
            }
        }
    };
}

judged!(f32, u32, f64);
judged!(f64, u64, Big);

/// A slice in the wider type.
pub fn widen<T: Judged>(values: &[T]) -> Vec<T::Wide> {
    values.iter().map(|value| value.to_wide()).collect()
}

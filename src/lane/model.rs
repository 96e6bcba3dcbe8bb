//! A scalar model of the vectors with a fused multiply-add: what every fused level must agree with, bit for bit.

use super::{Element, Isa, Lane, Mask, operators::operators};
use core::ops::{BitAnd, BitOr, Neg};

#[derive(Clone, Copy)]
pub(crate) struct Model;

impl Isa for Model {
    type F32 = Vector<<f32 as Element>::Chunk>;
    type F64 = Vector<<f64 as Element>::Chunk>;
    type Stream = ();
    const STREAMS: bool = false;

    fn stream(self) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Vector<A>(A);

#[derive(Clone, Copy)]
pub(crate) struct Flags<const N: usize>([bool; N]);

impl<const N: usize> BitAnd for Flags<N> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] & other.0[i]))
    }
}
impl<const N: usize> BitOr for Flags<N> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] | other.0[i]))
    }
}
impl<const N: usize> Mask for Flags<N> {
    fn any(self) -> bool {
        self.0.contains(&true)
    }
}

/// Writes one vector type.
macro_rules! vector {
    (
        $t:ident, $u:ident, fraction $fraction:literal, one $one:literal, low $low:literal,
        mantissa $mantissa:literal, exponent_float $exponent_float:literal
    ) => {
        impl Vector<[$t; $t::LANES]> {
            #[inline(never)]
            fn zip(self, other: Self, f: impl Fn($t, $t) -> $t) -> Self {
                Self(core::array::from_fn(|i| f(self.0[i], other.0[i])))
            }
            fn compare(self, other: Self, f: impl Fn($t, $t) -> bool) -> Flags<{ $t::LANES }> {
                Flags(core::array::from_fn(|i| f(self.0[i], other.0[i])))
            }
        }

        operators!(Vector<[$t; $t::LANES]>, Add, add, |a: Self, b: Self| a.zip(b, |a, b| a + b));
        operators!(Vector<[$t; $t::LANES]>, Sub, sub, |a: Self, b: Self| a.zip(b, |a, b| a - b));
        operators!(Vector<[$t; $t::LANES]>, Mul, mul, |a: Self, b: Self| a.zip(b, |a, b| a * b));
        operators!(Vector<[$t; $t::LANES]>, Div, div, |a: Self, b: Self| a.zip(b, |a, b| a / b));

        impl Neg for Vector<[$t; $t::LANES]> {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.map(|x| -x))
            }
        }

        impl Lane for Vector<[$t; $t::LANES]> {
            type Elem = $t;
            type Isa = Model;
            type Mask = Flags<{ $t::LANES }>;

            #[inline(never)]
            fn isa(self) -> Model {
                Model
            }
            #[inline(never)]
            fn splat(_: Model, x: $t) -> Self {
                Self([x; $t::LANES])
            }
            #[inline(never)]
            fn load(_: Model, from: &[$t; $t::LANES]) -> Self {
                Self(*from)
            }
            #[inline(never)]
            fn store(self, to: &mut [$t; $t::LANES]) {
                *to = self.0;
            }
            #[inline(never)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(core::array::from_fn(|i| self.0[i].mul_add(a.0[i], b.0[i])))
            }
            #[inline(never)]
            fn neg_mul_add(self, a: Self, b: Self) -> Self {
                Self(core::array::from_fn(|i| (-self.0[i]).mul_add(a.0[i], b.0[i])))
            }
            #[inline(never)]
            fn abs(self) -> Self {
                Self(self.0.map($t::abs))
            }
            #[inline(never)]
            fn sqrt(self) -> Self {
                Self(self.0.map($t::sqrt))
            }
            #[inline(never)]
            fn copysign(self, sign: Self) -> Self {
                self.zip(sign, $t::copysign)
            }
            #[inline(never)]
            fn at_most(self, bound: Self) -> Self {
                self.zip(bound, |x, bound| if bound < x { bound } else { x })
            }
            #[inline(never)]
            fn at_least(self, bound: Self) -> Self {
                self.zip(bound, |x, bound| if bound > x { bound } else { x })
            }
            #[inline(never)]
            fn lt(self, other: Self) -> Flags<{ $t::LANES }> {
                self.compare(other, |a, b| a < b)
            }
            #[inline(never)]
            fn le(self, other: Self) -> Flags<{ $t::LANES }> {
                self.compare(other, |a, b| a <= b)
            }
            #[inline(never)]
            fn same(self, other: Self) -> Flags<{ $t::LANES }> {
                self.compare(other, |a, b| a == b)
            }
            #[inline(never)]
            fn is_nan(self) -> Flags<{ $t::LANES }> {
                self.compare(self, |a, _| a.is_nan())
            }
            #[inline(never)]
            fn pick(mask: Flags<{ $t::LANES }>, yes: Self, no: Self) -> Self {
                Self(core::array::from_fn(|i| if mask.0[i] { yes.0[i] } else { no.0[i] }))
            }
            #[inline(never)]
            fn keep(self, mask: Flags<{ $t::LANES }>) -> Self {
                Self::pick(mask, self, Self([0.0; $t::LANES]))
            }
            #[inline(never)]
            fn without(self, mask: Flags<{ $t::LANES }>) -> Self {
                Self::pick(mask, Self([0.0; $t::LANES]), self)
            }
            #[inline(never)]
            fn pow2(biased: Self) -> Self {
                Self(biased.0.map(|x| $t::from_bits(x.to_bits() << $fraction)))
            }
            #[inline(never)]
            fn split(self) -> (Self, Self) {
                let raised = self.0.map(|x| x.to_bits().wrapping_add($one - $low));
                let exponent = raised.map(|bits| $t::from_bits((bits >> $fraction) | $exponent_float));
                let m = raised.map(|bits| $t::from_bits((bits & $mantissa) + $low));
                (Self(m), super::unbias(Self(exponent)))
            }
            #[inline(never)]
            fn halves(self, other: Self, half: usize) -> [Self; 2] {
                let from = |i| if i & half == 0 { self.0 } else { other.0 };
                [Self(core::array::from_fn(|i| from(i)[i])), Self(core::array::from_fn(|i| from(i)[i ^ half]))]
            }
            #[inline(never)]
            fn sum(self) -> $t {
                let mut lanes = self.0;
                let mut half = $t::LANES / 2;
                while half > 0 {
                    for i in 0..half {
                        lanes[i] += lanes[i + half];
                    }
                    half /= 2;
                }
                lanes[0]
            }
        }
    };
}

vector!(
    f32, u32, fraction 23, one 0x3f80_0000, low 0x3f40_0000, mantissa 0x007f_ffff, exponent_float 0x4b00_0000
);
vector!(
    f64, u64, fraction 52, one 0x3ff0_0000_0000_0000, low 0x3fe8_0000_0000_0000,
    mantissa 0x000f_ffff_ffff_ffff, exponent_float 0x4330_0000_0000_0000
);

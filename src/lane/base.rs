//! wide's vectors: what the compilation target guarantees, with no run-time choice.

use super::{
    Element, Isa, Lane, Mask,
    operators::{inlined, operators, unrolled},
};
use core::ops::{BitAnd, BitOr, Neg};
use wide::bytemuck::cast;
#[cfg(not(feature = "std"))]
use wide::{f32x4 as F32, f64x2 as F64, u32x4 as U32, u64x2 as U64};
#[cfg(feature = "std")]
use wide::{f32x16 as F32, f64x8 as F64, u32x16 as U32, u64x8 as U64};

#[derive(Clone, Copy)]
pub(crate) struct Base;

impl Isa for Base {
    type F32 = Vector<F32>;
    type F64 = Vector<F64>;
    type Stream = ();
    const STREAMS: bool = false;
    const SMALL: bool = cfg!(any(quick_build, spare_floor));
    const TOGETHER: bool = cfg!(not(feature = "std")) && super::ROOMY;
    const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

    #[inline(always)]
    fn stream(self) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Vector<V>(V);

/// All bits set or none, in each lane.
#[derive(Clone, Copy)]
pub(crate) struct Bits<V>(V);

impl<V: BitAnd<Output = V>> BitAnd for Bits<V> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
impl<V: BitOr<Output = V>> BitOr for Bits<V> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `$bound` where `$beyond`, else `$x`: one instruction of SSE2, whose minimum and maximum are the second operand where
/// the two are equal or not ordered. No operation of wide says that.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(all(feature = "std", target_feature = "avx"))))]
macro_rules! bounded {
    ($x:expr, $bound:expr, $beyond:expr, $instruction:ident) => {{
        const REGISTERS: usize = super::VECTOR_BYTES / 16;
        let (mut bound, x) = (cast::<_, [_; REGISTERS]>($bound.0), cast::<_, [_; REGISTERS]>($x.0));
        unrolled!(i < REGISTERS; 0 1 2 3 => {
            // SAFETY: the compilation target has SSE2.
            #[expect(unsafe_code, reason = "an intrinsic of a set that the target has is unsafe all the same")]
            let register = unsafe { core::arch::x86_64::$instruction(bound[i], x[i]) };
            bound[i] = register;
        });
        Vector(cast(bound))
    }};
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(all(feature = "std", target_feature = "avx")))))]
macro_rules! bounded {
    ($x:expr, $bound:expr, $beyond:expr, $instruction:ident) => {
        Self::pick($beyond, $bound, $x)
    };
}

/// Writes one vector type.
macro_rules! vector {
    (
        $t:ident, $v:ident, $i:ident, fraction $fraction:literal, one $one:literal, low $low:literal,
        mantissa $mantissa:literal, exponent_float $exponent_float:literal, sse2 $min:ident $max:ident
    ) => {
        impl Mask for Bits<$v> {
            #[inline(always)]
            fn any(self) -> bool {
                self.0.any()
            }
        }

        operators!(asked if any(quick_build, spare_floor); Vector<$v>, Add, add, |a: Self, b: Self| Vector(a.0 + b.0));
        operators!(asked if any(quick_build, spare_floor); Vector<$v>, Sub, sub, |a: Self, b: Self| Vector(a.0 - b.0));
        operators!(asked if any(quick_build, spare_floor); Vector<$v>, Mul, mul, |a: Self, b: Self| Vector(a.0 * b.0));
        operators!(asked if any(quick_build, spare_floor); Vector<$v>, Div, div, |a: Self, b: Self| Vector(a.0 / b.0));

        impl Neg for Vector<$v> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(self.0 ^ $v::splat(-0.0))
            }
        }

        impl Lane for Vector<$v> {
            type Elem = $t;
            type Isa = Base;
            type Mask = Bits<$v>;

            inlined! {
                asked if any(quick_build, spare_floor);
                fn isa(self) -> Base {
                    Base
                }
                fn splat(_: Base, x: $t) -> Self {
                    Self($v::splat(x))
                }
                fn load(_: Base, from: &<$t as Element>::Chunk) -> Self {
                    Self($v::new(*from))
                }
                fn store(self, to: &mut <$t as Element>::Chunk) {
                    *to = self.0.to_array();
                }
                fn mul_add(self, a: Self, b: Self) -> Self {
                    Self(self.0.mul_add(a.0, b.0))
                }
                fn neg_mul_add(self, a: Self, b: Self) -> Self {
                    Self(self.0.mul_neg_add(a.0, b.0))
                }
                fn abs(self) -> Self {
                    Self(self.0 & !$v::splat(-0.0))
                }
                fn sqrt(self) -> Self {
                    Self(self.0.sqrt())
                }
                fn copysign(self, sign: Self) -> Self {
                    Self(self.abs().0 | (sign.0 & $v::splat(-0.0)))
                }
                fn lt(self, other: Self) -> Bits<$v> {
                    Bits(self.0.simd_lt(other.0))
                }
                fn le(self, other: Self) -> Bits<$v> {
                    Bits(self.0.simd_le(other.0))
                }
                fn same(self, other: Self) -> Bits<$v> {
                    Bits(self.0.simd_eq(other.0))
                }
                fn is_nan(self) -> Bits<$v> {
                    Bits(self.0.is_nan())
                }
                fn pick(mask: Bits<$v>, yes: Self, no: Self) -> Self {
                    Self(mask.0.select(yes.0, no.0))
                }
                fn keep(self, mask: Bits<$v>) -> Self {
                    Self(self.0 & mask.0)
                }
                fn without(self, mask: Bits<$v>) -> Self {
                    Self(self.0 & !mask.0)
                }
            }

            #[inline(always)]
            fn at_most(self, bound: Self) -> Self {
                bounded!(self, bound, bound.lt(self), $min)
            }
            #[inline(always)]
            fn at_least(self, bound: Self) -> Self {
                bounded!(self, bound, self.lt(bound), $max)
            }
            #[inline(always)]
            fn pow2(biased: Self) -> Self {
                Self(cast(cast::<$v, $i>(biased.0) << $fraction))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                let raised = cast::<$v, $i>(self.0) + $i::splat($one - $low);
                let exponent = (raised >> $fraction) | $i::splat($exponent_float);
                let m = (raised & $i::splat($mantissa)) + $i::splat($low);
                (Self(cast(m)), super::unbias(Self(cast(exponent))))
            }
            #[inline(always)]
            fn halves(self, other: Self, half: usize) -> [Self; 2] {
                let (a, b) = (self.0.to_array(), other.0.to_array());
                let [kept, moved] = match half {
                    8 => halves::<_, 8, _>(a, b),
                    4 => halves::<_, 4, _>(a, b),
                    2 => halves::<_, 2, _>(a, b),
                    _ => halves::<_, 1, _>(a, b),
                };
                [Self($v::new(kept)), Self($v::new(moved))]
            }
            #[inline(always)]
            fn sum(self) -> $t {
                let mut lanes = self.0.to_array();
                let mut half = $t::LANES / 2;
                while half > 0 {
                    for i in 0..half {
                        lanes[i] += lanes[i + half];
                    }
                    half /= 2;
                }
                lanes[0]
            }
            #[inline(always)]
            fn largest(self) -> $t {
                let mut lanes = self.of(f64::NEG_INFINITY).at_least(self).0.to_array();
                let mut half = $t::LANES / 2;
                while half > 0 {
                    for i in 0..half {
                        lanes[i] = if lanes[i + half] > lanes[i] { lanes[i + half] } else { lanes[i] };
                    }
                    half /= 2;
                }
                lanes[0]
            }
        }
    };
}

vector!(
    f32, F32, U32, fraction 23, one 0x3f80_0000, low 0x3f40_0000, mantissa 0x007f_ffff,
    exponent_float 0x4b00_0000, sse2 _mm_min_ps _mm_max_ps
);
vector!(
    f64, F64, U64, fraction 52, one 0x3ff0_0000_0000_0000, low 0x3fe8_0000_0000_0000,
    mantissa 0x000f_ffff_ffff_ffff, exponent_float 0x4330_0000_0000_0000, sse2 _mm_min_pd _mm_max_pd
);

/// [`Lane::halves`] of the lanes of two vectors.
#[inline(always)]
fn halves<T: Copy, const HALF: usize, const LANES: usize>(a: [T; LANES], b: [T; LANES]) -> [[T; LANES]; 2] {
    let (mut kept, mut moved) = (a, a);
    unrolled!(i < LANES; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 => {
        let from = if i & HALF == 0 { &a } else { &b };
        // Halves that so few lanes have not are compiled, and never run.
        (kept[i], moved[i]) = (from[i], from[(i ^ HALF) % LANES]);
    });
    [kept, moved]
}

//! AVX2 and FMA through pulp's V3 token: the 64-byte register is two ymm.

use super::stream::{Stream, prefetch};
use super::{
    Cache, Isa, Lane, Mask,
    operators::{inlined, operators},
};
use core::arch::x86_64::{__m256, __m256d, __m256i, _CMP_EQ_OQ, _CMP_LE_OQ, _CMP_LT_OQ, _CMP_UNORD_Q};
use core::ops::{BitAnd, BitOr, Neg};
use pulp::x86::V3;

#[derive(Clone, Copy)]
pub(crate) struct Avx2(pub(super) V3);

impl Isa for Avx2 {
    type F32 = F32;
    type F64 = F64;
    type Stream = Stream;
    const STREAMS: bool = true;

    #[inline(always)]
    fn stream(self) -> Stream {
        Stream(self.0)
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &T, bytes: usize, to: Cache) {
        prefetch(from, bytes, to);
    }
}

/// Writes one vector type and its mask, given its intrinsics.
macro_rules! vector {
    (
        $name:ident, $mask:ident, $t:ident, $v:ident,
        splat $splat:ident, add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident,
        fma $fma:ident, fnma $fnma:ident, sqrt $sqrt:ident, and $and:ident, andnot $andnot:ident, or $or:ident, xor $xor:ident,
        min $min:ident, max $max:ident, cmp $cmp:ident, blend $blend:ident, movemask $movemask:ident,
        bits $to_bits:ident $from_bits:ident, int $isplat:ident $iadd:ident $shl:ident $shr:ident,
        fraction $fraction:literal, one $one:literal, low $low:literal, mantissa $mantissa:literal,
        exponent_float $exponent_float:literal, sum $sum:ident halves $halves:ident, part $load_part:ident
    ) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name {
            isa: V3,
            low: $v,
            high: $v,
        }

        /// All bits set or none, in each lane.
        #[derive(Clone, Copy)]
        pub(crate) struct $mask($name);

        impl $name {
            /// Lanes of one ymm.
            const HALF: usize = 32 / size_of::<$t>();

            inlined! {
                fn new(isa: V3, low: $v, high: $v) -> Self {
                    Self { isa, low, high }
                }
                fn signs(isa: V3) -> Self {
                    Self::splat(Avx2(isa), -0.0)
                }
            }
        }

        operators!($name, Add, add, |a: $name, b: $name| {
            $name::new(a.isa, a.isa.avx.$add(a.low, b.low), a.isa.avx.$add(a.high, b.high))
        });
        operators!($name, Sub, sub, |a: $name, b: $name| {
            $name::new(a.isa, a.isa.avx.$sub(a.low, b.low), a.isa.avx.$sub(a.high, b.high))
        });
        operators!($name, Mul, mul, |a: $name, b: $name| {
            $name::new(a.isa, a.isa.avx.$mul(a.low, b.low), a.isa.avx.$mul(a.high, b.high))
        });
        operators!($name, Div, div, |a: $name, b: $name| {
            $name::new(a.isa, a.isa.avx.$div(a.low, b.low), a.isa.avx.$div(a.high, b.high))
        });

        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                let (x, s) = (self.isa.avx, Self::signs(self.isa));
                Self::new(self.isa, x.$xor(self.low, s.low), x.$xor(self.high, s.high))
            }
        }
        impl BitAnd for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                let (a, b) = (self.0, other.0);
                Self($name::new(a.isa, a.isa.avx.$and(a.low, b.low), a.isa.avx.$and(a.high, b.high)))
            }
        }
        impl BitOr for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                let (a, b) = (self.0, other.0);
                Self($name::new(a.isa, a.isa.avx.$or(a.low, b.low), a.isa.avx.$or(a.high, b.high)))
            }
        }
        impl Mask for $mask {
            #[inline(always)]
            fn any(self) -> bool {
                let x = self.0.isa.avx;
                x.$movemask(x.$or(self.0.low, self.0.high)) != 0
            }
        }

        impl Lane for $name {
            type Elem = $t;
            type Isa = Avx2;
            type Mask = $mask;

            inlined! {
                fn isa(self) -> Avx2 {
                    Avx2(self.isa)
                }
                fn splat(isa: Avx2, x: $t) -> Self {
                    let v = isa.0.avx.$splat(x);
                    Self::new(isa.0, v, v)
                }
                fn load(isa: Avx2, from: &[$t; 64 / size_of::<$t>()]) -> Self {
                    let [low, high]: [$v; 2] = pulp::cast(*from);
                    Self::new(isa.0, low, high)
                }
                fn store(self, to: &mut [$t; 64 / size_of::<$t>()]) {
                    *to = pulp::cast([self.low, self.high]);
                }
                fn mul_add(self, a: Self, b: Self) -> Self {
                    let x = self.isa.fma;
                    Self::new(self.isa, x.$fma(self.low, a.low, b.low), x.$fma(self.high, a.high, b.high))
                }
                fn neg_mul_add(self, a: Self, b: Self) -> Self {
                    let x = self.isa.fma;
                    Self::new(self.isa, x.$fnma(self.low, a.low, b.low), x.$fnma(self.high, a.high, b.high))
                }
                fn abs(self) -> Self {
                    let (x, s) = (self.isa.avx, Self::signs(self.isa));
                    Self::new(self.isa, x.$andnot(s.low, self.low), x.$andnot(s.high, self.high))
                }
                fn sqrt(self) -> Self {
                    let x = self.isa.avx;
                    Self::new(self.isa, x.$sqrt(self.low), x.$sqrt(self.high))
                }
                fn copysign(self, sign: Self) -> Self {
                    let sign = sign.keep($mask(Self::signs(self.isa)));
                    ($mask(self.abs()) | $mask(sign)).0
                }
                fn at_most(self, bound: Self) -> Self {
                    let x = self.isa.avx;
                    Self::new(self.isa, x.$min(bound.low, self.low), x.$min(bound.high, self.high))
                }
                fn at_least(self, bound: Self) -> Self {
                    let x = self.isa.avx;
                    Self::new(self.isa, x.$max(bound.low, self.low), x.$max(bound.high, self.high))
                }
                fn lt(self, b: Self) -> $mask {
                    let x = self.isa.avx;
                    let low = x.$cmp::<_CMP_LT_OQ>(self.low, b.low);
                    $mask(Self::new(self.isa, low, x.$cmp::<_CMP_LT_OQ>(self.high, b.high)))
                }
                fn le(self, b: Self) -> $mask {
                    let x = self.isa.avx;
                    let low = x.$cmp::<_CMP_LE_OQ>(self.low, b.low);
                    $mask(Self::new(self.isa, low, x.$cmp::<_CMP_LE_OQ>(self.high, b.high)))
                }
                fn same(self, b: Self) -> $mask {
                    let x = self.isa.avx;
                    let low = x.$cmp::<_CMP_EQ_OQ>(self.low, b.low);
                    $mask(Self::new(self.isa, low, x.$cmp::<_CMP_EQ_OQ>(self.high, b.high)))
                }
                fn is_nan(self) -> $mask {
                    let x = self.isa.avx;
                    let low = x.$cmp::<_CMP_UNORD_Q>(self.low, self.low);
                    $mask(Self::new(self.isa, low, x.$cmp::<_CMP_UNORD_Q>(self.high, self.high)))
                }
                fn pick(mask: $mask, yes: Self, no: Self) -> Self {
                    let (x, m) = (yes.isa.avx, mask.0);
                    Self::new(yes.isa, x.$blend(no.low, yes.low, m.low), x.$blend(no.high, yes.high, m.high))
                }
                fn keep(self, mask: $mask) -> Self {
                    ($mask(self) & mask).0
                }
                fn without(self, mask: $mask) -> Self {
                    let (x, m) = (self.isa.avx, mask.0);
                    Self::new(self.isa, x.$andnot(m.low, self.low), x.$andnot(m.high, self.high))
                }
                fn pow2(biased: Self) -> Self {
                    let (x, y) = (biased.isa.avx, biased.isa.avx2);
                    let low = x.$from_bits(y.$shl::<$fraction>(x.$to_bits(biased.low)));
                    Self::new(biased.isa, low, x.$from_bits(y.$shl::<$fraction>(x.$to_bits(biased.high))))
                }
            }

            #[inline(always)]
            #[expect(unsafe_code, reason = "no safe operation loads a part of a register")]
            fn load_part(isa: Avx2, from: &[$t], fill: $t) -> Self {
                const BYTES: usize = size_of::<$t>();
                let x = isa.0.avx;
                let n = from.len().min(2 * Self::HALF);
                let (low, high) =
                    (first_bytes(n.min(Self::HALF) * BYTES), first_bytes(n.saturating_sub(Self::HALF) * BYTES));
                let at = from.as_ptr();
                // SAFETY: no lane is read but those that the masks have, which are as many as `from` holds.
                let (a, b) = unsafe { (x.$load_part(at, low), x.$load_part(at.wrapping_add(Self::HALF), high)) };
                let (low, high) = (x.$from_bits(low), x.$from_bits(high));
                let fill = x.$splat(fill);
                Self::new(isa.0, x.$blend(fill, a, low), x.$blend(fill, b, high))
            }
            #[inline(always)]
            fn stream(self, to: &mut [$t; 64 / size_of::<$t>()], stream: &Stream) {
                if !stream.put(pulp::cast([self.low, self.high]), to) {
                    self.store(to);
                }
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                let (m_low, k_low) = Self::split_half(self.isa, self.low);
                let (m_high, k_high) = Self::split_half(self.isa, self.high);
                (Self::new(self.isa, m_low, m_high), super::unbias(Self::new(self.isa, k_low, k_high)))
            }
            #[inline(always)]
            fn sum(self) -> $t {
                $sum(self.isa, self.low, self.high)
            }
            #[inline(always)]
            fn halves(self, other: Self, half: usize) -> [Self; 2] {
                if half == Self::HALF {
                    let kept = Self::new(self.isa, self.low, other.high);
                    return [kept, Self::new(self.isa, self.high, other.low)];
                }
                let low = $halves(self.isa, self.low, other.low, half);
                let high = $halves(self.isa, self.high, other.high, half);
                [Self::new(self.isa, low[0], high[0]), Self::new(self.isa, low[1], high[1])]
            }
        }

        impl $name {
            #[inline(always)]
            fn split_half(isa: V3, half: $v) -> ($v, $v) {
                let (x, y) = (isa.avx, isa.avx2);
                let raised = y.$iadd(x.$to_bits(half), x.$isplat($one - $low));
                let exponent = y._mm256_or_si256(y.$shr::<$fraction>(raised), x.$isplat($exponent_float));
                let fraction = y._mm256_and_si256(raised, x.$isplat($mantissa));
                (x.$from_bits(y.$iadd(fraction, x.$isplat($low))), x.$from_bits(exponent))
            }
        }
    };
}

vector!(
    F32, F32Mask, f32, __m256,
    splat _mm256_set1_ps, add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps,
    fma _mm256_fmadd_ps, fnma _mm256_fnmadd_ps, sqrt _mm256_sqrt_ps,
    and _mm256_and_ps, andnot _mm256_andnot_ps, or _mm256_or_ps, xor _mm256_xor_ps,
    min _mm256_min_ps, max _mm256_max_ps, cmp _mm256_cmp_ps, blend _mm256_blendv_ps, movemask _mm256_movemask_ps,
    bits _mm256_castps_si256 _mm256_castsi256_ps,
    int _mm256_set1_epi32 _mm256_add_epi32 _mm256_slli_epi32 _mm256_srli_epi32,
    fraction 23, one 0x3f80_0000, low 0x3f40_0000, mantissa 0x007f_ffff, exponent_float 0x4b00_0000,
    sum sum_ps halves halves_ps, part _mm256_maskload_ps
);
vector!(
    F64, F64Mask, f64, __m256d,
    splat _mm256_set1_pd, add _mm256_add_pd, sub _mm256_sub_pd, mul _mm256_mul_pd, div _mm256_div_pd,
    fma _mm256_fmadd_pd, fnma _mm256_fnmadd_pd, sqrt _mm256_sqrt_pd,
    and _mm256_and_pd, andnot _mm256_andnot_pd, or _mm256_or_pd, xor _mm256_xor_pd,
    min _mm256_min_pd, max _mm256_max_pd, cmp _mm256_cmp_pd, blend _mm256_blendv_pd, movemask _mm256_movemask_pd,
    bits _mm256_castpd_si256 _mm256_castsi256_pd,
    int _mm256_set1_epi64x _mm256_add_epi64 _mm256_slli_epi64 _mm256_srli_epi64,
    fraction 52, one 0x3ff0_0000_0000_0000, low 0x3fe8_0000_0000_0000, mantissa 0x000f_ffff_ffff_ffff,
    exponent_float 0x4330_0000_0000_0000, sum sum_pd halves halves_pd, part _mm256_maskload_pd
);

/// All bits of the first so many bytes of a ymm.
#[inline(always)]
fn first_bytes(n: usize) -> __m256i {
    const BYTES: [u8; 64] = {
        let mut bytes = [0; 64];
        let mut i = 0;
        while i < 32 {
            bytes[i] = u8::MAX;
            i += 1;
        }
        bytes
    };
    let mut window = [0; 32];
    window.copy_from_slice(&BYTES[32 - n..64 - n]);
    pulp::cast(window)
}

#[inline(always)]
pub(super) fn sum_ps(isa: V3, low: __m256, high: __m256) -> f32 {
    let eight = isa.avx._mm256_add_ps(low, high);
    let high = isa.avx._mm256_extractf128_ps::<1>(eight);
    let four = isa.sse._mm_add_ps(isa.avx._mm256_castps256_ps128(eight), high);
    let two = isa.sse._mm_add_ps(four, isa.sse._mm_movehl_ps(four, four));
    let one = isa.sse._mm_add_ss(two, isa.sse._mm_shuffle_ps::<1>(two, two));
    isa.sse._mm_cvtss_f32(one)
}

#[inline(always)]
pub(super) fn sum_pd(isa: V3, low: __m256d, high: __m256d) -> f64 {
    let four = isa.avx._mm256_add_pd(low, high);
    let high = isa.avx._mm256_extractf128_pd::<1>(four);
    let two = isa.sse2._mm_add_pd(isa.avx._mm256_castpd256_pd128(four), high);
    isa.sse2._mm_cvtsd_f64(isa.sse2._mm_add_sd(two, isa.sse2._mm_unpackhi_pd(two, two)))
}

/// [`Lane::halves`] within one ymm.
#[inline(always)]
fn halves_ps(isa: V3, a: __m256, b: __m256, half: usize) -> [__m256; 2] {
    let x = isa.avx;
    let (kept, moved) = match half {
        4 => (x._mm256_blend_ps::<0xf0>(a, b), x._mm256_permute2f128_ps::<0x21>(a, b)),
        2 => (x._mm256_blend_ps::<0xcc>(a, b), x._mm256_shuffle_ps::<0x4e>(a, b)),
        _ => (x._mm256_blend_ps::<0xaa>(a, b), x._mm256_permute_ps::<0xb1>(x._mm256_blend_ps::<0xaa>(b, a))),
    };
    [kept, moved]
}

/// [`Lane::halves`] within one ymm.
#[inline(always)]
fn halves_pd(isa: V3, a: __m256d, b: __m256d, half: usize) -> [__m256d; 2] {
    let x = isa.avx;
    let (kept, moved) = match half {
        2 => (x._mm256_blend_pd::<0xc>(a, b), x._mm256_permute2f128_pd::<0x21>(a, b)),
        _ => (x._mm256_blend_pd::<0xa>(a, b), x._mm256_shuffle_pd::<0x5>(a, b)),
    };
    [kept, moved]
}

//! AVX-512 through pulp's V4 token: the 64-byte register is one zmm.

use super::stream::{Stream, prefetch};
use super::{
    Cache, Isa, Lane, Mask,
    operators::{inlined, operators},
};
use core::arch::x86_64::{__m512, __m512d, _CMP_EQ_OQ, _CMP_LE_OQ, _CMP_LT_OQ, _CMP_UNORD_Q};
use core::ops::{BitAnd, BitOr, Neg};
use pulp::x86::V4;

#[derive(Clone, Copy)]
pub(crate) struct Avx512(pub(super) V4);

impl Isa for Avx512 {
    type F32 = F32;
    type F64 = F64;
    type Stream = Stream;
    const STREAMS: bool = true;
    const EIGHT: bool = true;

    #[inline(always)]
    fn stream(self) -> Stream {
        Stream(*self.0)
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &T, bytes: usize, to: Cache) {
        prefetch(from, bytes, to);
    }
}

/// One bit for each lane.
#[derive(Clone, Copy)]
pub(crate) struct Bits<M>(M);

impl<M: BitAnd<Output = M>> BitAnd for Bits<M> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
impl<M: BitOr<Output = M>> BitOr for Bits<M> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl<M> Mask for Bits<M>
where
    M: Copy + Default + PartialEq + BitAnd<Output = M> + BitOr<Output = M>,
{
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != M::default()
    }
}

/// Writes one vector type, given its intrinsics.
macro_rules! vector {
    (
        $name:ident, $t:ident, $v:ident, $mask:ty,
        splat $splat:ident, add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident,
        fma $fma:ident, fnma $fnma:ident, abs $abs:ident, sqrt $sqrt:ident, and $and:ident, or $or:ident, xor $xor:ident,
        min $min:ident, max $max:ident, cmp $cmp:ident, blend $blend:ident, keep $keep:ident, scalef $scalef:ident,
        fixup $fixup:ident,
        bits $to_bits:ident $from_bits:ident, int $isplat:ident $iadd:ident $shl:ident $shr:ident,
        fraction $fraction:literal, one $one:literal, low $low:literal, mantissa $mantissa:literal,
        exponent_float $exponent_float:literal, sum $sum:ident halves $halves:ident,
        part $load_part:ident $store_part:ident
    ) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name {
            isa: V4,
            v: $v,
        }

        impl $name {
            inlined! {
                /// The mask of the first `n` lanes.
                fn first(n: usize) -> $mask {
                    const LANES: usize = 64 / size_of::<$t>();
                    ((1_u32 << n.min(LANES)) - 1) as $mask
                }
                fn new(isa: V4, v: $v) -> Self {
                    Self { isa, v }
                }
            }
        }

        operators!($name, Add, add, |a: $name, b: $name| $name::new(a.isa, a.isa.avx512f.$add(a.v, b.v)));
        operators!($name, Sub, sub, |a: $name, b: $name| $name::new(a.isa, a.isa.avx512f.$sub(a.v, b.v)));
        operators!($name, Mul, mul, |a: $name, b: $name| $name::new(a.isa, a.isa.avx512f.$mul(a.v, b.v)));
        operators!($name, Div, div, |a: $name, b: $name| $name::new(a.isa, a.isa.avx512f.$div(a.v, b.v)));

        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self::new(self.isa, self.isa.avx512dq.$xor(self.v, self.isa.avx512f.$splat(-0.0)))
            }
        }

        impl Lane for $name {
            type Elem = $t;
            type Isa = Avx512;
            type Mask = Bits<$mask>;

            inlined! {
                fn isa(self) -> Avx512 {
                    Avx512(self.isa)
                }
                fn splat(isa: Avx512, x: $t) -> Self {
                    Self::new(isa.0, isa.0.avx512f.$splat(x))
                }
                fn load(isa: Avx512, from: &[$t; 64 / size_of::<$t>()]) -> Self {
                    Self::new(isa.0, pulp::cast(*from))
                }
                fn store(self, to: &mut [$t; 64 / size_of::<$t>()]) {
                    *to = pulp::cast(self.v);
                }
                fn mul_add(self, a: Self, b: Self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$fma(self.v, a.v, b.v))
                }
                fn neg_mul_add(self, a: Self, b: Self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$fnma(self.v, a.v, b.v))
                }
                fn abs(self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$abs(self.v))
                }
                fn sqrt(self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$sqrt(self.v))
                }
                fn copysign(self, sign: Self) -> Self {
                    let signs = self.isa.avx512dq.$and(sign.v, self.isa.avx512f.$splat(-0.0));
                    Self::new(self.isa, self.isa.avx512dq.$or(self.abs().v, signs))
                }
                fn at_most(self, bound: Self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$min(bound.v, self.v))
                }
                fn at_least(self, bound: Self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$max(bound.v, self.v))
                }
                fn lt(self, other: Self) -> Bits<$mask> {
                    Bits(self.isa.avx512f.$cmp::<_CMP_LT_OQ>(self.v, other.v))
                }
                fn le(self, other: Self) -> Bits<$mask> {
                    Bits(self.isa.avx512f.$cmp::<_CMP_LE_OQ>(self.v, other.v))
                }
                fn same(self, other: Self) -> Bits<$mask> {
                    Bits(self.isa.avx512f.$cmp::<_CMP_EQ_OQ>(self.v, other.v))
                }
                fn is_nan(self) -> Bits<$mask> {
                    Bits(self.isa.avx512f.$cmp::<_CMP_UNORD_Q>(self.v, self.v))
                }
                fn pick(mask: Bits<$mask>, yes: Self, no: Self) -> Self {
                    Self::new(yes.isa, yes.isa.avx512f.$blend(mask.0, no.v, yes.v))
                }
                fn keep(self, mask: Bits<$mask>) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$keep(mask.0, self.v))
                }
                fn without(self, mask: Bits<$mask>) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$keep(!mask.0, self.v))
                }
                fn pow2(biased: Self) -> Self {
                    let f = biased.isa.avx512f;
                    Self::new(biased.isa, f.$from_bits(f.$shl::<$fraction>(f.$to_bits(biased.v))))
                }
                fn ldexp(self, n: Self) -> Self {
                    Self::new(self.isa, self.isa.avx512f.$scalef(self.v, n.v))
                }
                fn ln_limits(self, y: Self) -> Self {
                    // Four bits for each kind of number, from the lowest: two kinds of NaN give NaN, 0 gives -inf, 1 gives
                    // `y`, -inf gives NaN, inf gives inf, what is below 0 gives NaN, what is above `y`.
                    let table = self.isa.avx512f.$isplat(0x0353_0422);
                    Self::new(self.isa, self.isa.avx512f.$fixup::<0>(y.v, self.v, table))
                }
            }

            #[inline(always)]
            #[expect(unsafe_code, reason = "no safe operation loads a part of a register")]
            fn load_part(isa: Avx512, from: &[$t], fill: $t) -> Self {
                let x = isa.0.avx512f;
                // SAFETY: no lane is read but those that the mask has, which are as many as `from` holds.
                let v = unsafe { x.$load_part(x.$splat(fill), Self::first(from.len()), from.as_ptr()) };
                Self::new(isa.0, v)
            }
            #[inline(always)]
            #[expect(unsafe_code, reason = "no safe operation stores a part of a register")]
            fn store_part(self, to: &mut [$t]) {
                // SAFETY: no lane is written but those that the mask has, which are as many as `to` holds.
                unsafe { self.isa.avx512f.$store_part(to.as_mut_ptr(), Self::first(to.len()), self.v) };
            }
            #[inline(always)]
            fn stream(self, to: &mut [$t; 64 / size_of::<$t>()], stream: &Stream) {
                if !stream.put_whole(self.isa, pulp::cast(self.v), to) && !stream.put(pulp::cast(self.v), to) {
                    self.store(to);
                }
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                let f = self.isa.avx512f;
                let raised = f.$iadd(f.$to_bits(self.v), f.$isplat($one - $low));
                let exponent = f._mm512_or_si512(f.$shr::<$fraction>(raised), f.$isplat($exponent_float));
                let fraction = f._mm512_and_si512(raised, f.$isplat($mantissa));
                let m = Self::new(self.isa, f.$from_bits(f.$iadd(fraction, f.$isplat($low))));
                (m, super::unbias(Self::new(self.isa, f.$from_bits(exponent))))
            }
            #[inline(always)]
            fn sum(self) -> $t {
                $sum(self)
            }
            #[inline(always)]
            fn halves(self, other: Self, half: usize) -> [Self; 2] {
                let [kept, moved] = $halves(self.isa, self.v, other.v, half);
                [Self::new(self.isa, kept), Self::new(self.isa, moved)]
            }
        }
    };
}

vector!(
    F32, f32, __m512, u16,
    splat _mm512_set1_ps, add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
    fma _mm512_fmadd_ps, fnma _mm512_fnmadd_ps, abs _mm512_abs_ps, sqrt _mm512_sqrt_ps,
    and _mm512_and_ps, or _mm512_or_ps, xor _mm512_xor_ps,
    min _mm512_min_ps, max _mm512_max_ps, cmp _mm512_cmp_ps_mask, blend _mm512_mask_blend_ps,
    keep _mm512_maskz_mov_ps, scalef _mm512_scalef_ps, fixup _mm512_fixupimm_ps,
    bits _mm512_castps_si512 _mm512_castsi512_ps,
    int _mm512_set1_epi32 _mm512_add_epi32 _mm512_slli_epi32 _mm512_srli_epi32,
    fraction 23, one 0x3f80_0000, low 0x3f40_0000, mantissa 0x007f_ffff, exponent_float 0x4b00_0000,
    sum sum_f32 halves halves_ps,
    part _mm512_mask_loadu_ps _mm512_mask_storeu_ps
);
vector!(
    F64, f64, __m512d, u8,
    splat _mm512_set1_pd, add _mm512_add_pd, sub _mm512_sub_pd, mul _mm512_mul_pd, div _mm512_div_pd,
    fma _mm512_fmadd_pd, fnma _mm512_fnmadd_pd, abs _mm512_abs_pd, sqrt _mm512_sqrt_pd,
    and _mm512_and_pd, or _mm512_or_pd, xor _mm512_xor_pd,
    min _mm512_min_pd, max _mm512_max_pd, cmp _mm512_cmp_pd_mask, blend _mm512_mask_blend_pd,
    keep _mm512_maskz_mov_pd, scalef _mm512_scalef_pd, fixup _mm512_fixupimm_pd,
    bits _mm512_castpd_si512 _mm512_castsi512_pd,
    int _mm512_set1_epi64 _mm512_add_epi64 _mm512_slli_epi64 _mm512_srli_epi64,
    fraction 52, one 0x3ff0_0000_0000_0000, low 0x3fe8_0000_0000_0000, mantissa 0x000f_ffff_ffff_ffff,
    exponent_float 0x4330_0000_0000_0000, sum sum_f64 halves halves_pd,
    part _mm512_mask_loadu_pd _mm512_mask_storeu_pd
);

#[inline(always)]
fn sum_f32(x: F32) -> f32 {
    let low = x.isa.avx512f._mm512_castps512_ps256(x.v);
    let high = x.isa.avx512dq._mm512_extractf32x8_ps::<1>(x.v);
    super::avx2::sum_ps(*x.isa, low, high)
}

#[inline(always)]
fn sum_f64(x: F64) -> f64 {
    let low = x.isa.avx512f._mm512_castpd512_pd256(x.v);
    let high = x.isa.avx512f._mm512_extractf64x4_pd::<1>(x.v);
    super::avx2::sum_pd(*x.isa, low, high)
}

#[inline(always)]
fn halves_ps(isa: V4, a: __m512, b: __m512, half: usize) -> [__m512; 2] {
    let x = isa.avx512f;
    let (kept, moved) = match half {
        8 => (x._mm512_mask_blend_ps(0xff00, a, b), x._mm512_shuffle_f32x4::<0x4e>(a, b)),
        4 => {
            let other = x._mm512_mask_blend_ps(0xf0f0, b, a);
            (x._mm512_mask_blend_ps(0xf0f0, a, b), x._mm512_shuffle_f32x4::<0xb1>(other, other))
        }
        2 => (x._mm512_mask_blend_ps(0xcccc, a, b), x._mm512_shuffle_ps::<0x4e>(a, b)),
        _ => {
            let other = x._mm512_mask_blend_ps(0xaaaa, b, a);
            (x._mm512_mask_blend_ps(0xaaaa, a, b), x._mm512_permute_ps::<0xb1>(other))
        }
    };
    [kept, moved]
}

#[inline(always)]
fn halves_pd(isa: V4, a: __m512d, b: __m512d, half: usize) -> [__m512d; 2] {
    let x = isa.avx512f;
    let (kept, moved) = match half {
        4 => (x._mm512_mask_blend_pd(0xf0, a, b), x._mm512_shuffle_f64x2::<0x4e>(a, b)),
        2 => {
            let other = x._mm512_mask_blend_pd(0xcc, b, a);
            (x._mm512_mask_blend_pd(0xcc, a, b), x._mm512_shuffle_f64x2::<0xb1>(other, other))
        }
        _ => (x._mm512_mask_blend_pd(0xaa, a, b), x._mm512_shuffle_pd::<0x55>(a, b)),
    };
    [kept, moved]
}

//! What the functions need that differs between `f32` and `f64`: `ln 2`, ranges and the fitted polynomials.
//!
//! All are written as `f64`; those of `f32` are exact in `f32`. The fits are made by `scripts/coefficients`.

use super::horner;
use crate::lane::{Element, Lane};

/// An element type that the elementary functions know.
pub(crate) trait Float: Element {
    /// From 1 to the next number.
    const EPSILON: f64;
    /// `ln 2` in two parts; the product of the first with any exponent is exact.
    const LN2: (f64, f64);
    /// Below the first `exp` is 0, above the second it is infinite.
    const EXP_RANGE: (f64, f64);
    /// `(e^r - 1 - r) / r²` for `|r| <= ln 2 / 2`.
    const EXP: &'static [f64];
    /// `(tanh x - x) / x³` in `x²`, for `|x| <= 5/8`.
    #[cfg(feature = "internals")]
    const TANH: &'static [f64];
    /// Below this `expm1` is -1 to the last bit.
    const EXPM1_FLAT: f64;
    /// Above this `1 + x` is `x` to the last bit.
    const LOG1P_LARGE: f64;
    /// `(ln(1 + x) - x) / x²` for `x` in `[0, 1]`; none where a reduction takes less than a longer polynomial.
    const LOG1P_UP: &'static [f64];
    /// The same for `x` in `[-1/2, 0]`.
    const LOG1P_DOWN: &'static [f64];

    /// Quotients beyond the first are multiplied with the second, the logarithm of whose inverse is the third.
    const RATIO_FAR: (f64, f64, f64);

    /// At maxima beyond this every entry that can matter is within a factor of 2 of the maximum, so that their
    /// difference is exact; up to this the product of its exponent with `ln 2` is.
    const SOFTMAX_FAR: f64;

    /// The exponents `k` by which softmax scales exponentials to `e^x 2^-k`: at first, and, once the maximum is known,
    /// counted from its exponent.
    const SOFTMAX_SHIFTS: (f64, f64);

    /// Sums of scaled exponentials from which every quotient of an exponential and the sum that is a number of this
    /// type, subnormal ones too, comes from a normal exponential; and up to which a mean over 2^34 rows, divided by the
    /// sum, is a normal number.
    const SOFTMAX_SUMS: (f64, f64);

    /// `ln(1 + f) + k ln 2` for `f` in `[-1/4, 1/2]`, and a rest that is small next to it.
    fn log1p_reduced<L: Lane<Elem = Self>>(f: L, k: L, rest: Option<L>) -> L;
}

impl Float for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const LN2: (f64, f64) = (0.693_145_751_953_125, 1.428_606_765_330_187e-6);
    const EXP_RANGE: (f64, f64) = (-104.0, 89.0);
    const EXP: &'static [f64] = &single([0x3eff_fffe, 0x3e2a_aa46, 0x3d2a_ac2c, 0x3c09_1ef1, 0x3ab5_63c1]);
    #[cfg(feature = "internals")]
    const TANH: &'static [f64] = &single([0xbeaa_aa9a, 0x3e08_83aa, 0xbd5c_2082, 0x3ca9_2003, 0xbbbb_21f6]);
    const EXPM1_FLAT: f64 = -18.0;
    const LOG1P_LARGE: f64 = 33_554_432.0;
    const LOG1P_UP: &'static [f64] = &single([
        0xbeff_ffea,
        0x3eaa_a705,
        0xbe7f_945c,
        0x3e49_b27c,
        0xbe1d_4814,
        0x3dda_de57,
        0xbd6c_6e7d,
        0x3ca5_c066,
        0xbb59_ded7,
    ]);
    const LOG1P_DOWN: &'static [f64] = &single([
        0xbf00_000f,
        0x3eaa_a17b,
        0xbe80_f4ed,
        0x3e34_1874,
        0xbeae_1d72,
        0xbf17_9efd,
        0xbffc_478e,
        0xc01e_7e35,
        0xbfdf_2922,
    ]);
    const RATIO_FAR: (f64, f64, f64) = (8.507_059_173_023_462e37, 7.888_609_052_210_118e-31, 69.314_718_055_994_53);
    const SOFTMAX_FAR: f64 = 256.0;
    const SOFTMAX_SHIFTS: (f64, f64) = (-48.0, -60.0);
    const SOFTMAX_SUMS: (f64, f64) = (16_777_216.0, 4.951_760_157_141_521e27);

    /// 1. `f - f²/2 + f³ P(f)` with `P` of degree 7 (relative error 2^-27.6).
    /// 2. The terms are added smallest first; `k ln 2` enters in two parts.
    #[inline(always)]
    fn log1p_reduced<L: Lane<Elem = f32>>(f: L, k: L, rest: Option<L>) -> L {
        const P: &[f64] = &single([
            0x3eaa_aad2,
            0xbe80_0023,
            0x3e4c_b4af,
            0xbe2a_76c2,
            0x3e14_423a,
            0xbe06_d290,
            0x3dd6_86f1,
            0xbd38_f868,
        ]);
        let tail = horner(f, P).mul_add(f, f.of(-0.5)) * (f * f);
        let tail = plus(k.mul_add(f.of(Self::LN2.1), tail), rest);
        k.mul_add(f.of(Self::LN2.0), f + tail)
    }
}

impl Float for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const LN2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);
    const EXP_RANGE: (f64, f64) = (-746.0, 710.0);
    const EXP: &'static [f64] = &[
        f64::from_bits(0x3fe0_0000_0000_000a),
        f64::from_bits(0x3fc5_5555_5555_5503),
        f64::from_bits(0x3fa5_5555_5555_05f5),
        f64::from_bits(0x3f81_1111_1112_4d27),
        f64::from_bits(0x3f56_c16c_184b_5cf6),
        f64::from_bits(0x3f2a_01a0_13d6_e16a),
        f64::from_bits(0x3efa_0199_88d1_5751),
        f64::from_bits(0x3ec7_1def_3fe6_d920),
        f64::from_bits(0x3e92_8aed_fc9d_82ef),
        f64::from_bits(0x3e5a_dd75_4bd5_34f5),
    ];
    #[cfg(feature = "internals")]
    const TANH: &'static [f64] = &[
        f64::from_bits(0xbfd5_5555_5555_5500),
        f64::from_bits(0x3fc1_1111_1110_ad5c),
        f64::from_bits(0xbfab_a1ba_1b50_b1f1),
        f64::from_bits(0x3f96_64f4_77b8_a740),
        f64::from_bits(0xbf82_26e1_63ad_8abc),
        f64::from_bits(0x3f6d_6cf2_9a7e_059e),
        f64::from_bits(0xbf57_d68b_17ac_3ca8),
        f64::from_bits(0x3f43_3666_5da4_3c83),
        f64::from_bits(0xbf2d_f57d_488a_7a04),
        f64::from_bits(0x3f14_395f_f31b_6e87),
        f64::from_bits(0xbef0_dafe_3404_8ccd),
    ];
    const EXPM1_FLAT: f64 = -38.0;
    const LOG1P_LARGE: f64 = 1.801_439_850_948_198_4e16;
    const LOG1P_UP: &'static [f64] = &[];
    const LOG1P_DOWN: &'static [f64] = &[];
    const RATIO_FAR: (f64, f64, f64) =
        (1.071_508_607_186_267_3e301, 1.183_052_186_166_774_7e-271, 623.832_462_503_950_8);
    const SOFTMAX_FAR: f64 = 2048.0;
    const SOFTMAX_SHIFTS: (f64, f64) = (-96.0, -100.0);
    const SOFTMAX_SUMS: (f64, f64) = (9_007_199_254_740_992.0, 3.273_390_607_896_142e150);

    /// 1. `s = f / (2 + f)`, so that `ln(1 + f) = 2s + s R(s²)`, and `2s = f - f²/2 + s f²/2` (relative error 2^-62.7).
    /// 2. The terms are added smallest first; `k ln 2` enters in two parts.
    #[inline(always)]
    fn log1p_reduced<L: Lane<Elem = f64>>(f: L, k: L, rest: Option<L>) -> L {
        const R: &[f64] = &[
            f64::from_bits(0x3fe5_5555_5555_554f),
            f64::from_bits(0x3fd9_9999_9999_c179),
            f64::from_bits(0x3fd2_4924_921e_4584),
            f64::from_bits(0x3fcc_71c7_48fa_f91a),
            f64::from_bits(0x3fc7_45c4_ae07_103a),
            f64::from_bits(0x3fc3_b35c_00eb_6e92),
            f64::from_bits(0x3fc0_dcba_4665_4e89),
            f64::from_bits(0x3fc1_b811_d27f_0c98),
        ];
        let s = f / (f + 2.0);
        let z = s * s;
        let half_square = f * f * 0.5;
        let tail = s.mul_add(horner(z, R).mul_add(z, half_square), k * Self::LN2.1);
        let tail = plus(tail, rest);
        k.mul_add(f.of(Self::LN2.0), f - (half_square - tail))
    }
}

#[inline(always)]
fn plus<L: Lane>(term: L, rest: Option<L>) -> L {
    match rest {
        Some(rest) => term + rest,
        None => term,
    }
}

/// `f32` bit patterns, widened.
const fn single<const N: usize>(bits: [u32; N]) -> [f64; N] {
    let mut wide = [0.0; N];
    let mut i = 0;
    while i < N {
        wide[i] = f32::from_bits(bits[i]) as f64;
        i += 1;
    }
    wide
}

//! How many multiply-adds a level starts in a cycle: what bounds all arithmetic.

use crate::support::timing::seconds_each;
use core::hint::black_box;
use lossfn::Level;

/// Sums at once: more than wait for each other, and no more than there are registers.
const SUMS: usize = 12;
const STEPS: usize = 1000;

/// Seconds of many multiply-adds that do not wait for each other, and how many elements have 15 of them.
#[cfg(target_arch = "x86_64")]
pub(crate) fn multiply_adds(window: f64, level: Level) -> Option<(f64, f64)> {
    use pulp::x86::{V3, V4};
    let (seconds, lanes) = match level {
        Level::Avx512 => {
            let simd = V4::try_new()?;
            (seconds_each(window, || pulp::Simd::vectorize(simd, Sums).into()), 16)
        }
        Level::Avx2 => {
            let simd = V3::try_new()?;
            (seconds_each(window, || pulp::Simd::vectorize(simd, Sums).into()), 8)
        }
        _ => return None,
    };
    Some((seconds, (SUMS * STEPS / 15 * lanes) as f64))
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) const fn multiply_adds(_: f64, _: Level) -> Option<(f64, f64)> {
    None
}

#[cfg(target_arch = "x86_64")]
struct Sums;

#[cfg(target_arch = "x86_64")]
impl pulp::WithSimd for Sums {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> f32 {
        let (factor, term) = (simd.splat_f32s(black_box(0.5)), simd.splat_f32s(black_box(1.0)));
        let mut sums = [simd.splat_f32s(0.0); SUMS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, term);
            }
        }
        sums.into_iter().map(|sum| simd.reduce_sum_f32s(sum)).sum()
    }
}

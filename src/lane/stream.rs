//! Memory beyond the caches: loads are announced, and stores go past the caches, which would otherwise read what is
//! about to be overwritten.

use super::{Cache, Real};
use core::arch::x86_64::{__m128, __m512, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
use core::ptr;
use pulp::x86::{V3, V4};

/// As [`Isa::prefetch`](super::Isa::prefetch).
#[inline(always)]
#[expect(unsafe_code, reason = "no safe operation prefetches")]
pub(super) fn prefetch<T>(from: &T, bytes: usize, to: Cache) {
    let at = ptr::from_ref(from).cast::<i8>().wrapping_add(bytes);
    // SAFETY: a prefetch is a hint: it neither faults nor changes what a program sees, wherever `at` points to.
    unsafe {
        match to {
            Cache::First => _mm_prefetch::<_MM_HINT_T0>(at),
            Cache::Second => _mm_prefetch::<_MM_HINT_T1>(at),
        }
    }
}

/// Leave to store past the caches. Such stores reach other threads in no order until it is dropped.
pub(crate) struct Stream(pub(super) V3);

impl Drop for Stream {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.sse._mm_sfence();
    }
}

impl Stream {
    /// As [`put`](Self::put), in one store, if the 64 bytes are a cache line.
    #[inline(always)]
    #[expect(unsafe_code, reason = "no safe operation stores past the caches")]
    pub(super) fn put_whole<T: Real, const N: usize>(&self, isa: V4, vector: __m512, to: &mut [T; N]) -> bool {
        const { assert!(size_of::<[T; N]>() == 64) }
        let at = to.as_mut_ptr().cast::<f32>();
        if !at.addr().is_multiple_of(64) {
            return false;
        }
        // SAFETY: as below, and `at` is a multiple of 64.
        unsafe { isa.avx512f._mm512_stream_ps(at, vector) };
        true
    }

    /// Writes 64 bytes past the caches, if they are aligned to a quarter of that; returns whether it did.
    #[inline(always)]
    #[expect(unsafe_code, reason = "no safe operation stores past the caches")]
    pub(super) fn put<T: Real, const N: usize>(&self, parts: [__m128; 4], to: &mut [T; N]) -> bool {
        const { assert!(size_of::<[T; N]>() == 64) }
        let at = to.as_mut_ptr().cast::<f32>();
        if !at.addr().is_multiple_of(16) {
            return false;
        }
        let mut i = 0;
        while i < 4 {
            // SAFETY: `to` is 64 bytes that are ours to write, and every pattern is a number. `at` points to the first
            // of them and is a multiple of 16 bytes, and so is `at` plus four floats for each part. The stores are
            // ordered before all that follows when `self` is dropped, which is before the kernel returns.
            unsafe { self.0.sse._mm_stream_ps(at.add(4 * i), parts[i]) };
            i += 1;
        }
        true
    }
}

//! Stores that go past the caches: for outputs larger than these, which would otherwise be read before they are written.

use super::Real;
use core::arch::x86_64::__m128;
use pulp::x86::V3;

/// Leave to store past the caches. Such stores reach other threads in no order until it is dropped.
pub(crate) struct Stream(pub(super) V3);

impl Drop for Stream {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.sse._mm_sfence();
    }
}

impl Stream {
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

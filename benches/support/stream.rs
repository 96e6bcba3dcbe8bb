//! Loops over memory that do nothing else, in every way that may be the fastest: what a loss can at best reach.

#![allow(unsafe_code, reason = "no safe operation stores past the caches or announces a load")]

use super::data::Batch;
use super::memory::Word;
use super::parts;
use core::slice;
use lossfn::Threads;

/// How a loop goes over memory. A machine without AVX2 has the plain way alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Stores go past the caches, which then need not read what is overwritten. Where nothing is stored, two arrays are
    /// read in turn.
    pub(crate) past: bool,
    /// Loads are announced ahead.
    pub(crate) ahead: bool,
}

impl Way {
    pub(crate) const PLAIN: Self = Self { past: false, ahead: false };
    pub(crate) const ALL: [Self; 4] = [
        Self::PLAIN,
        Self { past: false, ahead: true },
        Self { past: true, ahead: false },
        Self { past: true, ahead: true },
    ];
}

/// Entries of a cache line.
const LINE: usize = 16;
/// How far ahead loads are announced, in entries.
const AHEAD: usize = 512;

/// The bits of an array.
pub(crate) fn words<T: Word>(array: &[T]) -> &[u32] {
    // SAFETY: `Word` is implemented for `f32`, `f64` and `u32` alone: no padding, at least as aligned as a `u32`, and
    // their size is a multiple of its.
    unsafe { slice::from_raw_parts(array.as_ptr().cast(), size_of_val(array) / 4) }
}

/// The same, to write.
pub(crate) fn words_mut<T: Word>(array: &mut [T]) -> &mut [u32] {
    // SAFETY: as above, and every pattern is a number.
    unsafe { slice::from_raw_parts_mut(array.as_mut_ptr().cast(), size_of_val(array) / 4) }
}

/// Entries of a piece: few enough that the C library copies it by plain stores, as it does not with large arrays.
const PIECE: usize = 1 << 22;
/// Entries of two arrays that are read in turn.
const TURN: usize = 1 << 10;

/// Reads one array, or two, by [`Way::past`] one after the other or in turn. The sum keeps it from being optimised away.
pub(crate) fn read(threads: Threads, way: Way, x: &[u32], y: Option<&[u32]>) -> f64 {
    let few = |x: &[u32]| f64::from(arch::read(way.ahead, x));
    let one = |x| parts::sum(threads, [1, 1], Batch { x, y: x, dx: None }, |part: Batch<'_, u32, u32>| few(part.x));
    match y {
        Some(y) if way.past => parts::sum(threads, [1, 1], Batch { x, y, dx: None }, |part| {
            part.x.chunks(TURN).zip(part.y.chunks(TURN)).map(|(x, y)| few(x) + few(y)).sum()
        }),
        Some(y) => one(x) + one(y),
        None => one(x),
    }
}

/// Reads one array, or two, and writes another.
pub(crate) fn write(threads: Threads, way: Way, x: &[u32], y: Option<&[u32]>, dx: &mut [u32]) -> f64 {
    let batch = Batch { x, y: y.unwrap_or(x), dx: Some(dx) };
    parts::sum(threads, [1, 1], batch, |part| {
        arch::write(way, part.x, y.is_some().then_some(part.y), part.dx.expect("it was given"));
        0.0
    })
}

/// Writes over one array, and reads another if there is one.
pub(crate) fn update(threads: Threads, way: Way, x: &mut [u32], y: Option<&[u32]>) -> f64 {
    let Some(y) = y else {
        return parts::each(threads, x, |part| arch::update(way.ahead, part));
    };
    parts::sum(threads, [1, 1], Batch { x: y, y, dx: Some(x) }, |part| {
        arch::add(way.ahead, part.dx.expect("it was given"), part.y);
        0.0
    })
}

mod plain {
    use super::PIECE;

    pub(super) fn read(x: &[u32]) -> u32 {
        x.iter().fold(0, |sum, &x| sum.wrapping_add(x))
    }

    pub(super) fn write(x: &[u32], y: Option<&[u32]>, dx: &mut [u32]) {
        match y {
            None => dx.chunks_mut(PIECE).zip(x.chunks(PIECE)).for_each(|(dx, x)| dx.copy_from_slice(x)),
            Some(y) => dx.iter_mut().zip(x).zip(y).for_each(|((dx, x), y)| *dx = x.wrapping_add(*y)),
        }
    }

    pub(super) fn update(x: &mut [u32]) {
        x.iter_mut().for_each(|x| *x = !*x);
    }

    pub(super) fn add(x: &mut [u32], y: &[u32]) {
        x.iter_mut().zip(y).for_each(|(x, y)| *x = x.wrapping_add(*y));
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod arch {
    use super::{Way, plain};

    pub(super) fn read(_ahead: bool, x: &[u32]) -> u32 {
        plain::read(x)
    }

    pub(super) fn write(_way: Way, x: &[u32], y: Option<&[u32]>, dx: &mut [u32]) {
        plain::write(x, y, dx);
    }

    pub(super) fn update(_ahead: bool, x: &mut [u32]) {
        plain::update(x);
    }

    pub(super) fn add(_ahead: bool, x: &mut [u32], y: &[u32]) {
        plain::add(x, y);
    }
}

#[cfg(target_arch = "x86_64")]
mod arch {
    use super::{AHEAD, LINE, Way, plain};
    use core::arch::x86_64::{
        __m256i, _MM_HINT_T0, _mm_prefetch, _mm_sfence, _mm256_add_epi32, _mm256_extract_epi32, _mm256_loadu_si256,
        _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_stream_si256, _mm256_xor_si256,
    };

    pub(super) fn read(ahead: bool, x: &[u32]) -> u32 {
        let (lines, rest) = x.as_chunks();
        if !is_x86_feature_detected!("avx2") {
            return plain::read(x);
        }
        // SAFETY: the processor has AVX2.
        let sum = unsafe { if ahead { read_lines::<true>(lines) } else { read_lines::<false>(lines) } };
        sum.wrapping_add(plain::read(rest))
    }

    pub(super) fn write(way: Way, x: &[u32], y: Option<&[u32]>, dx: &mut [u32]) {
        if way == Way::PLAIN && y.is_none() || !is_x86_feature_detected!("avx2") {
            return plain::write(x, y, dx);
        }
        let head = dx.as_ptr().align_offset(LINE * size_of::<u32>()).min(dx.len());
        plain::write(&x[..head], y.map(|y| &y[..head]), &mut dx[..head]);
        let (x_lines, x_rest) = x[head..].as_chunks();
        let (dx_lines, dx_rest) = dx[head..].as_chunks_mut();
        let y = y.map(|y| y[head..].as_chunks());
        let y_lines = y.map(|(lines, _)| lines);
        // SAFETY: the processor has AVX2, and `dx_lines` begins at a line.
        unsafe {
            match (way.past, way.ahead) {
                (false, false) => write_lines::<false, false>(x_lines, y_lines, dx_lines),
                (false, true) => write_lines::<false, true>(x_lines, y_lines, dx_lines),
                (true, false) => write_lines::<true, false>(x_lines, y_lines, dx_lines),
                (true, true) => write_lines::<true, true>(x_lines, y_lines, dx_lines),
            }
        }
        plain::write(x_rest, y.map(|(_, rest)| rest), dx_rest);
    }

    pub(super) fn update(ahead: bool, x: &mut [u32]) {
        if !is_x86_feature_detected!("avx2") {
            return plain::update(x);
        }
        let (lines, rest) = x.as_chunks_mut();
        // SAFETY: the processor has AVX2.
        unsafe { if ahead { update_lines::<true>(lines) } else { update_lines::<false>(lines) } }
        plain::update(rest);
    }

    pub(super) fn add(ahead: bool, x: &mut [u32], y: &[u32]) {
        if !is_x86_feature_detected!("avx2") {
            return plain::add(x, y);
        }
        let (lines, rest) = x.as_chunks_mut();
        let (y_lines, y_rest) = y.as_chunks();
        // SAFETY: the processor has AVX2.
        unsafe { if ahead { add_lines::<true>(lines, y_lines) } else { add_lines::<false>(lines, y_lines) } }
        plain::add(rest, y_rest);
    }

    /// The halves of a line.
    #[inline(always)]
    fn load(line: &[u32; LINE]) -> [__m256i; 2] {
        let at = line.as_ptr().cast::<__m256i>();
        // SAFETY: a line is two vectors long; the callers have AVX2.
        unsafe { [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))] }
    }

    #[inline(always)]
    fn store<const PAST: bool>([low, high]: [__m256i; 2], to: &mut [u32; LINE]) {
        let at = to.as_mut_ptr().cast::<__m256i>();
        // SAFETY: as above; the callers align what is stored past the caches.
        unsafe {
            if PAST {
                _mm256_stream_si256(at, low);
                _mm256_stream_si256(at.add(1), high);
            } else {
                _mm256_storeu_si256(at, low);
                _mm256_storeu_si256(at.add(1), high);
            }
        }
    }

    #[inline(always)]
    fn announce<const A: bool>(line: &[u32; LINE]) {
        if A {
            // SAFETY: a prefetch neither faults nor changes what a program sees.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(AHEAD).cast()) };
        }
    }

    #[target_feature(enable = "avx2")]
    fn read_lines<const A: bool>(lines: &[[u32; LINE]]) -> u32 {
        let (fours, rest) = lines.as_chunks::<4>();
        let mut sums = [[_mm256_setzero_si256(); 2]; 4];
        for four in fours {
            for (sum, line) in sums.iter_mut().zip(four) {
                announce::<A>(line);
                let [low, high] = load(line);
                *sum = [_mm256_add_epi32(sum[0], low), _mm256_add_epi32(sum[1], high)];
            }
        }
        let [a, b, c, d] = sums.map(|[low, high]| _mm256_add_epi32(low, high));
        let sum = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
        plain::read(rest.as_flattened()).wrapping_add(_mm256_extract_epi32::<0>(sum).cast_unsigned())
    }

    #[target_feature(enable = "avx2")]
    fn write_lines<const PAST: bool, const A: bool>(
        x: &[[u32; LINE]],
        y: Option<&[[u32; LINE]]>,
        dx: &mut [[u32; LINE]],
    ) {
        match y {
            None => {
                for (x, dx) in x.iter().zip(dx) {
                    announce::<A>(x);
                    store::<PAST>(load(x), dx);
                }
            }
            Some(y) => {
                for ((x, y), dx) in x.iter().zip(y).zip(dx) {
                    announce::<A>(x);
                    announce::<A>(y);
                    let ([a, b], [c, d]) = (load(x), load(y));
                    store::<PAST>([_mm256_add_epi32(a, c), _mm256_add_epi32(b, d)], dx);
                }
            }
        }
        _mm_sfence();
    }

    #[target_feature(enable = "avx2")]
    fn update_lines<const A: bool>(x: &mut [[u32; LINE]]) {
        let ones = _mm256_set1_epi32(-1);
        for x in x {
            announce::<A>(x);
            let [low, high] = load(x);
            store::<false>([_mm256_xor_si256(low, ones), _mm256_xor_si256(high, ones)], x);
        }
    }

    #[target_feature(enable = "avx2")]
    fn add_lines<const A: bool>(x: &mut [[u32; LINE]], y: &[[u32; LINE]]) {
        for (x, y) in x.iter_mut().zip(y) {
            announce::<A>(x);
            announce::<A>(y);
            let ([a, b], [c, d]) = (load(x), load(y));
            store::<false>([_mm256_add_epi32(a, c), _mm256_add_epi32(b, d)], x);
        }
    }
}

//! Loops over the memory that a loss must touch, and nothing else: what is read is read, what is written is written.

use crate::case::Inputs;
use crate::contender::Contender;
use crate::support::data::Batch;
use crate::support::parts;
use core::hint::black_box;
use lossfn::Threads;

/// Where vectors of the stores that pass the caches must begin, in entries.
const LINE: usize = 16;

pub(crate) fn contenders<'a>(threads: Threads, inputs: &'a Inputs) -> [Contender<'a>; 2] {
    let Inputs { x, targets, .. } = inputs;
    let run = move |work: fn(&[f32], Option<&[f32]>, &mut [f32])| {
        // A line more, so that the part that is used can begin at one.
        let mut place = vec![1.0; x.len() + LINE];
        let begin = place.as_ptr().align_offset(LINE * size_of::<f32>());
        move |_: Option<&mut Vec<f32>>| {
            let dx = &mut place[begin..][..x.len()];
            let pair = !targets.is_empty();
            let batch = Batch { x, y: if pair { targets } else { x }, dx: Some(dx) };
            parts::sum(threads, [1, 1], black_box(batch), |part| {
                work(part.x, pair.then_some(part.y), part.dx.expect("it was given"));
                0.0
            })
        }
    };
    [Contender::new("copy", run(plain)), Contender::new("stream", run(streamed))]
}

/// With ordinary stores: `memcpy`, or the sum of two arrays.
fn plain(x: &[f32], y: Option<&[f32]>, dx: &mut [f32]) {
    match y {
        None => dx.copy_from_slice(x),
        Some(y) => pulp::Arch::new().dispatch(Sum { x, y, dx }),
    }
}

struct Sum<'a> {
    x: &'a [f32],
    y: &'a [f32],
    dx: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((dx, x), y) in self.dx.iter_mut().zip(self.x).zip(self.y) {
            *dx = x + y;
        }
    }
}

/// With stores that do not read what they overwrite, where the machine has them.
fn streamed(x: &[f32], y: Option<&[f32]>, dx: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx") {
        // SAFETY: the processor has AVX.
        unsafe { streamed_avx(x, y, dx) };
        return;
    }
    plain(x, y, dx);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
fn streamed_avx(x: &[f32], y: Option<&[f32]>, dx: &mut [f32]) {
    use core::arch::x86_64::{_mm_sfence, _mm256_add_ps, _mm256_loadu_ps, _mm256_stream_ps};

    const LANES: usize = 8;
    let head = dx.as_ptr().align_offset(LINE * size_of::<f32>()).min(dx.len());
    let body = head + (dx.len() - head) / LINE * LINE;
    plain(&x[..head], y.map(|y| &y[..head]), &mut dx[..head]);
    plain(&x[body..], y.map(|y| &y[body..]), &mut dx[body..]);
    let (x, y, dx) = (&x[head..body], y.map(|y| &y[head..body]), &mut dx[head..body]);
    for i in (0..dx.len()).step_by(LINE) {
        for i in [i, i + LANES] {
            // SAFETY: the three have one length, a multiple of LINE, and `dx` begins at a line.
            unsafe {
                let mut vector = _mm256_loadu_ps(x.as_ptr().add(i));
                if let Some(y) = y {
                    vector = _mm256_add_ps(vector, _mm256_loadu_ps(y.as_ptr().add(i)));
                }
                _mm256_stream_ps(dx.as_mut_ptr().add(i), vector);
            }
        }
    }
    _mm_sfence();
}

//! Passes over the same memory that do nothing else: the most that a loss can hope for.

use super::data::{Batch, Data, Verb};
use super::parts;
use core::hint::black_box;
use lossfn::Threads;

/// What a pass over memory has to know of an array's entries.
pub(crate) trait Words: Copy + Send + Sync {
    /// Reads all of it: the sum of its bits.
    fn read(array: &[Self]) -> u64;
}

macro_rules! words {
    ($t:ty, $word:ty, $lanes:literal, $bits:expr) => {
        impl Words for $t {
            fn read(array: &[$t]) -> u64 {
                pulp::Arch::new().dispatch(|| {
                    let mut lanes = [0 as $word; $lanes];
                    let (chunks, rest) = array.as_chunks::<$lanes>();
                    for chunk in chunks {
                        for (lane, &x) in lanes.iter_mut().zip(chunk) {
                            *lane = lane.wrapping_add($bits(x));
                        }
                    }
                    let rest = rest.iter().map(|&x| $bits(x));
                    u64::from(lanes.into_iter().chain(rest).fold(0, <$word>::wrapping_add))
                })
            }
        }
    };
}
words!(f32, u32, 64, f32::to_bits);
words!(f64, u64, 32, f64::to_bits);
words!(u32, u32, 64, core::convert::identity);

/// Reads what a value reads; copies the predictions onto the gradient where there is one. The sum keeps it from being
/// optimised away.
pub(crate) fn pass<T: Words, Y: Words>(threads: Threads, Batch { x, y, dx }: Batch<'_, T, Y>) -> f64 {
    let Some(dx) = dx else {
        return read(threads, x) + read(threads, y);
    };
    parts::sum(threads, 1, Batch { x, y: x, dx: Some(dx) }, |part| {
        if let Some(dx) = part.dx {
            black_box(dx).copy_from_slice(black_box(part.x));
        }
        0.0
    })
}

fn read<T: Words>(threads: Threads, array: &[T]) -> f64 {
    parts::sum(threads, 1, Batch { x: array, y: array, dx: None }, |part| T::read(part.x) as f64)
}

/// The bytes that [`pass`] reads and writes.
pub(crate) fn bytes<T, Y>(data: &Data<T, Y>, verb: Verb) -> usize {
    match verb {
        Verb::Value => data.bytes(verb),
        Verb::ValueAndGrad => size_of_val(&*data.x) + size_of_val(&*data.dx),
    }
}

/// What [`pass`] does.
pub(crate) fn name(verb: Verb) -> &'static str {
    match verb {
        Verb::Value => "read",
        Verb::ValueAndGrad => "copy",
    }
}

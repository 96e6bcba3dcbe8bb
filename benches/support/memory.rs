//! Passes over the same memory that do nothing else: the most that a loss can hope for.

use super::data::{Batch, Data, Verb};
use super::parts;
use core::hint::black_box;
use lossfn::Threads;

/// An entry of an array, and the sum of such entries' bits.
pub(crate) trait Word: Copy + Send + Sync {
    type Sum: Default + Into<u64>;

    fn add_to(self, sum: Self::Sum) -> Self::Sum;
}

macro_rules! word {
    ($t:ty, $sum:ty, $bits:expr) => {
        impl Word for $t {
            type Sum = $sum;

            #[inline(always)]
            fn add_to(self, sum: $sum) -> $sum {
                sum.wrapping_add($bits(self))
            }
        }
    };
}
word!(f32, u32, f32::to_bits);
word!(f64, u64, f64::to_bits);
word!(u32, u32, core::convert::identity);

/// Reads an array: the sum of its bits. Not a closure, for that would not get the vector instructions.
struct Read<'a, T>(&'a [T]);

impl<T: Word> pulp::NullaryFnOnce for Read<'_, T> {
    type Output = u64;

    #[inline(always)]
    fn call(self) -> u64 {
        let mut sum = T::Sum::default();
        for x in self.0 {
            sum = x.add_to(sum);
        }
        sum.into()
    }
}

/// Reads what a value reads; copies the predictions onto the gradient where there is one. The sum keeps it from being
/// optimised away.
pub(crate) fn pass<T: Word, Y: Word>(threads: Threads, Batch { x, y, dx }: Batch<'_, T, Y>) -> f64 {
    let Some(dx) = dx else {
        return read(threads, x) + read(threads, y);
    };
    parts::sum(threads, [1, 1], Batch { x, y: x, dx: Some(dx) }, |part| {
        if let Some(dx) = part.dx {
            black_box(dx).copy_from_slice(black_box(part.x));
        }
        0.0
    })
}

fn read<T: Word>(threads: Threads, array: &[T]) -> f64 {
    parts::sum(threads, [1, 1], Batch { x: array, y: array, dx: None }, |part| {
        pulp::Arch::new().dispatch(Read(part.x)) as f64
    })
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

//! What a vector is: the only layer that knows an instruction set.
//!
//! Everything above is written once, against [`Lane`]: a virtual register of 64 bytes (16 `f32` or 8 `f64`) whatever
//! the machine has. Because the width never changes, element `i` of an array always meets the same lane and the same
//! partial sum, so a result has the same bits on every level with a fused multiply-add. Without std it has 16 bytes: the
//! machines of such builds keep few vectors in registers or none, and all others lie on a small stack.
//!
//! Two rules keep it fast. A closure, or a function that is not inlined, does not inherit the instruction set of its
//! caller and turns every operation into a call: hence `#[inline(always)]` on all that works on lanes, and plain loops.
//! And the level is chosen by [`dispatch`] around a whole chunk of data or a tile of it, never for a vector.

#[cfg(all(feature = "pulp", target_arch = "x86_64"))]
mod avx2;
#[cfg(all(feature = "pulp", target_arch = "x86_64"))]
mod avx512;
mod base;
mod dispatch;
mod many;
#[cfg(feature = "internals")]
mod model;
mod operators;
#[cfg(all(feature = "pulp", target_arch = "x86_64"))]
mod stream;
mod window;

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Sub};

pub use dispatch::Level;
pub(crate) use dispatch::{Kernel, Token, dispatch};
pub(crate) use many::Many;
#[cfg(feature = "internals")]
pub(crate) use model::Model;
pub(crate) use window::{Window, WindowMut};

/// The element types of this crate: `f32` and `f64`. Sealed.
pub trait Real: sealed::Sealed + Copy + Default + PartialOrd + Send + Sync + core::fmt::Debug + 'static {}

impl Real for f32 {}
impl Real for f64 {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What the layers above must know of an element type.
pub(crate) trait Element: Real + Add<Output = Self> + Mul<Output = Self> + Neg<Output = Self> {
    /// `1.5 * 2^(fraction bits)`: adding it rounds to an integer and leaves that integer in the low bits.
    const ROUND: f64;
    /// `2^n + 1` with `n` half the bits of the significand, rounded up: Veltkamp's factor, which splits a number in two.
    const SPLIT: f64;
    /// The bits of the fraction.
    const FRACTION_BITS: f64;
    /// The exponent bias.
    const BIAS: f64;
    /// `2^(fraction bits)`, the float whose low bits read as an integer.
    const EXPONENT_FLOAT: f64;
    /// The smallest positive normal number.
    const MIN_NORMAL: f64;
    /// Elements in a vector.
    const LANES: usize;
    /// 0, 1, 2, …
    const COUNTING: Self::Chunk;
    /// Exactly one vector of elements.
    type Chunk: Copy + AsRef<[Self]> + AsMut<[Self]>;
    /// This element type's vector on the instruction set `I`.
    type Lane<I: Isa>: Lane<Elem = Self, Isa = I>;

    fn chunk(fill: Self) -> Self::Chunk;
    fn chunks(x: &[Self]) -> (&[Self::Chunk], &[Self]);
    fn chunks_mut(x: &mut [Self]) -> (&mut [Self::Chunk], &mut [Self]);
    /// The elements of whole registers.
    fn flat(chunks: &[Self::Chunk]) -> &[Self];
    fn flat_mut(chunks: &mut [Self::Chunk]) -> &mut [Self];
    fn from_f64(x: f64) -> Self;
    fn from_i32(x: i32) -> Self;
    fn to_f64(self) -> f64;
}

/// Whether there is room for several vectors at once: registers, or a stack of usual size.
pub(crate) const ROOMY: bool =
    cfg!(any(feature = "std", target_feature = "sse2", target_feature = "neon", target_feature = "simd128"));

/// Bytes of a vector.
pub(crate) const VECTOR_BYTES: usize = if cfg!(feature = "std") { 64 } else { 16 };

macro_rules! element {
    ($t:ident, $vector:ident, $fraction:literal, $bias:literal) => {
        impl Element for $t {
            const ROUND: f64 = 1.5 * (1_u64 << $fraction) as f64;
            const SPLIT: f64 = ((1_u64 << (($fraction + 2) / 2)) + 1) as f64;
            const FRACTION_BITS: f64 = $fraction as f64;
            const BIAS: f64 = $bias;
            const EXPONENT_FLOAT: f64 = (1_u64 << $fraction) as f64;
            const MIN_NORMAL: f64 = $t::MIN_POSITIVE as f64;
            const LANES: usize = VECTOR_BYTES / size_of::<$t>();
            const COUNTING: [$t; $t::LANES] = {
                let mut counting = [0.0; $t::LANES];
                let mut i = 0;
                while i < $t::LANES {
                    counting[i] = i as $t;
                    i += 1;
                }
                counting
            };
            type Chunk = [$t; <$t as Element>::LANES];
            type Lane<I: Isa> = I::$vector;

            #[inline(always)]
            fn chunk(fill: $t) -> [$t; $t::LANES] {
                [fill; $t::LANES]
            }
            #[inline(always)]
            fn chunks(x: &[$t]) -> (&[[$t; $t::LANES]], &[$t]) {
                x.as_chunks()
            }
            #[inline(always)]
            fn chunks_mut(x: &mut [$t]) -> (&mut [[$t; $t::LANES]], &mut [$t]) {
                x.as_chunks_mut()
            }
            #[inline(always)]
            fn flat(chunks: &[[$t; $t::LANES]]) -> &[$t] {
                chunks.as_flattened()
            }
            #[inline(always)]
            fn flat_mut(chunks: &mut [[$t; $t::LANES]]) -> &mut [$t] {
                chunks.as_flattened_mut()
            }
            #[inline(always)]
            fn from_f64(x: f64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn from_i32(x: i32) -> $t {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        }
    };
}
element!(f32, F32, 23, 127.0);
element!(f64, F64, 52, 1023.0);

/// Where the memory goes that a [`prefetch`](Isa::prefetch) announces.
#[derive(Clone, Copy)]
pub(crate) enum Cache {
    First,
    /// While it is under way it takes none of the few places that the first cache has for what it waits for, which
    /// stores need as well.
    Second,
}

/// Bytes from what is read to what is worth a [`prefetch`](Isa::prefetch). A core has loads under way for as far as its
/// window of instructions reaches, which is too little where a formula comes with each of them.
pub(crate) const AHEAD: usize = 2048;
/// The same where the formula is short.
pub(crate) const NEAR_AHEAD: usize = 1024;
/// The same for rows that lie together. They are gone over more than once, and while a pass works in the caches, memory
/// delivers nothing but what was announced before.
pub(crate) const FAR_AHEAD: usize = 8192;

/// A proof that an instruction set may be used, and its two vector types.
pub(crate) trait Isa: Copy + Send + Sync + 'static {
    type F32: Lane<Elem = f32, Isa = Self>;
    type F64: Lane<Elem = f64, Isa = Self>;
    /// What [`Lane::stream`] asks for. Other threads see such stores once it is dropped, so a kernel drops it before it
    /// returns.
    type Stream;
    /// Whether there is such a thing.
    const STREAMS: bool;
    /// Whether what is compiled for it is to be small rather than fast.
    const SMALL: bool = cfg!(quick_build);
    /// Whether [`Lane::mul_add`] has one rounding.
    const FUSED: bool = true;
    /// Whether a long formula goes through four vectors at once. Where a vector is four registers it does so by itself.
    const TOGETHER: bool = true;
    /// Whether the registers hold eight vectors of exponentials and what makes them.
    const EIGHT: bool = false;

    fn stream(self) -> Self::Stream;

    /// Has the cache line fetched that is so many bytes, which wrap, after `from`, if there is one and the machine can.
    /// It is not read.
    #[inline(always)]
    fn prefetch<T>(self, from: &T, bytes: usize, to: Cache) {
        let _ = (from, bytes, to);
    }
}

/// One true or false for each lane.
pub(crate) trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> {
    fn any(self) -> bool;
}

/// A vector of floats of one instruction set. It carries the token of its set, so that formulas can use operators.
pub(crate) trait Lane:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
{
    type Elem: Element;
    type Isa: Isa;
    type Mask: Mask;

    fn isa(self) -> Self::Isa;
    fn splat(isa: Self::Isa, x: Self::Elem) -> Self;
    fn load(isa: Self::Isa, from: &<Self::Elem as Element>::Chunk) -> Self;
    fn store(self, to: &mut <Self::Elem as Element>::Chunk);

    /// As [`store`](Self::store), past the caches where the machine can.
    #[inline(always)]
    fn stream(self, to: &mut <Self::Elem as Element>::Chunk, _: &<Self::Isa as Isa>::Stream) {
        self.store(to);
    }

    /// `self * a + b`, with one rounding where the machine has a fused multiply-add.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self * a`, likewise.
    fn neg_mul_add(self, a: Self, b: Self) -> Self;
    fn abs(self) -> Self;
    /// Correctly rounded; NaN below 0.
    fn sqrt(self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// `bound` where `bound < self`, else `self`. A NaN in `self` stays; a NaN in `bound` is dropped.
    fn at_most(self, bound: Self) -> Self;
    /// `bound` where `bound > self`, else `self`. A NaN in `self` stays; a NaN in `bound` is dropped.
    fn at_least(self, bound: Self) -> Self;

    fn lt(self, other: Self) -> Self::Mask;
    fn le(self, other: Self) -> Self::Mask;
    /// `self` equals `other`.
    fn same(self, other: Self) -> Self::Mask;
    fn is_nan(self) -> Self::Mask;
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// `self` where the mask is set, else +0.
    fn keep(self, mask: Self::Mask) -> Self;
    /// +0 where the mask is set, else `self`.
    fn without(self, mask: Self::Mask) -> Self;

    /// `2^n` from `biased = n + ROUND + BIAS` with integer `n`, `2^n` normal: the low bits are the exponent field.
    fn pow2(biased: Self) -> Self;
    /// `(m, k)` with `self = m * 2^k` and `m` in `[0.75, 1.5)`, for positive normal `self`.
    fn split(self) -> (Self, Self);
    /// The logarithm of `self`, of which `y` is right between the limits: -inf at 0, inf at inf, NaN below 0 and for NaN.
    #[inline(always)]
    fn ln_limits(self, y: Self) -> Self {
        let y = Self::pick(self.lt(self.of(f64::INFINITY)), y, self);
        let y = Self::pick(self.lt(self.of(0.0)), self.of(f64::NAN), y);
        Self::pick(self.same(self.of(0.0)), self.of(f64::NEG_INFINITY), y)
    }
    /// Sums the lanes in a fixed tree: `i` with `i + N/2`, then `N/4`, …
    fn sum(self) -> Self::Elem;

    /// The two terms of one step of that tree, for two vectors at once. With `half` a power of two below the number of
    /// lanes, lane `i` has `self[i]` and `self[i ^ half]` where the bit `half` of `i` is 0, else `other[i]` and
    /// `other[i ^ half]`.
    fn halves(self, other: Self, half: usize) -> [Self; 2];

    /// One step of that tree: the sum of the [`halves`](Self::halves).
    #[inline(always)]
    fn fold(self, other: Self, half: usize) -> Self {
        let [kept, moved] = self.halves(other, half);
        kept + moved
    }

    /// `self * 2^n` rounded once, for integer `n` with `2^(n/2)` normal and `self` within a factor of 4 of one.
    #[inline(always)]
    fn ldexp(self, n: Self) -> Self {
        let round = self.of(Self::Elem::ROUND);
        let bias = self.of(Self::Elem::ROUND + Self::Elem::BIAS);
        let half = n.mul_add(self.of(0.5), round) - round;
        self * Self::pow2(half + bias) * Self::pow2((n - half) + bias)
    }

    /// A constant of this lane's kind, rounded to the element type.
    #[inline(always)]
    fn of(self, x: f64) -> Self {
        Self::splat(self.isa(), Self::Elem::from_f64(x))
    }

    /// The larger of the two; NaN if either is NaN.
    #[cfg(feature = "internals")]
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::pick(self.is_nan(), self, other.at_least(self))
    }

    /// The smaller of the two; NaN if either is NaN.
    #[cfg(feature = "internals")]
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::pick(self.is_nan(), self, other.at_most(self))
    }

    /// Loads at most one register; lanes past the end get `fill`.
    #[inline(always)]
    fn load_part(isa: Self::Isa, from: &[Self::Elem], fill: Self::Elem) -> Self {
        let mut chunk = Self::Elem::chunk(fill);
        for (to, from) in chunk.as_mut().iter_mut().zip(from) {
            *to = *from;
        }
        Self::load(isa, &chunk)
    }

    /// Stores the first `to.len()` lanes.
    #[inline(always)]
    fn store_part(self, to: &mut [Self::Elem]) {
        let mut chunk = Self::Elem::chunk(Self::Elem::default());
        self.store(&mut chunk);
        for (to, from) in to.iter_mut().zip(chunk.as_ref()) {
            *to = *from;
        }
    }

    /// The first lane.
    #[inline(always)]
    fn first(self) -> Self::Elem {
        let mut chunk = Self::Elem::chunk(Self::Elem::default());
        self.store(&mut chunk);
        chunk.as_ref()[0]
    }

    /// 0, 1, 2, …
    #[inline(always)]
    fn counting(isa: Self::Isa) -> Self {
        Self::load(isa, &Self::Elem::COUNTING)
    }

    /// The mask of the first `n` lanes.
    #[inline(always)]
    fn first_lanes(isa: Self::Isa, n: usize) -> Self::Mask {
        let counting = Self::counting(isa);
        counting.lt(counting.of(n as f64))
    }

    /// The largest lane; NaN lanes are dropped.
    #[inline(always)]
    fn largest(self) -> Self::Elem {
        let mut largest = self.of(f64::NEG_INFINITY).at_least(self);
        let mut half = Self::Elem::LANES / 2;
        while half > 0 {
            let [kept, moved] = largest.halves(largest, half);
            largest = kept.at_least(moved);
            half /= 2;
        }
        largest.first()
    }
}

/// At most `N` vectors; lanes past the end get `fill`.
#[inline(always)]
pub(crate) fn load_up_to<L: Lane, const N: usize>(isa: L::Isa, from: &[L::Elem], fill: L::Elem) -> [L; N] {
    let mut k = 0;
    if let Some(whole) = L::Elem::chunks(from).0.as_array::<N>() {
        let mut vectors = [L::load(isa, &whole[0]); N];
        k = 1;
        while k < N {
            vectors[k] = L::load(isa, &whole[k]);
            k += 1;
        }
        return vectors;
    }
    let mut vectors = [L::splat(isa, fill); N];
    let (len, lanes) = (from.len(), L::Elem::LANES);
    // Not past the end: a load of no lane is slow if its address is no memory's.
    while k * lanes < len {
        vectors[k] = L::load_part(isa, &from[k * lanes..len.min((k + 1) * lanes)], fill);
        k += 1;
    }
    vectors
}

/// The exponent `k` as a float, from the float whose low bits are `k + BIAS`.
#[inline(always)]
fn unbias<L: Lane>(exponent: L) -> L {
    exponent - (L::Elem::EXPONENT_FLOAT + L::Elem::BIAS)
}

//! Sums whose error does not grow with the length, in an order that only the length decides.
//!
//! 1. Within a block of [`BLOCK`] vectors the terms are added in the element type: four vectors to one, these one after
//!    the other, then the lanes in a fixed tree. That is at most 22 roundings for any term, and free next to the memory.
//! 2. Across blocks the sum is a pair of `f64`, whose roundings are kept.
//! 3. Leaves of [`LEAF`] blocks are merged in a tree whose shape only the number of leaves decides.
//!
//! Softmax keeps what its blocks round away, too: [`LaneSum`].
//!
//! A block whose sum overflows the element type is added again in `f64`, term by term.

use super::lane_sum::LaneSum;
use super::parallel::Merge;
use crate::lane::{Element, Isa, Lane, load_up_to};
use crate::math::Float;

/// Vectors whose terms are added in the element type.
pub(crate) const BLOCK: usize = 64;
/// Blocks that are never shared between threads.
pub(crate) const LEAF: usize = 64;

/// An `f64` sum and what its roundings lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    #[inline(always)]
    pub(crate) fn add(&mut self, term: f64) {
        let sum = self.high + term;
        let taken = sum - self.high;
        self.low += (self.high - (sum - taken)) + (term - taken);
        self.high = sum;
    }

    /// The sum of all lanes of so many terms.
    #[inline(always)]
    pub(crate) fn of_lanes<L: Lane<Elem: Float>>(lanes: LaneSum<L>, terms: usize) -> Self {
        let LaneSum { high, low } = lanes.sum(terms <= L::Elem::LANES);
        Self { high: high.first().to_f64(), low: low.first().to_f64() }
    }

    /// The sum, rounded once. What the roundings lost of an infinite sum has no meaning.
    pub(crate) fn total(self) -> f64 {
        if self.high.is_finite() { self.high + self.low } else { self.high }
    }

    /// The sum, rounded to the element type, and what that rounds away.
    pub(crate) fn rounded<T: Float>(self) -> (T, T) {
        let total = T::from_f64(self.total());
        (total, T::from_f64((self.high - total.to_f64()) + self.low))
    }
}

impl Merge for Sum {
    fn merge(mut self, next: Self) -> Self {
        self.add(next.high);
        self.low += next.low;
        self
    }
}

/// Blocks whose lanes are added together.
const FOLDED: usize = 4;

/// A sum over blocks that keep what they round away. The lanes of four blocks are added at once, in hardly more steps
/// than those of one; the tree of each is that of [`LaneSum::sum`].
pub(crate) struct FoldedSum<L> {
    blocks: [LaneSum<L>; FOLDED],
    count: usize,
    sum: Sum,
}

impl<L: Lane<Elem: Float>> FoldedSum<L> {
    #[inline(always)]
    pub(crate) fn new(isa: L::Isa) -> Self {
        Self { blocks: [LaneSum::new(isa); FOLDED], count: 0, sum: Sum::default() }
    }

    /// Adds the lanes of a block of so many terms.
    #[inline(always)]
    pub(crate) fn add(&mut self, block: LaneSum<L>, terms: usize) {
        // One vector has a tree of its own, and short vectors no steps to share.
        let is_alone = terms <= L::Elem::LANES || L::Elem::LANES < 2 * FOLDED;
        if is_alone || self.count == FOLDED {
            self.fold();
        }
        if is_alone {
            self.sum = self.sum.merge(Sum::of_lanes(block, terms));
        } else {
            self.blocks[self.count] = block;
            self.count += 1;
        }
    }

    #[inline(always)]
    pub(crate) fn total(mut self) -> Sum {
        self.fold();
        self.sum
    }

    #[inline(always)]
    fn fold(&mut self) {
        if self.count == 0 {
            return;
        }
        let lanes = L::Elem::LANES;
        let [a, b, c, d] = self.blocks;
        let mut sums = a.fold(b, lanes / 2, false).fold(c.fold(d, lanes / 2, false), lanes / 4, false);
        let mut half = lanes / 8;
        while half > 0 {
            sums = sums.fold(sums, half, false);
            half /= 2;
        }
        let (mut high, mut low) = (L::Elem::chunk(L::Elem::default()), L::Elem::chunk(L::Elem::default()));
        sums.high.store(&mut high);
        sums.low.store(&mut low);
        // What was folded in second lies in the upper half.
        for lane in [0, lanes / 2, lanes / 4, lanes / 2 + lanes / 4].into_iter().take(self.count) {
            let (high, low) = (high.as_ref()[lane].to_f64(), low.as_ref()[lane].to_f64());
            self.sum = self.sum.merge(Sum { high, low });
        }
        self.count = 0;
    }
}

/// The running sum of one block.
#[derive(Clone, Copy)]
pub(crate) struct BlockSum<L>(L);

impl<L: Lane> BlockSum<L> {
    #[inline(always)]
    pub(crate) fn new(isa: L::Isa) -> Self {
        Self(L::splat(isa, L::Elem::default()))
    }

    /// Adds four vectors of terms.
    #[inline(always)]
    pub(crate) fn add(&mut self, [a, b, c, d]: [L; 4]) {
        self.0 = self.0 + ((a + b) + (c + d));
    }

    /// Adds terms that follow whole groups of four vectors.
    #[inline(always)]
    pub(crate) fn push(&mut self, isa: L::Isa, terms: &[L::Elem]) {
        let groups = L::Elem::chunks(terms).0.as_chunks::<4>().0;
        for [a, b, c, d] in groups {
            self.add([L::load(isa, a), L::load(isa, b), L::load(isa, c), L::load(isa, d)]);
        }
        let rest = &terms[groups.len() * 4 * L::Elem::LANES..];
        if !rest.is_empty() {
            self.add(load_up_to(isa, rest, L::Elem::default()));
        }
    }

    #[inline(always)]
    pub(crate) fn total(self) -> L::Elem {
        self.0.sum()
    }
}

/// The sum of the terms of one block in `f64`, term by term.
#[inline(always)]
pub(crate) fn wide<T: Float>(terms: &[T]) -> f64 {
    terms.iter().fold(0.0, |sum, term| sum + term.to_f64())
}

/// The sum of the terms of one block.
#[inline(always)]
pub(crate) fn block<I: Isa, T: Float>(isa: I, terms: &[T]) -> f64 {
    let mut sum = BlockSum::<T::Lane<I>>::new(isa);
    if terms.len() > T::LANES {
        sum.push(isa, terms);
    } else {
        sum = BlockSum(T::Lane::<I>::load_part(isa, terms, T::default()));
    }
    let total = sum.total().to_f64();
    if total.is_finite() { total } else { wide(terms) }
}

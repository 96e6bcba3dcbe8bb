//! Sums of many vectors, lane by lane, whose error does not grow with their number.

use crate::lane::Lane;

/// A sum in each lane, and what its roundings lost.
#[derive(Clone, Copy)]
pub(super) struct LaneSum<L> {
    pub(super) high: L,
    pub(super) low: L,
}

impl<L: Lane> LaneSum<L> {
    #[inline(always)]
    pub(super) fn add(&mut self, term: L) {
        let sum = self.high + term;
        let taken = sum - self.high;
        self.low = self.low + ((self.high - (sum - taken)) + (term - taken));
        self.high = sum;
    }

    /// The sum, rounded once. What the roundings lost of an infinite sum has no meaning.
    #[inline(always)]
    pub(super) fn total(self) -> L {
        let total = self.high + self.low;
        let zero = self.high.of(0.0);
        L::pick((self.high - self.high).same(zero), total, self.high)
    }
}

/// A sum of terms that come one by one: so many of them at a time are added plainly.
#[derive(Clone, Copy)]
pub(super) struct RunningSum<L> {
    sum: LaneSum<L>,
    block: L,
    left: usize,
}

impl<L: Lane> RunningSum<L> {
    const BLOCK: usize = 16;

    #[inline(always)]
    pub(super) fn new(zero: L) -> Self {
        Self { sum: LaneSum { high: zero, low: zero }, block: zero, left: Self::BLOCK }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, term: L) {
        self.block = self.block + term;
        self.left -= 1;
        if self.left == 0 {
            self.sum.add(self.block);
            self.block = self.block.of(0.0);
            self.left = Self::BLOCK;
        }
    }

    #[inline(always)]
    pub(super) fn total(mut self) -> L {
        self.sum.add(self.block);
        self.sum.total()
    }
}

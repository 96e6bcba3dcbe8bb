//! Sums of many vectors, lane by lane, whose error does not grow with their number.

use crate::lane::Lane;

/// A sum in each lane, and what its roundings lost.
#[derive(Clone, Copy)]
pub(crate) struct LaneSum<L> {
    pub(crate) high: L,
    pub(crate) low: L,
}

impl<L: Lane> LaneSum<L> {
    #[inline(always)]
    pub(crate) fn add(&mut self, term: L) {
        let sum = self.high + term;
        let taken = sum - self.high;
        self.low = self.low + ((self.high - (sum - taken)) + (term - taken));
        self.high = sum;
    }

    /// The sum, rounded once. What the roundings lost of an infinite sum has no meaning.
    #[inline(always)]
    pub(crate) fn total(self) -> L {
        let is_infinite = self.high.abs().same(self.high.of(f64::INFINITY));
        L::pick(is_infinite, self.high, self.high + self.low)
    }
}

/// A sum of terms that come one by one: four of them at a time are added plainly.
#[derive(Clone, Copy)]
pub(crate) struct RunningSum<L> {
    sum: LaneSum<L>,
    some: [L; 4],
    next: usize,
}

impl<L: Lane> RunningSum<L> {
    #[inline(always)]
    pub(crate) fn new(zero: L) -> Self {
        Self { sum: LaneSum { high: zero, low: zero }, some: [zero; 4], next: 0 }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, term: L) {
        self.some[self.next] = term;
        self.next += 1;
        if self.next == 4 {
            self.fold();
        }
    }

    #[inline(always)]
    fn fold(&mut self) {
        let [a, b, c, d] = self.some;
        self.sum.add((a + b) + (c + d));
        self.some = [a.of(0.0); 4];
        self.next = 0;
    }

    #[inline(always)]
    pub(crate) fn total(mut self) -> L {
        self.fold();
        self.sum.total()
    }
}

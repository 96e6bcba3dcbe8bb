//! Sums of many vectors, lane by lane, whose error does not grow with their number.

use crate::lane::{Element, Lane};

/// A sum in each lane, and what its roundings lost.
#[derive(Clone, Copy)]
pub(crate) struct LaneSum<L> {
    pub(crate) high: L,
    pub(crate) low: L,
}

impl<L: Lane> LaneSum<L> {
    #[inline(always)]
    pub(crate) fn new(isa: L::Isa) -> Self {
        let zero = L::splat(isa, L::Elem::default());
        Self { high: zero, low: zero }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, term: L) {
        let sum = self.high + term;
        let taken = sum - self.high;
        self.low = self.low + ((self.high - (sum - taken)) + (term - taken));
        self.high = sum;
    }

    /// Four terms, which are added plainly.
    #[inline(always)]
    pub(crate) fn add_four(&mut self, [a, b, c, d]: [L; 4]) {
        self.add((a + b) + (c + d));
    }

    /// A step of the tree over the lanes for two sums at once: [`Lane::fold`]. Of one vector, which has no roundings
    /// yet, the first two steps are plain.
    #[inline(always)]
    pub(crate) fn fold(self, other: Self, half: usize, of_one_vector: bool) -> Self {
        if of_one_vector && half >= L::Elem::LANES / 4 {
            return Self { high: self.high.fold(other.high, half), low: self.low };
        }
        let [high, term] = self.high.halves(other.high, half);
        let mut sum = Self { high, low: self.low.fold(other.low, half) };
        sum.add(term);
        sum
    }

    /// The sum of all lanes, in each lane. One vector: as in [`fold`](Self::fold).
    #[inline(always)]
    pub(crate) fn sum(mut self, of_one_vector: bool) -> Self {
        let mut half = L::Elem::LANES / 2;
        while half > 0 {
            self = self.fold(self, half, of_one_vector);
            half /= 2;
        }
        self
    }

    /// The sum, rounded once. What the roundings lost of an infinite sum has no meaning.
    #[inline(always)]
    pub(crate) fn total(self) -> L {
        let is_infinite = self.high.abs().same(self.high.of(f64::INFINITY));
        L::pick(is_infinite, self.high, self.high + self.low)
    }

    /// The sum, rounded once, and what that rounds away.
    #[inline(always)]
    pub(crate) fn rounded(self) -> Self {
        let high = self.total();
        Self { high, low: (self.high - high) + self.low }
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
        if let Some(place) = self.some.get_mut(self.next) {
            *place = term;
        }
        self.next += 1;
        if self.next == 4 {
            self.fold();
        }
    }

    /// Adds all of them. A sum to which four are added at once is given nothing but fours.
    #[inline(always)]
    pub(crate) fn add_all<const N: usize>(&mut self, terms: [L; N]) {
        if let &[a, b, c, d] = &terms[..] {
            return self.sum.add_four([a, b, c, d]);
        }
        let mut k = 0;
        while k < N {
            self.add(terms[k]);
            k += 1;
        }
    }

    #[inline(always)]
    fn fold(&mut self) {
        self.sum.add_four(self.some);
        self.some = [self.some[0].of(0.0); 4];
        self.next = 0;
    }

    #[inline(always)]
    pub(crate) fn sum(mut self) -> LaneSum<L> {
        self.fold();
        self.sum
    }

    #[inline(always)]
    pub(crate) fn total(self) -> L {
        self.sum().total()
    }
}

//! The sums of short rows without their targets.

use crate::engine::sum::BlockSum;
use crate::lane::{Element, Lane};
use crate::math::Float;

/// How a row of exponentials lies in vectors.
pub(super) struct RowShape<L: Lane> {
    pub(super) classes: usize,
    pub(super) vectors: usize,
    /// The columns of the first vector.
    pub(super) columns: L,
    /// The lanes of the last vector that are the row's.
    last: L::Mask,
}

impl<L: Lane<Elem: Float>> RowShape<L> {
    #[inline(always)]
    pub(super) fn new(isa: L::Isa, classes: usize) -> Self {
        let vectors = classes.div_ceil(L::Elem::LANES);
        let last = L::first_lanes(isa, classes - (vectors - 1) * L::Elem::LANES);
        Self { classes, vectors, columns: L::counting(isa), last }
    }

    /// The sums of as many rows as there are lanes, each without the column of `skip`.
    #[inline(always)]
    pub(super) fn sums(&self, isa: L::Isa, e: &[L::Elem], skip: &<L::Elem as Element>::Chunk) -> L {
        if self.vectors == 1 {
            return Block { shape: self, isa, e, skip }.sums();
        }
        let mut sums = L::Elem::chunk(L::Elem::default());
        for (i, (sum, &skip)) in sums.as_mut().iter_mut().zip(skip.as_ref()).enumerate() {
            *sum = self.sum(isa, &e[i * self.classes..], skip).sum();
        }
        L::load(isa, &sums)
    }

    /// The lanes of the sum of all entries but that of column `skip`, in the order of a long row.
    #[inline(always)]
    pub(super) fn sum(&self, isa: L::Isa, row: &[L::Elem], skip: L::Elem) -> L {
        let skip = L::splat(isa, skip);
        let row = L::Elem::chunks(&row[..self.vectors * L::Elem::LANES]).0;
        if let [only] = row {
            return self.entries::<1>(isa, core::slice::from_ref(only), self.columns, skip)[0];
        }
        let mut sum = BlockSum::<L>::new(isa);
        let mut columns = self.columns;
        let (whole, rest) = row.split_at((row.len() - 1) / 4 * 4);
        for group in whole.as_chunks::<4>().0 {
            let mut terms = [columns; 4];
            let mut k = 0;
            while k < 4 {
                terms[k] = L::load(isa, &group[k]).without(columns.same(skip));
                columns = columns + L::Elem::LANES as f64;
                k += 1;
            }
            sum.add(terms);
        }
        sum.add(match rest.len() {
            1 => self.entries::<1>(isa, rest, columns, skip),
            2 => self.entries::<2>(isa, rest, columns, skip),
            3 => self.entries::<3>(isa, rest, columns, skip),
            _ => self.entries::<4>(isa, rest, columns, skip),
        });
        sum.lanes()
    }

    /// The last `N` vectors of a row, the first of which starts with `columns`.
    #[inline(always)]
    fn entries<const N: usize>(
        &self,
        isa: L::Isa,
        row: &[<L::Elem as Element>::Chunk],
        mut columns: L,
        skip: L,
    ) -> [L; 4] {
        let mut terms = [L::splat(isa, L::Elem::default()); 4];
        let mut k = 0;
        while k < N {
            let e = L::load(isa, &row[k]);
            let e = if k + 1 == N { e.keep(self.last) } else { e };
            terms[k] = e.without(columns.same(skip));
            columns = columns + L::Elem::LANES as f64;
            k += 1;
        }
        terms
    }
}

/// As many rows of one vector each as a vector has lanes. They are folded together, so that every addition works on
/// whole vectors; the tree of each row is that of [`Lane::sum`].
struct Block<'a, L: Lane> {
    shape: &'a RowShape<L>,
    isa: L::Isa,
    e: &'a [L::Elem],
    skip: &'a <L::Elem as Element>::Chunk,
}

impl<L: Lane<Elem: Float>> Block<'_, L> {
    const LANES: usize = L::Elem::LANES;

    #[inline(always)]
    fn sums(&self) -> L {
        if Self::LANES == 16 { self.eight(0).fold(self.eight(1), 1) } else { self.four(0).fold(self.four(1), 1) }
    }

    /// Row `i` and seven more, each in two lanes.
    #[inline(always)]
    fn eight(&self, i: usize) -> L {
        self.four(i).fold(self.four(i + Self::LANES / 8), Self::LANES / 8)
    }

    #[inline(always)]
    fn four(&self, i: usize) -> L {
        self.two(i).fold(self.two(i + Self::LANES / 4), Self::LANES / 4)
    }

    #[inline(always)]
    fn two(&self, i: usize) -> L {
        self.one(i).fold(self.one(i + Self::LANES / 2), Self::LANES / 2)
    }

    #[inline(always)]
    fn one(&self, i: usize) -> L {
        self.shape.sum(self.isa, &self.e[i * self.shape.classes..][..Self::LANES], self.skip.as_ref()[i])
    }
}

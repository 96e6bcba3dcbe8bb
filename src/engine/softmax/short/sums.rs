//! The sums of short rows without their targets.

use crate::engine::lane_sum::LaneSum;
use crate::lane::{Element, Lane};
use crate::math::Float;

/// The lanes of a vector of the smallest elements.
const LANES_MAX: usize = 16;

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
    pub(super) fn sums(&self, isa: L::Isa, e: &[L::Elem], skip: &<L::Elem as Element>::Chunk) -> LaneSum<L> {
        if self.vectors == 1 {
            return Entries { shape: self, isa, e, skip }.sums().rounded();
        }
        let zero = L::Elem::chunk(L::Elem::default());
        let mut kept = Kept::<L> { isa, rows: [[zero; 2]; LANES_MAX] };
        for (i, (to, &skip)) in kept.rows.iter_mut().zip(skip.as_ref()).enumerate() {
            let LaneSum { high, low } = self.sum(isa, &e[i * self.classes..], skip);
            high.store(&mut to[0]);
            low.store(&mut to[1]);
        }
        kept.sums().rounded()
    }

    /// The lanes of the sum of all entries but that of column `skip`, in the order of a long row.
    #[inline(always)]
    pub(super) fn sum(&self, isa: L::Isa, row: &[L::Elem], skip: L::Elem) -> LaneSum<L> {
        let skip = L::splat(isa, skip);
        let row = L::Elem::chunks(&row[..self.vectors * L::Elem::LANES]).0;
        let mut sum = LaneSum::new(isa);
        if let [only] = row {
            sum.high = self.entries::<1>(isa, core::slice::from_ref(only), self.columns, skip)[0];
            return sum;
        }
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
            sum.add_four(terms);
        }
        sum.add_four(match rest.len() {
            1 => self.entries::<1>(isa, rest, columns, skip),
            2 => self.entries::<2>(isa, rest, columns, skip),
            3 => self.entries::<3>(isa, rest, columns, skip),
            _ => self.entries::<4>(isa, rest, columns, skip),
        });
        sum
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

/// As many rows as a vector has lanes. They are folded together, so that every addition works on whole vectors; the
/// tree of each row is that of [`LaneSum::sum`].
trait Rows<L: Lane> {
    /// Whether each row has one vector.
    const ONE: bool;
    const LANES: usize = L::Elem::LANES;

    /// The lanes of the sum of row `i`.
    fn row(&self, i: usize) -> LaneSum<L>;

    #[inline(always)]
    fn sums(&self) -> LaneSum<L> {
        if Self::LANES == 16 {
            self.eight(0).fold(self.eight(1), 1, Self::ONE)
        } else {
            self.four(0).fold(self.four(1), 1, Self::ONE)
        }
    }

    /// Row `i` and seven more, each in two lanes.
    #[inline(always)]
    fn eight(&self, i: usize) -> LaneSum<L> {
        self.four(i).fold(self.four(i + Self::LANES / 8), Self::LANES / 8, Self::ONE)
    }

    #[inline(always)]
    fn four(&self, i: usize) -> LaneSum<L> {
        self.two(i).fold(self.two(i + Self::LANES / 4), Self::LANES / 4, Self::ONE)
    }

    #[inline(always)]
    fn two(&self, i: usize) -> LaneSum<L> {
        self.row(i).fold(self.row(i + Self::LANES / 2), Self::LANES / 2, Self::ONE)
    }
}

/// Rows of one vector each.
struct Entries<'a, L: Lane> {
    shape: &'a RowShape<L>,
    isa: L::Isa,
    e: &'a [L::Elem],
    skip: &'a <L::Elem as Element>::Chunk,
}

impl<L: Lane<Elem: Float>> Rows<L> for Entries<'_, L> {
    const ONE: bool = true;

    #[inline(always)]
    fn row(&self, i: usize) -> LaneSum<L> {
        self.shape.sum(self.isa, &self.e[i * self.shape.classes..][..L::Elem::LANES], self.skip.as_ref()[i])
    }
}

/// Sums that were kept.
struct Kept<L: Lane> {
    isa: L::Isa,
    rows: [[<L::Elem as Element>::Chunk; 2]; LANES_MAX],
}

impl<L: Lane> Rows<L> for Kept<L> {
    const ONE: bool = false;

    #[inline(always)]
    fn row(&self, i: usize) -> LaneSum<L> {
        let [high, low] = &self.rows[i];
        LaneSum { high: L::load(self.isa, high), low: L::load(self.isa, low) }
    }
}

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
    /// The lanes of the last vector that are the row's.
    last: L::Mask,
}

impl<L: Lane<Elem: Float>> RowShape<L> {
    #[inline(always)]
    pub(super) fn new(isa: L::Isa, classes: usize) -> Self {
        let vectors = classes.div_ceil(L::Elem::LANES);
        let last = L::first_lanes(isa, classes - (vectors - 1) * L::Elem::LANES);
        Self { classes, vectors, last }
    }

    /// The sums of as many rows as there are lanes.
    #[inline(always)]
    pub(super) fn sums(&self, isa: L::Isa, e: &[L::Elem]) -> LaneSum<L> {
        let zero = L::Elem::chunk(L::Elem::default());
        match self.vectors {
            1 => Entries { shape: self, isa, e }.sums(),
            2..=4 => {
                let mut rows = [zero; LANES_MAX];
                for (i, to) in rows[..L::Elem::LANES].iter_mut().enumerate() {
                    self.plain(isa, self.row(&e[i * self.classes..])).store(to);
                }
                Plain::<L> { isa, rows }.sums()
            }
            _ => {
                let mut rows = [[zero; 2]; LANES_MAX];
                for (i, to) in rows[..L::Elem::LANES].iter_mut().enumerate() {
                    let LaneSum { high, low } = self.sum(isa, &e[i * self.classes..]);
                    high.store(&mut to[0]);
                    low.store(&mut to[1]);
                }
                Kept::<L> { isa, rows }.sums()
            }
        }
        .rounded()
    }

    #[inline(always)]
    fn row<'a>(&self, from: &'a [L::Elem]) -> &'a [<L::Elem as Element>::Chunk] {
        L::Elem::chunks(&from[..self.vectors * L::Elem::LANES]).0
    }

    /// The lanes of the sum of all entries, in the order of a long row.
    #[inline(always)]
    pub(super) fn sum(&self, isa: L::Isa, from: &[L::Elem]) -> LaneSum<L> {
        let row = self.row(from);
        let (whole, rest) = row.split_at((row.len() - 1) / 4 * 4);
        let Some((first, whole)) = whole.as_chunks::<4>().0.split_first() else {
            return LaneSum { high: self.plain(isa, rest), ..LaneSum::new(isa) };
        };
        let mut sum = LaneSum { high: four(isa, first), ..LaneSum::new(isa) };
        for group in whole {
            sum.add(four(isa, group));
        }
        sum.add(self.plain(isa, rest));
        sum
    }

    /// The sum of the last vectors of a row, four at most: what a [`LaneSum`] starts with, and loses nothing.
    #[inline(always)]
    fn plain(&self, isa: L::Isa, row: &[<L::Elem as Element>::Chunk]) -> L {
        let [a, b, c, d] = match row.len() {
            1 => self.entries::<1>(isa, row),
            2 => self.entries::<2>(isa, row),
            3 => self.entries::<3>(isa, row),
            _ => self.entries::<4>(isa, row),
        };
        (a + b) + (c + d)
    }

    /// The last `N` vectors of a row.
    #[inline(always)]
    fn entries<const N: usize>(&self, isa: L::Isa, row: &[<L::Elem as Element>::Chunk]) -> [L; 4] {
        let mut terms = [L::splat(isa, L::Elem::default()); 4];
        let mut k = 0;
        while k < N {
            let e = L::load(isa, &row[k]);
            terms[k] = if k + 1 == N { e.keep(self.last) } else { e };
            k += 1;
        }
        terms
    }
}

#[inline(always)]
fn four<L: Lane>(isa: L::Isa, [a, b, c, d]: &[<L::Elem as Element>::Chunk; 4]) -> L {
    (L::load(isa, a) + L::load(isa, b)) + (L::load(isa, c) + L::load(isa, d))
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

    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
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
}

impl<L: Lane<Elem: Float>> Rows<L> for Entries<'_, L> {
    const ONE: bool = true;

    #[inline(always)]
    fn row(&self, i: usize) -> LaneSum<L> {
        let [only] = self.shape.row(&self.e[i * self.shape.classes..]) else { return LaneSum::new(self.isa) };
        LaneSum { high: L::load(self.isa, only).keep(self.shape.last), ..LaneSum::new(self.isa) }
    }
}

/// Sums that were kept, of which nothing was lost.
struct Plain<L: Lane> {
    isa: L::Isa,
    rows: [<L::Elem as Element>::Chunk; LANES_MAX],
}

impl<L: Lane> Rows<L> for Plain<L> {
    const ONE: bool = false;

    #[inline(always)]
    fn row(&self, i: usize) -> LaneSum<L> {
        LaneSum { high: L::load(self.isa, &self.rows[i]), ..LaneSum::new(self.isa) }
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

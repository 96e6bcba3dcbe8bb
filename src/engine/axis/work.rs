//! The scratch that tiles are worked on in.

use crate::lane::{Lane, Window};
use crate::math::Float;

/// Vectors of scratch.
pub(super) const WORK: usize = if cfg!(feature = "std") { 448 } else { 20 };
/// Vectors of scratch for calls that need no more: zeros, too, take time.
pub(super) const LITTLE: usize = if WORK < 32 { WORK } else { 32 };
pub(super) const MIDDLING: usize = if WORK < 144 { WORK } else { 144 };
/// Vectors of one tile at most: their losses are one block of a sum.
const WIDEST: usize = crate::engine::sum::BLOCK;
/// Vectors of one tile whose exponentials find no room in the scratch.
const NARROW: usize = 8;

/// Where tiles are worked on.
pub(crate) struct Work<T: Float, const N: usize = WORK>(pub(crate) [T::Chunk; N]);

impl<T: Float, const N: usize> Work<T, N> {
    pub(crate) fn new() -> Self {
        Self([T::chunk(T::default()); N])
    }
}

/// How a tile lies in the scratch.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) classes: usize,
    /// Vectors of a full tile.
    pub(crate) vectors: usize,
    /// Whether there is room for every class.
    pub(crate) is_kept: bool,
}

impl Shape {
    /// Vectors of scratch for each vector of a tile that keeps all classes.
    pub(crate) const fn rows(self, each: usize, beside: usize) -> usize {
        self.classes.saturating_mul(each).saturating_add(beside)
    }

    /// For tiles with so many vectors for each class, beside others. Where these are fewer than `fewest` there is room
    /// for `some` classes only.
    pub(crate) const fn new(classes: usize, each: usize, beside: usize, fewest: usize, some: usize) -> Self {
        let all = classes.saturating_mul(each).saturating_add(beside);
        let vectors = WORK / all;
        if vectors >= fewest {
            return Self { classes, vectors: if vectors < WIDEST { vectors } else { WIDEST }, is_kept: true };
        }
        let vectors = WORK / (some * each + beside);
        Self { classes, vectors: if vectors < NARROW { vectors } else { NARROW }, is_kept: false }
    }
}

/// One vector of entries of a class; 0 past the end.
#[inline(always)]
pub(crate) fn column<L: Lane<Elem: Float>>(isa: L::Isa, x: Window<'_, L::Elem>, class: usize) -> L {
    L::load(isa, &chunk(x, class))
}

/// The same in memory. One copy for all passes that read so: the memory costs them more than the call.
#[inline(never)]
pub(crate) fn chunk<T: Float>(x: Window<'_, T>, class: usize) -> T::Chunk {
    let mut chunk = T::chunk(T::default());
    x.copy_row(class, chunk.as_mut());
    chunk
}

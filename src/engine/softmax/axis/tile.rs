//! One tile: what is known of its positions.

use crate::engine::axis::{Shape, Work};
use crate::math::Float;

/// A vector of each kind for every vector of positions.
pub(super) struct Tile<'a, T: Float> {
    /// The exponentials, class by class.
    pub(super) e: &'a mut [T::Chunk],
    /// The class; negative where the position is left out.
    pub(super) class: &'a mut [T::Chunk],
    /// The sum of the exponentials but the target's, and what it rounded away.
    pub(super) others: &'a mut [T::Chunk],
    pub(super) lost: &'a mut [T::Chunk],
    pub(super) target: &'a mut [T::Chunk],
    pub(super) factor: &'a mut [T::Chunk],
    pub(super) loss: &'a mut [T::Chunk],
    /// The shift, where it is not the first one.
    pub(super) base: &'a mut [T::Chunk],
    pub(super) k: &'a mut [T::Chunk],
    pub(super) vectors: usize,
    pub(super) shape: Shape,
    pub(super) accumulate: bool,
    /// Whether any position is left out, and whether any has a shift of its own.
    pub(super) gaps: bool,
    pub(super) shifted: bool,
}

impl<'a, T: Float> Tile<'a, T> {
    /// Rows of vectors beside those of the classes.
    pub(super) const BESIDE: usize = 8;

    pub(super) fn new(work: &'a mut Work<T>, shape: Shape, vectors: usize, accumulate: bool) -> Self {
        let kept = if shape.is_kept { shape.classes } else { 4 };
        let (e, rest) = work.0.split_at_mut(kept * vectors);
        let mut rows = rest.chunks_exact_mut(vectors);
        let mut row = || rows.next().unwrap_or_default();
        Self {
            e,
            class: row(),
            others: row(),
            lost: row(),
            target: row(),
            factor: row(),
            loss: row(),
            base: row(),
            k: row(),
            vectors,
            shape,
            accumulate,
            gaps: false,
            shifted: false,
        }
    }

    /// Where the exponentials of a class are.
    #[inline(always)]
    pub(super) fn slot(&self, class: usize) -> usize {
        if self.shape.is_kept { class * self.vectors } else { 0 }
    }
}

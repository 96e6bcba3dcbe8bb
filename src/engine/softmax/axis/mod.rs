//! Softmax over an axis in the middle: a lane is a position, and all its sums stay in that lane.
//!
//! The method is that of rows, lane by lane. A tile's exponentials go to the first-level cache while its logits are
//! read once, in runs as long as the scratch allows: entries of one position are often a power of two apart, where
//! they would push each other out of the caches. Lanes that are not accepted run again by themselves, which touches no
//! other lane. Nothing that a lane meets depends on where it is, so its bits depend on its position's logits alone.

mod finish;
mod hard;
mod lane_sum;
mod tile;

pub(crate) use hard::{hard_positions, hard_tile};

use super::Plan;
use crate::lane::{Element, Lane, Window};
use crate::math::Float;

/// Vectors of scratch.
const WORK: usize = if cfg!(feature = "std") { 448 } else { 20 };
/// Vectors of one tile at most: their losses are one block of a sum.
const WIDEST: usize = crate::engine::sum::BLOCK;
/// Vectors of one tile whose exponentials find no room in the scratch.
const NARROW: usize = 8;

/// Where tiles are worked on.
struct Work<T: Float>([T::Chunk; WORK]);

impl<T: Float> Work<T> {
    fn new() -> Self {
        Self([T::chunk(T::default()); WORK])
    }
}

/// How a tile lies in the scratch.
#[derive(Clone, Copy)]
struct Shape {
    classes: usize,
    /// Vectors of a full tile.
    vectors: usize,
    /// Whether there is room for every class.
    is_kept: bool,
}

impl Shape {
    /// For tiles with so many vectors for each class, or for so many classes only, beside others.
    const fn new(classes: usize, each: usize, some: usize, beside: usize) -> Self {
        let all = classes.saturating_mul(each).saturating_add(beside);
        let vectors = WORK / all;
        if vectors > 0 {
            return Self { classes, vectors: if vectors < WIDEST { vectors } else { WIDEST }, is_kept: true };
        }
        let vectors = WORK / (some * each + beside);
        Self { classes, vectors: if vectors < NARROW { vectors } else { NARROW }, is_kept: false }
    }
}

/// What is known of positions before they are read.
pub(crate) trait Plans<T>: Copy + Send + Sync {
    /// The classes of the positions from `first` on, or [`IGNORED`].
    fn classes(&self, first: usize, to: &mut [usize]);

    /// The factor of the gradients, where all positions share it and all weights are 1.
    fn even(&self) -> Option<f64>;

    /// All of it for at most [`GROUP`](super::GROUP) positions.
    fn plan(&self, first: usize, count: usize) -> Plan<T>;
}

/// One vector of entries of a class; 0 past the end.
#[inline(always)]
fn column<L: Lane>(isa: L::Isa, x: Window<'_, L::Elem>, class: usize) -> L {
    let mut chunk = L::Elem::chunk(L::Elem::default());
    x.copy_row(class, chunk.as_mut());
    L::load(isa, &chunk)
}

//! Softmax over an axis in the middle: a lane is a position, and all its sums stay in that lane.
//!
//! The method is that of rows, lane by lane. A tile's exponentials go to the first-level cache while its logits are
//! read once, in runs as long as the scratch allows: entries of one position are often a power of two apart, where
//! they would push each other out of the caches. Lanes that are not accepted run again by themselves, which touches no
//! other lane. Nothing that a lane meets depends on where it is, so its bits depend on its position's logits alone.

mod finish;
mod hard;
mod soft;
mod tile;

pub(crate) use hard::{hard_positions, hard_tile};
pub(crate) use soft::{Distributions, Entry, Soft, SoftPlans};

use super::{Plan, Shift};
use crate::lane::{Element, Lane};
use crate::math::Float;

/// What is known of positions before they are read.
pub(crate) trait Plans<T>: Copy + Send + Sync {
    /// The classes of the positions from `first` on, or [`IGNORED`].
    fn classes(&self, first: usize, to: &mut [usize]);

    /// The factor of the gradients, where all positions share it and all weights are 1.
    fn even(&self) -> Option<f64>;

    /// All of it for at most [`GROUP`](super::GROUP) positions.
    fn plan(&self, first: usize, count: usize) -> Plan<T>;
}

/// The shifts of the lanes: from the largest logit where the sum is not accepted.
#[inline(always)]
fn shifts<L: Lane<Elem: Float>>(sum: L, largest: L) -> [<L::Elem as Element>::Chunk; 2] {
    let first = Shift::<L::Elem>::first();
    let mut sums = L::Elem::chunk(first.base);
    let (mut base, mut k) = (sums, sums);
    sum.store(&mut sums);
    largest.store(&mut base);
    for ((&sum, base), k) in sums.as_ref().iter().zip(base.as_mut()).zip(k.as_mut()) {
        let shift = if Shift::accepts(sum) { first } else { Shift::from_largest(*base) };
        (*base, *k) = (shift.base, shift.k);
    }
    [base, k]
}

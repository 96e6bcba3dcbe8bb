//! From the sums of a row to its loss and gradients.

use super::{SoftTarget, first_columns};
use crate::engine::lane_sum::RunningSum;
use crate::engine::parallel::Merge;
use crate::engine::pass::{Pass, Row};
use crate::engine::softmax::Shift;
use crate::engine::softmax::axis::Entry;
use crate::engine::sum::{BLOCK, Sum};
use crate::lane::{Element, Isa, Lane, ROOMY, load_up_to};
use crate::math::{Float, exp_scaled_each, weigh};

/// Loss and gradient of a row whose sums are known. What is written for the largest logit,
/// [`gap_at_top`](super::gap_at_top) is put over.
pub(super) struct Finish<'a, T> {
    pub(super) target: SoftTarget<'a, T>,
    pub(super) shift: Shift<T>,
    /// Whether the exponentials are where the gradient goes.
    pub(super) keeps: bool,
    pub(super) largest: T,
    /// `lse - m`.
    pub(super) above: T,
    /// What exponentials are multiplied with.
    pub(super) factor: T,
    /// What given probabilities are multiplied with in the gradient, and what is added to them.
    pub(super) kept: T,
    pub(super) added: T,
    pub(super) accumulate: bool,
}

impl<T: Float> Pass<T> for &Finish<'_, T> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> Sum {
        match (row.y.is_empty(), self.keeps) {
            (true, _) => self.by_room::<I, false, false>(isa, row, at),
            (false, false) => self.by_room::<I, true, false>(isa, row, at),
            (false, true) => self.by_room::<I, true, true>(isa, row, at),
        }
    }
}

impl<T: Float> Finish<'_, T> {
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn by_room<I: Isa, const GRAD: bool, const KEPT: bool>(&self, isa: I, row: Row<'_, T>, at: usize) -> Sum {
        if ROOMY {
            self.groups::<I, 4, GRAD, KEPT>(isa, row, at)
        } else {
            self.groups::<I, 1, GRAD, KEPT>(isa, row, at)
        }
    }

    /// So many vectors at once.
    #[inline(always)]
    fn groups<I: Isa, const N: usize, const GRAD: bool, const KEPT: bool>(
        &self,
        isa: I,
        row: Row<'_, T>,
        at: usize,
    ) -> Sum {
        let Row { x: xs, t, y, dt } = row;
        let len = xs.len().max(y.len());
        let mut sum = Sum::default();
        let mut start = 0;
        while start < len {
            let block_end = len.min(start + BLOCK * T::LANES);
            let columns = block_end - start;
            let mut block = RunningSum::new(T::Lane::<I>::splat(isa, T::default()));
            while start < block_end {
                let end = block_end.min(start + N * T::LANES);
                let x: [T::Lane<I>; N] =
                    load_up_to(isa, if GRAD && xs.is_empty() { &y[start..end] } else { &xs[start..end] }, T::default());
                let given = t.get(start..end).unwrap_or_default();
                let entries = self.target.load::<I, N>(isa, given, at + start, end - start);
                let (mut half, mut terms) = (x, x);
                let mut k = 0;
                while k < N {
                    half[k] = self.half::<I>(isa, x[k]);
                    terms[k] = self.term::<I>(half[k], entries.vector(k));
                    k += 1;
                }
                block.add_all(first_columns(isa, terms, end - start));
                if let Some(to) = dt.get_mut(start..end) {
                    let mut grads = half;
                    k = 0;
                    while k < N {
                        grads[k] = self.target_grad::<I>(isa, half[k], entries.vector(k));
                        k += 1;
                    }
                    put(grads, to, self.accumulate);
                }
                if GRAD {
                    let e = if KEPT {
                        load_up_to(isa, &y[start..end], T::default())
                    } else {
                        exp_scaled_each::<_, true, N>(x, self.shift.scaling(isa))
                    };
                    let mut grads = e;
                    k = 0;
                    while k < N {
                        grads[k] = self.grad::<I>(isa, e[k], entries.vector(k));
                        k += 1;
                    }
                    put(grads, &mut y[start..end], self.accumulate);
                }
                start = end;
            }
            sum = sum.merge(Sum::of_lanes(block.sum(), columns));
        }
        sum
    }

    /// `(lse - x) / 2`: halves, so that logits at both ends of the range do not overflow.
    #[inline(always)]
    fn half<I: Isa>(&self, isa: I, x: T::Lane<I>) -> T::Lane<I> {
        let (largest, above) = (T::Lane::<I>::splat(isa, self.largest), T::Lane::<I>::splat(isa, self.above));
        (largest * 0.5 - x * 0.5) + above * 0.5
    }

    /// A term of the loss.
    #[inline(always)]
    fn term<I: Isa>(&self, half: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let q = self.target.all.q(entry);
        weigh(q + q, half)
    }

    /// An entry of the gradient of the target.
    #[inline(always)]
    fn target_grad<I: Isa>(&self, isa: I, half: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let share = entry.share(T::Lane::<I>::splat(isa, self.kept));
        weigh(share + share, half)
    }

    /// An entry of the gradient from its exponential.
    #[inline(always)]
    fn grad<I: Isa>(&self, isa: I, e: T::Lane<I>, entry: Entry<T::Lane<I>>) -> T::Lane<I> {
        let (kept, added) = (T::Lane::<I>::splat(isa, self.kept), T::Lane::<I>::splat(isa, self.added));
        e.mul_add(T::Lane::<I>::splat(isa, self.factor), -entry.blend(kept, added))
    }
}

/// Writes or adds at most so many vectors.
#[inline(always)]
fn put<L: Lane, const N: usize>(grads: [L; N], to: &mut [L::Elem], accumulate: bool) {
    let (len, lanes) = (to.len(), L::Elem::LANES);
    let mut k = 0;
    while k * lanes < len {
        let to = &mut to[k * lanes..len.min((k + 1) * lanes)];
        if accumulate {
            (L::load_part(grads[k].isa(), to, L::Elem::default()) + grads[k]).store_part(to);
        } else {
            grads[k].store_part(to);
        }
        k += 1;
    }
}

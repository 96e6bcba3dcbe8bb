//! Softmax over one row, without the textbook's pass for the maximum and without its cancellations.
//!
//! 1. `e_j = exp(x_j) 2^-k` with a fixed `k` for all ordinary rows. The power of two enters where the exponential
//!    rounds its exponent anyway: nothing is subtracted from `x_j`, so nothing is rounded.
//! 2. The row is accepted if the sum of its `e_j` is in [`Float::SOFTMAX_SUMS`]: then no `e_j` overflowed and nothing
//!    that a result could show was flushed to 0. Else the row runs again with `k` from its maximum, or, beyond
//!    [`Float::SOFTMAX_FAR`], with the maximum subtracted: for every entry that can matter that is exact.
//! 3. The target's `e_t` stays out of the sum `S_o` of the others. The loss `ln(1 + S_o / e_t)` and the target's
//!    gradient `-S_o / (S_o + e_t)` then keep all digits when the target is nearly certain.
//!
//! All of it depends on the row alone: not on its neighbours, the number of threads, or the verb.

mod axis;
mod exp_sum;
mod few;
mod hard;
mod short;
mod soft;

pub(crate) use axis::{Distributions, Plans, Soft, SoftPlans, hard_positions, hard_tile};
pub(crate) use few::{FEW, FewRows};
pub(crate) use hard::{HardRows, SIDE_BY_SIDE, side_by_side};
pub(crate) use short::{
    GROUP, IGNORED, Plan, SMALL_GROUP, Short, ShortScratch, WHOLE_GROUP, are_few, is_short, is_small,
};
pub(crate) use soft::{SoftRow, SoftTarget};

use super::lane_sum::LaneSum;
use super::pass::{Largest, Passes, Row};
use crate::lane::{Isa, Lane, Mask};
use crate::math::{Float, Scaling, ln, log1p_finite, remainder};

/// Above this ratio of the others to the target, the loss is the difference of two logarithms.
const RATIO_MAX: f64 = 1.329_227_995_784_916e36;

/// How a row is scaled: `e^(x - base) 2^-k`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift<T> {
    base: T,
    k: T,
}

impl<T: Float> Shift<T> {
    pub(crate) fn first() -> Self {
        Self { base: T::default(), k: T::from_f64(T::SOFTMAX_SHIFTS.0) }
    }

    fn is_based(self) -> bool {
        self.base != T::default()
    }

    #[inline(always)]
    fn from_largest(largest: T) -> Self {
        let size = largest.to_f64();
        if size.abs() <= T::SOFTMAX_FAR {
            let k = round(size * core::f64::consts::LOG2_E) + T::SOFTMAX_SHIFTS.1;
            Self { base: T::default(), k: T::from_f64(k) }
        } else {
            Self { base: largest, k: T::from_f64(T::SOFTMAX_SHIFTS.1) }
        }
    }

    #[inline(always)]
    fn scaling<L: Lane<Elem = T>>(self, isa: L::Isa) -> Scaling<L> {
        Scaling::new(isa, self.base, self.k.to_f64())
    }

    /// Whether the sum of a row with this largest entry is accepted whatever the others are, short of NaN.
    fn is_sure(self, largest: T, len: usize) -> bool {
        // Both bounds are powers of two; a factor of two is to spare.
        let exponent = |power: f64| f64::from((power.to_bits() >> 52) as i32 - 1023);
        let (least, most) = (exponent(T::SOFTMAX_SUMS.0) + 1.0, exponent(T::SOFTMAX_SUMS.1) - 1.0);
        let first = largest.to_f64() * core::f64::consts::LOG2_E - self.k.to_f64();
        let all = first + f64::from(usize::BITS - len.leading_zeros());
        first >= least && all <= most
    }

    /// Whether a sum needs no second try. NaN does.
    #[inline(always)]
    fn accepts(sum: T) -> bool {
        (T::SOFTMAX_SUMS.0..=T::SOFTMAX_SUMS.1).contains(&sum.to_f64())
    }

    /// The lanes whose sum needs a second try.
    #[inline(always)]
    fn rejects<L: Lane<Elem = T>>(sum: L) -> L::Mask {
        sum.lt(sum.of(T::SOFTMAX_SUMS.0)) | sum.of(T::SOFTMAX_SUMS.1).lt(sum) | sum.is_nan()
    }
}

/// The largest entry of a row whose exponentials are made next. If rows are not too far apart, it has usually been
/// announced while those of the row before were made, evenly, where this pass would ask for all of it at once.
#[inline(always)]
fn largest<T: Float, I: Isa>(passes: Passes<I>, x: &[T], stride: usize) -> T {
    let announces = stride * size_of::<T>() > exp_sum::NEXT;
    passes.run(Largest { announces }, Row { x, t: &[], y: &mut [], dt: &mut [] }).0
}

/// The nearest integer of a number far below 2^51.
#[inline(always)]
fn round(x: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    (x + ROUND) - ROUND
}

/// `-ln p_t` from the scaled exponentials of the target and of the others.
///
/// - What the rounding of the others, and that of their ratio to the target, take from the loss is put back.
/// - A target that vanishes next to the others: `ln S - x_t` with all shifts, which does not cancel there.
#[inline(always)]
pub(crate) fn row_loss<L: Lane<Elem: Float>>(others: LaneSum<L>, target: L, x_target: L, base: L, k: L) -> L {
    let (near, vanishing) = near_loss(others, target);
    if !vanishing.any() {
        return near;
    }
    // `k ln 2` in two parts, of which the first is exact: it may be next to the logits, and they are not rounded to it.
    let (high, low) = L::Elem::LN2;
    let far = k.mul_add(k.of(high), base - x_target);
    L::pick(vanishing, far + k.mul_add(k.of(low), ln(others.high + target)), near)
}

/// [`row_loss`], and where the target vanishes, so that this is not it.
#[inline(always)]
fn near_loss<L: Lane<Elem: Float>>(others: LaneSum<L>, target: L) -> (L, L::Mask) {
    let ratio = others.high / target;
    let rest = remainder(others.high, ratio, target) + others.low;
    (log1p_finite(ratio, Some(rest / (others.high + target))), ratio.of(RATIO_MAX).le(ratio))
}

/// Whether [`row_loss`] asks for the logit of the target.
#[inline(always)]
fn is_vanishing<L: Lane<Elem: Float>>(others: L, target: L) -> bool {
    others.of(RATIO_MAX).le(others / target).any()
}

/// The factors that turn exponentials into gradients: `scale / S`, in `f64` and rounded once, for the lanes of a vector.
#[inline(always)]
fn factors<T: Float>(scale: &[f64], others: &[T], target: &[T], to: &mut [T]) {
    for ((to, scale), (others, target)) in to.iter_mut().zip(scale).zip(others.iter().zip(target)) {
        *to = T::from_f64(scale / (others.to_f64() + target.to_f64()));
    }
}

#[inline(always)]
fn load<I: Isa, T: Float>(isa: I, from: &T::Chunk) -> T::Lane<I> {
    T::Lane::<I>::load(isa, from)
}

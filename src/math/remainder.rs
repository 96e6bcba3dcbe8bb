//! What a division leaves.

use crate::lane::{Element, Isa, Lane};

/// Quotients from here on are so large that what the division leaves is nothing next to their logarithm.
const LARGE: f64 = 1_152_921_504_606_846_976.0;

/// `a - q b`, which is a float, for the quotient `q = a / b` as it was rounded.
///
/// - Types: `f32`, `f64`. Domain: `a` and `b` from 0 on, below 2^100 (`f32`) or 2^900 (`f64`), 0 or normal; without a
///   fused multiply-add it is 0 for quotients beyond 2^60.
///
/// Without a fused multiply-add both factors are split in halves, whose products are exact (Dekker 1971).
#[inline(always)]
pub(crate) fn remainder<L: Lane>(a: L, q: L, b: L) -> L {
    if L::Isa::FUSED {
        return q.neg_mul_add(b, a);
    }
    let product = q * b;
    let ([q_high, q_low], [b_high, b_low]) = (high_and_low(q), high_and_low(b));
    let lost = ((q_high * b_high - product) + (q_high * b_low + q_low * b_high)) + q_low * b_low;
    ((a - product) - lost).keep(q.lt(q.of(LARGE)))
}

/// Two numbers of half as many bits whose sum this is.
#[inline(always)]
fn high_and_low<L: Lane>(x: L) -> [L; 2] {
    let scaled = x * L::Elem::SPLIT;
    let high = scaled - (scaled - x);
    [high, x - high]
}

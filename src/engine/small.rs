//! What a call of a few items without options prepares: less than calls in general, which would take longer than its
//! work.

use super::Outputs;
use super::reduced::Reduced;
use crate::lane::Token;
use crate::math::Float;
use crate::{Call, Outcome, Totals};

/// A small call, of which all is right.
pub(crate) struct SmallCall {
    pub(crate) token: Token,
    /// What every gradient is multiplied with.
    pub(crate) scale: f64,
    reduced: Reduced,
    totals: Totals,
}

impl SmallCall {
    /// Of so many items with so many entries; `None` if the call has options, or is wrong: the general way says why.
    pub(crate) fn new<T: Float>(how: &Call<'_, T>, out: &Outputs<'_, T>, items: usize, entries: usize) -> Option<Self> {
        let fits = |to: &Option<&mut [T]>, len| to.as_ref().is_none_or(|to| to.len() == len);
        if !how.is_plain() || out.target_grad.is_some() || !fits(&out.each, items) || !fits(&out.grad, entries) {
            return None;
        }
        let token = how.token().ok()?;
        let totals = Totals::of_ones(items);
        let reduced = Reduced::new(how, &totals, items, items, totals.weight).ok()?;
        let scale = if out.each.is_some() { how.upstream } else { reduced.scale? };
        Some(Self { token, scale, reduced, totals })
    }

    pub(crate) fn outcome<T: Float>(mut self, how: &Call<'_, T>, sum: f64) -> Outcome {
        self.totals.sum = sum;
        self.reduced.outcome(how, self.totals)
    }
}

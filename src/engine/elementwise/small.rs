//! Calls of a few elements without options: what a large call prepares would cost more than their work.

use super::{Elementwise, Eval};
use crate::engine::factors::Reduced;
use crate::engine::sum::BlockSum;
use crate::engine::{Args, Input};
use crate::lane::{Isa, Kernel, Lane, dispatch};
use crate::math::Float;
use crate::{Call, Outcome, Totals};

/// Vectors of such a call, at most: the first group of a block, so that their sum has the bits of that of a block.
const VECTORS: usize = 4;

/// Runs a call of a few elements; `None`, with inputs as they were, if it is none, is wrong, or has a sum that is not
/// finite.
#[inline(always)]
pub(super) fn run<T: Float, F: Elementwise<T>>(
    loss: &F,
    how: &Call<'_, T>,
    args: &mut Args<'_, T, T>,
) -> Option<Outcome> {
    let Input::Keep(x) = args.x else { return None };
    let items = x.len();
    let grad = args.out.grad.as_deref_mut();
    if items > VECTORS * T::LANES
        || !how.is_plain()
        || args.out.each.is_some()
        || args.out.target_grad.is_some()
        || grad.as_ref().is_some_and(|grad| grad.len() != items)
        || loss.columns().is_some()
    {
        return None;
    }
    let token = how.token().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "a few elements")]
    let mut totals = Totals { sum: 0.0, weight: items as f64, count: items as u64 };
    let reduced = Reduced::new(how, &totals, items, items, totals.weight).ok()?;
    let factor = T::from_f64(reduced.scale?);
    totals.sum = dispatch(token, Small { loss: *loss, factor, x, t: args.target, grad });
    totals.sum.is_finite().then(|| reduced.outcome(how, totals))
}

struct Small<'a, T, F> {
    loss: F,
    factor: T,
    x: &'a [T],
    t: &'a [T],
    grad: Option<&'a mut [T]>,
}

impl<T: Float, F: Elementwise<T>> Kernel for Small<'_, T, F> {
    type Out = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        let Self { loss, factor, x, t, mut grad } = self;
        let (zero, lanes) = (T::default(), T::LANES);
        let factor = T::Lane::<I>::splat(isa, factor);
        let mut values = [T::Lane::<I>::splat(isa, zero); VECTORS];
        let mut vector = 0;
        while vector * lanes < x.len() {
            let at = vector * lanes..x.len().min((vector + 1) * lanes);
            let (x, t) = (&x[at.clone()], &t[at.clone()]);
            let (x, t) = (T::Lane::<I>::load_part(isa, x, zero), T::Lane::<I>::load_part(isa, t, zero));
            let Eval { value, slope, .. } = loss.eval(x, t);
            values[vector] = value.keep(T::Lane::<I>::first_lanes(isa, at.len()));
            if let Some(grad) = &mut grad {
                (slope * factor).store_part(&mut grad[at]);
            }
            vector += 1;
        }
        let mut sum = BlockSum::new(isa);
        sum.add(values);
        sum.total().to_f64()
    }
}

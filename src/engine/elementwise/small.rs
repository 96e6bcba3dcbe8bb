//! Calls of a few elements without options, in one loop.

use super::{Elementwise, Eval};
use crate::engine::small::SmallCall;
use crate::engine::sum::BlockSum;
use crate::engine::{Args, Input};
use crate::lane::{Isa, Kernel, Lane, dispatch};
use crate::math::Float;
use crate::{Call, Outcome};

/// Vectors of such a call, at most: the first group of a block, so that their sum has the bits of that of a block.
const VECTORS: usize = 4;

/// Runs a call of a few elements; `None` if it is none, is wrong, or has a sum that is not finite. Results may be written
/// by then: the general way, which has the prediction as it was and can no more fail, writes all of them again.
#[inline(always)]
pub(super) fn run<T: Float, F: Elementwise<T>>(
    loss: &F,
    how: &Call<'_, T>,
    args: &mut Args<'_, T, T>,
) -> Option<Outcome> {
    let Input::Keep(x) = args.x else { return None };
    if x.len() > VECTORS * T::LANES || loss.columns().is_some() {
        return None;
    }
    let call = SmallCall::new(how, &args.out, x.len(), x.len())?;
    let (each, grad) = (args.out.each.as_deref_mut(), args.out.grad.as_deref_mut());
    let factor = T::from_f64(call.scale);
    let sum = dispatch(call.token, Small { loss: *loss, factor, x, t: args.target, each, grad });
    sum.is_finite().then(|| call.outcome(how, sum))
}

struct Small<'a, T, F> {
    loss: F,
    factor: T,
    x: &'a [T],
    t: &'a [T],
    each: Option<&'a mut [T]>,
    grad: Option<&'a mut [T]>,
}

impl<T: Float, F: Elementwise<T>> Kernel for Small<'_, T, F> {
    type Out = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        let Self { loss, factor, x, t, mut each, mut grad } = self;
        let zero = T::default();
        let factor = T::Lane::<I>::splat(isa, factor);
        let mut values = [T::Lane::<I>::splat(isa, zero); VECTORS];
        for (vector, (x, t)) in x.chunks(T::LANES).zip(t.chunks(T::LANES)).enumerate() {
            let at = vector * T::LANES..vector * T::LANES + x.len();
            let counted = T::Lane::<I>::first_lanes(isa, x.len());
            let (x, t) = (T::Lane::<I>::load_part(isa, x, zero), T::Lane::<I>::load_part(isa, t, zero));
            let Eval { value, slope, .. } = loss.eval(x, t);
            if let Some(kept) = values.get_mut(vector) {
                *kept = value.keep(counted);
            }
            if let Some(each) = each.as_deref_mut().and_then(|each| each.get_mut(at.clone())) {
                value.store_part(each);
            }
            if let Some(grad) = grad.as_deref_mut().and_then(|grad| grad.get_mut(at)) {
                (slope * factor).store_part(grad);
            }
        }
        let mut sum = BlockSum::new(isa);
        sum.add(values);
        sum.total().to_f64()
    }
}

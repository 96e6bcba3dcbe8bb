use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, presets, verbs};
use crate::math::Float;

/// Smooth L1: absolute error with a rounded tip.
///
/// # Meaning
/// [`Huber`](crate::Huber) with `delta = beta`, divided by `beta`: the slope far from the target is 1 whatever `beta`
/// is. With `beta = 0` it is [`Mae`](crate::Mae). Both numbers are any; no activation precedes the prediction.
///
/// # Formula
/// With `e = x - t`: `ℓ = e²/(2 beta)` where `|e| < beta`, else `|e| - beta/2`; the default mean divides by the number
/// of elements.
///
/// # Gradient
/// `e/beta` held to `[-1, 1]`; with `beta = 0` `sign(e)`, 0 at the kink `e = 0`. That of the target is its negative.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. An infinite error gives an infinite loss and a gradient of ±1. A `beta` so small that it is 0 in
/// `f32` is 0.
///
/// # Accuracy
/// 2.5 ULP for the rounded difference; the gradient 0.5 ULP.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a `beta` that is negative or not finite;
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// R. Girshick, Fast R-CNN, 2015. `torch.nn.SmoothL1Loss`, `F.smooth_l1_loss`: equal, but with a
/// `beta` of 0 PyTorch's gradient at NaN is 0.
///
/// ```
/// use lossfn::{Loss, SmoothL1};
///
/// let mut d_pred = [0.0; 2];
/// let loss = SmoothL1::new(0.5).value_and_grad(&[3.0, 1.25], &[1.0, 1.0], &mut d_pred)?.value;
/// assert_eq!((loss, d_pred), (0.90625, [0.5, 0.25]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothL1 {
    beta: f64,
}

impl SmoothL1 {
    /// Smooth L1 with the given width of the tip.
    #[must_use]
    pub const fn new(beta: f64) -> Self {
        Self { beta }
    }
}

impl Default for SmoothL1 {
    /// `beta` of 1, as in PyTorch.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl<T: Float> Elementwise<T> for SmoothL1 {
    fn check(&self) -> Result<(), LossError> {
        let holds = self.beta >= 0.0 && T::from_f64(self.beta).to_f64().is_finite();
        check::option("beta", self.beta, holds, "not negative, and finite in the element type")
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let e = x - t;
        let size = e.abs();
        let beta = e.of(self.beta);
        let far = beta.le(size);
        let share = e / beta;
        let sign = L::pick(e.same(e.of(0.0)), e, e.of(1.0).copysign(e));
        let value = L::pick(far, beta.neg_mul_add(e.of(0.5), size), share * e * 0.5);
        Eval::of_error(value, L::pick(far, sign, share))
    }
}

presets!(SmoothL1: torch);
verbs!(SmoothL1: elementwise::run);
both_grads!(SmoothL1);

use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, presets, verbs};
use crate::math::Float;

/// Huber loss: squared error near the target, absolute error far from it.
///
/// # Meaning
/// Least squares for the bulk of the data, with outliers held to a constant pull. `delta` is the error at which an
/// observation starts to count as an outlier. Both numbers are any; no activation precedes the
/// prediction.
///
/// # Formula
/// With `e = x - t`: `ℓ = e²/2` where `|e| <= delta`, else `delta (|e| - delta/2)`; the default mean divides by the
/// number of elements.
///
/// # Gradient
/// `e` held to `[-delta, delta]`; no kink. That of the target is its negative.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. An infinite error gives an infinite loss and a gradient of ±`delta`. No finite error overflows
/// before `delta |e|` does.
///
/// # Accuracy
/// 2 ULP for the rounded difference; the gradient is exact for it.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a `delta` that is not positive and finite;
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// P. Huber, Robust estimation of a location parameter, 1964. `torch.nn.HuberLoss`, `F.huber_loss`: equal.
/// `keras.losses.Huber`, `keras.losses.huber`: equal with [`ByRow::Mean`](crate::ByRow::Mean), but Keras's gradient at an
/// infinite error is NaN.
///
/// ```
/// use lossfn::{Huber, Loss};
///
/// let mut d_pred = [0.0; 2];
/// let loss = Huber::new(1.0).value_and_grad(&[3.0, 1.5], &[1.0, 1.0], &mut d_pred)?.value;
/// assert_eq!((loss, d_pred), (0.8125, [0.5, 0.25]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    delta: f64,
}

impl Huber {
    /// Huber loss with the given threshold.
    #[must_use]
    pub const fn new(delta: f64) -> Self {
        Self { delta }
    }
}

impl Default for Huber {
    /// `delta` of 1, as in PyTorch and Keras.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl<T: Float> Elementwise<T> for Huber {
    fn check(&self) -> Result<(), LossError> {
        let delta = T::from_f64(self.delta).to_f64();
        check::option("delta", self.delta, delta > 0.0 && delta.is_finite(), "positive and finite in the element type")
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let e = x - t;
        let size = e.abs();
        let near = size.at_most(e.of(self.delta));
        Eval::of_error(near * near.neg_mul_add(e.of(0.5), size), near.copysign(e))
    }
}

presets!(Huber: torch, keras, tf23);
verbs!(Huber: elementwise::run);
both_grads!(Huber);

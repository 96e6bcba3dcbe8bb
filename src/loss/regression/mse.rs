use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, presets, verbs};
use crate::math::Float;

/// Squared error.
///
/// # Meaning
/// The loss of least squares: large errors count most. Use it where the noise is Gaussian and free of outliers. Both
/// numbers are any; no activation precedes the prediction.
///
/// # Formula
/// `ℓ = (x - t)²`; the default mean divides by the number of elements.
///
/// # Gradient
/// `2 (x - t)`; no kink. That of the target is its negative.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. The square of an error above the square root of the largest number is +inf, its gradient finite
/// up to errors of half the largest number.
///
/// # Accuracy
/// 1.5 ULP of the square of the rounded difference; the gradient is that difference, exactly doubled.
///
/// # Errors
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `torch.nn.MSELoss`, `F.mse_loss`: equal. `keras.losses.MeanSquaredError`, `keras.losses.mean_squared_error`: equal with
/// [`ByRow::Mean`](crate::ByRow::Mean).
///
/// ```
/// use lossfn::{Loss, Mse};
///
/// let mut d_pred = [0.0; 2];
/// let loss = Mse::new().value_and_grad(&[3.0, 1.0], &[1.0, 1.0], &mut d_pred)?.value;
/// assert_eq!((loss, d_pred), (2.0, [2.0, 0.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Mse {}

impl Mse {
    /// Squared error.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<T: Float> Elementwise<T> for Mse {
    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let d = x - t;
        Eval::of_error(d * d, d + d)
    }
}

presets!(Mse: torch, keras, tf23);
verbs!(Mse: elementwise::run);
both_grads!(Mse);

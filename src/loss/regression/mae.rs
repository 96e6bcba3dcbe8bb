use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, presets, verbs};
use crate::math::Float;

/// Absolute error.
///
/// # Meaning
/// The loss of the median: an outlier counts no more than its distance. Use it where the noise has heavy tails, and a
/// gradient that does not shrink near the target is no harm. Both numbers are any; no activation precedes the prediction.
///
/// # Formula
/// `ℓ = |x - t|`; the default mean divides by the number of elements.
///
/// # Gradient
/// `sign(x - t)`; 0 at the kink `x = t`. That of the target is its negative.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN, in the gradient too.
///
/// # Accuracy
/// 0.5 ULP; the gradient is exact.
///
/// # Errors
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `torch.nn.L1Loss`, `F.l1_loss`: equal, but PyTorch's gradient at NaN is 0. `keras.losses.MeanAbsoluteError`,
/// `keras.losses.mean_absolute_error`: equal with [`ByRow::Mean`](crate::ByRow::Mean).
///
/// ```
/// use lossfn::{Loss, Mae};
///
/// let mut d_pred = [0.0; 2];
/// let loss = Mae::new().value_and_grad(&[3.0, 1.0], &[1.0, 1.0], &mut d_pred)?.value;
/// assert_eq!((loss, d_pred), (1.0, [0.5, 0.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Mae {}

impl Mae {
    /// Absolute error.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<T: Float> Elementwise<T> for Mae {
    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let d = x - t;
        let sign = d.of(1.0).copysign(d);
        Eval::of_error(d.abs(), L::pick(d.same(d.of(0.0)) | d.is_nan(), d, sign))
    }
}

presets!(Mae: torch, keras, tf23);
verbs!(Mae: elementwise::run);
both_grads!(Mae);

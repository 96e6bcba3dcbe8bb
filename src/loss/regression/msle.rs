use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, ln_ratio, nan_of};

/// Squared error of the logarithms.
///
/// # Meaning
/// For counts and amounts of many magnitudes, where a factor matters and not a distance. Predictions and targets are
/// above -1; usually they are not negative, after a softplus or an exponential.
///
/// # Formula
/// `ℓ = (ln(1 + x) - ln(1 + t))²`; with a floor, `max(x, floor)` and `max(t, floor)` for `x` and `t`. The default mean
/// divides by the number of elements.
///
/// # Gradient
/// `2 (ln(1 + x) - ln(1 + t)) / (1 + x)`; 0 where `x` is below a floor, not at it. That of the target is the same with
/// `x` and `t` exchanged.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN, and so does a number below -1 without a floor. Where one of the two is -1, loss and gradient are
/// infinite, and NaN where both are. An infinite prediction costs +inf with the gradient 0, its limit.
///
/// # Accuracy
/// The loss 6 ULP, the gradients 4 ULP; no digit is lost however near `x` and `t` are.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a floor that is not above -1 and finite; [`Length`](crate::LossError::Length),
/// and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `keras.losses.MeanSquaredLogarithmicError`, `keras.losses.mean_squared_logarithmic_error`: equal with
/// [`keras`](Self::keras) or [`tf23`](Self::tf23) and [`ByRow::Mean`](crate::ByRow::Mean), but for the digits that Keras
/// loses.
///
/// ```
/// use lossfn::{Loss, Msle};
///
/// let loss = Msle::new().value(&[0.0_f64, 1.0], &[0.0, 0.0])?.value;
/// assert!((loss - 2_f64.ln().powi(2) / 2.0).abs() < 1e-15);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Msle {
    floor: f64,
}

/// What no floor is: whatever it could hold is outside the domain.
const NO_FLOOR: f64 = f64::NEG_INFINITY;

impl Msle {
    /// Without a floor.
    #[must_use]
    pub const fn new() -> Self {
        Self { floor: NO_FLOOR }
    }

    /// The least that predictions and targets count as; the gradients below it are 0.
    #[must_use]
    pub const fn floor(mut self, floor: f64) -> Self {
        self.floor = floor;
        self
    }

    /// As Keras 3: a floor of 1e-7.
    #[must_use]
    pub const fn keras(self) -> Self {
        Self::floor(self, 1e-7)
    }

    /// As Keras 2 and TensorFlow 2.3: a floor of 1e-7.
    #[must_use]
    pub const fn tf23(self) -> Self {
        Self::floor(self, 1e-7)
    }
}

impl Default for Msle {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Elementwise<T> for Msle {
    const HEAVY: bool = true;

    fn check(&self) -> Result<(), LossError> {
        let floor = T::from_f64(self.floor).to_f64();
        let fits = self.floor <= NO_FLOOR || (floor > -1.0 && floor.is_finite());
        check::option("floor", self.floor, fits, "above -1 and finite in the element type")
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let floor = x.of(self.floor);
        let (a, b) = (x.at_least(floor), t.at_least(floor));
        let (past_a, past_b) = (a + 1.0, b + 1.0);
        let r = ln_ratio(past_a, past_b, a - b);
        let value = r * r;
        let twice = r + r;
        let slope = nan_of(value, per(twice, past_a, x.lt(floor)));
        let target_slope = nan_of(value, per(-twice, past_b, t.lt(floor)));
        Eval { value, slope, target_slope }
    }
}

/// `twice / past`; 0 where it is flat, or `past` infinite.
#[inline(always)]
fn per<L: Lane>(twice: L, past: L, flat: L::Mask) -> L {
    (twice / past).without(flat | past.same(past.of(f64::INFINITY)))
}

verbs!(Msle: elementwise::run);
both_grads!(Msle);

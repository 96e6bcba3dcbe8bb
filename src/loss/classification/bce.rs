use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::classification::labels;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, ln, log1p_down, log1p_half, nan_of, weigh};

/// Binary cross-entropy of a probability.
///
/// # Meaning
/// The negative log-likelihood of a yes or no, for one label or for each of many. The prediction is a probability in
/// `[0, 1]`, the output of a sigmoid. Where the logit is at hand, take
/// [`BceWithLogits`](crate::BceWithLogits): a probability near 1 has lost the digits of its complement, and the gradient
/// of the sigmoid those of the loss. Targets are probabilities in `[0, 1]`; they are not checked.
///
/// # Formula
/// `ℓ = -(t ln x + (1 - t) ln(1 - x))`, with `0 ln 0 = 0`; the default mean divides by the number of elements. Label
/// smoothing `a` makes `t (1 - a) + a/2` of `t`; a `clip` holds `x` to `[clip, 1 - clip]`, a `log_offset` is added to both
/// arguments of the logarithm, a `log_floor` is the least that a logarithm is.
///
/// # Gradient
/// `(1 - t)/(1 - x) - t/x`, with `0/0 = 0`: at `x = 0` it is 1 for `t = 0` and -inf else, at `x = 1` -1 for `t = 1` and
/// +inf else. With a clip it is 0 outside `[clip, 1 - clip]`, and at its ends the full gradient; with a log offset `o`
/// it is `(1 - t)/(1 - x + o) - t/(x + o)`; else a `slope_floor` is the least that `x (1 - x)` may be in
/// `(x - t)/(x (1 - x))`. That of the target is `ln(1 - x) - ln x`, times `1 - a` with label smoothing; a log offset is
/// in both logarithms, a log floor in neither.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN, and so does a prediction outside `[0, 1]`; PyTorch refuses it, Keras clips it. A prediction that is
/// certain and right costs exactly 0, one that is certain and wrong +inf. With PyTorch's `log_floor` of -100 the latter
/// costs 100, with a gradient of ±1e12 by its `slope_floor`: this is not the derivative of the floored loss. In Keras,
/// whose `clip` is 1e-7, it costs about 16 and has the gradient 0: nothing is learnt from the worst predictions.
///
/// # Accuracy
/// The loss 4 ULP, the gradient 3 ULP; with label smoothing or a log offset the gradient 4 ULP of the larger of its two
/// terms. That of the target 3 ULP of the larger logarithm. With a log offset much above Keras's 1e-7 the sums `x + offset`
/// and `1 - x + offset`, which are rounded, may be near 1, and their logarithms and the loss then near 0: what the rounding
/// is there comes on top.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a label smoothing outside `[0, 1]`, a log floor that is not negative, a
/// slope floor or a log offset that is neither 0 nor a normal positive number of the element type, a log offset above 1/2,
/// and a clip that is not in `[0, 1/2)` or so small that `1 - clip` is 1 in the element type;
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `torch.nn.BCELoss`, `F.binary_cross_entropy`: equal with [`torch`](Self::torch); `weight` is
/// [`Weights`](crate::Weights). `keras.losses.BinaryCrossentropy(from_logits=False)`: equal with [`keras`](Self::keras),
/// or [`tf23`](Self::tf23), and [`ByRow::Mean`](crate::ByRow::Mean).
///
/// ```
/// use lossfn::{Bce, Loss};
///
/// let mut dx = [0.0_f64; 3];
/// let loss = Bce::new().value_and_grad(&[0.5, 1.0, 0.0], &[1.0, 1.0, 0.0], &mut dx)?.value;
/// assert!((loss - 2_f64.ln() / 3.0).abs() < 1e-15);
/// assert!((dx[0] + 2.0 / 3.0).abs() < 1e-15 && (dx[1] + 1.0 / 3.0).abs() < 1e-15);
///
/// let wrong = Bce::new().torch().value(&[0.0_f64], &[1.0])?.value;
/// assert_eq!(wrong, 100.0);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bce {
    log_floor: f64,
    slope_floor: f64,
    clip: f64,
    log_offset: f64,
    label_smoothing: f64,
}

impl Bce {
    /// Without clamps.
    #[must_use]
    pub const fn new() -> Self {
        Self { log_floor: f64::NEG_INFINITY, slope_floor: 0.0, clip: 0.0, log_offset: 0.0, label_smoothing: 0.0 }
    }

    /// The least that a logarithm may be. The gradient knows nothing of it.
    #[must_use]
    pub const fn log_floor(mut self, floor: f64) -> Self {
        self.log_floor = floor;
        self
    }

    /// The least that `x (1 - x)` may be where the gradient divides by it. Without effect beside a
    /// [`log_offset`](Self::log_offset).
    #[must_use]
    pub const fn slope_floor(mut self, floor: f64) -> Self {
        self.slope_floor = floor;
        self
    }

    /// Predictions are held to `[clip, 1 - clip]`, in the element type; the gradient outside is 0.
    #[must_use]
    pub const fn clip(mut self, clip: f64) -> Self {
        self.clip = clip;
        self
    }

    /// What is added to both arguments of the logarithm.
    #[must_use]
    pub const fn log_offset(mut self, offset: f64) -> Self {
        self.log_offset = offset;
        self
    }

    /// The share of a target that is spread over yes and no: `t` becomes `t (1 - a) + a/2`, as in Keras.
    #[must_use]
    pub const fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }

    /// As PyTorch: logarithms of at least -100, a gradient that divides by at least 1e-12.
    #[must_use]
    pub const fn torch(self) -> Self {
        self.log_floor(-100.0).slope_floor(1e-12).clip(0.0).log_offset(0.0)
    }

    /// As Keras 3: predictions clipped to `[1e-7, 1 - 1e-7]`.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.log_floor(f64::NEG_INFINITY).slope_floor(0.0).clip(1e-7).log_offset(0.0)
    }

    /// As Keras 2 and TensorFlow 2.3: clipped as in Keras 3, and 1e-7 added inside the logarithms.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.keras().log_offset(1e-7)
    }
}

impl Default for Bce {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Elementwise<T> for Bce {
    const HEAVY: bool = true;

    fn check(&self) -> Result<(), LossError> {
        let Self { log_floor, slope_floor, clip, log_offset, label_smoothing } = *self;
        check::share("label_smoothing", label_smoothing)?;
        check::option("log_floor", log_floor, log_floor < 0.0, "negative")?;
        check::option("slope_floor", slope_floor, check::fits::<T>(slope_floor), check::FITS)?;
        check::option("log_offset", log_offset, check::fits::<T>(log_offset), check::FITS)?;
        check::option("log_offset", log_offset, log_offset <= 0.5, "at most 1/2")?;
        let inside = (0.0..0.5).contains(&clip) && (clip == 0.0 || T::from_f64(1.0 - clip).to_f64() < 1.0);
        check::option("clip", clip, inside, "from 0 to 1/2, and 1 less it below 1 in the element type")
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let (zero, one) = (x.of(0.0), x.of(1.0));
        let [yes, no] = labels::smoothed(t, self.label_smoothing);

        // The smaller of `x` and `1 - x` is exact.
        let (least, most) = (x.of(self.clip), x.of(1.0 - self.clip));
        let p = if self.clips() { x.at_least(least).at_most(most) } else { x } + zero;
        let upper = x.of(0.5).lt(p);
        let small = L::pick(upper, one - p, p);
        let argument = x.of(self.log_offset) - small;
        let (far, near) = if self.log_offset > 0.0 {
            let far = ln(small + self.log_offset);
            (L::pick(small.lt(zero), x.of(f64::NAN), far), log1p_half(argument))
        } else {
            (ln(small), log1p_down(argument))
        };
        let (of_far, of_near) = (L::pick(upper, no, yes), L::pick(upper, yes, no));
        // Of the two logarithms the far one alone may be infinite.
        let floor = x.of(self.log_floor);
        let value = -near.at_least(floor).mul_add(of_near, weigh(of_far, far.at_least(floor)));

        let mut slope = self.slope(p, yes, no);
        if self.clips() {
            slope = slope.without(x.lt(least) | most.lt(x));
        }
        let kept = x.of(1.0 - self.label_smoothing);
        let target_slope = nan_of(t, weigh(kept, L::pick(upper, far - near, near - far)));
        Eval { value, slope: nan_of(value, slope), target_slope }
    }
}

impl Bce {
    fn clips(&self) -> bool {
        self.clip > 0.0
    }

    /// `no / (1 - p) - yes / p`, as one quotient, with the limits where it is `0/0`.
    #[inline(always)]
    fn slope<L: Lane<Elem: Float>>(&self, p: L, yes: L, no: L) -> L {
        let (zero, one) = (p.of(0.0), p.of(1.0));
        if self.log_offset > 0.0 {
            return no / (one - p + self.log_offset) - yes / (p + self.log_offset);
        }
        let product = (one - p) * p;
        let difference = if self.label_smoothing > 0.0 { no * p - yes * (one - p) } else { p - yes };
        let quotient = difference / product.at_least(p.of(self.slope_floor));
        if self.slope_floor > 0.0 || self.clips() {
            return quotient;
        }
        let is_limit = product.same(zero) & difference.same(zero);
        L::pick(is_limit, one - p - p, quotient)
    }
}

verbs!(Bce: elementwise::run);
both_grads!(Bce);

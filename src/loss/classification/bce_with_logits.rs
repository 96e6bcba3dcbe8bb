use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::classification::labels;
use crate::loss::verbs::presets;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, Logistic, logistic, nan_of, weigh};
use crate::{LossError, Real};

/// Binary cross-entropy of a logit.
///
/// # Meaning
/// The negative log-likelihood of a yes or no, for one label or for each of many. The prediction is a logit: no
/// activation precedes it. Targets are probabilities in `[0, 1]`; they are not checked.
///
/// # Formula
/// `ℓ = p t softplus(-x) + (1 - t) softplus(x)` with `softplus(x) = ln(1 + e^x)` and `p` the weight of the positive
/// class, 1 unless set; the default mean divides by the number of elements. Label smoothing `a` makes `t (1 - a) + a/2`
/// of `t`.
///
/// # Gradient
/// `(1 - t) σ(x) - p t σ(-x)` with `σ(x) = 1/(1 + e^-x)`; no kink. That of the target is
/// `p softplus(-x) - softplus(x)`, which is `-x` for `p = 1`, times `1 - a` with label smoothing.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, a multiple of the number of positive weights, and so have unreduced
/// losses, unless [`by_row`](crate::Call::by_row) makes them one for each row. Weights, mask and upstream gradients are as
/// the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. An infinite logit on the side of a target of 0 or 1 gives exactly 0, on the other side +inf with a
/// gradient of 1 or `-p`: a factor of 0 annihilates an infinity. Label smoothing leaves no side without a target, so
/// that every infinite logit costs +inf, but for -inf with a positive weight of 0.
///
/// # Accuracy
/// Targets of 0 and 1: loss and gradient 4 ULP, at any logit. Targets between: 4 ULP of the larger of the two terms. The
/// gradient of the target: 4 ULP of the larger of its two.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a [`pos_weight`](Self::pos_weight) that is negative or not finite, and for a
/// label smoothing outside `[0, 1]` (the entries of [`pos_weights`](Self::pos_weights) are data, which are not checked);
/// [`Weights`](crate::LossError::Weights) and [`Rows`](crate::LossError::Rows) for column weights that do not fit;
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `torch.nn.BCEWithLogitsLoss` and `F.binary_cross_entropy_with_logits`: `pos_weight` is
/// [`pos_weight`](Self::pos_weight) or [`pos_weights`](Self::pos_weights), `weight` is
/// [`Weights`](crate::Weights). `keras.losses.BinaryCrossentropy(from_logits=True)`: equal with
/// [`ByRow::Mean`](crate::ByRow::Mean). PyTorch, and Keras on it, lose the digits of small losses; all give NaN at some
/// infinite logits.
///
/// ```
/// use lossfn::{BceWithLogits, Loss};
///
/// let mut d_logits = [0.0_f32; 1];
/// let loss = BceWithLogits::new().value_and_grad(&[-15.0], &[0.0], &mut d_logits)?.value;
/// assert!((loss - 3.059_023e-7).abs() < 1e-13 && (d_logits[0] - 3.059_022e-7).abs() < 1e-13);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BceWithLogits<'a, T> {
    pos_weight: f64,
    pos_weights: Option<&'a [T]>,
    label_smoothing: f64,
}

impl<'a, T: Real> BceWithLogits<'a, T> {
    /// Binary cross-entropy with both classes at weight 1.
    #[must_use]
    pub const fn new() -> Self {
        Self { pos_weight: 1.0, pos_weights: None, label_smoothing: 0.0 }
    }

    /// The weight of the positive class.
    #[must_use]
    pub const fn pos_weight(mut self, weight: f64) -> Self {
        self.pos_weight = weight;
        self
    }

    /// The weight of the positive class of each column: of the last axis, or of the one that the
    /// [`layout`](crate::Call::layout) of the call names. They multiply with [`pos_weight`](Self::pos_weight).
    #[must_use]
    pub const fn pos_weights(mut self, weights: &'a [T]) -> Self {
        self.pos_weights = Some(weights);
        self
    }

    /// The share of a target that is spread over yes and no: `t` becomes `t (1 - a) + a/2`, as in Keras.
    #[must_use]
    pub const fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }
}

impl<T: Real> Default for BceWithLogits<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Elementwise<T> for BceWithLogits<'_, T> {
    const HEAVY: bool = true;
    const BY_COLUMN: bool = true;

    fn check(&self) -> Result<(), LossError> {
        check::share("label_smoothing", self.label_smoothing)?;
        let weight = self.pos_weight;
        let holds = weight >= 0.0 && T::from_f64(weight).to_f64().is_finite();
        check::option("pos_weight", weight, holds, "not negative, and finite in the element type")
    }

    fn columns(&self) -> Option<&[T]> {
        self.pos_weights
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        self.eval_column(x, t, x.of(1.0))
    }

    #[inline(always)]
    fn eval_column<L: Lane<Elem = T>>(&self, x: L, t: L, column: L) -> Eval<L> {
        let (zero, one) = (x.of(0.0), x.of(1.0));
        let weighted = self.pos_weight != 1.0 || self.pos_weights.is_some();
        let weight = column * self.pos_weight;
        let [yes, no] = labels::smoothed(t, self.label_smoothing);
        let Logistic { negative, e, near } = logistic(x);

        // The larger softplus is `|x|` more than the smaller one, `near`, and the larger sigmoid `1/e` times the smaller.
        let weighed = if weighted { weight * yes } else { yes };
        let (larger, smaller) = (L::pick(negative, weighed, no), L::pick(negative, no, weighed));
        let sum = e + 1.0;
        // A quotient of -0 is none of a sigmoid.
        let slope = e.neg_mul_add(smaller, larger) / L::pick(negative, -sum, sum) + zero;
        let value = if weighted {
            // In this order neither a tiny target nor a huge logit leaves the range on the way.
            let (share, times) = (L::pick(negative, yes, no), L::pick(negative, weight, one));
            let size = x.abs().without(share.same(zero) | times.same(zero));
            near.mul_add(larger + smaller, times * (share * size))
        } else {
            larger.mul_add(x.abs().without(larger.same(zero)), near)
        };

        // The difference of the two softplus, without the part that cancels. What smoothing keeps of it goes into the
        // factors first: a huge logit times its weight alone could leave the range.
        let kept = x.of(1.0 - self.label_smoothing);
        let apart = weigh(L::pick(negative, weight * kept, kept), x);
        let target_slope = nan_of(t, weigh((weight - 1.0) * kept, near) - apart);
        Eval { value, slope, target_slope }
    }
}

presets!(BceWithLogits<'a, T>: torch, keras, tf23);
verbs!(BceWithLogits<'a, T>: elementwise::run);
both_grads!(BceWithLogits<'a, T>);

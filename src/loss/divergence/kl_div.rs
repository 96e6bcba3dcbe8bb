use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::engine::{Args, check};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, exp, ln, ln_ratio, nan_of, weigh};
use crate::{Call, LossError, Outcome};

/// Kullback-Leibler divergence, element by element.
///
/// # Meaning
/// What the distribution `x` costs beyond the distribution `t` that the data have: distillation, variational inference,
/// soft labels. By default the prediction is the *logarithm* of a probability, the output of a log-softmax, and the target
/// a probability; with [`log_target`](Self::log_target) the target is a logarithm too, and with
/// [`of_probabilities`](Self::of_probabilities) both are probabilities. A loss that comes out negative has inputs of the
/// wrong kind, or rows that do not add up to 1: one element may be negative, a whole row may not.
///
/// # Formula
/// `ℓ = t (ln t - x)`; with log targets `e^t (t - x)`; of probabilities `t ln(t/x)`. Everywhere `0 ln 0 = 0`. The sum of a
/// row is the cross-entropy `-Σ t x` less the entropy `-Σ t ln t` of the target. The default mean divides by the number of
/// elements, as PyTorch's `mean`, which is a divergence over the row length. PyTorch's `batchmean`, the mean divergence of
/// rows, is `Call::new().columns(c).mean(Divisor::Rows)`; Keras's is `Call::new().columns(c).by_row(ByRow::Sum)`.
///
/// # Gradient
/// `-t`; with log targets `-e^t`; of probabilities `-t/x`. That of the target is `ln t + 1 - x`; with log targets
/// `e^t (t - x + 1)`; of probabilities `ln(t/x) + 1`. At `t = 0` it is the limit: -inf, or +inf where the prediction rules
/// the element out; with log targets 0.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Rows matter only to the [`Call`](crate::Call).
///
/// # Edge cases
/// NaN gives NaN. Without a clip so does a negative probability; a target of 0, or a log target whose `e^t` is 0 in the
/// element type, costs 0 and pulls at nothing, whatever the prediction: at a log-probability of -inf too. Any other target
/// there costs +inf. With a clip nothing is 0 or negative, and every loss of finite inputs is finite.
///
/// # Accuracy
/// The loss 3 ULP of the larger of `t ln t` and `t x`, with log targets 3 ULP of the larger of `e^t t` and `e^t x`; of
/// probabilities 4 ULP of the loss itself, however near to each other they are, as long as neither is more than 2^200
/// times the other. The gradient 1.5 ULP. That of the target 3 ULP of its largest term. Where `e^t` of a log target is
/// subnormal, only the absolute size is kept.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a clip that is neither 0 nor a normal number of the element type in
/// `[0, 1)`, or that is not 0 where the predictions are logarithms; [`Length`](crate::LossError::Length), and what the
/// [`Call`](crate::Call) can do wrong.
///
/// # Source
/// S. Kullback and R. Leibler, On information and sufficiency, 1951. `torch.nn.KLDivLoss`, `F.kl_div`: equal, but
/// PyTorch gives NaN where a target of 0 meets -inf and as the gradient of any target of 0, and its gradient is `-t` where
/// the loss is NaN. `keras.losses.KLDivergence`, `keras.losses.kl_divergence`: equal with [`keras`](Self::keras) or
/// [`tf23`](Self::tf23), which take probabilities and clip both, and [`ByRow::Sum`](crate::ByRow::Sum); but its gradient
/// may be a number where the loss is NaN.
///
/// ```
/// use lossfn::{Call, Divisor, KlDiv, Loss};
///
/// let (x, t) = ([0.5_f64.ln(), 0.5_f64.ln()], [1.0, 0.0]);
/// let mut dx = [0.0; 2];
/// let batchmean = Call::new().columns(2).mean(Divisor::Rows);
/// let loss = KlDiv::new().with(batchmean).value_and_grad(&x, &t, &mut dx)?.value;
/// assert!((loss - 2_f64.ln()).abs() < 1e-15);
/// assert_eq!(dx, [-1.0, 0.0]);
///
/// let near = KlDiv::new().of_probabilities().value(&[0.5_f64], &[0.5 + 2_f64.powi(-50)])?.value;
/// assert!((near / 2_f64.powi(-50) - 1.0).abs() < 1e-14);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KlDiv {
    form: Form,
    clip: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    LogPrediction,
    BothLogs,
    Probabilities,
}

impl KlDiv {
    /// Of a log-probability and a probability.
    #[must_use]
    pub const fn new() -> Self {
        Self { form: Form::LogPrediction, clip: 0.0 }
    }

    /// Of two log-probabilities.
    #[must_use]
    pub const fn log_target(mut self) -> Self {
        self.form = Form::BothLogs;
        self
    }

    /// Of two probabilities.
    #[must_use]
    pub const fn of_probabilities(mut self) -> Self {
        self.form = Form::Probabilities;
        self
    }

    /// Both probabilities are held to `[clip, 1]`; the gradients outside are 0, those at the ends are whole.
    #[must_use]
    pub const fn clip(mut self, clip: f64) -> Self {
        self.clip = clip;
        self
    }

    /// As PyTorch: the prediction is a logarithm, and nothing is clipped. Whether the target is one stays as it is.
    #[must_use]
    pub const fn torch(mut self) -> Self {
        if let Form::Probabilities = self.form {
            self.form = Form::LogPrediction;
        }
        self.clip(0.0)
    }

    /// As Keras 3 on TensorFlow: of probabilities clipped to `[1e-7, 1]`. On PyTorch and JAX the gradient at exactly 1 is
    /// half of it.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.of_probabilities().clip(1e-7)
    }

    /// As Keras 2 and TensorFlow 2.3: of probabilities clipped to `[1e-7, 1]`.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.keras()
    }
}

impl Default for KlDiv {
    fn default() -> Self {
        Self::new()
    }
}

impl KlDiv {
    fn check<T: Float>(self) -> Result<(), LossError> {
        let fits = self.clip == 0.0 || self.form == Form::Probabilities;
        check::option("clip", self.clip, fits, "0 for predictions that are logarithms")?;
        check::option("clip", self.clip, self.clip < 1.0, "less than 1")?;
        check::option("clip", self.clip, check::fits::<T>(self.clip), check::FITS)
    }
}

/// Each form is a loss of its own to the engine, so that no loop has to choose.
fn run<T: Float>(loss: &KlDiv, how: &Call<'_, T>, args: Args<'_, T, T>) -> Result<Outcome, LossError> {
    loss.check::<T>()?;
    match loss.form {
        Form::LogPrediction => elementwise::run(&OfLogPrediction, how, args),
        Form::BothLogs => elementwise::run(&OfBothLogs, how, args),
        Form::Probabilities => elementwise::run(&OfProbabilities { clip: loss.clip }, how, args),
    }
}

verbs!(KlDiv: run);
both_grads!(KlDiv);

#[derive(Clone, Copy)]
struct OfLogPrediction;

impl<T: Float> Elementwise<T> for OfLogPrediction {
    const HEAVY: bool = true;

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let infinite = x.of(f64::INFINITY);
        let ln_t = ln(t);
        let gap = nan_of(ln_t, L::pick(x.same(-infinite), infinite, ln_t - x));
        let value = weigh(t, gap);
        Eval { value, slope: nan_of(value, -t), target_slope: gap + 1.0 }
    }
}

#[derive(Clone, Copy)]
struct OfBothLogs;

impl<T: Float> Elementwise<T> for OfBothLogs {
    const HEAVY: bool = true;

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let p = exp(t);
        // Where both are -inf, any number: it meets a probability of 0.
        let gap = L::pick(t.same(t.of(f64::NEG_INFINITY)), nan_of(x, t), t - x);
        let value = weigh(p, gap);
        Eval { value, slope: nan_of(value, -p), target_slope: weigh(p, gap + 1.0) }
    }
}

#[derive(Clone, Copy)]
struct OfProbabilities {
    clip: f64,
}

impl<T: Float> Elementwise<T> for OfProbabilities {
    const HEAVY: bool = true;

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let (zero, infinite) = (x.of(0.0), f64::INFINITY);
        let clips = self.clip > 0.0;
        let least = x.of(if clips { self.clip } else { -infinite });
        let most = x.of(if clips { 1.0 } else { infinite });
        // A zero of either sign is 0.
        let (p, q) = (t.at_least(least).at_most(most) + zero, x.at_least(least).at_most(most) + zero);
        let ratio = L::pick(q.same(zero) & zero.le(p), x.of(infinite), ln_ratio(p, q, p - q));
        let value = weigh(p, ratio);
        let (x_out, t_out) = (x.lt(least) | most.lt(x), t.lt(least) | most.lt(t));
        let slope = nan_of(value, (-p / q).without(x_out | p.same(zero)));
        let target_slope = nan_of(value, (ratio + 1.0).without(t_out));
        Eval { value, slope, target_slope }
    }
}

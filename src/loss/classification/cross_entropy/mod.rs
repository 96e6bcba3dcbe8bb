//! Softmax cross-entropy.

mod axis;
mod rows;
mod targets;

pub use targets::{ClassIndex, Classes};

use crate::Layout;
use crate::engine::{Args, check};
use crate::loss::classification::class_rows::check_weights;
use crate::loss::verbs::{both_grads, class_verbs, verbs};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Real};
use rows::Targets;

/// Cross-entropy of softmax logits, against a class or a distribution over classes.
///
/// # Meaning
/// The negative log-likelihood of one class out of many. The prediction is a row of logits: no activation precedes it.
/// A target is the index of a class, in any integer type, or a row of probabilities, in the type of the logits: they need
/// not add up to 1.
///
/// # Formula
/// With `p = softmax(x)`, class weights `w` (1 unless set) and `C` classes:
/// - index `y`: `ℓ = -w_y ln p_y`;
/// - probabilities `t`: `ℓ = -Σ_j w_j t_j ln p_j`;
/// - label smoothing `α` first replaces the target (an index as the distribution that is 1 there) by
///   `(1 - α) t + α/C`; no class then has a probability under `α/C`, and the target has `1 - α + α/C`.
///
/// The default mean divides by the sum of `w_y` over the rows that count (by their number without weights) for
/// indices, by their number for probabilities.
///
/// # Gradient
/// `w_y (p_j - [j = y])`, in general `p_j Σ_k w_k t_k - w_j t_j`; no kink. That of target probabilities
/// ([`BothGrads`](crate::BothGrads)) is `-w_j (1 - α) ln p_j`; class indices have none.
///
/// # Shapes
/// `x` and both gradients are rows as the [`Layout`] has it; indices are one for each row, probabilities laid out as
/// `x`; unreduced losses, weights, mask and upstream are one for each row.
///
/// | shape | [`Layout`] | indices |
/// |---|---|---|
/// | (C), one sample without a batch | `C` | one |
/// | (N, C), or (…, C) with the classes last | `C` | one for each row |
/// | (N, C, d1, …, dk) | [`Layout::axis`]`(C, d1 ⋯ dk)` | (N, d1, …, dk) |
///
/// # Edge cases
/// - A row whose index is `ignore_index` (-100 unless set) or that is masked is left out, whatever it holds: loss 0,
///   gradient exact zeros, counted nowhere. `ignore_index` may be a class; that class stays in the softmax of other
///   rows.
/// - All rows left out: the mean follows [`Empty`](crate::Empty), the gradient is zeros.
/// - A logit of -inf is a class that cannot be, which is how classes are masked: probability and gradient 0. As the
///   target its loss is +inf and its gradient `-w_y`; a class weight of 0 makes it 0, without label smoothing a row weight
///   of 0 too. With probability 0 against it, it adds nothing; with label smoothing it adds +inf, or with a class weight
///   of 0 nothing.
/// - A row of nothing but -inf, and a row with +inf or NaN, give NaN.
/// - Finite logits of any size do not overflow, unless the loss itself is beyond the element type.
/// - The gradient of the target of a logit of -inf is +inf, or 0 where its factor is.
///
/// # Accuracy
/// Index targets without smoothing: the loss 4 ULP, every entry of the gradient 6 ULP, however certain the target;
/// entries of the gradient below twice the least normal number, before upstream gradient and weights, may be 0.
/// Probabilities and smoothing: the loss 8 ULP, the gradient 10 ULP of the larger of the two terms that are subtracted, the
/// gradient of the target 10 ULP. A weight or a divisor rounds once more. In `f32` gradients lose digits where the upstream
/// gradient times the weight over the divisor is below 2^-34. With an axis in the middle the same holds; the bits may
/// differ from those of the same rows side by side.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses), [`Stride`](LossError::Stride), [`Overflow`](LossError::Overflow),
/// [`Rows`](LossError::Rows) for targets that make no whole samples, [`Unsupported`](LossError::Unsupported) for a row
/// stride beside an axis, or an axis of more than 2^24 classes, [`Length`](LossError::Length),
/// [`Target`](LossError::Target) with the first row whose index is no class,
/// [`Option`](LossError::Option) for a label smoothing outside `[0, 1]`, [`Weights`](LossError::Weights), and what
/// the [`Call`] can do wrong.
///
/// # Source
/// `torch.nn.CrossEntropyLoss`, `F.cross_entropy`: equal where PyTorch is right; it writes NaN gradients into ignored
/// rows that hold NaN, and loses the digits of small losses. `keras.losses.CategoricalCrossentropy` and
/// `SparseCategoricalCrossentropy` with `from_logits=True`. The presets differ in `ignore_index`
/// alone; the rest depends on options and [`Call`]:
///
/// | | [`new`](Self::new), [`torch`](Self::torch) | [`keras`](Self::keras), [`tf23`](Self::tf23) |
/// |---|---|---|
/// | `ignore_index` | -100 | none (Keras 3 names one `ignore_class`) |
/// | `label_smoothing` | with indices and probabilities | with probabilities alone |
/// | class weights | in the divisor, for indices | none |
/// | a mean over nothing | NaN | NaN, as Keras 2; Keras 3: 0, by [`Empty::Zero`](crate::Empty::Zero) of a call |
///
/// ```
/// use lossfn::{CrossEntropy, Loss};
///
/// let logits = [15.0_f32, 0.0, 1.0, 2.0];
/// let mut d_logits = [0.0; 4];
/// let loss = CrossEntropy::new(2).value_and_grad(&logits, &[0_u8, 1], &mut d_logits)?.value;
/// assert!((loss - 0.156_631).abs() < 1e-6);
/// assert!((d_logits[0] + 1.529_5e-7).abs() < 1e-11);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropy<'a, T> {
    layout: Layout,
    class_weights: Option<&'a [T]>,
    ignore_index: Option<i64>,
    label_smoothing: f64,
}

impl<'a, T: Real> CrossEntropy<'a, T> {
    /// PyTorch's defaults: no class weights, rows of index -100 ignored, no label smoothing.
    #[must_use]
    pub fn new(layout: impl Into<Layout>) -> Self {
        Self { layout: layout.into(), class_weights: None, ignore_index: Some(-100), label_smoothing: 0.0 }
    }

    /// One weight for each class.
    #[must_use]
    pub const fn class_weights(mut self, weights: &'a [T]) -> Self {
        self.class_weights = Some(weights);
        self
    }

    /// Rows of this index are left out.
    #[doc(alias = "ignore_class")]
    #[must_use]
    pub const fn ignore_index(mut self, index: i64) -> Self {
        self.ignore_index = Some(index);
        self
    }

    /// No index is ignored.
    #[must_use]
    pub const fn no_ignore_index(mut self) -> Self {
        self.ignore_index = None;
        self
    }

    /// As PyTorch: index -100 is ignored.
    #[must_use]
    pub const fn torch(self) -> Self {
        self.ignore_index(-100)
    }

    /// As Keras 3: no index is ignored.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.no_ignore_index()
    }

    /// As Keras 2 and TensorFlow 2.3: no index is ignored.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.no_ignore_index()
    }

    /// The share of the target that is spread evenly over all classes.
    #[must_use]
    pub const fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }
}

/// The options are in their ranges.
fn check_options<T: Real>(loss: &CrossEntropy<'_, T>) -> Result<(), LossError> {
    check::share("label_smoothing", loss.label_smoothing)?;
    check_weights(loss.class_weights, loss.layout)
}

fn by_class<T: Float>(
    loss: &CrossEntropy<'_, T>,
    how: &Call<'_, T>,
    args: Args<'_, T, ()>,
    classes: Classes<'_>,
) -> Result<Outcome, LossError> {
    rows::run(loss, how, args, Targets::Classes(classes))
}

fn by_probability<T: Float>(
    loss: &CrossEntropy<'_, T>,
    how: &Call<'_, T>,
    args: Args<'_, T, T>,
) -> Result<Outcome, LossError> {
    let (args, probabilities) = args.take_target();
    rows::run(loss, how, args, Targets::Probabilities(probabilities))
}

verbs!(CrossEntropy<'a, T>: by_probability);
class_verbs!(CrossEntropy: by_class);
both_grads!(CrossEntropy<'a, T>);

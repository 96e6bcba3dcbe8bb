//! Cross-entropy of probabilities.

mod hard;
mod limits;
mod soft;

pub use limits::Clip;

use super::class_rows::{ClassRows, INSTEAD, check_weights};
use super::cross_entropy::Classes;
use crate::Layout;
use crate::engine::row::{self, Passes, RowFormula};
use crate::engine::{Args, check};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, class_verbs, verbs};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Real};
use limits::Limits;

/// Cross-entropy of a row of probabilities, against a class or a distribution over classes.
///
/// # Meaning
/// The negative log-likelihood of one class out of many, for models that give probabilities: a softmax, or any other
/// normalisation, precedes it. From logits take [`CrossEntropy`](crate::CrossEntropy), which keeps more digits. Entries
/// are not negative; they need not add up to 1, since the row is divided by its sum.
///
/// # Formula
/// With `q = x / Σx`, class weights `w` (1 unless set) and `C` classes:
/// - index `y`: `ℓ = -w_y ln q_y`;
/// - probabilities `t`: `ℓ = -Σ_j w_j t_j ln q_j`;
/// - label smoothing `α` first replaces the target (an index as the distribution that is 1 there) by
///   `(1 - α) t + α/C`.
///
/// Nothing is clipped unless a [`Clip`] says so. The default mean divides by the sum of `w_y` over the rows that count
/// (by their number without weights) for indices, by their number for probabilities.
///
/// # Gradient
/// `Σ_k m_k / Σx - m_j / x_j` with `m_j = w_j t_j`, the targets smoothed; for an index `w_y / Σx`, and
/// `-w_y (Σx - x_y) / (x_y Σx)` at the class itself. With a clip, entries beyond its bounds, not those at a bound, are
/// constants: with [`Clip::Given`] their gradient is 0; with [`Clip::Normalized`] their `m_j` is, as far as the element
/// type tells their `ln q_j` from that of the bound. For target probabilities `-(1 - α) w_j ln q_j`.
///
/// # Shapes
/// `x` and the gradients are rows as the [`Layout`] has it; indices are one for each row, in any integer type,
/// probabilities laid out as `x`; unreduced losses, weights, mask and upstream are one for each row.
///
/// # Edge cases
/// - A probability of 0 is a class that cannot be: as the target its loss is +inf and its gradient -inf; with 0 as its
///   target, or its weight, it adds nothing to the loss.
/// - A row with NaN gives NaN. So do (not with [`Clip::Given`]) a row of zeros, a row with +inf, and negative entries
///   against probabilities or with smoothing; against an index without it those are not looked for, and enter the sum.
/// - No index is ignored unless [`ignore_index`](Self::ignore_index) is set, as in Keras. An ignored or masked row is
///   left out, whatever it holds: loss 0, gradient exact zeros, counted nowhere.
/// - The sum of a row does not overflow, and rows of subnormal entries are right.
///
/// # Accuracy
/// Index targets without smoothing: the loss 5 ULP, every entry of the gradient 6 ULP, however certain the target.
/// Probabilities and smoothing: the loss 10 ULP, the gradient 8 ULP of the larger of the two terms that are subtracted, the
/// gradient of the target 8 ULP.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses), [`Stride`](LossError::Stride), [`Overflow`](LossError::Overflow),
/// [`Rows`](LossError::Rows), [`Length`](LossError::Length), [`Target`](LossError::Target) with the first row whose index
/// is no class, [`Option`](LossError::Option) for a label smoothing outside `[0, 1]` or a clip outside `(0, 1/2)` or
/// too small for a normal number of the element type,
/// [`Weights`](LossError::Weights), [`Unsupported`](LossError::Unsupported) for indices of more than 2^24 classes in
/// `f32`, a row stride beside an axis, or an axis of more than 2^24 classes, and what the [`Call`] can do wrong.
///
/// # Source
/// `keras.losses.CategoricalCrossentropy` and `SparseCategoricalCrossentropy` with `from_logits=False`, and their
/// functions. Against probabilities [`keras`](Self::keras) and [`tf23`](Self::tf23) normalise the row and then clip it to
/// `[1e-7, 1 - 1e-7]`; against indices they clip and then normalise, as TensorFlow always did. On PyTorch and JAX Keras 3
/// normalises first for both. In `f32` the smallest loss is 1.19e-7, since `1 - 1e-7` is rounded, here as there. The JAX
/// backend of Keras gives indices that are no class the loss 0.
///
/// ```
/// use lossfn::{CategoricalCrossEntropy, Loss};
///
/// let (x, mut dx) = ([0.1_f64, 0.2, 0.1], [0.0; 3]);
/// let loss = CategoricalCrossEntropy::new(3).value_and_grad(&x, &[1], &mut dx)?.value;
/// assert!((loss - 2_f64.ln()).abs() < 1e-15);
/// assert!(dx.iter().zip([2.5, -2.5, 2.5]).all(|(dx, wanted)| (dx - wanted).abs() < 1e-14));
/// assert_eq!(CategoricalCrossEntropy::new(3).value(&x, &[0.0, 1.0, 0.0])?.value, loss);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoricalCrossEntropy<'a, T> {
    layout: Layout,
    class_weights: Option<&'a [T]>,
    ignore_index: Option<i64>,
    label_smoothing: f64,
    class_clip: Clip,
    probability_clip: Clip,
}

impl<'a, T: Real> CategoricalCrossEntropy<'a, T> {
    /// No class weights, no ignored index, no label smoothing, no clip.
    #[must_use]
    pub fn new(layout: impl Into<Layout>) -> Self {
        Self {
            layout: layout.into(),
            class_weights: None,
            ignore_index: None,
            label_smoothing: 0.0,
            class_clip: Clip::None,
            probability_clip: Clip::None,
        }
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

    /// The share of the target that is spread evenly over all classes.
    #[must_use]
    pub const fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }

    /// Where probabilities are clipped, for both kinds of targets.
    #[must_use]
    pub const fn clip(mut self, clip: Clip) -> Self {
        self.class_clip = clip;
        self.probability_clip = clip;
        self
    }

    /// As Keras 3 on TensorFlow: [`Clip::Given`] with 1e-7 for indices, [`Clip::Normalized`] for probabilities. On
    /// PyTorch and JAX Keras 3 has the latter for both: `.clip(Clip::Normalized(1e-7))`.
    #[must_use]
    pub const fn keras(mut self) -> Self {
        self.class_clip = Clip::Given(1e-7);
        self.probability_clip = Clip::Normalized(1e-7);
        self
    }

    /// As Keras 2 and TensorFlow 2.3: [`Clip::Given`] with 1e-7 for indices, [`Clip::Normalized`] for probabilities.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.keras()
    }
}

/// The options are in their ranges.
fn check_options<T: Float>(loss: &CategoricalCrossEntropy<'_, T>) -> Result<(), LossError> {
    check::share("label_smoothing", loss.label_smoothing)?;
    loss.class_clip.check::<T>()?;
    loss.probability_clip.check::<T>()?;
    check_weights(loss.class_weights, loss.layout)
}

impl<T: Real> CategoricalCrossEntropy<'_, T> {
    /// The target of a row, of which a class has the probability 1 before smoothing.
    #[inline(always)]
    fn target<L: Lane<Elem = T>>(&self, class: Option<L>) -> soft::Target<L> {
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let add = self.label_smoothing / self.layout.classes as f64;
        soft::Target { class, keep: 1.0 - self.label_smoothing, add }
    }
}

/// Against classes.
#[derive(Clone, Copy)]
struct ByClass<'a, T> {
    loss: CategoricalCrossEntropy<'a, T>,
    classes: ClassRows<'a, T>,
}

impl<T: Float> RowFormula<T> for ByClass<'_, T> {
    const PAIRED: bool = false;
    const BY_LANES: usize = 24;
    const INSTEAD: &'static str = INSTEAD;

    fn label(&self, row: usize) -> Option<T> {
        #[expect(clippy::cast_precision_loss, reason = "indices have been checked to be numbers of the type")]
        self.classes.class(row).map(|class| T::from_f64(class as f64))
    }

    fn counts(&self, row: usize) -> f64 {
        self.classes.class(row).map_or(0.0, |class| self.classes.weight(class))
    }

    fn weights(&self) -> &[T] {
        self.loss.class_weights.unwrap_or_default()
    }

    #[inline(always)]
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, class: L) -> L {
        let limits = Limits::new(row.isa(), self.loss.class_clip);
        if self.loss.label_smoothing == 0.0 {
            hard::row(row, class, limits)
        } else {
            soft::row(row, self.loss.target(Some(class)), limits)
        }
    }
}

/// Against probabilities.
#[derive(Clone, Copy)]
struct ByProbability<'a, T> {
    loss: CategoricalCrossEntropy<'a, T>,
}

impl<T: Float> RowFormula<T> for ByProbability<'_, T> {
    const PAIRED: bool = true;
    const BY_LANES: usize = 24;
    const INSTEAD: &'static str = INSTEAD;

    fn weights(&self) -> &[T] {
        self.loss.class_weights.unwrap_or_default()
    }

    #[inline(always)]
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, _: L) -> L {
        let limits = Limits::new(row.isa(), self.loss.probability_clip);
        soft::row(row, self.loss.target(None), limits)
    }
}

fn by_class<T: Float>(
    loss: &CategoricalCrossEntropy<'_, T>,
    how: &Call<'_, T>,
    args: Args<'_, T, ()>,
    classes: Classes<'_>,
) -> Result<Outcome, LossError> {
    check_options(loss)?;
    let CategoricalCrossEntropy { layout, class_weights, ignore_index, .. } = *loss;
    if layout.classes as f64 > 2.0 * T::EXPONENT_FLOAT {
        let what = "an index of more than 2^24 classes in f32";
        return Err(LossError::Unsupported { what, instead: "give it f64, or target probabilities" });
    }
    let rows = classes.len();
    let classes = ClassRows { classes, ignore_index, weights: class_weights };
    layout.entries(rows)?;
    classes.classes.check(layout.classes, ignore_index, how.mask)?;
    row::run(&ByClass { loss: *loss, classes }, how, args, None, layout, rows)
}

fn by_probability<T: Float>(
    loss: &CategoricalCrossEntropy<'_, T>,
    how: &Call<'_, T>,
    args: Args<'_, T, T>,
) -> Result<Outcome, LossError> {
    check_options(loss)?;
    row::run_pairs(&ByProbability { loss: *loss }, how, args, loss.layout)
}

verbs!(CategoricalCrossEntropy<'a, T>: by_probability);
class_verbs!(CategoricalCrossEntropy: by_class);
both_grads!(CategoricalCrossEntropy<'a, T>);

//! Negative log-likelihood.

mod rows;

use super::class_rows::ClassRows;
use super::cross_entropy::Classes;
use crate::Layout;
use crate::engine::rowwise::{self, Shared};
use crate::engine::{Args, axis};
use crate::loss::verbs::{class_verbs, with};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Real, Totals};
use rows::Rows;

/// Negative log-likelihood of a class, from log-probabilities.
///
/// # Meaning
/// What is left of softmax cross-entropy after the logarithm of the softmax: for models that give log-probabilities
/// anyway. The prediction is a row of them, a log-softmax precedes it. From logits take
/// [`CrossEntropy`](crate::CrossEntropy), which is both in one, and keeps more digits.
///
/// # Formula
/// `ℓ = -w_y x_y` with class weights `w` (1 unless set). The default mean divides by the sum of `w_y` over the rows that
/// count, by their number without weights.
///
/// # Gradient
/// `-w_y` at the class `y`, exact zeros elsewhere; no kink.
///
/// # Shapes
/// `x` and `dx` are rows as the [`Layout`] has it, an axis in the middle included; indices are one for each row, in any
/// integer type; unreduced losses, weights, mask and upstream are one for each row.
///
/// # Edge cases
/// - Of a row only the entry of its class is read: NaN elsewhere has no effect. The gradient does not depend on that
///   entry either: of NaN it is `-w_y` as of any other, while the loss is NaN.
/// - A log-probability of -inf has the loss +inf; with a class weight of 0 it has 0.
/// - A row whose index is `ignore_index` (-100 unless set) or that is masked is left out, whatever it holds: loss 0,
///   gradient exact zeros, counted nowhere. All rows left out: the mean follows [`Empty`](crate::Empty), the gradient
///   is zeros.
///
/// # Accuracy
/// Loss and gradient are exact without weights and divisor, each of which rounds once.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses), [`Stride`](LossError::Stride), [`Overflow`](LossError::Overflow),
/// [`Rows`](LossError::Rows) for targets that make no whole samples, [`Unsupported`](LossError::Unsupported) for a row
/// stride beside an axis, or an axis of more than 2^24 classes, [`Length`](LossError::Length),
/// [`Target`](LossError::Target) with the first row whose index is no class, [`Weights`](LossError::Weights), and what
/// the [`Call`] can do wrong.
///
/// # Source
/// `torch.nn.NLLLoss`, `F.nll_loss`: equal, but PyTorch gives NaN where a class weight of 0 meets a log-probability of
/// -inf.
///
/// ```
/// use lossfn::{Loss, Nll};
///
/// let log_probabilities = [-0.5_f32, -0.932_752, -2.0, -0.145_413];
/// let mut dx = [7.0; 4];
/// let loss = Nll::new(2).value_and_grad(&log_probabilities, &[0, 0], &mut dx)?.value;
/// assert_eq!((loss, dx), (1.25, [-0.5, 0.0, -0.5, 0.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nll<'a, T> {
    layout: Layout,
    class_weights: Option<&'a [T]>,
    ignore_index: Option<i64>,
}

impl<'a, T: Real> Nll<'a, T> {
    /// PyTorch's defaults: no class weights, rows of index -100 ignored.
    #[must_use]
    pub fn new(layout: impl Into<Layout>) -> Self {
        Self { layout: layout.into(), class_weights: None, ignore_index: Some(-100) }
    }

    /// One weight for each class.
    #[must_use]
    pub const fn class_weights(mut self, weights: &'a [T]) -> Self {
        self.class_weights = Some(weights);
        self
    }

    /// Rows of this index are left out.
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

    /// As PyTorch: rows of class -100 are left out.
    #[must_use]
    pub const fn torch(self) -> Self {
        self.ignore_index(-100)
    }
}

fn run<T: Float>(
    loss: &Nll<'_, T>,
    how: &Call<'_, T>,
    args: Args<'_, T, ()>,
    classes: Classes<'_>,
) -> Result<Outcome, LossError> {
    let Nll { layout, class_weights, ignore_index } = *loss;
    let targets = ClassRows { classes, ignore_index, weights: class_weights };
    let ignored = targets.check(layout, how, &args)?;
    let rows = classes.len();
    let mut shared = Shared::new(how, layout, rows)?;
    let (totals, of_loss) = if shared.factors.is_plain() && class_weights.is_none() {
        let totals = Totals::of_ones(rows - ignored);
        (totals, totals.weight)
    } else {
        shared.factors.row_totals(rows, |row| targets.class(row).map(|class| targets.weight(class)))
    };
    if layout.is_apart() {
        return axis::run(&Rows { targets }, how, &mut shared, args, of_loss, totals);
    }
    rowwise::run(&Rows { targets }, how, &mut shared, args, rows, of_loss, totals)
}

with!(Nll<'a, T>);
class_verbs!(Nll: run);

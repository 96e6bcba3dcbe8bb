use super::cosine::{Cosine, Guard};
use super::signs::{SignLabel, Signs};
use crate::Layout;
use crate::engine::row::{self, Passes, RowFormula};
use crate::engine::{Args, check};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::Float;
use crate::{Call, LossError, Outcome};

/// Cosine distance of pairs that belong together, and cosine similarity beyond a margin of pairs that do not.
///
/// # Meaning
/// Learns embeddings from pairs with a label: 1 pulls the directions of the two vectors together, -1 pushes them apart
/// until their cosine is at most `margin`. The two vectors of a pair are prediction and target of the verbs, and both
/// have a gradient; no activation precedes them.
///
/// # Formula
/// For each row, with `cos = Σ x_j t_j / (‖x‖ ‖t‖)` and the label `y`:
/// - `y = 1`: `ℓ = 1 - cos`;
/// - `y = -1`: `ℓ = max(0, cos - margin)`.
///
/// An [`epsilon`](Self::epsilon) is added to `‖x‖²` and `‖t‖²`. The default mean divides by the number of rows.
///
/// # Gradient
/// `-(t/‖t‖ - cos x/‖x‖) / ‖x‖` for `y = 1`; its negative for `y = -1` where `cos > margin`, else 0, at `cos = margin`
/// too. The same with `x` and `t` exchanged for the target; 0 where a vector is 0, unless an
/// [`epsilon`](Self::epsilon) is added to the squares of the norms.
///
/// # Shapes
/// `x`, `t` and both gradients are rows as the [`Layout`] has it; there is one label for each row, in any signed
/// integer or float type. Unreduced losses, weights, mask and upstream are one for each row.
///
/// # Edge cases
/// A vector of zeros has the cosine 0 with any other, and without an epsilon gradients 0. Norms do not overflow or
/// vanish. NaN and infinite entries give NaN. A float label other than 1 and -1 gives NaN; an integer is an error. Where
/// [other labels are 0](Self::other_labels_are_zero), rows of such labels, NaN among them, have the loss and the
/// gradients 0 whatever they hold.
///
/// # Accuracy
/// The loss 8 ULP of the largest of 1 (for `y = 1`), the margin (for `y = -1`) and `Σ |x_j t_j| / (‖x‖ ‖t‖)`; the
/// gradient 8 ULP of the larger of its two terms, with that sum in the place of the cosine, for rows of any length. An
/// entry that is smaller than the largest of its row times the least normal number may count as 0. Where the cosine
/// is subnormal, as of nearly orthogonal vectors or of one whose norm is far below the root of the epsilon, it and its part
/// of the gradients have fewer digits.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses) for rows without columns, [`Stride`](LossError::Stride),
/// [`Overflow`](LossError::Overflow), [`Rows`](LossError::Rows), [`Unsupported`](LossError::Unsupported) for a row
/// stride beside an axis, or an axis of more than 2^24 classes, [`Length`](LossError::Length), also of labels that are
/// not one for each row,
/// [`Label`](LossError::Label) with the first row whose integer label is neither 1 nor -1,
/// [`Option`](LossError::Option) for a margin outside `[-1, 1]` or an epsilon that is neither 0 nor a normal positive
/// number of the element type, and what the [`Call`] can do wrong.
///
/// # Source
/// `torch.nn.CosineEmbeddingLoss`, `F.cosine_embedding_loss`: equal with [`torch`](Self::torch), which adds 1e-12 to the
/// squares of the norms, so that equal vectors of norm 1e-6 have the loss 0.5, and gives rows of any other label the
/// loss 0.
///
/// ```
/// use lossfn::{BothGrads, CosineEmbedding};
///
/// let (a, b) = ([3.0_f64, 4.0, 1.0, 0.0], [1.0, 0.0, 3.0, 4.0]);
/// let (mut da, mut db) = ([0.0; 4], [0.0; 4]);
/// let loss = CosineEmbedding::new(2, &[1, -1]).margin(0.5);
/// let value = loss.value_and_grads(&a, &b, Some(&mut da), Some(&mut db))?.value;
/// assert!((value - (0.4 + 0.1) / 2.0).abs() < 1e-15);
/// assert!((da[0] + 0.064).abs() < 1e-15 && (db[2] - 0.064).abs() < 1e-15);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineEmbedding<'a> {
    layout: Layout,
    labels: Signs<'a>,
    margin: f64,
    guard: Guard,
    others_are_zero: bool,
}

impl<'a> CosineEmbedding<'a> {
    /// One label for each row, a margin of 0, nothing added to the norms.
    #[must_use]
    pub fn new<Y: SignLabel>(layout: impl Into<Layout>, labels: &'a [Y]) -> Self {
        let (layout, labels) = (layout.into(), Y::erase(labels));
        Self { layout, labels, margin: 0.0, guard: Guard::default(), others_are_zero: false }
    }

    /// The cosine that pairs with the label -1 may have.
    #[must_use]
    pub const fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// What is added to the squares of the norms.
    #[must_use]
    pub const fn epsilon(mut self, epsilon: f64) -> Self {
        self.guard.added = epsilon;
        self
    }

    /// A row whose label is neither 1 nor -1 has the loss 0, as with PyTorch.
    #[must_use]
    pub const fn other_labels_are_zero(mut self) -> Self {
        self.others_are_zero = true;
        self
    }

    /// As PyTorch: an [`epsilon`](Self::epsilon) of 1e-12, and [other labels](Self::other_labels_are_zero) of loss 0.
    #[must_use]
    pub const fn torch(self) -> Self {
        self.epsilon(1e-12).other_labels_are_zero()
    }

    fn check_options<T: Float>(&self, mask: Option<&[bool]>) -> Result<(), LossError> {
        self.guard.check::<T>()?;
        check::option("margin", self.margin, (-1.0..=1.0).contains(&self.margin), "from -1 to 1")?;
        if self.others_are_zero { Ok(()) } else { self.labels.check(mask) }
    }
}

impl<T: Float> RowFormula<T> for CosineEmbedding<'_> {
    const PAIRED: bool = true;

    fn label(&self, row: usize) -> Option<T> {
        let other = if self.others_are_zero { 0.0 } else { f64::NAN };
        Some(T::from_f64(self.labels.at(row).map_or(other, |is_one| if is_one { 1.0 } else { -1.0 })))
    }

    #[inline(always)]
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, label: L) -> L {
        let angle = Cosine::new(row, self.guard);
        let (zero, one) = (label.of(0.0), label.of(1.0));
        let beyond = angle.cosine - self.margin;
        let pushed = L::pick(zero.lt(beyond), one, beyond * 0.0);
        // A label of 0, or NaN, is the loss and the factor.
        let (near, far) = (label.same(one), label.same(-one));
        let value = L::pick(near, one - angle.cosine, L::pick(far, beyond.at_least(zero), label));
        let factor = L::pick(near, -one, L::pick(far, pushed, label));
        if row.wants_grads() {
            row.grads(angle.times(factor));
        }
        value
    }
}

fn run<T: Float>(loss: &CosineEmbedding<'_>, how: &Call<'_, T>, args: Args<'_, T, T>) -> Result<Outcome, LossError> {
    loss.check_options::<T>(how.mask)?;
    check::length("labels", loss.layout.rows_of(args.x.len())?, loss.labels.len())?;
    row::run_pairs(loss, how, args, loss.layout)
}

verbs!(CosineEmbedding<'a>: run);
both_grads!(CosineEmbedding<'a>);

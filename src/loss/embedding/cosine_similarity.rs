use super::cosine::{Cosine, Guard};
use crate::Layout;
use crate::engine::Args;
use crate::engine::row::{self, Passes, RowFormula};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::Float;
use crate::{Call, LossError, Outcome};

/// Negative cosine similarity of two vectors.
///
/// # Meaning
/// Pulls the direction of the prediction towards that of the target, whatever their lengths: -1 for the same direction,
/// 0 for orthogonal, 1 for opposite. For embeddings and regressions of directions. The entries of
/// both vectors are any finite numbers; no activation precedes them.
///
/// # Formula
/// For each row `ℓ = -cos(x, t) = -Σ x_j t_j / (‖x‖ ‖t‖)`, where a [`floor`](Self::floor) is the least that `‖x‖²` and
/// `‖t‖²` are; the default mean divides by the number of rows.
///
/// # Gradient
/// `-(t/‖t‖ - cos x/‖x‖) / ‖x‖`, and the same with `x` and `t` exchanged for the target. Where `‖x‖²` is
/// below a floor it is `-t / (‖t‖ √floor)`, at the floor the full gradient. Without a floor it is 0 where a vector is 0.
///
/// # Shapes
/// `x`, `t` and both gradients are rows as the [`Layout`] has it, an axis in the middle included; unreduced losses,
/// weights, mask and upstream are one for each row.
///
/// # Edge cases
/// A vector of zeros has the loss 0 and without a floor gradients 0. Norms do not overflow or vanish. NaN and
/// infinite entries give NaN.
///
/// # Accuracy
/// The loss 8 ULP of `Σ |x_j t_j| / (‖x‖ ‖t‖)`, the gradient 8 ULP of the larger of its two terms, for rows of any
/// length. An entry that is smaller than the largest of its row times the least normal number may count as 0. Where the
/// cosine is subnormal, as of nearly orthogonal vectors or of one whose norm is far below the root of the floor, it and
/// its part of the gradients have fewer digits.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses) for rows without columns, [`Stride`](LossError::Stride),
/// [`Overflow`](LossError::Overflow), [`Rows`](LossError::Rows), [`Length`](LossError::Length),
/// [`Unsupported`](LossError::Unsupported) for a row stride beside an axis, or an axis of more than 2^24 classes,
/// [`Option`](LossError::Option) for a floor that is neither 0 nor a normal positive number of the element
/// type, and what the [`Call`] can do wrong.
///
/// # Source
/// `keras.losses.CosineSimilarity`, `keras.losses.cosine_similarity`: equal with [`keras`](Self::keras), whose norms
/// have a floor of 1e-7, or [`tf23`](Self::tf23), 1e-6; but on PyTorch Keras 3 gives NaN as the gradient of a vector of
/// zeros, which has that of the floor here, and in `f32` Keras's norms overflow at 1e20. For PyTorch's loss see
/// [`CosineEmbedding`](crate::CosineEmbedding).
///
/// ```
/// use lossfn::{BothGrads, CosineSimilarity};
///
/// let (mut dx, mut dt) = ([0.0_f64; 2], [0.0; 2]);
/// let loss = CosineSimilarity::new(2).value_and_grads(&[3.0, 4.0], &[1.0, 0.0], Some(&mut dx), Some(&mut dt))?.value;
/// assert!((loss + 0.6).abs() < 1e-15);
/// assert!((dx[0] + 0.128).abs() < 1e-15 && (dx[1] - 0.096).abs() < 1e-15);
/// assert!(dt[0].abs() < 1e-15 && (dt[1] + 0.8).abs() < 1e-15);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineSimilarity {
    layout: Layout,
    guard: Guard,
}

impl CosineSimilarity {
    /// Without a floor under the norms.
    #[must_use]
    pub fn new(layout: impl Into<Layout>) -> Self {
        Self { layout: layout.into(), guard: Guard::default() }
    }

    /// The least that the square of a norm may be; below it the norm is a constant.
    #[must_use]
    pub const fn floor(mut self, floor: f64) -> Self {
        self.guard.floor = floor;
        self
    }

    /// As Keras 3: squares of norms of at least 1e-14.
    #[must_use]
    pub const fn keras(self) -> Self {
        Self::floor(self, 1e-14)
    }

    /// As Keras 2 and TensorFlow 2.3: squares of norms of at least 1e-12.
    #[must_use]
    pub const fn tf23(self) -> Self {
        Self::floor(self, 1e-12)
    }
}

impl<T: Float> RowFormula<T> for CosineSimilarity {
    const PAIRED: bool = true;

    #[inline(always)]
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, _: L) -> L {
        let angle = Cosine::new(row, self.guard);
        let minus = angle.cosine.of(-1.0);
        if row.wants_grads() {
            row.grads(angle.times(minus));
        }
        angle.cosine * minus
    }
}

fn run<T: Float>(loss: &CosineSimilarity, how: &Call<'_, T>, args: Args<'_, T, T>) -> Result<Outcome, LossError> {
    loss.guard.check::<T>()?;
    row::run_pairs(loss, how, args, loss.layout)
}

verbs!(CosineSimilarity: run);
both_grads!(CosineSimilarity);

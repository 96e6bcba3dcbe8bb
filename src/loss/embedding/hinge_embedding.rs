use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::verbs;
use crate::math::{Float, nan_of};

/// Hinge loss of a distance.
///
/// # Meaning
/// Pulls pairs that belong together to the distance 0, and pushes others apart up to a margin. The prediction is a
/// distance or dissimilarity, usually not negative; no activation precedes it. Targets are 1 for pairs that belong
/// together and -1 for others.
///
/// # Formula
/// `ℓ = x` for `t = 1` and `max(0, margin - x)` for `t = -1`; the default mean divides by the number of elements.
///
/// # Gradient
/// 1 for `t = 1`; for `t = -1` -1 below the margin and 0 above it; 0 at the kink `x = margin`. Other labels, where they add
/// both branches, have the sum of these. The target has none.
///
/// # Shapes
/// `x`, `t` and `dx` have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes them one
/// for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN, and so does a target that is neither 1 nor -1. PyTorch adds both branches for it, which
/// [`torch`](Self::torch) does too.
///
/// # Accuracy
/// 0.5 ULP; the gradient is exact.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a margin that is not finite; [`Length`](crate::LossError::Length), and what the
/// [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `torch.nn.HingeEmbeddingLoss`, `F.hinge_embedding_loss`. PyTorch's gradient at NaN is 0 for `t = -1`.
///
/// ```
/// use lossfn::{HingeEmbedding, Loss};
///
/// let mut dx = [0.0; 2];
/// let loss = HingeEmbedding::new(1.0).value_and_grad(&[0.5, 0.25], &[1.0, -1.0], &mut dx)?.value;
/// assert_eq!((loss, dx), (0.625, [0.5, -0.5]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HingeEmbedding {
    margin: f64,
    adds_both: bool,
}

impl HingeEmbedding {
    /// With the given margin.
    #[must_use]
    pub const fn new(margin: f64) -> Self {
        Self { margin, adds_both: false }
    }

    /// A target that is neither 1 nor -1 costs the sum of both branches.
    #[must_use]
    pub const fn other_labels_add_both(mut self) -> Self {
        self.adds_both = true;
        self
    }

    /// As PyTorch: [other labels](Self::other_labels_add_both) cost the sum of both branches.
    #[must_use]
    pub const fn torch(self) -> Self {
        self.other_labels_add_both()
    }
}

impl Default for HingeEmbedding {
    /// A margin of 1, as in PyTorch.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl<T: Float> Elementwise<T> for HingeEmbedding {
    fn check(&self) -> Result<(), LossError> {
        let holds = T::from_f64(self.margin).to_f64().is_finite();
        check::option("margin", self.margin, holds, "finite in the element type")
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let (zero, one) = (x.of(0.0), x.of(1.0));
        let (together, apart) = (t.same(one), t.same(-one));
        let margin = x.of(self.margin);
        let gap = (margin - x).at_least(zero);
        let push = (-one).keep(zero.lt(gap));
        // `x + max(0, margin - x)`
        let both = if self.adds_both { x.at_least(margin) } else { x.of(f64::NAN) };
        let value = nan_of(t, L::pick(together, x, L::pick(apart, gap, both)));
        let slope = nan_of(value, L::pick(together, one, L::pick(apart, push, one + push)));
        Eval { value, slope, target_slope: zero }
    }
}

verbs!(HingeEmbedding: elementwise::run);

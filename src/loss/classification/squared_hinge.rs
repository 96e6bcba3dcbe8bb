use super::Labels;
use crate::Layout;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, nan_of, weigh};

/// Squared hinge loss: the square of what a score lacks of the margin of 1 on the side of its label.
///
/// # Meaning
/// [`Hinge`](crate::Hinge) without its kink, harder on predictions that are far off. The prediction is a score; no
/// activation precedes it, or a tanh. Targets are -1 and 1, or by [`Labels`] 0 and 1.
///
/// # Formula
/// `ℓ = max(1 - t x, 0)²`; the default mean divides by the number of elements.
///
/// # Gradient
/// `-2t max(1 - t x, 0)`; no kink. That of the target is `-2x max(1 - t x, 0)`, times 2 where labels of 0 and 1 are
/// converted.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. An infinite score costs 0 on the side of its label and +inf on the other. A target of 0 that is not
/// converted costs 1 whatever the score, with the gradient 0.
///
/// # Accuracy
/// For labels of -1, 0 and 1 the loss 2 ULP, the gradient 1 ULP, that of the target 2 ULP.
///
/// # Errors
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `keras.losses.SquaredHinge`, `keras.losses.squared_hinge`: equal with [`keras`](Self::keras) or [`tf23`](Self::tf23)
/// and [`ByRow::Mean`](crate::ByRow::Mean). Keras converts labels where all of a call are 0 or 1, so that one label of -1
/// changes what the zeros mean. At NaN TensorFlow has a gradient of 0.
///
/// ```
/// use lossfn::{Loss, SquaredHinge};
///
/// let mut dx = [0.0; 2];
/// let loss = SquaredHinge::new().value_and_grad(&[0.5, 2.0], &[-1.0, 1.0], &mut dx)?.value;
/// assert_eq!((loss, dx), (1.125, [1.5, 0.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SquaredHinge {
    labels: Labels,
}

impl SquaredHinge {
    /// Labels as given.
    #[must_use]
    pub const fn new() -> Self {
        Self { labels: Labels::AsGiven }
    }

    /// How targets are read.
    #[must_use]
    pub const fn labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// As Keras 3: labels of 0 and 1 converted.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.labels(Labels::Auto)
    }

    /// As Keras 2 and TensorFlow 2.3: labels of 0 and 1 converted.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.keras()
    }
}

impl<T: Float> Elementwise<T> for SquaredHinge {
    fn prepared(self, targets: &[T], layout: Option<Layout>) -> Self {
        Self { labels: self.labels.decided(targets, layout) }
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let (label, moves) = self.labels.read(t);
        let lacking = (x.of(1.0) - weigh(label, x)).at_least(x.of(0.0));
        let pull = lacking * -2.0;
        let target_slope = nan_of(lacking, weigh(pull, x * moves));
        Eval { value: lacking * lacking, slope: weigh(label, pull), target_slope }
    }
}

verbs!(SquaredHinge: elementwise::run);
both_grads!(SquaredHinge);

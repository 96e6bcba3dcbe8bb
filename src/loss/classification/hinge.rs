use super::Labels;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, nan_of, weigh};
use crate::{Layout, LossError};

/// Hinge loss: what a score lacks of the margin of 1 on the side of its label.
///
/// # Meaning
/// The loss of the support vector machine: predictions beyond the margin cost nothing and pull at nothing. The
/// prediction is a score; no activation precedes it, or a tanh. Targets are -1 and 1, or by [`Labels`] 0 and 1.
///
/// # Formula
/// `ℓ = max(1 - t x, 0)`; the default mean divides by the number of elements.
///
/// # Gradient
/// `-t` where `t x < 1`, 0 where `t x > 1`; at the kink `t x = 1` the share [`tie`](Self::tie) of `-t`, 0 unless set. That
/// of the target is `-x`, times 2 where labels of 0 and 1 are converted, and the same share of it at the kink.
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
/// 0.5 ULP for labels of -1, 0 and 1; the gradients are exact.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a tie outside `[0, 1]`; [`Length`](crate::LossError::Length), and what the
/// [`Call`](crate::Call) can do wrong.
///
/// # Source
/// C. Cortes and V. Vapnik, Support-vector networks, 1995. `keras.losses.Hinge`, `keras.losses.hinge`: equal with
/// [`keras`](Self::keras) or [`tf23`](Self::tf23) and [`ByRow::Mean`](crate::ByRow::Mean). Keras converts labels where all
/// of a call are 0 or 1, so that one label of -1 changes what the zeros mean; and its gradient at the kink depends on the
/// backend: all of it on TensorFlow, half of it on PyTorch and JAX. At NaN TensorFlow has a gradient of 0.
///
/// ```
/// use lossfn::{Hinge, Labels, Loss};
///
/// let mut dx = [0.0; 2];
/// let hinge = Hinge::new().labels(Labels::ZeroOne);
/// let loss = hinge.value_and_grad(&[0.3, 0.3], &[0.0, 1.0], &mut dx)?.value;
/// assert_eq!((loss, dx), (1.0, [0.5, -0.5]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hinge {
    labels: Labels,
    tie: f64,
}

impl Hinge {
    /// Labels as given, gradient 0 at the kink.
    #[must_use]
    pub const fn new() -> Self {
        Self { labels: Labels::AsGiven, tie: 0.0 }
    }

    /// How targets are read.
    #[must_use]
    pub const fn labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// The share of the gradient at the kink: 0, 1/2 as Keras 3 on PyTorch or JAX, 1 as Keras on TensorFlow.
    #[must_use]
    pub const fn tie(mut self, share: f64) -> Self {
        self.tie = share;
        self
    }

    /// As Keras 3 on TensorFlow: labels of 0 and 1 converted, all of the gradient at the kink. On PyTorch and JAX
    /// Keras 3 has half of it: `.keras().tie(0.5)`.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.labels(Labels::Auto).tie(1.0)
    }

    /// As Keras 2 and TensorFlow 2.3: labels of 0 and 1 converted, all of the gradient at the kink.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.keras()
    }
}

impl<T: Float> Elementwise<T> for Hinge {
    fn check(&self) -> Result<(), LossError> {
        check::share("tie", self.tie)
    }

    fn prepared(self, targets: &[T], layout: Option<Layout>) -> Self {
        Self { labels: self.labels.decided(targets, layout), ..self }
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let zero = x.of(0.0);
        let (label, moves) = self.labels.read(t);
        let lacking = x.of(1.0) - weigh(label, x);
        let (slope, target_slope) = (self.share(lacking, -label), self.share(lacking, x * -moves));
        Eval { value: lacking.at_least(zero), slope, target_slope }
    }
}

impl Hinge {
    /// What of a pull is left, by what is lacking.
    #[inline(always)]
    fn share<L: Lane<Elem: Float>>(&self, lacking: L, pull: L) -> L {
        let zero = lacking.of(0.0);
        let at_kink = (pull * self.tie).keep(lacking.same(zero));
        nan_of(lacking, L::pick(zero.lt(lacking), pull, at_kink))
    }
}

verbs!(Hinge: elementwise::run);
both_grads!(Hinge);

//! One face for all losses: the verbs without the types of loss and targets.

use lossfn::{
    BceWithLogits, CategoricalCrossEntropy, CategoricalHinge, CosineSimilarity, CrossEntropy, Hinge, Huber, KlDiv,
    Layout, LogCosh, Loss, LossError, Mae, Mse, Msle, Nll, Outcome, Real, SmoothL1, Totals,
};

/// Any of the losses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyLoss<'a, T> {
    Mse(Mse),
    Mae(Mae),
    Huber(Huber),
    SmoothL1(SmoothL1),
    LogCosh(LogCosh),
    Msle(Msle),
    Bce(BceWithLogits<'a, T>),
    Hinge(Hinge),
    KlDiv(KlDiv),
    CrossEntropy(CrossEntropy<'a, T>),
    CosineSimilarity(CosineSimilarity),
    /// With its labels.
    CosineEmbedding(Layout, &'a [T]),
    CategoricalHinge(CategoricalHinge),
    CategoricalCrossEntropy(CategoricalCrossEntropy<'a, T>),
    Nll(Nll<'a, T>),
}

impl<'a, T> AnyLoss<'a, T> {
    /// The same with labels, if it takes any.
    pub(crate) fn labelled(self, labels: &'a [T]) -> Self {
        match self {
            Self::CosineEmbedding(layout, _) => Self::CosineEmbedding(layout, labels),
            other => other,
        }
    }
}

/// Targets of any kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Y<'a, T> {
    Numbers(&'a [T]),
    Classes(&'a [i64]),
}

/// The verbs of a loss that has its targets.
pub(crate) trait Verbs<T> {
    fn value(&self, x: &[T]) -> Result<Outcome, LossError>;
    fn grad(&self, x: &[T], dx: &mut [T]) -> Result<(), LossError>;
    fn value_and_grad(&self, x: &[T], dx: &mut [T]) -> Result<Outcome, LossError>;
    fn value_and_grad_in_place(&self, x: &mut [T]) -> Result<Outcome, LossError>;
    fn each(&self, x: &[T], out: &mut [T]) -> Result<Totals, LossError>;
    fn each_and_grad(&self, x: &[T], out: &mut [T], dx: &mut [T]) -> Result<Totals, LossError>;
}

struct Bound<'a, L, Y> {
    loss: L,
    y: &'a [Y],
}

impl<T: Real, Y, L: Loss<T, Y>> Verbs<T> for Bound<'_, L, Y> {
    fn value(&self, x: &[T]) -> Result<Outcome, LossError> {
        self.loss.value(x, self.y)
    }
    fn grad(&self, x: &[T], dx: &mut [T]) -> Result<(), LossError> {
        self.loss.grad(x, self.y, dx)
    }
    fn value_and_grad(&self, x: &[T], dx: &mut [T]) -> Result<Outcome, LossError> {
        self.loss.value_and_grad(x, self.y, dx)
    }
    fn value_and_grad_in_place(&self, x: &mut [T]) -> Result<Outcome, LossError> {
        self.loss.value_and_grad_in_place(x, self.y)
    }
    fn each(&self, x: &[T], out: &mut [T]) -> Result<Totals, LossError> {
        self.loss.each(x, self.y, out)
    }
    fn each_and_grad(&self, x: &[T], out: &mut [T], dx: &mut [T]) -> Result<Totals, LossError> {
        self.loss.each_and_grad(x, self.y, out, dx)
    }
}

/// A loss with its targets.
pub(crate) fn bind<'a, T: Real, Y, L: Loss<T, Y> + 'a>(loss: L, y: &'a [Y]) -> Box<dyn Verbs<T> + 'a> {
    Box::new(Bound { loss, y })
}

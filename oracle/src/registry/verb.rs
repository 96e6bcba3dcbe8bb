//! The verbs of a loss as data, so that a test can go through them.

use lossfn::{BothGrads, Loss, LossError, Outcome, Real, Totals};

/// A verb of [`Loss`], or of [`BothGrads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the method that documents it")]
pub enum Verb {
    Value,
    Grad,
    ValueAndGrad,
    ValueAndGradInPlace,
    Each,
    EachAndGrad,
    ValueAndGrads,
    EachAndGrads,
}

/// What a verb reads and writes.
#[derive(Debug)]
pub struct Slices<'a, T> {
    /// The predictions; [`Verb::ValueAndGradInPlace`] leaves the gradient here.
    pub x: &'a mut [T],
    /// Where unreduced losses go.
    pub each: &'a mut [T],
    /// Where the gradient goes, if not to `x`.
    pub grad: &'a mut [T],
    /// Where the gradient of the target goes, for the verbs that have one.
    pub target_grad: &'a mut [T],
}

/// What a verb returns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Returned {
    /// The reduced loss.
    pub value: Option<f64>,
    /// What the losses add up to.
    pub totals: Option<Totals>,
}

impl From<Outcome> for Returned {
    fn from(outcome: Outcome) -> Self {
        Self { value: Some(outcome.value), totals: Some(outcome.totals) }
    }
}

impl From<Totals> for Returned {
    fn from(totals: Totals) -> Self {
        Self { value: None, totals: Some(totals) }
    }
}

impl Verb {
    /// Those of every loss.
    pub const ALL: [Self; 6] =
        [Self::Value, Self::Grad, Self::ValueAndGrad, Self::ValueAndGradInPlace, Self::Each, Self::EachAndGrad];

    /// Those of a loss whose target has a gradient, beside all others.
    pub const BOTH: [Self; 2] = [Self::ValueAndGrads, Self::EachAndGrads];

    /// Those of a loss whose target has a gradient, or none.
    pub fn of(both_grads: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain(Self::BOTH.into_iter().filter(move |_| both_grads))
    }

    /// Whether it writes unreduced losses. Its gradients then know no divisor.
    pub fn writes_each(self) -> bool {
        matches!(self, Self::Each | Self::EachAndGrad | Self::EachAndGrads)
    }

    /// Whether it writes a gradient.
    pub fn writes_grad(self) -> bool {
        !matches!(self, Self::Value | Self::Each)
    }

    /// Whether it writes the gradient of the target too.
    pub fn writes_target_grad(self) -> bool {
        Self::BOTH.contains(&self)
    }

    /// Calls it.
    ///
    /// # Errors
    /// As the verb; [`Unsupported`](LossError::Unsupported) for those of [`BothGrads`].
    pub fn run<T: Real, Y>(
        self,
        loss: &impl Loss<T, Y>,
        target: &[Y],
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        let Slices { x, each, grad, .. } = slices;
        match self {
            Self::Value => loss.value(x, target).map(Returned::from),
            Self::Grad => loss.grad(x, target, grad).map(|()| Returned::default()),
            Self::ValueAndGrad => loss.value_and_grad(x, target, grad).map(Returned::from),
            Self::ValueAndGradInPlace => loss.value_and_grad_in_place(x, target).map(Returned::from),
            Self::Each => loss.each(x, target, each).map(Returned::from),
            Self::EachAndGrad => loss.each_and_grad(x, target, each, grad).map(Returned::from),
            Self::ValueAndGrads | Self::EachAndGrads => {
                Err(LossError::Unsupported { what: "the gradient of the target", instead: "call `Verb::run_both`" })
            }
        }
    }

    /// Calls it, for a loss whose target has a gradient.
    ///
    /// # Errors
    /// As the verb.
    pub fn run_both<T: Real>(
        self,
        loss: &impl BothGrads<T>,
        target: &[T],
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        match (self, slices) {
            (Self::ValueAndGrads, Slices { x, grad, target_grad, .. }) => {
                loss.value_and_grads(x, target, Some(grad), Some(target_grad)).map(Returned::from)
            }
            (Self::EachAndGrads, Slices { x, each, grad, target_grad }) => {
                loss.each_and_grads(x, target, each, Some(grad), Some(target_grad)).map(Returned::from)
            }
            (verb, slices) => verb.run(loss, target, slices),
        }
    }
}

//! The verbs of a loss as data, so that a test can go through them.

use lossfn::{Loss, LossError, Outcome, Real, Totals};

/// A verb of [`Loss`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the method that documents it")]
pub enum Verb {
    Value,
    Grad,
    ValueAndGrad,
    ValueAndGradInPlace,
    Each,
    EachAndGrad,
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
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Value, Self::Grad, Self::ValueAndGrad, Self::ValueAndGradInPlace, Self::Each, Self::EachAndGrad];

    /// Whether it writes unreduced losses. Its gradients then know no divisor.
    pub fn writes_each(self) -> bool {
        matches!(self, Self::Each | Self::EachAndGrad)
    }

    /// Whether it writes a gradient.
    pub fn writes_grad(self) -> bool {
        !matches!(self, Self::Value | Self::Each)
    }

    /// Calls it.
    ///
    /// # Errors
    /// As the verb.
    pub fn run<T: Real, Y>(
        self,
        loss: &impl Loss<T, Y>,
        target: &[Y],
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        let Slices { x, each, grad } = slices;
        match self {
            Self::Value => loss.value(x, target).map(Returned::from),
            Self::Grad => loss.grad(x, target, grad).map(|()| Returned::default()),
            Self::ValueAndGrad => loss.value_and_grad(x, target, grad).map(Returned::from),
            Self::ValueAndGradInPlace => loss.value_and_grad_in_place(x, target).map(Returned::from),
            Self::Each => loss.each(x, target, each).map(Returned::from),
            Self::EachAndGrad => loss.each_and_grad(x, target, each, grad).map(Returned::from),
        }
    }
}

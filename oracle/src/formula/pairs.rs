//! Losses of one row of numbers against another: what all of them are.

use crate::compare::Truth;
use crate::dual::Dual;
use crate::wide::Wide;

/// The truth about a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<W> {
    /// The loss.
    pub loss: Truth<W>,
    /// Its derivative by each entry of the prediction.
    pub gradient: Vec<Truth<W>>,
    /// Its derivative by each entry of the target.
    pub target_gradient: Vec<Truth<W>>,
}

impl<W: Wide> Row<W> {
    /// One value everywhere.
    pub fn filled(value: W, columns: usize) -> Self {
        let (loss, gradient) = (value.into(), vec![value.into(); columns]);
        Self { loss, target_gradient: gradient.clone(), gradient }
    }
}

/// A loss of one row against another. Its derivatives are in closed form: duals would take a pass for each of them.
pub trait Pairs {
    /// The formula as written, in duals: what proves the closed form.
    fn formula<W: Wide>(&self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W>;

    /// Loss and gradients.
    fn row<W: Wide>(&self, x: &[W], t: &[W]) -> Row<W>;
}

/// The sum of some terms.
pub(super) fn sum<W: Wide>(terms: impl IntoIterator<Item = W>) -> W {
    terms.into_iter().fold(W::ZERO, |sum, term| sum + term)
}

/// The sum of some dual terms.
pub(super) fn dual_sum<W: Wide>(terms: impl IntoIterator<Item = Dual<W>>) -> Dual<W> {
    terms.into_iter().fold(Dual::constant(W::ZERO), |sum, term| sum + term)
}

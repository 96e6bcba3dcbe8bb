//! The losses as textbooks write them, over any wide number. Gradients are never typed: they come out of [`Dual`].

mod bce;
mod categorical;
mod cosine;
mod cross_entropy;
mod divergence;
mod hinge;
mod pairs;
mod probability;
mod regression;
mod relative;
mod softmax;

pub use bce::BceWithLogits;
pub use categorical::{CategoricalCrossEntropy, CategoricalHinge, Clip, nll};
pub use cosine::{Cosine, CosineEmbedding, CosineSimilarity};
pub use cross_entropy::{CrossEntropy, Target};
pub use divergence::{KlDiv, KlDivOfProbabilities, LogKlDiv};
pub use hinge::{Hinge, HingeEmbedding, SquaredHinge};
pub use pairs::{Pairs, Row};
pub use probability::Bce;
pub use regression::{Huber, LogCosh, Mae, Mse, SmoothL1};
pub use relative::{Mape, Msle};
pub use softmax::Softmax;

use crate::compare::Truth;
use crate::dual::Dual;
use crate::judged::Judged;
use crate::wide::Wide;

/// The truth about one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Element<W> {
    /// The loss.
    pub value: Truth<W>,
    /// Its derivative by the prediction.
    pub slope: Truth<W>,
    /// Its derivative by the target.
    pub target_slope: Truth<W>,
}

/// A loss of a prediction and a target, element by element.
pub trait Elementwise: Copy {
    /// Its name in reports.
    const NAME: &'static str;

    /// The same loss with its hyper-parameters rounded to the judged type, which is how a kernel sees them.
    #[must_use]
    fn rounded(self, to: fn(f64) -> f64) -> Self;

    /// The formula.
    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W>;

    /// The terms whose difference the value is, where it can cancel.
    fn value_terms<W: Wide>(&self, _x: W, _t: W) -> Vec<W> {
        Vec::new()
    }

    /// The terms whose difference the slope is, where it can cancel.
    fn slope_terms<W: Wide>(&self, _x: W, _t: W, _slope: W) -> Vec<W> {
        Vec::new()
    }

    /// The terms whose difference the derivative by the target is, where it can cancel.
    fn target_terms<W: Wide>(&self, _x: W, _t: W) -> Vec<W> {
        Vec::new()
    }

    /// Loss and derivatives.
    fn at<W: Wide>(&self, x: W, t: W) -> Element<W> {
        let Dual { value, slope } = self.formula(Dual::variable(x), Dual::constant(t));
        Element {
            value: Truth::new(value).over(self.value_terms(x, t)),
            slope: Truth::new(slope).over(self.slope_terms(x, t, slope)),
            target_slope: Truth::new(self.target_slope(x, t)).over(self.target_terms(x, t)),
        }
    }

    /// The derivative by the target.
    fn target_slope<W: Wide>(&self, x: W, t: W) -> W {
        self.formula(Dual::constant(x), Dual::variable(t)).slope
    }
}

/// An [`Elementwise`] loss as a kernel of `T` should compute it, behind a pointer: what a table of losses holds.
pub trait Reference<T: Judged> {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// Loss and derivatives.
    fn truth(&self, x: T, t: T) -> Element<T::Wide>;
}

impl<T: Judged, F: Elementwise> Reference<T> for F {
    fn name(&self) -> &'static str {
        F::NAME
    }
    fn truth(&self, x: T, t: T) -> Element<T::Wide> {
        self.rounded(T::round).at(x.to_wide(), t.to_wide())
    }
}

//! Losses of a row of scores.

use lossfn::{Call, CrossEntropy, Layout, LossError};

use super::{Accuracy, Returned, Slices, Subject, Verb};
use crate::compare::Tolerance;
use crate::formula;
use crate::judged::{Judged, widen};
use crate::wide::Wide;

/// What the targets of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The index of a class.
    Class,
    /// A probability for each class.
    Probabilities,
}

/// The targets of a batch.
#[derive(Clone, Copy, Debug)]
pub enum RowTargets<'a, T> {
    /// A class for each row; -100 for a row that is ignored.
    Classes(&'a [i64]),
    /// A probability for each logit.
    Probabilities(&'a [T]),
}

/// Softmax cross-entropy with one choice of its options.
#[derive(Clone, Copy, Debug)]
pub struct Rowwise {
    /// Its name and options.
    pub name: &'static str,
    /// What its targets are.
    pub given: Given,
    /// Whether classes have weights.
    pub weighted: bool,
    /// The share of the target that is spread over all classes.
    pub smoothing: f64,
    /// ULPs of the loss and of every entry of the gradients.
    pub ulp: (f64, f64),
}

const fn rowwise(name: &'static str, given: Given, weighted: bool, smoothing: f64, ulp: (f64, f64)) -> Rowwise {
    Rowwise { name, given, weighted, smoothing, ulp }
}

/// Softmax cross-entropy: name, targets, class weights, label smoothing, ULPs of loss and gradient.
#[rustfmt::skip]
pub const CROSS_ENTROPY: [Rowwise; 9] = [
    rowwise("cross_entropy", Given::Class, false, 0.0, (4.0, 6.0)),
    rowwise("cross_entropy, weights", Given::Class, true, 0.0, (4.0, 6.0)),
    rowwise("cross_entropy, smoothing", Given::Class, false, 0.1, (8.0, 10.0)),
    rowwise("cross_entropy, weights, smoothing", Given::Class, true, 0.1, (8.0, 10.0)),
    rowwise("cross_entropy, all smoothed", Given::Class, false, 1.0, (8.0, 10.0)),
    rowwise("cross_entropy, probabilities", Given::Probabilities, false, 0.0, (8.0, 10.0)),
    rowwise("cross_entropy, probabilities, weights, smoothing", Given::Probabilities, true, 0.1, (8.0, 10.0)),
    rowwise("cross_entropy, probabilities, weights", Given::Probabilities, true, 0.0, (8.0, 10.0)),
    rowwise("cross_entropy, probabilities, smoothing", Given::Probabilities, false, 0.1, (8.0, 10.0)),
];

impl Rowwise {
    /// What it promises of rows of `T`: entries of the gradient by the logits that are below twice the smallest normal
    /// number may be 0.
    pub fn accuracy<T: Judged>(&self) -> Accuracy {
        let flush = <f64 as Wide>::exp2i(T::MIN_EXPONENT + 1);
        let slope = Tolerance::ulp(self.ulp.1);
        Accuracy { value: Tolerance::ulp(self.ulp.0), slope: slope.flush(flush), target_slope: slope }
    }

    /// The verbs that the loss has.
    pub fn verbs(&self) -> impl Iterator<Item = Verb> {
        Verb::of(self.given == Given::Probabilities)
    }

    /// Runs a verb. `class_weights` are used where this choice of options has any.
    ///
    /// # Errors
    /// As the verb.
    pub fn run<T: Subject>(
        &self,
        layout: Layout,
        class_weights: &[T],
        how: Call<'_, T>,
        verb: Verb,
        targets: RowTargets<'_, T>,
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        let loss = CrossEntropy::new(layout).label_smoothing(self.smoothing);
        let loss = if self.weighted { loss.class_weights(class_weights) } else { loss };
        T::cross_entropy(loss, how, verb, targets, slices)
    }

    /// Loss and gradients of one row.
    pub fn truth<T: Judged>(
        &self,
        logits: &[T],
        class_weights: &[T],
        target: formula::Target<'_, T::Wide>,
    ) -> formula::Row<T::Wide> {
        let class_weights = widen(class_weights);
        let weights = self.weighted.then_some(&*class_weights);
        formula::CrossEntropy { weights, smoothing: T::Wide::from_f64(self.smoothing) }.row(&widen(logits), target)
    }
}

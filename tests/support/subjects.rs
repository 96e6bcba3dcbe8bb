//! The losses that the tests of the engine go through: one row for each loss and each way its kernels differ.

use super::{AnyLoss, Number};
use lossfn::{
    BceWithLogits, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineSimilarity, CrossEntropy, Hinge, Huber,
    KlDiv, Labels, Layout, LogCosh, Mae, Mse, Msle, Nll, SmoothL1,
};

/// What the targets of a loss are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// Any numbers.
    Numbers,
    /// Probabilities of a yes; some are 0 or 1.
    Yes,
    /// Rows of probabilities.
    Distributions,
    /// Rows that are 1 for one class.
    Hits,
    /// Class indices, some of them ignored.
    Classes,
}

/// A loss, made for rows of some length.
#[derive(Clone, Copy)]
pub(crate) struct Subject<T: 'static> {
    pub(crate) name: &'static str,
    pub(crate) targets: Targets,
    /// From the layout of the rows and one weight for each column.
    pub(crate) make: for<'a> fn(Layout, &'a [T]) -> AnyLoss<'a, T>,
    /// Whether unreduced losses are by row.
    pub(crate) by_row: bool,
    /// Whether a value or gradient is a difference that can cancel.
    pub(crate) cancels: bool,
    /// Whether its class weights enter PyTorch's mean.
    pub(crate) weighs_classes: bool,
    /// Whether its predictions are positive.
    pub(crate) of_probabilities: bool,
}

fn elements<T>(
    name: &'static str,
    targets: Targets,
    make: for<'a> fn(Layout, &'a [T]) -> AnyLoss<'a, T>,
) -> Subject<T> {
    let (by_row, cancels) = (false, targets == Targets::Yes);
    Subject { name, targets, make, by_row, cancels, weighs_classes: false, of_probabilities: false }
}

fn rows<T>(
    name: &'static str,
    targets: Targets,
    cancels: bool,
    make: for<'a> fn(Layout, &'a [T]) -> AnyLoss<'a, T>,
) -> Subject<T> {
    Subject { name, targets, make, by_row: true, cancels, weighs_classes: false, of_probabilities: false }
}

/// All of them.
pub(crate) fn subjects<T: Number>() -> Vec<Subject<T>> {
    let mut all = of_elements_and_logits();
    all.extend(of_pairs());
    all
}

/// Those of rows against rows, and of probabilities.
fn of_pairs<T: Number>() -> Vec<Subject<T>> {
    use Targets::{Classes, Distributions, Hits, Numbers};
    let weighted = |subject: Subject<T>| Subject { weighs_classes: true, ..subject };
    let positive = |subject: Subject<T>| Subject { of_probabilities: true, ..subject };
    vec![
        rows("CosineSimilarity", Numbers, true, |c, _| AnyLoss::CosineSimilarity(CosineSimilarity::new(c).floor(0.5))),
        rows("CosineEmbedding", Numbers, true, |c, _| AnyLoss::CosineEmbedding(c, &[])),
        rows("CategoricalHinge", Hits, false, |c, _| AnyLoss::CategoricalHinge(CategoricalHinge::new(c).tie(0.5))),
        rows("Nll", Classes, false, |c, _| AnyLoss::Nll(Nll::new(c))),
        weighted(rows("Nll, weights", Classes, false, |c, w| AnyLoss::Nll(Nll::new(c).class_weights(w)))),
        positive(rows("CategoricalCrossEntropy", Classes, false, |c, _| {
            AnyLoss::CategoricalCrossEntropy(CategoricalCrossEntropy::new(c).ignore_index(-100))
        })),
        weighted(positive(rows("CategoricalCrossEntropy, weights, smoothing", Classes, true, |c, w| {
            let loss = CategoricalCrossEntropy::new(c).ignore_index(-100).class_weights(w);
            AnyLoss::CategoricalCrossEntropy(loss.label_smoothing(0.125).clip(Clip::Given(1e-3)))
        }))),
        positive(rows("CategoricalCrossEntropy, probabilities", Distributions, true, |c, w| {
            let loss = CategoricalCrossEntropy::new(c).class_weights(w);
            AnyLoss::CategoricalCrossEntropy(loss.clip(Clip::Normalized(1e-7)))
        })),
    ]
}

/// Those of elements, and of logits.
fn of_elements_and_logits<T: Number>() -> Vec<Subject<T>> {
    use Targets::{Classes, Distributions, Numbers, Yes};
    let weighted = |subject: Subject<T>| Subject { weighs_classes: true, ..subject };
    vec![
        elements("Mse", Numbers, |_, _| AnyLoss::Mse(Mse::new())),
        elements("Mae", Numbers, |_, _| AnyLoss::Mae(Mae::new())),
        elements("Huber", Numbers, |_, _| AnyLoss::Huber(Huber::new(1.5))),
        elements("SmoothL1", Numbers, |_, _| AnyLoss::SmoothL1(SmoothL1::new(0.75))),
        elements("LogCosh", Numbers, |_, _| AnyLoss::LogCosh(LogCosh::new())),
        elements("Msle", Numbers, |_, _| AnyLoss::Msle(Msle::new().floor(0.5))),
        elements("Hinge", Yes, |_, _| AnyLoss::Hinge(Hinge::new().labels(Labels::ZeroOne))),
        elements("KlDiv", Yes, |_, _| AnyLoss::KlDiv(KlDiv::new())),
        elements("BceWithLogits", Yes, |_, _| AnyLoss::Bce(BceWithLogits::new().pos_weight(1.25))),
        elements("BceWithLogits, columns", Yes, |_, w| AnyLoss::Bce(BceWithLogits::new().pos_weights(w))),
        rows("CrossEntropy", Classes, false, |c, _| AnyLoss::CrossEntropy(CrossEntropy::new(c))),
        weighted(rows("CrossEntropy, weights", Classes, false, |c, w| {
            AnyLoss::CrossEntropy(CrossEntropy::new(c).class_weights(w))
        })),
        weighted(rows("CrossEntropy, smoothing", Classes, true, |c, w| {
            AnyLoss::CrossEntropy(CrossEntropy::new(c).class_weights(w).label_smoothing(0.125))
        })),
        rows("CrossEntropy, probabilities", Distributions, true, |c, _| AnyLoss::CrossEntropy(CrossEntropy::new(c))),
        rows("CrossEntropy, probabilities and weights", Distributions, true, |c, w| {
            AnyLoss::CrossEntropy(CrossEntropy::new(c).class_weights(w).label_smoothing(0.0625))
        }),
    ]
}

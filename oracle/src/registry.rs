//! Every loss of `lossfn` beside the formula that judges it: one row each, read by tests, benchmarks and fuzzers.
//!
//! Whoever adds an elementwise loss writes its formula in [`formula`](crate::formula) and its row in
//! `elementwise_table`; every test of accuracy then goes through it, for both types, at all levels.

mod pairs;
mod rowwise;
mod verb;

pub use pairs::{IGNORED, Inputs, PairSubject, PairsRow, RowInputs, Sides};
pub use rowwise::{CROSS_ENTROPY, Given, RowTargets, Rowwise};
pub use verb::{Returned, Slices, Verb};

use lossfn::{
    Bce, BceWithLogits, Call, Hinge, HingeEmbedding, Huber, KlDiv, Labels, LogCosh, LossError, Mae, Mape, Mse, Msle,
    Real, SmoothL1, SquaredHinge,
};

use crate::compare::Tolerance;
use crate::formula::{self, Element, Reference};
use crate::judged::Judged;

/// What the documentation of a loss promises of every element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Of the loss.
    pub value: Tolerance,
    /// Of its derivative.
    pub slope: Tolerance,
    /// Of its derivative by the target.
    pub target_slope: Tolerance,
}

impl Accuracy {
    /// Within so many ULPs, with the two derivatives alike.
    pub const fn ulp(value: f64, slope: f64) -> Self {
        Self { value: Tolerance::ulp(value), slope: Tolerance::ulp(slope), target_slope: Tolerance::ulp(slope) }
    }

    /// The derivative by the target within so many ULPs.
    #[must_use]
    pub const fn target(self, ulp: f64) -> Self {
        Self { target_slope: Tolerance::ulp(ulp), ..self }
    }
}

/// The families of losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A number against a number.
    Regression,
    /// A score against a class.
    Classification,
    /// A distribution against a distribution.
    Divergence,
    /// A vector, or what a pair of them came to, against another.
    Embedding,
}

/// Where a loss is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At the inputs as they are, of which the prediction has kinks.
    Inputs,
    /// At the inputs as they are, whose error x − t has kinks.
    Error,
    /// At the error x − t, rounded once to the judged type: such a loss promises its accuracy for that number, because
    /// the rounding of a difference is the caller's to avoid.
    RoundedError,
}

/// What the targets or the predictions of a loss are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Any numbers.
    Numbers,
    /// Numbers above -1.
    AboveMinusOne,
    /// Numbers from 0 to 1, where both ends are special.
    Probabilities,
    /// Their logarithms, down to where `e^t` of an f32 is no longer normal, and -inf.
    LogProbabilities,
    /// These and no others.
    Labels(&'static [f64]),
}

/// What a loss takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Which of the test suites it belongs to.
    pub family: Family,
    /// Where it is judged.
    pub at: At,
    /// What its predictions are.
    pub predictions: Range,
    /// What its targets are.
    pub targets: Range,
    /// Errors x − t, or predictions, at which the formula changes.
    pub kinks: Vec<f64>,
}

impl Domain {
    /// A loss of the error x − t.
    pub fn of_error(kinks: &[f64]) -> Self {
        Self { at: At::RoundedError, ..Self::of(Family::Regression, Range::Numbers, Range::Numbers, kinks) }
    }

    /// A loss of predictions and targets in these ranges.
    pub fn of(family: Family, predictions: Range, targets: Range, kinks: &[f64]) -> Self {
        Self { family, at: At::Inputs, predictions, targets, kinks: kinks.to_vec() }
    }

    /// The same, where it promises its accuracy for the error before any rounding.
    #[must_use]
    pub fn unrounded(self) -> Self {
        Self { at: At::Error, ..self }
    }

    /// A loss of a logit against a probability.
    pub fn of_logit(kinks: &[f64]) -> Self {
        Self::of(Family::Classification, Range::Numbers, Range::Probabilities, kinks)
    }
}

type Run<T> = Box<dyn Fn(Call<'_, T>, Verb, &[T], Slices<'_, T>) -> Result<Returned, LossError> + Send + Sync>;
type Textbook<T> = Box<dyn Fn(T, T) -> Element<<T as Judged>::Wide> + Send + Sync>;

/// An elementwise loss with its parameters.
pub struct Row<T: Judged> {
    /// Its name and parameters.
    pub name: String,
    /// What it takes.
    pub domain: Domain,
    /// What it promises.
    pub accuracy: Accuracy,
    /// Whether its target has a gradient.
    pub both_grads: bool,
    run: Run<T>,
    textbook: Textbook<T>,
}

impl<T: Judged> Row<T> {
    /// Runs a verb of the loss.
    ///
    /// # Errors
    /// As the verb.
    pub fn run(
        &self,
        how: Call<'_, T>,
        verb: Verb,
        target: &[T],
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        (self.run)(how, verb, target, slices)
    }

    /// The verbs that the loss has.
    pub fn verbs(&self) -> impl Iterator<Item = Verb> {
        Verb::of(self.both_grads)
    }

    /// Loss and derivatives of one element, where they are judged.
    pub fn truth(&self, x: T, t: T) -> Element<T::Wide> {
        match self.domain.at {
            At::Inputs | At::Error => (self.textbook)(x, t),
            // No difference of two numbers of a type is rounded twice on its way through f64.
            At::RoundedError => (self.textbook)(T::from_f64(x.to_f64() - t.to_f64()), T::from_f64(0.0)),
        }
    }
}

/// One row, pushed to `$rows`; with a parameter, one for each of its values. After `prediction only`, one of a loss
/// whose target has no gradient.
macro_rules! row {
    ($rows:ident, prediction only, $($rest:tt)+) => {
        row!(@run, false, $rows, $($rest)+)
    };
    (@$run:ident, $both:literal, $rows:ident, $name:expr, $kernel:expr => $formula:expr, $domain:expr, $accuracy:expr) => {
        $rows.push(Row {
            name: $name.into(),
            domain: $domain,
            accuracy: $accuracy,
            both_grads: $both,
            run: Box::new(move |how, verb, target, slices| verb.$run(&$kernel.with(how), target, slices)),
            textbook: Box::new(move |x, t| Reference::truth(&$formula, x, t)),
        })
    };
    (@$run:ident, $both:literal, $rows:ident, $name:literal, $parameter:ident in $grid:expr, $($rest:tt)+) => {
        for $parameter in $grid {
            row!(@$run, $both, $rows, format!("{} {}={:?}", $name, stringify!($parameter), $parameter), $($rest)+);
        }
    };
    ($rows:ident, $($rest:tt)+) => {
        row!(@run_both, true, $rows, $($rest)+)
    };
}

/// All elementwise losses: name, parameters, kernel and formula, domain, ULPs of loss and derivatives.
#[rustfmt::skip]
macro_rules! elementwise_table {
    ($rows:ident) => {
        row!($rows, "mse", Mse::new() => formula::Mse, Domain::of_error(&[]), Accuracy::ulp(1.5, 0.0));
        row!($rows, "mae", Mae::new() => formula::Mae::default(), Domain::of_error(&[0.0]).unrounded(),
            Accuracy::ulp(0.5, 0.0));
        row!($rows, "huber", delta in [1.0, 0.1, 1e4, 1e-30], Huber::new(delta) => formula::Huber { delta },
            Domain::of_error(&[delta, -delta]), Accuracy::ulp(2.0, 0.0));
        row!($rows, "smooth_l1", beta in [1.0, 0.1, 0.0, 1e-40, 1e-60], SmoothL1::new(beta) => formula::SmoothL1 { beta },
            Domain::of_error(&[0.0, beta, -beta]), Accuracy::ulp(2.5, 0.5));
        row!($rows, "bce_with_logits", pos_weight in [1.0, 3.0, 0.3, 0.0],
            BceWithLogits::new().pos_weight(pos_weight) => formula::BceWithLogits { pos_weight, smoothing: 0.0 },
            Domain::of_logit(&[0.0]), Accuracy::ulp(4.0, 4.0));
        row!($rows, "bce_with_logits", smoothing in [0.1, 1.0],
            BceWithLogits::new().label_smoothing(smoothing) => formula::BceWithLogits { smoothing, ..Default::default() },
            Domain::of_logit(&[0.0]), Accuracy::ulp(4.0, 4.0));
        row!($rows, "bce_with_logits, both", pos_weight in [3.0, 0.3, 0.0],
            BceWithLogits::new().pos_weight(pos_weight).label_smoothing(0.1) =>
            formula::BceWithLogits { pos_weight, smoothing: 0.1 }, Domain::of_logit(&[0.0]), Accuracy::ulp(4.0, 4.0));
        row!($rows, "log_cosh", LogCosh::new() => formula::LogCosh, Domain::of_error(&[0.0, 0.875, -0.875]),
            Accuracy::ulp(6.0, 4.0));
        row!($rows, "mape", floor in [0.0, 1e-7, 0.5], Mape::new().floor(floor) => formula::Mape { floor },
            Domain::of_error(&[0.0, floor, -floor]).unrounded(), Accuracy::ulp(2.5, 0.5).target(2.5));
        row!($rows, "mape, keras", Mape::new().keras() => formula::Mape { floor: 1e-7 },
            Domain::of_error(&[0.0]).unrounded(), Accuracy::ulp(2.5, 0.5).target(2.5));
        row!($rows, "msle", Msle::new() => formula::Msle { floor: f64::NEG_INFINITY }, amounts(&[-1.0, 0.0]),
            Accuracy::ulp(6.0, 4.0));
        row!($rows, "msle", floor in [0.5, -0.5], Msle::new().floor(floor) => formula::Msle { floor },
            amounts(&[floor, 0.0]), Accuracy::ulp(6.0, 4.0));
        row!($rows, "msle, keras", Msle::new().keras() => formula::Msle { floor: 1e-7 }, amounts(&[1e-7, 0.0]),
            Accuracy::ulp(6.0, 4.0));
        row!($rows, "bce", smoothing in [0.0, 0.1, 1.0],
            Bce::new().label_smoothing(smoothing) => formula::Bce { smoothing, ..Default::default() },
            yes_or_no(&[0.5, 0.25, 0.75]), Accuracy::ulp(4.0, if smoothing == 0.0 { 3.0 } else { 4.0 }).target(3.0));
        row!($rows, "bce, torch", Bce::new().torch() => formula::Bce::torch(), yes_or_no(&[0.0, 1.0, 1e-12]),
            Accuracy::ulp(4.0, 3.0));
        row!($rows, "bce, keras", Bce::new().keras() => formula::Bce::keras(0.0), yes_or_no(&[1e-7, 1.0 - 1e-7]),
            Accuracy::ulp(4.0, 3.0));
        row!($rows, "bce, keras, smoothing", Bce::new().label_smoothing(0.1).keras() =>
            formula::Bce { smoothing: 0.1, ..formula::Bce::keras(0.0) }, yes_or_no(&[1e-7, 1.0 - 1e-7]),
            Accuracy::ulp(4.0, 4.0).target(3.0));
        row!($rows, "bce, tf23", Bce::new().tf23() => formula::Bce::keras(1e-7), yes_or_no(&[1e-7, 1.0 - 1e-7]),
            Accuracy::ulp(4.0, 4.0).target(3.0));
        row!($rows, "bce, clip", Bce::new().clip(0.1) =>
            formula::Bce { lower: 0.1, upper: 0.9, ..Default::default() }, yes_or_no(&[0.1, 0.9]), Accuracy::ulp(4.0, 3.0));
        row!($rows, "bce, log floor", Bce::new().log_floor(-3.0) =>
            formula::Bce { log_floor: -3.0, ..Default::default() }, yes_or_no(&[0.5]), Accuracy::ulp(4.0, 3.0));
        row!($rows, "hinge", tie in [0.0, 0.5, 1.0], Hinge::new().tie(tie) => formula::Hinge { zero_one: false, tie },
            labelled(&[-1.0, 1.0, 0.0, 2.0]), Accuracy::ulp(0.5, 0.0));
        row!($rows, "hinge of 0 and 1", tie in [0.0, 1.0],
            Hinge::new().labels(Labels::ZeroOne).tie(tie) => formula::Hinge { zero_one: true, tie },
            labelled(&[0.0, 1.0, 0.5]), Accuracy::ulp(0.5, 0.0));
        row!($rows, "squared_hinge", SquaredHinge::new() => formula::SquaredHinge::default(),
            labelled(&[-1.0, 1.0, 0.0]), Accuracy::ulp(2.0, 1.0).target(2.0));
        row!($rows, "squared_hinge of 0 and 1", SquaredHinge::new().labels(Labels::ZeroOne) =>
            formula::SquaredHinge { zero_one: true }, labelled(&[0.0, 1.0, 0.5]), Accuracy::ulp(2.0, 1.0).target(2.0));
        row!($rows, "kl_div", KlDiv::new() => formula::KlDiv,
            divergence(Range::LogProbabilities, Range::Probabilities), Accuracy::ulp(3.0, 1.5).target(3.0));
        row!($rows, "kl_div of logarithms", KlDiv::new().log_target() => formula::LogKlDiv,
            divergence(Range::LogProbabilities, Range::LogProbabilities), Accuracy::ulp(3.0, 1.5).target(3.0));
        row!($rows, "kl_div of probabilities", KlDiv::new().of_probabilities() =>
            formula::KlDivOfProbabilities { lower: f64::NEG_INFINITY },
            divergence(Range::Probabilities, Range::Probabilities), Accuracy::ulp(4.0, 1.5).target(3.0));
        row!($rows, "kl_div of probabilities", clip in [1e-7, 0.25], KlDiv::new().of_probabilities().clip(clip) =>
            formula::KlDivOfProbabilities { lower: clip },
            divergence(Range::Probabilities, Range::Probabilities), Accuracy::ulp(4.0, 1.5).target(3.0));
        row!($rows, "kl_div, keras", KlDiv::new().keras() => formula::KlDivOfProbabilities { lower: 1e-7 },
            divergence(Range::Probabilities, Range::Probabilities), Accuracy::ulp(4.0, 1.5).target(3.0));
        row!($rows, prediction only, "hinge_embedding", margin in [1.0, 0.3, -2.0],
            HingeEmbedding::new(margin) => formula::HingeEmbedding { margin, both: false },
            pairs(&[margin, 0.0], &[1.0, -1.0, 0.0, 3.0]), Accuracy::ulp(0.5, 0.0));
        row!($rows, prediction only, "hinge_embedding, torch", HingeEmbedding::new(0.3).torch() =>
            formula::HingeEmbedding { margin: 0.3, both: true }, pairs(&[0.3, 0.0], &[1.0, -1.0, 0.0, 3.0]),
            Accuracy::ulp(0.5, 0.0));
        row!($rows, "bce, tf23, smoothing", Bce::new().label_smoothing(0.1).tf23() =>
            formula::Bce { smoothing: 0.1, ..formula::Bce::keras(1e-7) }, yes_or_no(&[1e-7, 1.0 - 1e-7]),
            Accuracy::ulp(4.0, 4.0).target(3.0));
        row!($rows, "bce, slope floor", Bce::new().slope_floor(1e-3) =>
            formula::Bce { slope_floor: 1e-3, ..Default::default() }, yes_or_no(&[0.0, 1.0, 1e-3]), Accuracy::ulp(4.0, 3.0));
    };
}

/// Amounts against amounts.
fn amounts(kinks: &[f64]) -> Domain {
    Domain::of(Family::Regression, Range::AboveMinusOne, Range::AboveMinusOne, kinks)
}

/// A probability against a probability of yes.
fn yes_or_no(kinks: &[f64]) -> Domain {
    Domain::of(Family::Classification, Range::Probabilities, Range::Probabilities, kinks)
}

/// A score against labels.
fn labelled(labels: &'static [f64]) -> Domain {
    Domain::of(Family::Classification, Range::Numbers, Range::Labels(labels), &[0.0, 1.0, -1.0])
}

/// A distribution against a distribution.
fn divergence(predictions: Range, targets: Range) -> Domain {
    Domain::of(Family::Divergence, predictions, targets, &[0.0, 1.0, 0.5])
}

/// A distance against what it should be.
fn pairs(kinks: &[f64], labels: &'static [f64]) -> Domain {
    Domain::of(Family::Embedding, Range::Numbers, Range::Labels(labels), kinks)
}

/// The types that have losses. Sealed by [`Real`].
pub trait Subject: Judged + Real {
    /// A row for every elementwise loss and each of its parameters.
    fn elementwise() -> Vec<Row<Self>>;

    /// Cross-entropy with the options of a [`Rowwise`]; see [`Rowwise::run`].
    #[doc(hidden)]
    fn cross_entropy(
        loss: lossfn::CrossEntropy<'_, Self>,
        how: Call<'_, Self>,
        verb: Verb,
        targets: RowTargets<'_, Self>,
        slices: Slices<'_, Self>,
    ) -> Result<Returned, LossError>;
}

macro_rules! subject {
    ($($float:ident),+) => {
        $(impl Subject for $float {
            fn elementwise() -> Vec<Row<Self>> {
                let mut rows = Vec::new();
                elementwise_table!(rows);
                rows
            }

            fn cross_entropy(
                loss: lossfn::CrossEntropy<'_, Self>,
                how: Call<'_, Self>,
                verb: Verb,
                targets: RowTargets<'_, Self>,
                slices: Slices<'_, Self>,
            ) -> Result<Returned, LossError> {
                match targets {
                    RowTargets::Classes(classes) => verb.run(&loss.with(how), classes, slices),
                    RowTargets::Probabilities(t) => verb.run_both(&loss.with(how), t, slices),
                }
            }
        })+
    };
}
subject!(f32, f64);

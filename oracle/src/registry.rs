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

use lossfn::{BceWithLogits, Call, Huber, LossError, Mae, Mse, Real, SmoothL1};

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
}

impl Accuracy {
    /// Within so many ULPs.
    pub const fn ulp(value: f64, slope: f64) -> Self {
        Self { value: Tolerance::ulp(value), slope: Tolerance::ulp(slope) }
    }
}

/// The families of losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A number against a number.
    Regression,
    /// A score against a class.
    Classification,
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

/// What the targets of a loss are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Any numbers.
    Numbers,
    /// Numbers from 0 to 1, where both ends are special.
    Probabilities,
}

/// What a loss takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Which of the test suites it belongs to.
    pub family: Family,
    /// Where it is judged.
    pub at: At,
    /// What its targets are.
    pub targets: Targets,
    /// Errors x − t, or predictions, at which the formula changes.
    pub kinks: Vec<f64>,
}

impl Domain {
    /// A loss of the error x − t.
    pub fn of_error(kinks: &[f64]) -> Self {
        let (family, at, targets) = (Family::Regression, At::RoundedError, Targets::Numbers);
        Self { family, at, targets, kinks: kinks.to_vec() }
    }

    /// The same, where it promises its accuracy for the error before any rounding.
    #[must_use]
    pub fn unrounded(self) -> Self {
        Self { at: At::Error, ..self }
    }

    /// A loss of a logit against a probability.
    pub fn of_logit(kinks: &[f64]) -> Self {
        let (family, at, targets) = (Family::Classification, At::Inputs, Targets::Probabilities);
        Self { family, at, targets, kinks: kinks.to_vec() }
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

    /// Loss and derivative of one element, where they are judged.
    pub fn truth(&self, x: T, t: T) -> Element<T::Wide> {
        match self.domain.at {
            At::Inputs | At::Error => (self.textbook)(x, t),
            // No difference of two numbers of a type is rounded twice on its way through f64.
            At::RoundedError => (self.textbook)(T::from_f64(x.to_f64() - t.to_f64()), T::from_f64(0.0)),
        }
    }
}

/// One row, pushed to `$rows`; with a parameter, one for each of its values.
macro_rules! row {
    ($rows:ident, $name:expr, $kernel:expr => $formula:expr, $domain:expr, $accuracy:expr) => {
        $rows.push(Row {
            name: $name.into(),
            domain: $domain,
            accuracy: $accuracy,
            run: Box::new(move |how, verb, target, slices| verb.run(&$kernel.with(how), target, slices)),
            textbook: Box::new(move |x, t| Reference::truth(&$formula, x, t)),
        })
    };
    ($rows:ident, $name:literal, $parameter:ident in $grid:expr, $($rest:tt)+) => {
        for $parameter in $grid {
            row!($rows, format!("{} {}={:?}", $name, stringify!($parameter), $parameter), $($rest)+);
        }
    };
}

/// All elementwise losses: name, parameters, kernel and formula, domain, ULPs of loss and derivative.
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
            BceWithLogits::new().pos_weight(pos_weight) => formula::BceWithLogits { pos_weight },
            Domain::of_logit(&[0.0]), Accuracy::ulp(4.0, 4.0));
    };
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
                    RowTargets::Probabilities(t) => verb.run(&loss.with(how), t, slices),
                }
            }
        })+
    };
}
subject!(f32, f64);

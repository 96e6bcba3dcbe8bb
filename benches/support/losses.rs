//! The losses that are measured: the library's beside the plain loop's.

use super::data::{Batch, Data, Predictions, Verb};
use super::scalar::Scalar;
use super::{parts, plain, plain_rows};
use lossfn::{
    Bce, BceWithLogits, Call, CategoricalCrossEntropy, CategoricalHinge, CosineSimilarity, CrossEntropy, Hinge,
    HingeEmbedding, Huber, KlDiv, LogCosh, Loss, Mae, Mape, Mse, Msle, Nll, SmoothL1, SquaredHinge, Threads,
};

/// One loss, by the library and by a plain loop.
pub(crate) struct Subject<T, Y> {
    pub(crate) name: &'static str,
    pub(crate) predictions: Predictions,
    /// Entries of a row.
    columns: usize,
    /// Targets of a row.
    targets: usize,
    library: fn(usize, Threads, Batch<'_, T, Y>) -> f64,
    plain: fn(usize, f64, Batch<'_, T, Y>) -> f64,
}

impl<T: Scalar, Y: Sync> Subject<T, Y> {
    /// The mean loss by the library.
    pub(crate) fn library(&self, threads: Threads, batch: Batch<'_, T, Y>) -> f64 {
        (self.library)(self.columns, threads, batch)
    }

    /// The mean loss by the plain loop.
    pub(crate) fn plain(&self, threads: Threads, batch: Batch<'_, T, Y>) -> f64 {
        let scale = self.targets as f64 / batch.y.len() as f64;
        scale * parts::sum(threads, [self.columns, self.targets], batch, |part| (self.plain)(self.columns, scale, part))
    }

    /// Asserts that library and plain loop agree.
    pub(crate) fn check(&self, threads: Threads, verb: Verb, data: &mut Data<T, Y>) {
        data.dx.fill(T::of(f64::NAN));
        let value = self.library(threads, data.batch(verb));
        let grads = data.dx.clone();
        let expected = self.plain(threads, data.batch(verb));
        self.assert_near("value", value, expected, 0.0);
        if verb == Verb::ValueAndGrad {
            let largest = data.dx.iter().fold(0.0, |largest, &dx| dx.abs().into().max(largest));
            for (&grad, &expected) in grads.iter().zip(&data.dx) {
                self.assert_near("gradient", grad.into(), expected.into(), largest);
            }
        }
    }

    /// Asserts the tolerance of sums, and 8 epsilons of the largest number for what is a difference.
    fn assert_near(&self, what: &str, found: f64, expected: f64, largest: f64) {
        let bound = T::TOLERANCE * expected.abs() + T::EPSILON * 8.0 * largest;
        let name = self.name;
        assert!((found - expected).abs() <= bound, "{what} of {name}: {found}, by the plain loop {expected}");
    }
}

/// The losses of one element at a time.
pub(crate) fn elementwise<T>() -> [Subject<T, T>; 13]
where
    T: Scalar,
    Mse: Loss<T>,
    Mae: Loss<T>,
    Huber: Loss<T>,
    SmoothL1: Loss<T>,
    LogCosh: Loss<T>,
    Mape: Loss<T>,
    Msle: Loss<T>,
    Bce: Loss<T>,
    Hinge: Loss<T>,
    SquaredHinge: Loss<T>,
    KlDiv: Loss<T>,
    HingeEmbedding: Loss<T>,
    for<'a> BceWithLogits<'a, T>: Loss<T>,
{
    macro_rules! subject {
        ($loss:ident, $new:expr, $formula:ident) => {
            subject!($loss, $new, $formula, Predictions::Logits)
        };
        ($loss:ident, $new:expr, $formula:ident, $predictions:expr) => {
            Subject {
                name: stringify!($loss),
                predictions: $predictions,
                columns: 1,
                targets: 1,
                library: |_, threads, batch| run($new.with(Call::new().threads(threads)), batch),
                plain: |_, scale, batch| plain::elementwise(plain::$formula, scale, batch),
            }
        };
    }
    [
        subject!(Mse, Mse::new(), mse),
        subject!(Mae, Mae::new(), mae),
        subject!(Huber, Huber::new(1.0), huber),
        subject!(SmoothL1, SmoothL1::new(1.0), huber),
        subject!(LogCosh, LogCosh::new(), log_cosh),
        subject!(Mape, Mape::new().keras(), mape),
        subject!(Msle, Msle::new(), msle, Predictions::Probabilities),
        subject!(BceWithLogits, BceWithLogits::new(), bce_with_logits),
        subject!(Bce, Bce::new(), bce, Predictions::Probabilities),
        subject!(Hinge, Hinge::new(), hinge),
        subject!(SquaredHinge, SquaredHinge::new(), squared_hinge),
        subject!(KlDiv, KlDiv::new(), kl_div),
        subject!(HingeEmbedding, HingeEmbedding::new(1.0).torch(), hinge_embedding),
    ]
}

/// Cross-entropy of rows of so many classes.
pub(crate) fn cross_entropy(classes: usize) -> Subject<f32, u32> {
    Subject {
        name: "CrossEntropy",
        predictions: Predictions::Logits,
        columns: classes,
        targets: 1,
        library: |classes, threads, batch| run(CrossEntropy::new(classes).with(Call::new().threads(threads)), batch),
        plain: plain::cross_entropy,
    }
}

/// The losses of rows of so many entries against others.
pub(crate) fn pairs(columns: usize) -> [Subject<f32, f32>; 3] {
    macro_rules! subject {
        ($loss:ident, $formula:ident, $predictions:expr) => {
            Subject {
                name: stringify!($loss),
                predictions: $predictions,
                columns,
                targets: columns,
                library: |columns, threads, batch| run($loss::new(columns).with(Call::new().threads(threads)), batch),
                plain: plain_rows::$formula,
            }
        };
    }
    [
        subject!(CosineSimilarity, cosine_similarity, Predictions::Logits),
        subject!(CategoricalHinge, categorical_hinge, Predictions::Logits),
        subject!(CategoricalCrossEntropy, categorical_cross_entropy, Predictions::Probabilities),
    ]
}

/// Negative log-likelihood of rows of so many classes.
pub(crate) fn nll(classes: usize) -> Subject<f32, u32> {
    Subject {
        name: "Nll",
        predictions: Predictions::Logits,
        columns: classes,
        targets: 1,
        library: |classes, threads, batch| run(Nll::new(classes).with(Call::new().threads(threads)), batch),
        plain: plain_rows::nll,
    }
}

#[inline(always)]
pub(crate) fn run<T: Scalar, Y>(loss: impl Loss<T, Y>, Batch { x, y, dx }: Batch<'_, T, Y>) -> f64 {
    let outcome = match dx {
        None => loss.value(x, y),
        Some(dx) => loss.value_and_grad(x, y, dx),
    };
    outcome.expect("lengths and classes fit").value
}

//! The losses that are measured: the library's beside the plain loop's.

use super::data::{Batch, Data, Predictions, Verb};
use super::scalar::Scalar;
use super::{parts, plain, plain_rows};
use lossfn::{
    Bce, BceWithLogits, Call, CategoricalCrossEntropy, CategoricalHinge, CosineSimilarity, CrossEntropy, Hinge,
    HingeEmbedding, Huber, KlDiv, Layout, LogCosh, Loss, Mae, Mape, Mse, Msle, Nll, SmoothL1, SquaredHinge, Threads,
};

type Library<T, Y> = Box<dyn Fn(Call<'static, T>, Batch<'_, T, Y>) -> f64>;
type InPlace<T, Y> = Box<dyn Fn(Call<'static, T>, &mut [T], &[Y]) -> f64>;
type Plain<T, Y> = Box<dyn Fn(f64, Batch<'_, T, Y>) -> f64 + Sync>;

/// One loss, by the library and by a plain loop.
pub(crate) struct Subject<T: 'static, Y> {
    pub(crate) name: &'static str,
    pub(crate) predictions: Predictions,
    /// Entries, targets and losses of what is never shared between threads: an element, a row, a sample.
    unit: [usize; 3],
    library: Library<T, Y>,
    in_place: InPlace<T, Y>,
    plain: Plain<T, Y>,
}

impl<T: Scalar, Y: Sync + 'static> Subject<T, Y> {
    fn new<L: Loss<T, Y>>(
        name: &'static str,
        unit: [usize; 3],
        loss: impl Fn(Call<'static, T>) -> L + Copy + 'static,
        plain: impl Fn(f64, Batch<'_, T, Y>) -> f64 + Sync + 'static,
    ) -> Self {
        let library = move |call, batch: Batch<'_, T, Y>| {
            let outcome = match batch.dx {
                None => loss(call).value(batch.x, batch.y),
                Some(dx) => loss(call).value_and_grad(batch.x, batch.y, dx),
            };
            outcome.expect("lengths and classes fit").value
        };
        let in_place = move |call, x: &mut [T], y: &[Y]| {
            loss(call).value_and_grad_in_place(x, y).expect("lengths and classes fit").value
        };
        let predictions = Predictions::Logits;
        let (library, in_place, plain) = (Box::new(library), Box::new(in_place), Box::new(plain));
        Self { name, predictions, unit, library, in_place, plain }
    }

    const fn of_probabilities(mut self) -> Self {
        self.predictions = Predictions::Probabilities;
        self
    }

    /// The mean loss by the library.
    pub(crate) fn library(&self, call: Call<'static, T>, batch: Batch<'_, T, Y>) -> f64 {
        (self.library)(call, batch)
    }

    /// The same, with the gradient over the predictions.
    pub(crate) fn in_place(&self, call: Call<'static, T>, x: &mut [T], y: &[Y]) -> f64 {
        (self.in_place)(call, x, y)
    }

    /// The mean loss by the plain loop.
    pub(crate) fn plain(&self, threads: Threads, batch: Batch<'_, T, Y>) -> f64 {
        let ([entries, targets, losses], plain) = (self.unit, &self.plain);
        let scale = 1.0 / (batch.y.len() / targets * losses) as f64;
        scale * parts::sum(threads, [entries, targets], batch, |part| plain(scale, part))
    }

    /// Asserts that library and plain loop agree.
    pub(crate) fn check(&self, threads: Threads, verb: Verb, data: &mut Data<T, Y>) {
        data.dx.fill(T::of(f64::NAN));
        let value = self.library(Call::new().threads(threads), data.batch(verb));
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
pub(crate) fn elementwise<T>() -> Vec<Subject<T, T>>
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
    BceWithLogits<'static, T>: Loss<T>,
{
    macro_rules! subject {
        ($loss:ident, $new:expr, $formula:ident) => {
            Subject::new(
                stringify!($loss),
                [1, 1, 1],
                |call| $new.with(call),
                |scale, batch| plain::elementwise(plain::$formula, scale, batch),
            )
        };
    }
    vec![
        subject!(Mse, Mse::new(), mse),
        subject!(Mae, Mae::new(), mae),
        subject!(Huber, Huber::new(1.0), huber),
        subject!(SmoothL1, SmoothL1::new(1.0), huber),
        subject!(LogCosh, LogCosh::new(), log_cosh),
        subject!(Mape, Mape::new().keras(), mape),
        subject!(Msle, Msle::new(), msle).of_probabilities(),
        subject!(BceWithLogits, BceWithLogits::new(), bce_with_logits),
        subject!(Bce, Bce::new(), bce).of_probabilities(),
        subject!(Hinge, Hinge::new(), hinge),
        subject!(SquaredHinge, SquaredHinge::new(), squared_hinge),
        subject!(KlDiv, KlDiv::new(), kl_div),
        subject!(HingeEmbedding, HingeEmbedding::new(1.0).torch(), hinge_embedding),
    ]
}

/// Cross-entropy of so many classes, which are `inner` entries apart.
pub(crate) fn cross_entropy<T: Scalar>(classes: usize, inner: usize) -> Subject<T, u32>
where
    CrossEntropy<'static, T>: Loss<T, u32>,
{
    Subject::new(
        "CrossEntropy",
        [classes * inner, inner, inner],
        move |call| CrossEntropy::new(Layout::axis(classes, inner)).with(call),
        move |scale, batch| match inner {
            1 => plain::cross_entropy(classes, scale, batch),
            _ => plain_rows::cross_entropy_apart(classes, inner, scale, batch),
        },
    )
}

/// The losses of rows of so many entries against others.
pub(crate) fn pairs<T>(columns: usize) -> Vec<Subject<T, T>>
where
    T: Scalar,
    CosineSimilarity: Loss<T>,
    CategoricalHinge: Loss<T>,
    CategoricalCrossEntropy<'static, T>: Loss<T>,
{
    macro_rules! subject {
        ($loss:ident, $formula:ident) => {
            Subject::new(
                stringify!($loss),
                [columns, columns, 1],
                move |call| $loss::new(columns).with(call),
                move |scale, batch| plain_rows::$formula(columns, scale, batch),
            )
        };
    }
    vec![
        subject!(CosineSimilarity, cosine_similarity),
        subject!(CategoricalHinge, categorical_hinge),
        subject!(CategoricalCrossEntropy, categorical_cross_entropy).of_probabilities(),
    ]
}

/// Negative log-likelihood of rows of so many classes.
pub(crate) fn nll(classes: usize) -> Subject<f32, u32> {
    Subject::new(
        "Nll",
        [classes, 1, 1],
        move |call| Nll::new(classes).with(call),
        move |scale, batch| plain_rows::nll(classes, scale, batch),
    )
}

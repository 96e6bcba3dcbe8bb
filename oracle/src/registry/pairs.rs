//! Losses of one row of numbers against another, or of probabilities against a class.

use lossfn::{
    Call, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineEmbedding, CosineSimilarity, Layout, LossError, Nll,
};

use super::{Accuracy, Returned, Slices, Subject, Verb};
use crate::formula::{self, Cosine, Pairs, Row};
use crate::judged::{Judged, widen};
use crate::wide::Wide;

/// What the targets of such a loss are, and its predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Vectors, and vectors.
    Vectors,
    /// One class or several, as a row of zeros and ones; and scores.
    Hits,
    /// Distributions over classes, and distributions.
    Distributions,
    /// Indices of classes, and distributions.
    Classes,
    /// Indices of classes, and logarithms of distributions.
    ClassesOfLogarithms,
}

impl Sides {
    /// Whether targets are indices.
    pub fn is_class(self) -> bool {
        matches!(self, Self::Classes | Self::ClassesOfLogarithms)
    }
}

/// The index of a row that is ignored.
pub const IGNORED: i64 = -100;

/// What belongs to the predictions of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    /// How the rows lie.
    pub layout: Layout,
    /// Target rows; not read by losses that take classes.
    pub t: &'a [T],
    /// A class for each row, for those.
    pub classes: &'a [i64],
    /// A label for each row, for losses that have one.
    pub labels: &'a [i8],
    /// A weight for each class.
    pub class_weights: &'a [T],
}

/// The same of one row.
#[derive(Clone, Copy, Debug)]
pub struct RowInputs<'a, T> {
    /// The predictions.
    pub x: &'a [T],
    /// The targets; for a class the row that is 1 there.
    pub t: &'a [T],
    /// The class.
    pub class: usize,
    /// The label.
    pub label: i8,
    /// A weight for each class.
    pub class_weights: &'a [T],
}

type Run<T> = fn(&Options, Inputs<'_, T>, Call<'_, T>, Verb, Slices<'_, T>) -> Result<Returned, LossError>;
type Textbook<T> = fn(&Options, RowInputs<'_, T>) -> Row<<T as Judged>::Wide>;

/// Options of all of these losses; each has some.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    weighted: bool,
    smoothing: f64,
    clip: Clip,
    margin: f64,
    floor: f64,
    added: f64,
    tie: f64,
    without_target_slot: bool,
}

/// A loss with one choice of its options.
pub struct PairsRow<T: Judged> {
    /// Its name and options.
    pub name: &'static str,
    /// What its targets are.
    pub sides: Sides,
    /// Whether its classes have weights.
    pub weighted: bool,
    /// What it promises.
    pub accuracy: Accuracy,
    options: Options,
    run: Run<T>,
    textbook: Textbook<T>,
}

impl<T: Judged> PairsRow<T> {
    /// Runs a verb of the loss.
    ///
    /// # Errors
    /// As the verb.
    pub fn run(
        &self,
        inputs: Inputs<'_, T>,
        how: Call<'_, T>,
        verb: Verb,
        slices: Slices<'_, T>,
    ) -> Result<Returned, LossError> {
        (self.run)(&self.options, inputs, how, verb, slices)
    }

    /// The verbs that the loss has.
    pub fn verbs(&self) -> impl Iterator<Item = Verb> {
        Verb::of(!self.sides.is_class())
    }

    /// Loss and gradients of one row.
    pub fn truth(&self, row: RowInputs<'_, T>) -> Row<T::Wide> {
        (self.textbook)(&self.options, row)
    }

    /// Whether norms are kept from 0, by a floor or by what is added to them.
    pub fn is_guarded(&self) -> bool {
        self.options.floor > 0.0 || self.options.added > 0.0
    }
}

fn cosine<T: Judged>(options: &Options) -> Cosine {
    Cosine { floor: T::round(options.floor), added: T::round(options.added) }
}

fn of_rows<T: Judged>(loss: &impl Pairs, row: RowInputs<'_, T>) -> Row<T::Wide> {
    loss.row(&widen(row.x), &widen(row.t))
}

fn cosine_similarity<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    of_rows(&formula::CosineSimilarity(cosine::<T>(options)), row)
}

fn cosine_embedding<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    let (cosine, label, margin) = (cosine::<T>(options), f64::from(row.label), T::round(options.margin));
    of_rows(&formula::CosineEmbedding { cosine, label, margin }, row)
}

fn categorical_hinge<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    let with_target_slot = !options.without_target_slot;
    of_rows(&formula::CategoricalHinge { with_target_slot, tie: T::round(options.tie) }, row)
}

fn categorical_cross_entropy<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    let (clip, upper) = match options.clip {
        Clip::Normalized(epsilon) => (formula::Clip::Normalized(T::round(epsilon)), T::round(1.0 - epsilon)),
        Clip::Given(epsilon) => (formula::Clip::Given(T::round(epsilon)), T::round(1.0 - epsilon)),
        _ => (formula::Clip::None, 1.0),
    };
    let weights = options.weighted.then(|| row.class_weights.iter().map(|weight| weight.to_f64()).collect());
    of_rows(&formula::CategoricalCrossEntropy { weights, smoothing: options.smoothing, clip, upper }, row)
}

/// Of a class alone no weight is read but its own.
fn cross_entropy_of_class<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    let is_read = |j: usize| j == row.class || options.smoothing != 0.0;
    let weight = |(j, weight): (usize, &T)| if is_read(j) { *weight } else { T::from_f64(1.0) };
    let class_weights: Vec<T> = row.class_weights.iter().enumerate().map(weight).collect();
    categorical_cross_entropy(options, RowInputs { class_weights: &class_weights, ..row })
}

fn nll<T: Judged>(options: &Options, row: RowInputs<'_, T>) -> Row<T::Wide> {
    let weight = if options.weighted { row.class_weights[row.class].to_wide() } else { T::Wide::ONE };
    formula::nll(&widen(row.x), row.class, weight)
}

/// The types that have these losses.
pub trait PairSubject: Subject {
    /// A row for every loss and each choice of its options.
    fn pairs() -> Vec<PairsRow<Self>>;
}

/// The losses of one type, by name: kernel from options and inputs, with its verb.
macro_rules! kernels {
    ($float:ident) => {
        fn run_cosine_similarity(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            verb.run_both(&CosineSimilarity::new(inputs.layout).floor(options.floor).with(how), inputs.t, slices)
        }

        fn run_cosine_embedding(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            let loss = CosineEmbedding::new(inputs.layout, inputs.labels);
            let loss = loss.margin(options.margin).epsilon(options.added).other_labels_are_zero();
            verb.run_both(&loss.with(how), inputs.t, slices)
        }

        fn run_categorical_hinge(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            let loss = CategoricalHinge::new(inputs.layout).tie(options.tie);
            let loss = if options.without_target_slot { loss.without_target_slot() } else { loss };
            verb.run_both(&loss.with(how), inputs.t, slices)
        }

        fn cross_entropy<'a>(options: &Options, inputs: Inputs<'a, $float>) -> CategoricalCrossEntropy<'a, $float> {
            let loss = CategoricalCrossEntropy::new(inputs.layout).label_smoothing(options.smoothing);
            let loss = loss.ignore_index(IGNORED).clip(options.clip);
            if options.weighted { loss.class_weights(inputs.class_weights) } else { loss }
        }

        fn run_probabilities(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            verb.run_both(&cross_entropy(options, inputs).with(how), inputs.t, slices)
        }

        fn run_classes(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            verb.run(&cross_entropy(options, inputs).with(how), inputs.classes, slices)
        }

        fn run_nll(
            options: &Options,
            inputs: Inputs<'_, $float>,
            how: Call<'_, $float>,
            verb: Verb,
            slices: Slices<'_, $float>,
        ) -> Result<Returned, LossError> {
            let loss = Nll::new(inputs.layout);
            let loss = if options.weighted { loss.class_weights(inputs.class_weights) } else { loss };
            verb.run(&loss.with(how), inputs.classes, slices)
        }
    };
}

/// All of these losses: name, what is given, options, kernel and formula, ULPs of loss and gradients.
#[rustfmt::skip]
macro_rules! pairs_table {
    ($add:ident) => {
        use Sides::{Classes, ClassesOfLogarithms, Distributions, Hits, Vectors};
        let none = Options::default();
        let smoothed = Options { smoothing: 0.1, ..none };
        let normalized = Options { clip: Clip::Normalized(1e-7), ..none };
        let given = Options { clip: Clip::Given(1e-7), ..none };
        let weighted = Options { weighted: true, ..none };
        let both = Options { weighted: true, ..smoothed };
        $add("cosine_similarity", Vectors, none, run_cosine_similarity, cosine_similarity, (8.0, 8.0));
        $add("cosine_similarity, floor", Vectors, Options { floor: 1e-12, ..none }, run_cosine_similarity, cosine_similarity, (8.0, 8.0));
        $add("cosine_embedding", Vectors, none, run_cosine_embedding, cosine_embedding, (8.0, 8.0));
        $add("cosine_embedding, margin", Vectors, Options { margin: 0.3, ..none }, run_cosine_embedding, cosine_embedding, (8.0, 8.0));
        $add("cosine_embedding, epsilon", Vectors, Options { added: 1e-12, ..none }, run_cosine_embedding, cosine_embedding, (8.0, 8.0));
        $add("categorical_hinge", Hits, none, run_categorical_hinge, categorical_hinge, (8.0, 2.0));
        $add("categorical_hinge, tie", Hits, Options { tie: 0.5, ..none }, run_categorical_hinge, categorical_hinge, (8.0, 2.0));
        $add("categorical_hinge, textbook", Hits, Options { without_target_slot: true, ..none }, run_categorical_hinge, categorical_hinge, (8.0, 2.0));
        $add("categorical_cross_entropy, classes", Classes, none, run_classes, cross_entropy_of_class, (5.0, 6.0));
        $add("categorical_cross_entropy, classes, weights", Classes, weighted, run_classes, cross_entropy_of_class, (5.0, 6.0));
        $add("categorical_cross_entropy, classes, weights, smoothing", Classes, both, run_classes, cross_entropy_of_class, (10.0, 8.0));
        $add("categorical_cross_entropy, classes, normalized clip", Classes, normalized, run_classes, cross_entropy_of_class, (5.0, 6.0));
        $add("categorical_cross_entropy, classes, given clip", Classes, given, run_classes, cross_entropy_of_class, (5.0, 6.0));
        $add("categorical_cross_entropy", Distributions, none, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
        $add("categorical_cross_entropy, weights, smoothing", Distributions, both, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
        $add("categorical_cross_entropy, normalized clip", Distributions, normalized, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
        $add("categorical_cross_entropy, given clip", Distributions, given, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
        $add("nll", ClassesOfLogarithms, none, run_nll, nll, (0.0, 0.0));
        $add("nll, weights", ClassesOfLogarithms, weighted, run_nll, nll, (0.5, 0.0));
        $add("categorical_hinge, keras", Hits, Options { tie: 1.0, ..none }, run_categorical_hinge, categorical_hinge, (8.0, 2.0));
        $add("categorical_cross_entropy, classes, smoothing", Classes, smoothed, run_classes, cross_entropy_of_class, (10.0, 8.0));
        $add("categorical_cross_entropy, smoothing", Distributions, smoothed, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
        $add("categorical_cross_entropy, weights", Distributions, weighted, run_probabilities, categorical_cross_entropy, (10.0, 8.0));
    };
}

macro_rules! pair_subject {
    ($($float:ident),+) => {
        $(impl PairSubject for $float {
            fn pairs() -> Vec<PairsRow<Self>> {
                kernels!($float);
                let mut rows = Vec::new();
                let mut add = |name, sides, options: Options, run: Run<$float>, textbook: Textbook<$float>, (value, slope)| {
                    let (accuracy, weighted) = (Accuracy::ulp(value, slope), options.weighted);
                    rows.push(PairsRow { name, sides, weighted, accuracy, options, run, textbook });
                };
                pairs_table!(add);
                rows
            }
        })+
    };
}
pair_subject!(f32, f64);

//! Every name of PyTorch and Keras in the table of names, and every expression of that table.

use lossfn::{
    Bce, BceWithLogits, ByRow, Call, CategoricalCrossEntropy, CategoricalHinge, CosineEmbedding, CosineSimilarity,
    CrossEntropy, Divisor, Empty, Hinge, HingeEmbedding, Huber, KlDiv, Layout, LogCosh, Loss, LossError, Mae, Mape,
    Mse, Msle, Nll, Outcome, SmoothL1, SquaredHinge, Weights,
};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../docs/names.md");

const PYTORCH: [&str; 22] = [
    "BCELoss",
    "binary_cross_entropy",
    "BCEWithLogitsLoss",
    "binary_cross_entropy_with_logits",
    "CrossEntropyLoss",
    "cross_entropy",
    "NLLLoss",
    "nll_loss",
    "KLDivLoss",
    "kl_div",
    "L1Loss",
    "l1_loss",
    "SmoothL1Loss",
    "smooth_l1_loss",
    "MSELoss",
    "mse_loss",
    "HingeEmbeddingLoss",
    "hinge_embedding_loss",
    "CosineEmbeddingLoss",
    "cosine_embedding_loss",
    "HuberLoss",
    "huber_loss",
];

const KERAS: [&str; 35] = [
    "BinaryCrossentropy",
    "binary_crossentropy",
    "CategoricalCrossentropy",
    "categorical_crossentropy",
    "SparseCategoricalCrossentropy",
    "sparse_categorical_crossentropy",
    "KLDivergence",
    "KLD",
    "kl_divergence",
    "kullback_leibler_divergence",
    "MeanAbsoluteError",
    "mean_absolute_error",
    "MAE",
    "LogCosh",
    "log_cosh",
    "logcosh",
    "MeanAbsolutePercentageError",
    "mean_absolute_percentage_error",
    "MAPE",
    "Huber",
    "huber",
    "MeanSquaredError",
    "mean_squared_error",
    "MSE",
    "MeanSquaredLogarithmicError",
    "mean_squared_logarithmic_error",
    "MSLE",
    "CategoricalHinge",
    "categorical_hinge",
    "Hinge",
    "hinge",
    "SquaredHinge",
    "squared_hinge",
    "CosineSimilarity",
    "cosine_similarity",
];

/// What stands in backquotes in a cell.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn table() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|--"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

fn without_spaces(code: &str) -> String {
    code.split_whitespace().collect()
}

#[test]
fn no_name_is_missing() {
    let listed: BTreeSet<&str> = table().flat_map(|row| code(row[0])).collect();
    for name in PYTORCH.into_iter().chain(KERAS) {
        assert!(listed.contains(name), "{name} is not in docs/names.md");
    }
}

#[test]
fn readme_has_the_table() {
    let readme = include_str!("../README.md");
    for row in TABLE.lines().filter(|line| line.starts_with('|')) {
        assert!(readme.contains(row), "README.md lacks {row}");
    }
}

/// Two rows of three columns.
const COLUMNS: usize = 3;
const NUMBERS: [f64; 6] = [0.25, 0.5, 0.25, 0.125, 0.375, 0.5];
const TARGETS: [f64; 6] = [0.0, 1.0, 0.0, 0.5, 0.25, 0.25];

fn is_finite(outcome: Result<Outcome, LossError>) {
    let outcome = outcome.expect("a call");
    assert!(outcome.value.is_finite(), "{outcome:?}");
}

fn numbers(loss: &impl Loss<f64>) {
    let mut dx = [9.0; 6];
    is_finite(loss.value_and_grad(&NUMBERS, &TARGETS, &mut dx));
    assert!(dx.iter().all(|x| x.is_finite() && *x != 9.0));
}

fn signs(loss: &impl Loss<f64>) {
    let mut dx = [9.0; 6];
    is_finite(loss.value_and_grad(&NUMBERS, &[1.0, -1.0, 1.0, 1.0, -1.0, -1.0], &mut dx));
    assert!(dx.iter().all(|x| x.is_finite() && *x != 9.0));
}

fn classes(loss: &impl Loss<f64, i64>) {
    let mut dx = [9.0; 6];
    is_finite(loss.value_and_grad(&NUMBERS, &[1, 0], &mut dx));
    assert!(dx.iter().all(|x| x.is_finite() && *x != 9.0));
}

fn call(how: &Call<'_, f64>) {
    let mut dx = [9.0; 6];
    is_finite(Mse::new().with(*how).value_and_grad(&NUMBERS, &TARGETS, &mut dx));
    assert!(dx.iter().all(|x| x.is_finite() && *x != 9.0));
}

/// Runs expressions by the functions above, and returns their texts.
macro_rules! run {
    ($($by:ident: $($expression:expr),+;)+) => {{
        let mut texts = BTreeSet::new();
        $($(
            $by(&$expression);
            texts.insert(without_spaces(stringify!($expression)));
        )+)+
        texts
    }};
}

#[test]
fn unreduced_losses_are_those_of_two_verbs() {
    fn unreduced<const N: usize>(how: Call<'_, f64>) -> [f64; N] {
        let (mut each, mut again, mut dx) = ([9.0; N], [9.0; N], [9.0; 6]);
        let loss = Mse::new().with(how);
        loss.each(&NUMBERS, &TARGETS, &mut each).expect("a call");
        loss.each_and_grad(&NUMBERS, &TARGETS, &mut again, &mut dx).expect("a call");
        assert_eq!(each, again);
        assert!(dx.iter().all(|x| x.is_finite() && *x != 9.0));
        each
    }
    assert_eq!(unreduced(Call::new()), [0.0625, 0.25, 0.0625, 0.140_625, 0.015_625, 0.0625]);
    assert_eq!(unreduced(Call::new().columns(COLUMNS).by_row(ByRow::Sum)), [0.375, 0.21875]);
}

/// Weights of Keras that have more than one loss each: what it was recorded to make of 2 samples of 3 losses each.
#[test]
fn weights_are_repeated_as_keras_does_it() {
    let cases = [include_str!("conformance/cases/keras.jsonl"), include_str!("conformance/cases/tf_keras.jsonl")];
    let lines = cases.into_iter().flat_map(str::lines).filter(|line| line.contains("/MeanSquaredError/2x3x2/"));
    let mut means = BTreeSet::new();
    for case in lines.map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a case")) {
        let numbers = |list: &serde_json::Value| -> Vec<f64> {
            list.as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
        };
        let weights = numbers(&case["inputs"]["sample_weight"]);
        let (times, reduction) = (6 / weights.len().max(1), case["options"]["reduction"].as_str().expect("a name"));
        if case["inputs"].get("mask").is_some() || weights.is_empty() || times == 1 {
            continue;
        }
        let repeated: Vec<f64> = weights.iter().flat_map(|weight| vec![*weight; times]).collect();
        let (x, t) = (numbers(&case["inputs"]["x"]), numbers(&case["inputs"]["t"]));
        let value = |how: Call<'_, f64>| Mse::new().with(how).value(&x, &t).expect("a call").value;
        let how = Call::new().columns(2).by_row(ByRow::Mean).weights(Weights::Rows(&repeated));
        let got = match reduction {
            "mean_with_sample_weight" => {
                let total = weights.iter().sum();
                let got = value(how.mean(Divisor::Fixed(total)).empty(Empty::Zero));
                let own = value(how.mean(Divisor::WeightSum).empty(Empty::Zero));
                assert!((got - own * times as f64).abs() < 1e-13 * got, "{got}, not {times} times {own}");
                got
            }
            "auto" | "sum_over_batch_size" => value(how),
            _ => continue,
        };
        let wanted = numbers(&case["f64"]["value"])[0];
        assert!((got - wanted).abs() < 1e-14 * wanted, "{got}, not {wanted}: {}", case["id"]);
        means.insert((case["framework"].to_string(), reduction.to_owned(), times));
    }
    assert_eq!(means.len(), 8, "{means:?}");
}

#[test]
fn every_expression_runs() {
    let (columns, inner, beta, delta, margin) = (COLUMNS, 2, 0.5, 2.0, 0.5);
    let (w, pos_weight, sample_weight) = ([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0]);
    let (column_weight, row_weight) = (pos_weight, sample_weight);
    let (scalar, rows, repeated, total) = (0.5, 2, sample_weight, 3.0);
    let (labels, mask) = ([1_i8, -1], [true, false]);
    let mut texts = run! {
        numbers:
            Mae::new().torch(), Mse::new().torch(), SmoothL1::new(beta).torch(), Huber::new(delta).torch(),
            Bce::new().torch(), BceWithLogits::new().torch().pos_weights(&pos_weight),
            CrossEntropy::new(columns).torch(), CrossEntropy::new(Layout::axis(columns, inner)).torch(),
            KlDiv::new().torch(), KlDiv::new().torch().log_target(),
            CosineEmbedding::new(columns, &labels).torch().margin(margin),
            Mae::new().keras(), Mse::new().keras(), LogCosh::new().keras(), Mape::new().keras(), Msle::new().keras(),
            Huber::new(delta).keras(), Bce::new().keras().label_smoothing(0.1),
            BceWithLogits::new().keras().label_smoothing(0.1),
            CategoricalCrossEntropy::new(columns).keras().label_smoothing(0.1),
            CrossEntropy::new(columns).keras().label_smoothing(0.1), KlDiv::new().keras(),
            CategoricalCrossEntropy::new(Layout::axis(columns, inner)).keras(),
            CrossEntropy::new(Layout::axis(columns, inner)).keras(),
            CategoricalHinge::new(columns).keras(), Hinge::new().keras(), SquaredHinge::new().keras(),
            CosineSimilarity::new(columns).keras(), CosineSimilarity::new(Layout::axis(columns, inner)).keras();
        signs: HingeEmbedding::new(margin).torch();
        call:
            Call::new(), Call::new().sum(), Call::new().columns(columns).mean(Divisor::Rows),
            Call::new().weights(Weights::Each(&w)), Call::new().weights(Weights::Columns(&column_weight)),
            Call::new().layout(Layout::axis(columns, inner)).weights(Weights::Columns(&column_weight)),
            Call::new().columns(columns).weights(Weights::Rows(&row_weight)),
            Call::new().weights(Weights::Each(&w)).mean(Divisor::WeightSum),
            Call::new().columns(columns).by_row(ByRow::Mean), Call::new().columns(columns).by_row(ByRow::Mean).sum(),
            Call::new().layout(Layout::axis(columns, inner)).by_row(ByRow::Mean),
            Call::new().columns(columns).by_row(ByRow::Mean).weights(Weights::Rows(&sample_weight)),
            Call::new().columns(columns).by_row(ByRow::Mean).weights(Weights::Rows(&vec![scalar; rows])),
            Call::new().columns(columns).by_row(ByRow::Mean).weights(Weights::Rows(&repeated)),
            Call::new()
                .columns(columns)
                .by_row(ByRow::Mean)
                .weights(Weights::Rows(&repeated))
                .mean(Divisor::Fixed(total))
                .empty(Empty::Zero),
            Call::new()
                .columns(columns)
                .by_row(ByRow::Mean)
                .weights(Weights::Rows(&sample_weight))
                .mean(Divisor::WeightSum)
                .empty(Empty::Zero),
            Call::new().columns(columns).by_row(ByRow::Mean).mask(&mask).empty(Empty::Zero),
            Call::new().columns(columns).by_row(ByRow::Mean).mask(&mask),
            Call::new().columns(columns).by_row(ByRow::Mean).mask(&mask).mean(Divisor::Elements);
    };
    let sample_weight = w;
    texts.append(&mut run! { call: Call::new().weights(Weights::Each(&sample_weight)); });
    let w = pos_weight;
    texts.append(&mut run! {
        classes:
            CrossEntropy::new(columns).torch(),
            CrossEntropy::new(columns).torch().class_weights(&w).ignore_index(0).label_smoothing(0.1),
            CategoricalCrossEntropy::new(columns).keras().ignore_index(0),
            CrossEntropy::new(columns).keras().ignore_index(0),
            Nll::new(columns).torch().class_weights(&w).ignore_index(0),
            Nll::new(Layout::axis(columns, inner)).torch();
    });
    let (listed, verbs): (BTreeSet<_>, BTreeSet<_>) =
        table().filter_map(|row| row.get(1).copied()).flat_map(code).partition(|code| code.contains("::"));
    assert_eq!(verbs, BTreeSet::from(["axis", "each", "each_and_grad"]), "what is no expression");
    let listed: BTreeSet<String> = listed.into_iter().map(without_spaces).collect();
    let untested: Vec<_> = listed.difference(&texts).collect();
    let unlisted: Vec<_> = texts.difference(&listed).collect();
    assert!(untested.is_empty() && unlisted.is_empty(), "not tested: {untested:?}\nnot listed: {unlisted:?}");
}

//! The tables of options, presets and defects, against the losses and what the frameworks were recorded to compute.

use core::fmt::Debug;
use lossfn::{
    Bce, BceWithLogits, BothGrads, ByRow, Call, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineEmbedding,
    CosineSimilarity, CrossEntropy, Hinge, HingeEmbedding, Huber, KlDiv, Labels, LogCosh, Loss, Mae, Mape, Mse, Msle,
    Nll, SmoothL1, SquaredHinge,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = include_str!("../docs/presets.md");

/// The rows of a table whose lines start so.
fn table(start: &str) -> Vec<Vec<String>> {
    let lines = TEXT.lines().filter(|line| line.starts_with(start));
    lines.map(|line| line.trim_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What the table of presets has for a loss: by option the default, the three presets, and what is elsewhere.
fn rows(loss: &str) -> BTreeMap<String, [String; 5]> {
    let rows = table("| `").into_iter().filter(|row| row[0].trim_matches('`') == loss);
    rows.map(|row| (row[1].clone(), [2, 3, 4, 5, 6].map(|i| row.get(i).cloned().unwrap_or_default()))).collect()
}

/// What an argument of `new` is in a loss that stands for the default.
const GIVEN: f64 = 2.5;

/// A value of a field as the table writes it.
fn written(value: &str) -> String {
    let value = value.strip_prefix("Some(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(value);
    match value {
        "None" | "-inf" => "none".to_owned(),
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        _ if value == GIVEN.to_string() => "given".to_owned(),
        _ if value.starts_with(char::is_uppercase) => format!("`{value}`"),
        _ => value.strip_suffix(".0").unwrap_or(value).to_owned(),
    }
}

/// The fields of a struct, those of structs in it too, by its `Debug`.
fn fields(text: &str) -> Vec<(String, String)> {
    let Some((_, inner)) = text.strip_suffix(" }").and_then(|text| text.split_once(" { ")) else { return Vec::new() };
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += i32::from("{[(".contains(c)) - i32::from("}])".contains(c));
        c == ',' && depth == 0
    });
    let pairs = parts.filter_map(|part| part.trim().split_once(": "));
    let all = |(name, value): (&str, &str)| match fields(value) {
        inner if inner.is_empty() => vec![(name.to_owned(), value.to_owned())],
        inner => inner,
    };
    pairs.flat_map(all).collect()
}

/// The options of a loss and what they are, as the table writes both.
fn options(loss: &impl Debug) -> BTreeMap<String, String> {
    let yes_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mut found = BTreeMap::new();
    for (field, value) in fields(&format!("{loss:?}")) {
        let option = match field.as_str() {
            // The layout, and the labels that are an argument.
            "classes" | "stride" | "inner" => continue,
            "labels" if value.contains('[') => continue,
            "form" => {
                found.insert("`of_probabilities`".to_owned(), yes_no(value == "Probabilities"));
                found.insert("`log_target`".to_owned(), yes_no(value == "BothLogs"));
                continue;
            }
            "with_target" => {
                found.insert("`without_target_slot`".to_owned(), yes_no(value == "false"));
                continue;
            }
            "class_clip" => "`clip`, for class indices".to_owned(),
            "probability_clip" => "`clip`, for probabilities".to_owned(),
            "adds_both" => "`other_labels_add_both`".to_owned(),
            "others_are_zero" => "`other_labels_are_zero`".to_owned(),
            "added" => "`epsilon`".to_owned(),
            _ => format!("`{field}`"),
        };
        found.insert(option, written(&value));
    }
    found
}

/// The presets of a loss: PyTorch's, Keras's, and that of TensorFlow 2.3, those that it has.
type Presets<L> = [Option<fn(L) -> L>; 3];

/// The table has all options of a loss, its defaults, and what each preset makes of them: of a default loss, and of
/// others that together have no option at its default.
fn assert_listed<L: Copy + Debug>(loss: &str, default: L, others: &[L], presets: Presets<L>) {
    let (rows, mut defaults) = (rows(loss), options(&default));
    // Both losses of cosines have one guard, of which each sets one part.
    match loss {
        "CosineSimilarity" => defaults.remove("`epsilon`"),
        "CosineEmbedding" => defaults.remove("`floor`"),
        _ => None,
    };
    let listed: BTreeMap<_, _> = rows.iter().map(|(option, cells)| (option.clone(), cells[0].clone())).collect();
    assert_eq!(listed, defaults, "options of {loss} and their defaults");
    for (option, cells) in &rows {
        let of = |loss: &L| options(loss).remove(option).expect("an option of every one");
        assert!(others.iter().any(|other| of(other) != cells[0]), "no {loss} has another {option}");
        for (i, preset) in presets.iter().enumerate() {
            let cell = cells[1 + i].as_str();
            let Some(preset) = preset else {
                assert_eq!(cell, "", "{loss} has no preset {i}");
                continue;
            };
            for before in others.iter().chain([&default]) {
                let wanted = if cell == "–" { of(before) } else { cell.to_owned() };
                assert_eq!(of(&preset(*before)), wanted, "{option} of preset {i} of {before:?}");
            }
        }
    }
}

#[test]
fn losses_of_elements() {
    let bce = Bce::new().log_floor(-9.0).slope_floor(0.25).clip(0.25).log_offset(0.25).label_smoothing(0.25);
    assert_listed("Bce", Bce::new(), &[bce], [Some(Bce::torch), Some(Bce::keras), Some(Bce::tf23)]);
    let logits = BceWithLogits::<f64>::new().label_smoothing(0.25);
    let others = [logits.pos_weight(3.0), logits.pos_weights(&[3.0])];
    let presets = [BceWithLogits::torch as fn(_) -> _, BceWithLogits::keras, BceWithLogits::tf23].map(Some);
    assert_listed("BceWithLogits", BceWithLogits::new(), &others, presets);
    let others = [KlDiv::new().of_probabilities().clip(0.25), KlDiv::new().log_target()];
    assert_listed("KlDiv", KlDiv::new(), &others, [Some(KlDiv::torch), Some(KlDiv::keras), Some(KlDiv::tf23)]);
    assert_listed("Mape", Mape::new(), &[Mape::new().floor(0.25)], [None, Some(Mape::keras), Some(Mape::tf23)]);
    assert_listed("Msle", Msle::new(), &[Msle::new().floor(0.25)], [None, Some(Msle::keras), Some(Msle::tf23)]);
    let hinge = Hinge::new().labels(Labels::ZeroOne).tie(0.25);
    assert_listed("Hinge", Hinge::new(), &[hinge], [None, Some(Hinge::keras), Some(Hinge::tf23)]);
    let squared = SquaredHinge::new().labels(Labels::ZeroOne);
    let presets = [None, Some(SquaredHinge::keras as fn(_) -> _), Some(SquaredHinge::tf23)];
    assert_listed("SquaredHinge", SquaredHinge::new(), &[squared], presets);
    let embedding = HingeEmbedding::new(0.25).other_labels_add_both();
    assert_listed(
        "HingeEmbedding",
        HingeEmbedding::new(GIVEN),
        &[embedding],
        [Some(HingeEmbedding::torch), None, None],
    );
    let presets = [Some(Huber::torch as fn(_) -> _), Some(Huber::keras), Some(Huber::tf23)];
    assert_listed("Huber", Huber::new(GIVEN), &[Huber::new(0.25)], presets);
    assert_listed("SmoothL1", SmoothL1::new(GIVEN), &[SmoothL1::new(0.25)], [Some(SmoothL1::torch), None, None]);

    assert!(TEXT.contains("\n`Mae`, `Mse` and `LogCosh` have no options"));
    assert_listed("Mae", Mae::new(), &[], [Some(Mae::torch), Some(Mae::keras), Some(Mae::tf23)]);
    assert_listed("Mse", Mse::new(), &[], [Some(Mse::torch), Some(Mse::keras), Some(Mse::tf23)]);
    assert_listed("LogCosh", LogCosh::new(), &[], [None, Some(LogCosh::keras), Some(LogCosh::tf23)]);
}

#[test]
fn losses_of_rows() {
    const W: &[f64] = &[1.0, 2.0, 3.0];
    let logits = CrossEntropy::new(3).class_weights(W).ignore_index(1).label_smoothing(0.25);
    let presets = [CrossEntropy::torch as fn(_) -> _, CrossEntropy::keras, CrossEntropy::tf23].map(Some);
    assert_listed("CrossEntropy", CrossEntropy::new(3), &[logits], presets);
    let nll = Nll::new(3).class_weights(W).ignore_index(1);
    assert_listed("Nll", Nll::new(3), &[nll], [Some(Nll::torch), None, None]);
    let probabilities = CategoricalCrossEntropy::new(3).clip(Clip::Given(0.25));
    let probabilities = probabilities.class_weights(W).ignore_index(1).label_smoothing(0.25);
    let presets = [None, Some(CategoricalCrossEntropy::keras as fn(_) -> _), Some(CategoricalCrossEntropy::tf23)];
    assert_listed("CategoricalCrossEntropy", CategoricalCrossEntropy::new(3), &[probabilities], presets);
    let hinge = CategoricalHinge::new(3).without_target_slot().tie(0.25);
    let presets = [None, Some(CategoricalHinge::keras as fn(_) -> _), Some(CategoricalHinge::tf23)];
    assert_listed("CategoricalHinge", CategoricalHinge::new(3), &[hinge], presets);
    let similarity = CosineSimilarity::new(3).floor(0.25);
    let presets = [None, Some(CosineSimilarity::keras as fn(_) -> _), Some(CosineSimilarity::tf23)];
    assert_listed("CosineSimilarity", CosineSimilarity::new(3), &[similarity], presets);
    let embedding = CosineEmbedding::new(3, &[1_i8]);
    let other = embedding.margin(0.25).epsilon(0.25).other_labels_are_zero();
    assert_listed("CosineEmbedding", embedding, &[other], [Some(CosineEmbedding::torch), None, None]);
}

/// A recorded case, by the start of its id.
fn recorded(id: &str) -> Value {
    let files = [
        include_str!("conformance/cases/torch.jsonl"),
        include_str!("conformance/cases/keras.jsonl"),
        include_str!("conformance/cases/tf_keras.jsonl"),
    ];
    let start = format!("{{\"id\":\"{id}");
    let line = files.into_iter().flat_map(str::lines).find(|line| line.starts_with(&start));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no case {id}"))).expect("a case")
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn numbers(list: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| number(value.as_str().expect("a name of a number")));
    list.as_array().map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

/// The gradients of two rows of a case, and those that were recorded.
fn grads(loss: &impl BothGrads<f64>, id: &str) -> ([Vec<f64>; 2], [Vec<f64>; 2]) {
    let case = recorded(id);
    let [x, t] = ["x", "t"].map(|key| numbers(&case["inputs"][key]));
    let [mut dx, mut dt] = [vec![9.0; x.len()], vec![9.0; x.len()]];
    loss.each_and_grads(&x, &t, &mut [0.0; 2], Some(&mut dx), Some(&mut dt)).expect("a call");
    ([dx, dt], ["dx", "dt"].map(|key| numbers(&case["f64"][key])))
}

/// What the last column says of other backends is what they were recorded to do, and not what the preset does.
#[test]
fn elsewhere() {
    let mut seen = BTreeSet::new();
    let mut says = |loss: &str, option: &str, text: &str| {
        assert_eq!(rows(loss)[option][4], format!("Keras 3 on PyTorch and JAX: {text}"));
        seen.insert((loss.to_owned(), option.to_owned()));
    };

    says("CategoricalCrossEntropy", "`clip`, for class indices", "`Normalized(1e-7)`");
    let case = recorded("keras-torch/trap8/sparse/clipped,");
    let of_class = |loss: CategoricalCrossEntropy<'_, f64>| {
        let (x, mut dx) = (numbers(&case["inputs"]["x"]), [9.0; 3]);
        loss.grad(&x, &[1], &mut dx).expect("a call");
        dx.to_vec()
    };
    let keras = CategoricalCrossEntropy::new(3).keras();
    assert_eq!(of_class(keras.clip(Clip::Normalized(1e-7))), numbers(&case["f64"]["dx"]));
    assert_ne!(of_class(keras), numbers(&case["f64"]["dx"]));

    says("CategoricalHinge", "`tie`", "1/2");
    let (hinge, id) = (CategoricalHinge::new(3).keras(), "keras-torch/edge/categorical_hinge/tie-at-0,");
    let (got, wanted) = grads(&hinge.tie(0.5), id);
    assert_eq!(got, wanted);
    assert_ne!(grads(&hinge, id).0, wanted);

    says("Hinge", "`tie`", "1/2");
    let (hinge, id) = (Hinge::new().keras(), "keras-torch/edge/hinge/labels=0,1,reduction=none,");
    let how = Call::new().columns(4).by_row(ByRow::Mean);
    let (got, wanted) = grads(&hinge.tie(0.5).with(how), id);
    assert_eq!(got, wanted);
    assert_ne!(grads(&hinge.with(how), id).0, wanted);

    says("KlDiv", "`clip`", "half the gradient at exactly 1");
    let (how, id) = (Call::new().columns(2).by_row(ByRow::Sum), "keras-torch/edge/kld/ones,");
    let (got, wanted) = grads(&KlDiv::new().keras().with(how), id);
    for (i, key) in ["x", "t"].into_iter().enumerate() {
        for (j, input) in numbers(&recorded(id)["inputs"][key]).into_iter().enumerate() {
            let got = got[i][j] * if input == 1.0 { 0.5 } else { 1.0 };
            assert!((got - wanted[i][j]).abs() < 1e-15, "{got}, not {}", wanted[i][j]);
        }
    }

    let filled = table("| `").into_iter().filter(|row| row.get(6).is_some_and(|cell| !cell.is_empty()));
    assert_eq!(filled.map(|row| (row[0].replace('`', ""), row[1].clone())).collect::<BTreeSet<_>>(), seen);
}

/// Where each line of the table of defects was recorded.
const DEFECTS: [&str; 21] = [
    "torch/trap1/cross_entropy/ignored-row=nan+0.0+0.0,none",
    "torch/edge/nll_loss/zero-weight,mean",
    "torch/edge/bce_logits/infinite,t=0.0",
    "keras-tensorflow/trap3/categorical/masked,from_logits=True,",
    "torch/trap3/kl_div/zero-target-and-minus-inf",
    "torch/edge/kl_div/zero-target",
    "torch/edge/SmoothL1Loss,beta=0.0/far",
    "keras-torch/edge/huber/far,huber",
    "keras-tensorflow/trap5/categorical/target-sums-to-0.875,",
    "keras-tensorflow/edge/categorical/axis=1,smooth=0.25",
    "keras-torch/trap9/cosine/zero-prediction,",
    "tf_keras/trap1/masked-row-of-nan/MeanSquaredError/3x4/reduction=sum,mask=011",
    "tf_keras/MeanSquaredError/3x4/reduction=auto,mask=000",
    "keras-torch/edge/mse/far,",
    "torch/trap8/bce/clamps",
    "torch/trap4/bce_logits/t=0",
    "torch/trap4/cross_entropy/logits=17.0,0,right",
    "torch/edge/cross_entropy/soft,3e+38",
    "torch/trap9/cosine_embedding/norm=1e20,label=1",
    "tf_keras/trap9/cosine/norm=1e20,",
    "keras-torch/trap9/cosine/norm=1e-20,",
];

/// The figures are those of a case: what the framework has there, and the truth, which the conformance tests find here.
#[test]
fn defects() {
    let lines = || TEXT.lines().filter(|line| line.starts_with("| PyTorch") || line.starts_with("| Keras"));
    assert_eq!(lines().count(), DEFECTS.len());
    let near = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-5 * b.abs();
    for (line, id) in lines().zip(DEFECTS) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [there, here] = [cells[2], cells[3]].map(|cell| number(cell.split(',').next().unwrap_or(cell)));
        let (case, is_single) = (recorded(id), cells[1].starts_with("`f32`"));
        assert!(case.get("deviates").or(case.get("deviates_f32")).is_some(), "{id}");
        let theirs = &case[if is_single { "f32" } else { "f64" }];
        let found = ["value", "dx", "dt"].into_iter().any(|key| {
            let (theirs, truth) = (numbers(&theirs[key]), numbers(&case["truth"][key]));
            theirs.into_iter().zip(truth).any(|(theirs, truth)| near(theirs, there) && near(truth, here))
        });
        assert!(found, "{id} has nowhere {there} for {here}");
    }
}

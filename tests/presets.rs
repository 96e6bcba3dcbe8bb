//! The table of options, defaults and presets, against the presets themselves.

use lossfn::{
    Bce, BceWithLogits, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineEmbedding, CosineSimilarity,
    CrossEntropy, Hinge, HingeEmbedding, Huber, KlDiv, Labels, LogCosh, Loss, Mae, Mape, Mse, Msle, Nll, SmoothL1,
    SquaredHinge,
};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("../docs/presets.md");

/// The rows of the table, by loss and option: what the default and the three presets say, if the loss has them.
fn rows() -> BTreeMap<(String, String), [String; 4]> {
    let mut rows = BTreeMap::new();
    for line in TABLE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<String> = line.trim_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect();
        let name = cells[0].trim_matches('`').to_owned();
        rows.insert((name, cells[1].clone()), [2, 3, 4, 5].map(|i| cells[i].clone()));
    }
    rows
}

/// What a preset sets: pairs of an option of the table and its value there.
type Sets = &'static [(&'static str, &'static str)];

/// The presets of a loss as the table has them: for each one whether it exists, and all that it sets.
fn assert_listed(loss: &str, presets: [Option<Sets>; 3]) {
    let rows: Vec<_> = rows().into_iter().filter(|((name, _), _)| name == loss).collect();
    for (i, preset) in presets.into_iter().enumerate() {
        let found: BTreeSet<(String, String)> = rows
            .iter()
            .map(|((_, option), cells)| (option.clone(), cells[1 + i].clone()))
            .filter(|(_, value)| !value.is_empty() && value != "–")
            .collect();
        let expected = preset.unwrap_or_default().iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found, expected, "{loss}, preset {i}");
        let exists = rows.iter().any(|(_, cells)| !cells[1 + i].is_empty());
        assert_eq!(exists || rows.is_empty(), preset.is_some(), "{loss}, preset {i}");
    }
}

const NOTHING: Option<Sets> = Some(&[]);

#[test]
fn elements() {
    let bce = Bce::new();
    assert_eq!(bce.torch(), bce.log_floor(-100.0).slope_floor(1e-12));
    assert_eq!(bce.keras(), bce.clip(1e-7));
    assert_eq!(bce.tf23(), bce.clip(1e-7).log_offset(1e-7));
    assert_eq!(bce, bce.log_floor(f64::NEG_INFINITY).slope_floor(0.0).clip(0.0).log_offset(0.0).label_smoothing(0.0));
    let torch: Sets = &[("`log_floor`", "-100"), ("`slope_floor`", "1e-12")];
    let tf23: Sets = &[("`clip`", "1e-7"), ("`log_offset`", "1e-7")];
    assert_listed("Bce", [Some(torch), Some(&[("`clip`", "1e-7")]), Some(tf23)]);

    let logits = BceWithLogits::<f64>::new();
    assert_eq!([logits.torch(), logits.keras(), logits.tf23()], [logits.pos_weight(1.0).label_smoothing(0.0); 3]);
    assert_listed("BceWithLogits", [NOTHING; 3]);

    let kl = KlDiv::new();
    assert_eq!(kl.torch(), kl);
    assert_eq!([kl.keras(), kl.tf23()], [kl.of_probabilities().clip(1e-7); 2]);
    let keras: Sets = &[("`of_probabilities`", "yes"), ("`clip`", "1e-7")];
    assert_listed("KlDiv", [Some(&[("`clip`", "0")]), Some(keras), Some(keras)]);

    let floor: Sets = &[("`floor`", "1e-7")];
    assert_eq!([Mape::new().keras(), Mape::new().tf23()], [Mape::new().floor(1e-7); 2]);
    assert_eq!([Msle::new().keras(), Msle::new().tf23()], [Msle::new().floor(1e-7); 2]);
    assert_listed("Mape", [None, Some(floor), Some(floor)]);
    assert_listed("Msle", [None, Some(floor), Some(floor)]);

    let hinge = Hinge::new();
    assert_eq!(hinge, hinge.labels(Labels::AsGiven).tie(0.0));
    assert_eq!([hinge.keras(), hinge.tf23()], [hinge.labels(Labels::Auto).tie(1.0); 2]);
    let keras: Sets = &[("`labels`", "`Auto`"), ("`tie`", "1")];
    assert_listed("Hinge", [None, Some(keras), Some(keras)]);
    let squared = SquaredHinge::new();
    assert_eq!([squared.keras(), squared.tf23()], [squared.labels(Labels::Auto); 2]);
    assert_listed("SquaredHinge", [None, Some(&keras[..1]), Some(&keras[..1])]);
    assert_ne!(HingeEmbedding::new(1.0).torch(), HingeEmbedding::new(1.0));
    assert_listed("HingeEmbedding", [Some(&[("`other_labels_add_both`", "yes")]), None, None]);
}

#[test]
fn elements_without_differences() {
    let (mae, mse, huber, smooth) = (Mae::new(), Mse::new(), Huber::new(2.0), SmoothL1::new(2.0));
    let log_cosh = LogCosh::new();
    assert_eq!([log_cosh.keras(), log_cosh.tf23()], [log_cosh; 2]);
    assert_eq!([mae.torch(), mae.keras(), mae.tf23()], [mae; 3]);
    assert_eq!([mse.torch(), mse.keras(), mse.tf23()], [mse; 3]);
    assert_eq!([huber.torch(), huber.keras(), huber.tf23()], [huber; 3]);
    assert_eq!(smooth.torch(), smooth);
    assert_listed("Huber", [NOTHING; 3]);
    assert_listed("SmoothL1", [NOTHING, None, None]);
}

#[test]
fn rows_of_classes_and_of_numbers() {
    let logits = CrossEntropy::<f64>::new(3);
    assert_eq!([logits, logits.torch()], [logits.ignore_index(-100).label_smoothing(0.0); 2]);
    assert_eq!([logits.keras(), logits.tf23()], [logits.no_ignore_index(); 2]);
    let none: Sets = &[("`ignore_index`", "none")];
    assert_listed("CrossEntropy", [Some(&[("`ignore_index`", "-100")]), Some(none), Some(none)]);
    let nll = Nll::<f64>::new(3);
    assert_eq!([nll, nll.torch()], [nll.ignore_index(-100); 2]);
    assert_listed("Nll", [Some(&[("`ignore_index`", "-100")]), None, None]);

    let probabilities = CategoricalCrossEntropy::<f64>::new(3);
    assert_eq!(probabilities, probabilities.clip(Clip::None).label_smoothing(0.0));
    assert_eq!(probabilities.keras(), probabilities.tf23());
    let x = [0.5, 0.0, 0.5];
    let of_class = |loss: CategoricalCrossEntropy<'_, f64>| loss.value(&x, &[1]).expect("a call").value;
    let of_row = |loss: CategoricalCrossEntropy<'_, f64>| loss.value(&x, &[0.0, 1.0, 0.0]).expect("a call").value;
    assert_eq!(of_class(probabilities.keras()), of_class(probabilities.clip(Clip::Given(1e-7))));
    assert_eq!(of_row(probabilities.keras()), of_row(probabilities.clip(Clip::Normalized(1e-7))));
    assert_ne!(of_class(probabilities.keras()), of_row(probabilities.keras()));
    let (given, normalized) = ("`clip`, for class indices", "`clip`, for probabilities");
    let keras: Vec<(&str, &str)> = vec![(given, "`Given(1e-7)`"), (normalized, "`Normalized(1e-7)`")];
    let keras: Sets = keras.leak();
    assert_listed("CategoricalCrossEntropy", [None, Some(keras), Some(keras)]);

    let hinge = CategoricalHinge::new(3);
    assert_eq!(hinge, hinge.tie(0.0));
    assert_eq!([hinge.keras(), hinge.tf23()], [hinge.tie(1.0); 2]);
    assert_listed("CategoricalHinge", [None, Some(&[("`tie`", "1")]), Some(&[("`tie`", "1")])]);

    let similarity = CosineSimilarity::new(3);
    assert_eq!(similarity, similarity.floor(0.0));
    assert_eq!((similarity.keras(), similarity.tf23()), (similarity.floor(1e-14), similarity.floor(1e-12)));
    assert_listed("CosineSimilarity", [None, Some(&[("`floor`", "1e-14")]), Some(&[("`floor`", "1e-12")])]);
    let embedding = CosineEmbedding::new(3, &[1_i8]);
    assert_eq!(embedding, embedding.margin(0.0).epsilon(0.0));
    assert_eq!(embedding.torch(), embedding.epsilon(1e-12).other_labels_are_zero());
    let torch: Sets = &[("`epsilon`", "1e-12"), ("`other_labels_are_zero`", "yes")];
    assert_listed("CosineEmbedding", [Some(torch), None, None]);
}

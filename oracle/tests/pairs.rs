//! Losses of rows against rows: the closed forms against the derivatives of the formulas, and the rules at the edges.

use lossfn_oracle::formula::{
    CategoricalCrossEntropy, CategoricalHinge, Clip, Cosine, CosineEmbedding, CosineSimilarity, Pairs, Row,
};
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::{Big, Dual, Wide, widen};

const INF: f64 = f64::INFINITY;

/// The derivatives of the formula by each entry, one dual pass each.
fn derived(loss: &impl Pairs, x: &[Big], t: &[Big]) -> (Big, Vec<Big>, Vec<Big>) {
    let constants = |values: &[Big]| values.iter().map(|value| Dual::constant(*value)).collect::<Vec<_>>();
    let along = |values: &[Big], j: usize| {
        let mut duals = constants(values);
        duals[j] = Dual::variable(values[j]);
        duals
    };
    let value = loss.formula(&constants(x), &constants(t)).value;
    let by_x = (0..x.len()).map(|j| loss.formula(&along(x, j), &constants(t)).slope).collect();
    let by_t = (0..x.len()).map(|j| loss.formula(&constants(x), &along(t, j)).slope).collect();
    (value, by_x, by_t)
}

/// Equal to 90 bits of the larger of the two, or of the term that cancels.
fn assert_same(closed: Big, derived: Big, scale: Big, what: &str) {
    if closed.is_nan() || !closed.is_finite() {
        assert!(closed == derived || closed.is_nan() && derived.is_nan(), "{what}: {closed:?} {derived:?}");
        return;
    }
    let scale = Wide::max(Wide::max(closed.abs(), scale), Big::ONE);
    assert!((closed - derived).abs() <= scale * Big::exp2i(-90), "{what}: {closed:?} {derived:?}");
}

fn assert_derived(loss: &(impl Pairs + core::fmt::Debug), x: &[f64], t: &[f64]) {
    let (x, t): (Vec<Big>, Vec<Big>) = (widen(x), widen(t));
    let Row { loss: value, gradient, target_gradient } = loss.row(&x, &t);
    let (derived, by_x, by_t) = derived(loss, &x, &t);
    let what = format!("{loss:?} of {x:?}, {t:?}");
    assert_same(value.value, derived, value.scale, &what);
    for (closed, slopes) in [(gradient, by_x), (target_gradient, by_t)] {
        for (closed, slope) in closed.iter().zip(slopes) {
            assert_same(closed.value, slope, closed.scale, &what);
        }
    }
}

#[test]
fn cosines_are_derived() {
    let mut rng = rng(1);
    for columns in 1..=5 {
        for (floor, added) in [(0.0, 0.0), (2.0, 0.0), (0.0, 0.5)] {
            let cosine = Cosine { floor, added };
            let x = Values::Normal { deviation: 1.0 }.vector::<f64>(columns, &mut rng);
            let t = Values::Normal { deviation: 1.0 }.vector::<f64>(columns, &mut rng);
            assert_derived(&CosineSimilarity(cosine), &x, &t);
            for (label, margin) in [(1.0, 0.0), (-1.0, 0.0), (-1.0, -0.9), (0.0, 0.0)] {
                assert_derived(&CosineEmbedding { cosine, label, margin }, &x, &t);
            }
        }
    }
}

#[test]
fn vectors_of_zeros_have_no_direction() {
    let zero = CosineSimilarity::default().row(&[0.0, 0.0], &[1.0, 2.0]);
    assert_eq!((zero.loss.value, zero.gradient[0].value, zero.target_gradient[1].value), (0.0, 0.0, 0.0));
    let nan = CosineSimilarity::default().row(&[0.0, 0.0], &[f64::NAN, 2.0]);
    assert!(nan.loss.value.is_nan() && nan.gradient[0].value.is_nan());
    let guarded = CosineSimilarity(Cosine { floor: 1e-12, added: 0.0 }).row(&[0.0, 0.0], &[1.0, 2.0]);
    assert!((guarded.gradient[0].value + 4.472_135_955e5).abs() < 1e-3, "Keras 2's");
}

#[test]
fn categorical_hinge_is_derived() {
    let mut rng = rng(2);
    for columns in 1..=5 {
        for with_target_slot in [true, false] {
            let loss = CategoricalHinge { with_target_slot, tie: 0.5 };
            let x = Values::Normal { deviation: 1.0 }.vector::<f64>(columns, &mut rng);
            for hit in 0..columns {
                let t: Vec<f64> = (0..columns).map(|j| if j == hit { 1.0 } else { 0.0 }).collect();
                assert_derived(&loss, &x, &t);
            }
            assert_derived(&loss, &x, &Values::probabilities::<f64>(columns, &mut rng));
        }
    }
    let ties = CategoricalHinge { with_target_slot: true, tie: 0.5 };
    for (x, t) in [([1.0, 1.0, 0.5], [0.0, 0.0, 1.0]), ([0.0, 0.0, 1.0], [0.0, 0.0, 1.0]), ([0.0; 3], [1.0, 0.0, 0.0])]
    {
        assert_derived(&ties, &x, &t);
    }
}

#[test]
fn cross_entropy_of_probabilities_is_derived() {
    let mut rng = rng(3);
    for columns in 1..=5 {
        for clip in [Clip::None, Clip::Normalized(0.125), Clip::Given(0.125)] {
            for (smoothing, weighted) in [(0.0, false), (0.25, false), (0.25, true)] {
                let weights = weighted.then(|| Values::Uniform { low: 0.0, high: 3.0 }.vector(columns, &mut rng));
                let loss = CategoricalCrossEntropy { weights, smoothing, clip, upper: 0.875 };
                let x = Values::probabilities::<f64>(columns, &mut rng);
                assert_derived(&loss, &x, &Values::probabilities::<f64>(columns, &mut rng));
                for hit in 0..columns {
                    let t: Vec<f64> = (0..columns).map(|j| if j == hit { 1.0 } else { 0.0 }).collect();
                    assert_derived(&loss, &x, &t);
                }
            }
        }
    }
}

#[test]
fn impossible_classes_add_nothing() {
    let loss = CategoricalCrossEntropy { weights: None, smoothing: 0.0, clip: Clip::None, upper: 1.0 };
    let certain = loss.row(&[1.0, 0.0], &[1.0, 0.0]);
    assert_eq!((certain.loss.value, certain.gradient[0].value, certain.gradient[1].value), (0.0, 0.0, 1.0));
    let hopeless = loss.row(&[1.0, 0.0], &[0.0, 1.0]);
    assert_eq!((hopeless.loss.value, hopeless.gradient[0].value, hopeless.gradient[1].value), (INF, 1.0, -INF));
    assert!(loss.row(&[0.0, 0.0], &[0.0, 1.0]).loss.value.is_nan());
}

//! Cross-entropy: the closed form against the derivative of the formula, and the rules at the edges.

use lossfn_oracle::formula::{CrossEntropy, Row, Target};
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::{Big, Dual, Wide, widen};

const INF: f64 = f64::INFINITY;

fn plain() -> CrossEntropy<'static, f64> {
    CrossEntropy::default()
}

fn smoothed(smoothing: f64) -> CrossEntropy<'static, f64> {
    CrossEntropy { weights: None, smoothing }
}

fn numbers(row: &Row<f64>) -> (f64, Vec<f64>) {
    (row.loss.value, row.gradient.iter().map(|slope| slope.value).collect())
}

fn close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 1e-5 * expected.abs().max(1e-30)
}

/// The derivative of the formula by each logit, one dual pass each.
fn derived<W: Wide>(loss: &CrossEntropy<'_, W>, logits: &[W], target: Target<'_, W>) -> (W, Vec<W>) {
    let along = |j: usize| {
        let input = |(i, x): (usize, &W)| if i == j { Dual::variable(*x) } else { Dual::constant(*x) };
        loss.formula(&logits.iter().enumerate().map(input).collect::<Vec<_>>(), target)
    };
    (along(0).value, (0..logits.len()).map(|j| along(j).slope).collect())
}

/// Equal to 100 bits of the larger of the two, or of the term that cancels.
fn assert_same(closed: Big, derived: Big, scale: Big) {
    if closed.is_nan() || !closed.is_finite() {
        assert!(closed == derived || closed.is_nan() && derived.is_nan(), "{closed:?} {derived:?}");
        return;
    }
    let scale = Wide::max(Wide::max(closed.abs(), scale), Big::ONE);
    assert!((closed - derived).abs() <= scale * Big::exp2i(-100), "{closed:?} {derived:?}");
}

fn assert_derived(loss: &CrossEntropy<'_, Big>, logits: &[Big], target: Target<'_, Big>) {
    let row = loss.row(logits, target);
    let (value, slopes) = derived(loss, logits, target);
    assert_same(row.loss.value, value, row.loss.scale);
    for (closed, slope) in row.gradient.iter().zip(slopes) {
        assert_same(closed.value, slope, closed.scale);
    }
    if let Target::Soft(t) = target {
        assert_derived_by_targets(loss, logits, t);
    }
}

/// The formula is linear in each target, so that a step of one is the derivative.
fn assert_derived_by_targets(loss: &CrossEntropy<'_, Big>, logits: &[Big], t: &[Big]) {
    let duals: Vec<Dual<Big>> = logits.iter().map(|x| Dual::constant(*x)).collect();
    let formula = |t: &[Big]| loss.formula(&duals, Target::Soft(t)).value;
    let none = vec![Big::ZERO; t.len()];
    let without = formula(&none);
    for (j, closed) in loss.row(logits, Target::Soft(t)).target_gradient.iter().enumerate() {
        let mut one = none.clone();
        one[j] = Big::ONE;
        let with = formula(&one);
        if without == Big::INFINITY {
            // Smoothing has a share of an infinite logarithm at every step, which hides what else is there.
            assert_eq!(closed.value == Big::INFINITY, logits[j] == -Big::INFINITY, "{closed:?}");
        } else {
            assert_same(closed.value, with - without, with);
        }
    }
}

#[test]
fn closed_form_is_the_derivative() {
    let mut rng = rng(7);
    for classes in 1..=6 {
        for smoothing in [0.0, 0.1, 1.0].map(Big::from_f64) {
            let logits: Vec<Big> = widen(&Values::Normal { deviation: 6.0 }.vector::<f64>(classes, &mut rng));
            let weights: Vec<Big> = widen(&Values::Uniform { low: 0.0, high: 3.0 }.vector::<f64>(classes, &mut rng));
            let soft: Vec<Big> = widen(&Values::probabilities::<f64>(classes, &mut rng));
            for weights in [None, Some(&*weights)] {
                let loss = CrossEntropy { weights, smoothing };
                for class in 0..classes {
                    assert_derived(&loss, &logits, Target::Class(class));
                }
                assert_derived(&loss, &logits, Target::Soft(&soft));
                assert_derived(&loss, &logits, Target::Ignored);
            }
        }
    }
}

#[test]
fn closed_form_is_the_derivative_at_the_edges() {
    let rows = [[0.0, -INF, 2.0], [-INF, -INF, 1.0], [-INF; 3], [0.0, INF, 1.0], [f64::NAN, 0.0, 1.0], [1.0; 3]];
    let soft = [0.5, 0.5, 0.0].map(Big::from_f64);
    for logits in rows.map(|row| row.map(Big::from_f64)) {
        for smoothing in [0.0, 0.25].map(Big::from_f64) {
            let loss = CrossEntropy { weights: None, smoothing };
            for class in 0..3 {
                assert_derived(&loss, &logits, Target::Class(class));
            }
            assert_derived(&loss, &logits, Target::Soft(&soft));
        }
    }
}

#[test]
fn no_digit_is_lost_when_the_prediction_is_right() {
    let (loss, gradient) = numbers(&plain().row(&[15.0, 0.0], Target::Class(0)));
    assert!(close(loss, 3.059_022e-7) && close(gradient[0], -3.059_022e-7) && close(gradient[1], 3.059_022e-7));
    let (loss, gradient) = numbers(&plain().row(&[17.0, 0.0], Target::Class(0)));
    assert!(close(loss, 4.139_938e-8) && gradient[0] == -gradient[1]);
    let (loss, _) = numbers(&plain().row(&[0.0, 110.0], Target::Class(0)));
    assert_eq!(loss, 110.0);
}

#[test]
fn huge_logits_are_legal() {
    let (loss, gradient) = numbers(&plain().row(&[3e38; 3], Target::Class(1)));
    assert!(close(loss, 3f64.ln()) && close(gradient[1], -2.0 / 3.0));
    let (loss, gradient) = numbers(&plain().row(&[3e38, -3e38], Target::Class(1)));
    assert_eq!((loss, gradient), (6e38, vec![1.0, -1.0]));
}

#[test]
fn rows_without_a_softmax_are_nan() {
    for logits in [[-INF; 2], [INF, 0.0], [f64::NAN, 0.0], [f64::NAN, INF]] {
        let (loss, gradient) = numbers(&plain().row(&logits, Target::Class(0)));
        assert!(loss.is_nan() && gradient.iter().all(|slope| slope.is_nan()), "{logits:?}");
    }
    assert!(plain().row(&[], Target::Soft(&[])).loss.value.is_nan());
}

#[test]
fn masked_logits() {
    let logits = [1.0, -INF, 2.0];
    let (loss, gradient) = numbers(&plain().row(&logits, Target::Class(0)));
    assert!(close(loss, 1.313_262) && gradient[1] == 0.0, "elsewhere: as if it were not there");
    let (loss, gradient) = numbers(&plain().row(&logits, Target::Soft(&[1.0, 0.0, 0.0])));
    assert!(close(loss, 1.313_262) && gradient[1] == 0.0, "0·∞ = 0");
    let weighted = CrossEntropy { weights: Some(&[1.0, 2.0, 1.0]), smoothing: 0.0 };
    let (loss, gradient) = numbers(&weighted.row(&logits, Target::Class(1)));
    assert_eq!((loss, gradient[1]), (INF, -2.0), "as the target");
    let (loss, gradient) = numbers(&smoothed(0.3).row(&logits, Target::Class(0)));
    assert!(loss == INF && close(gradient[1], -0.1) && gradient.iter().all(|slope| slope.is_finite()), "smoothed");
}

#[test]
fn ignored_rows_are_exact_zeros() {
    let row = smoothed(0.1).row(&[f64::NAN, INF, -INF], Target::Ignored);
    assert_eq!(numbers(&row), (0.0, vec![0.0; 3]));
}

#[test]
fn one_class_is_certain() {
    assert_eq!(numbers(&plain().row(&[3.0], Target::Class(0))), (0.0, vec![0.0]));
}

#[test]
fn soft_targets_that_do_not_add_up() {
    let (_, gradient) = numbers(&plain().row(&[1.0, 2.0, 3.0], Target::Soft(&[0.5, 0.2, 0.1])));
    for (slope, expected) in gradient.iter().zip([-0.427_98, -0.004_22, 0.432_19]) {
        assert!((slope - expected).abs() < 1e-5);
    }
}

/// PyTorch's numbers for two rows: class weights, with and without smoothing, means over the weights of the targets.
#[test]
fn weights_and_smoothing_as_in_pytorch() {
    let (rows, targets, weights) = ([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]], [0, 1], [1.0, 3.0, 5.0]);
    for (smoothing, expected) in [(0.0, 1.657_606), (0.2, 1.748_367)] {
        let loss = CrossEntropy { weights: Some(&weights), smoothing };
        let sum: f64 =
            rows.iter().zip(targets).map(|(row, class)| loss.row(row, Target::Class(class)).loss.value).sum();
        assert!(close(sum / 4.0, expected), "{}", sum / 4.0);
    }
}

/// What cancels is measured by what it is the difference of.
#[test]
fn scales_name_the_larger_term() {
    let row = plain().row(&[0.0, 0.0], Target::Soft(&[0.5, 0.5]));
    assert_eq!((row.gradient[0].value, row.gradient[0].scale), (0.0, 0.5));
    let row = smoothed(0.5).row(&[0.0, 0.0], Target::Class(0));
    assert_eq!((row.gradient[0].value, row.gradient[0].scale), (-0.25, 0.75));
    let row = plain().row(&[0.0, 0.0], Target::Class(0));
    assert_eq!((row.gradient[0].value, row.gradient[0].scale), (-0.5, 0.0), "hard targets have no excuse");
}

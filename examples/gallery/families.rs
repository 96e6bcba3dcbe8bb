//! What is drawn: every loss, against which target, over which range.

use crate::curve::{POINTS, of_element, of_row};
use crate::plot::Family;
use core::f64::consts::PI;
use lossfn::{
    Bce, BceWithLogits, Call, CategoricalCrossEntropy, CategoricalHinge, CosineEmbedding, CosineSimilarity,
    CrossEntropy, Hinge, HingeEmbedding, Huber, KlDiv, LogCosh, LossError, Mae, Mape, Mse, Msle, Nll, SmoothL1,
    SquaredHinge, Weights,
};
use plotters::chart::SeriesLabelPosition::{LowerRight, UpperLeft, UpperMiddle, UpperRight};

/// One picture for each family.
pub(crate) fn all() -> Result<Vec<Family>, LossError> {
    Ok(vec![regression()?, relative()?, binary()?, probability()?, classes()?, hinges()?, divergence()?, embedding()?])
}

fn regression() -> Result<Family, LossError> {
    let range = -3.0..3.0;
    Ok(Family {
        stem: "regression",
        title: "Losses of an error",
        input: "prediction - target",
        heights: [-0.1..4.0, -4.0..4.0],
        legends: [UpperMiddle, UpperLeft],
        curves: vec![
            of_element("Mse", &Mse::new(), 0.0, &range)?,
            of_element("Mae", &Mae::new(), 0.0, &range)?,
            of_element("Huber, delta 1", &Huber::new(1.0), 0.0, &range)?,
            of_element("SmoothL1, beta 0.5", &SmoothL1::new(0.5), 0.0, &range)?,
            of_element("LogCosh", &LogCosh::new(), 0.0, &range)?,
        ],
        range,
    })
}

fn relative() -> Result<Family, LossError> {
    let range = 0.0..8.0;
    Ok(Family {
        stem: "relative",
        title: "Losses of a ratio, target 2",
        input: "prediction",
        heights: [-5.0..200.0, -110.0..110.0],
        legends: [UpperMiddle, LowerRight],
        curves: vec![
            of_element("Mape", &Mape::new(), 2.0, &range)?,
            of_element("100 Msle", &Msle::new().with(Call::new().weights(Weights::Columns(&[100.0]))), 2.0, &range)?,
        ],
        range,
    })
}

fn probability() -> Result<Family, LossError> {
    let range = 0.0..1.0;
    Ok(Family {
        stem: "probability",
        title: "Losses of a probability, target 1",
        input: "probability",
        heights: [-0.2..6.0, -12.0..0.5],
        legends: [UpperRight, LowerRight],
        curves: vec![
            of_element("Bce", &Bce::new(), 1.0, &range)?,
            of_element("Bce, label_smoothing 0.2", &Bce::new().label_smoothing(0.2), 1.0, &range)?,
        ],
        range,
    })
}

fn binary() -> Result<Family, LossError> {
    let range = -6.0..6.0;
    Ok(Family {
        stem: "binary",
        title: "Losses of a score, target 1",
        input: "score",
        heights: [-0.2..6.5, -3.2..0.6],
        legends: [UpperRight, LowerRight],
        curves: vec![
            of_element("BceWithLogits", &BceWithLogits::new(), 1.0, &range)?,
            of_element("BceWithLogits, pos_weight 3", &BceWithLogits::new().pos_weight(3.0), 1.0, &range)?,
            of_element("Hinge", &Hinge::new(), 1.0, &range)?,
            of_element("SquaredHinge", &SquaredHinge::new(), 1.0, &range)?,
        ],
        range,
    })
}

/// The logit of the target moves, the two others are 0.
fn logit(s: f64) -> [[f64; 3]; 2] {
    [[s, 0.0, 0.0], [1.0, 0.0, 0.0]]
}

fn classes() -> Result<Family, LossError> {
    let range = -6.0..6.0;
    let smoothed = CrossEntropy::new(3).label_smoothing(0.3);
    Ok(Family {
        stem: "classes",
        title: "Losses of one class of three",
        input: "logit of the target; the others are 0",
        heights: [-0.2..7.2, -1.1..0.3],
        legends: [UpperRight, UpperLeft],
        curves: vec![
            of_row("CrossEntropy", &CrossEntropy::new(3), &[0_u8], &range, logit)?,
            of_row("CrossEntropy, label_smoothing 0.3", &smoothed, &[0_u8], &range, logit)?,
        ],
        range,
    })
}

/// The score of the target moves, those of the others are 0.25.
fn score(s: f64) -> [[f64; 3]; 2] {
    [[s, 0.25, 0.25], [1.0, 0.0, 0.0]]
}

fn hinges() -> Result<Family, LossError> {
    let range = -3.0..3.0;
    let hit = [1.0, 0.0, 0.0];
    let (hinge, probabilities) = (CategoricalHinge::new(3), CategoricalCrossEntropy::new(3));
    Ok(Family {
        stem: "scores",
        title: "Other losses of a class",
        input: "score of the target; the others are 0.25",
        heights: [-3.2..5.0, -3.2..0.6],
        legends: [UpperRight, LowerRight],
        curves: vec![
            of_row("CategoricalHinge", &hinge, &hit, &range, score)?,
            of_row("Nll, of a log-probability", &Nll::new(3), &[0_u8], &range, score)?,
            of_row("CategoricalCrossEntropy", &probabilities, &[0_u8], &(0.001..3.0), score)?,
        ],
        range,
    })
}

fn divergence() -> Result<Family, LossError> {
    let range = -4.0..0.0;
    let logs = KlDiv::new().log_target();
    Ok(Family {
        stem: "divergence",
        title: "Divergence of one element",
        input: "log-probability",
        heights: [-0.8..3.0, -0.9..0.1],
        legends: [UpperRight, LowerRight],
        curves: vec![
            of_element("KlDiv, target 0.8", &KlDiv::new(), 0.8, &range)?,
            of_element("KlDiv, target 0.3", &KlDiv::new(), 0.3, &range)?,
            of_element("KlDiv, log_target ln 0.1", &logs, 0.1_f64.ln(), &range)?,
        ],
        range,
    })
}

/// A unit vector at an angle.
fn direction(angle: f64) -> [[f64; 2]; 2] {
    let (sin, cos) = angle.sin_cos();
    [[cos, sin], [-sin, cos]]
}

fn embedding() -> Result<Family, LossError> {
    let range = -PI..PI;
    // One label for each point of the curve.
    let (near, far) = ([1_i8; POINTS], [-1_i8; POINTS]);
    Ok(Family {
        stem: "embedding",
        title: "Losses of two directions",
        input: "angle between them, radians",
        heights: [-1.1..2.1, -1.1..1.1],
        legends: [UpperMiddle, UpperLeft],
        curves: vec![
            of_row("CosineSimilarity", &CosineSimilarity::new(2), &[1.0, 0.0], &range, direction)?,
            of_row("CosineEmbedding, label 1", &CosineEmbedding::new(2, &near), &[1.0, 0.0], &range, direction)?,
            of_row(
                "CosineEmbedding, label -1, margin 0.5",
                &CosineEmbedding::new(2, &far).margin(0.5),
                &[1.0, 0.0],
                &range,
                direction,
            )?,
            of_element("HingeEmbedding of the angle, label -1", &HingeEmbedding::new(1.0), -1.0, &range)?,
        ],
        range,
    })
}

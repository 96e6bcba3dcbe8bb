//! What is drawn: every loss, against which target, over which range.

use crate::curve::{of_element, of_row};
use crate::plot::Family;
use core::f64::consts::PI;
use lossfn::{BceWithLogits, CosineSimilarity, CrossEntropy, Huber, LossError, Mae, Mse, SmoothL1};
use plotters::chart::SeriesLabelPosition::{LowerRight, UpperLeft, UpperMiddle, UpperRight};

/// One picture for each family.
pub(crate) fn all() -> Result<Vec<Family>, LossError> {
    Ok(vec![regression()?, binary()?, classes()?, embedding()?])
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

/// A unit vector at an angle.
fn direction(angle: f64) -> [[f64; 2]; 2] {
    let (sin, cos) = angle.sin_cos();
    [[cos, sin], [-sin, cos]]
}

fn embedding() -> Result<Family, LossError> {
    let range = -PI..PI;
    Ok(Family {
        stem: "embedding",
        title: "Losses of two directions",
        input: "angle between them, radians",
        heights: [-1.1..2.1, -1.1..1.1],
        legends: [UpperMiddle, UpperLeft],
        curves: vec![of_row("CosineSimilarity", &CosineSimilarity::new(2), &[1.0, 0.0], &range, direction)?],
        range,
    })
}

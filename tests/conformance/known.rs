//! The cases that a preset does not repeat, in what, and why.

use crate::case::{Case, Outputs};

/// A case that is not as recorded.
pub(crate) struct Known {
    pub(crate) reason: &'static str,
    /// Whether an entry, here and as recorded, differs in the way that the reason says. Where there is none, the case has
    /// another number of values, or is an error.
    pub(crate) differs: Option<Differs>,
}

pub(crate) type Differs = fn(f64, f64) -> bool;

/// Entries that differ in such a way, made what they were to be. All others are judged.
pub(crate) fn excused(mut got: Outputs, truth: &Outputs, differs: Differs) -> Outputs {
    let parts = [(&mut got.value, &truth.value), (&mut got.dx, &truth.dx), (&mut got.dt, &truth.dt)];
    for (got, truth) in parts {
        got.iter_mut().zip(truth).filter(|(got, truth)| differs(**got, **truth)).for_each(|(got, truth)| *got = *truth);
    }
    got
}

/// What is known about a case.
pub(crate) fn known(case: &Case) -> Option<Known> {
    let id = case.id.as_str();
    let has = |part: &str| id.contains(part);
    let whole = |reason| Some(Known { reason, differs: None });
    let entries = |reason, differs: Differs| Some(Known { reason, differs: Some(differs) });
    if case.option("label_smoothing").is_some_and(|share| share < 0.0) {
        return whole("PyTorch takes a negative label smoothing for 0, which is an error here");
    }
    if case.framework == "keras" && has("/mse/empty,sum") {
        return whole("Keras 3 has no value for a batch of nothing");
    }
    if (has("edge/categorical/p=") || has("edge/sparse/p=0+1+0") || has("categorical_crossentropy/1x1/"))
        && case.truth.parts().iter().any(|(_, part)| part.iter().any(|x| is_least_loss(*x)))
    {
        return entries(
            "1 - 1e-7 is not a single: the loss at the clip is that of 1 - 2^-23, as in their f32",
            |got, truth| truth.abs() < 2e-7 && is_near(got, truth * (2_f64.powi(-23) / 1e-7)),
        );
    }
    if has("edge/bce/outside") && !case.on_torch && case.framework == "keras" {
        return entries("1 - 1e-7 is not a single: the loss at the clip is between the two", |got, truth| {
            // The loss, and half the logit there, which is the gradient of the target.
            [1e-7..1.2e-7, -8.1..-7.9].iter().any(|range| range.contains(&got) && range.contains(&truth))
        });
    }
    if has("kl_div/zero-target-and-minus-inf") || has("kl_div/log_target-minus-inf") {
        return entries("the gradient of a target of 0 is its limit here", |got, truth| {
            truth.is_nan() && !got.is_nan()
        });
    }
    if has("kl_div/negative-target") || has("kl_div/nan") || has("hinge_embedding/specials") {
        return entries("NaN stays NaN in the gradient", |got, truth| got.is_nan() && !truth.is_nan());
    }
    if case.id == "torch/edge/kl_div/log_target" {
        return entries("single precision keeps only the absolute size of what is this small", |got, truth| {
            (got - truth).abs() < 1e-43
        });
    }
    if case.on_torch && (has("/kld/zero") || has("/kld/ones") || has("/kld/nan")) {
        return entries("Keras on PyTorch has half the gradient at the ends of a clip", |got, truth| {
            is_near(got, 2.0 * truth)
        });
    }
    None
}

/// But for roundings in single precision.
fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * b.abs()
}

/// -ln(1 - 1e-7).
fn is_least_loss(x: f64) -> bool {
    (x - 1.000_000_05e-7).abs() < 1e-15
}

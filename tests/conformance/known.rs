//! The cases that a preset does not repeat, and why.

use crate::case::Case;

/// Why the case fails, if it is known to.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    let id = case.id.as_str();
    let has = |part: &str| id.contains(part);
    if case.option("label_smoothing").is_some_and(|share| share < 0.0) {
        return Some("PyTorch takes a negative label smoothing for 0, which is an error here");
    }
    let is_broadcast = has("sample_weight=scalar") || has("sample_weight=sample");
    if case.text("reduction") == Some("mean_with_sample_weight") && is_broadcast && case.has("sample_weight") {
        return Some("Keras 3 divides by the weights as given, before they are broadcast");
    }
    if has("/mse/empty,sum_over_batch_size") || (case.framework == "keras" && has("/mse/empty,sum")) {
        return Some("Keras has its own value for a batch of nothing");
    }
    if (has("edge/categorical/p=") || has("edge/sparse/p=0+1+0") || has("categorical_crossentropy/1x1/"))
        && case.truth.parts().iter().any(|(_, part)| part.iter().any(|x| (x - 1.000_000_05e-7).abs() < 1e-15))
    {
        return Some("1 - 1e-7 is not a double: the loss at the clip is that of 1e-7 here");
    }
    if has("edge/bce/outside") && !case.on_torch && case.framework == "keras" {
        return Some("1 - 1e-7 is not a single: the loss at the clip is between the two");
    }
    if has("kl_div/zero-target-and-minus-inf") || has("kl_div/log_target-minus-inf") {
        return Some("the gradient of a target of 0 is its limit here");
    }
    if has("kl_div/negative-target") || has("kl_div/nan") || has("hinge_embedding/specials") {
        return Some("NaN stays NaN in the gradient");
    }
    if case.id == "torch/edge/kl_div/log_target" {
        return Some("single precision keeps only the absolute size of what is this small");
    }
    if case.on_torch && (has("/kld/zero") || has("/kld/ones") || has("/kld/nan")) {
        return Some("Keras on PyTorch has half the gradient at the ends of a clip");
    }
    None
}

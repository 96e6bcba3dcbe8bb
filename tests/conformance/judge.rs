//! How near a result is to the truth.

use crate::case::{Case, Outputs};
use lossfn_oracle::Judged;

/// ULPs of the larger of the truth and of what it is the difference of.
pub(crate) fn distance<T: Judged>(got: f64, truth: f64, scale: f64) -> f64 {
    if got == truth || (got.is_nan() && truth.is_nan()) {
        return 0.0;
    }
    let overflows = truth.abs() >= T::overflow::<f64>();
    if overflows && got.is_infinite() && got.is_sign_negative() == truth.is_sign_negative() {
        return 0.0;
    }
    if !got.is_finite() || !truth.is_finite() {
        return f64::INFINITY;
    }
    (got - truth).abs() / T::ulp::<f64>(truth.abs().max(scale.abs()))
}

/// The largest distance of any entry, and where it is.
pub(crate) fn worst<T: Judged>(got: &Outputs, truth: &Outputs, scale: &Outputs) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for (((name, got), (_, truth)), (_, scale)) in got.parts().into_iter().zip(truth.parts()).zip(scale.parts()) {
        if got.len() != truth.len() {
            return (f64::INFINITY, format!("{name} has {} entries, not {}", got.len(), truth.len()));
        }
        for (i, (&got, &truth)) in got.iter().zip(truth).enumerate() {
            let distance = distance::<T>(got, truth, scale.get(i).copied().unwrap_or(0.0));
            if distance > worst.0 {
                worst = (distance, format!("{name}[{i}] is {got:e}, not {truth:e}"));
            }
        }
    }
    worst
}

/// The distances of a case in f32: ours, and the framework's own.
pub(crate) fn single(case: &Case, got: &Outputs) -> ((f64, String), f64) {
    let theirs = worst::<f32>(&case.f32, &case.truth, &case.scale).0;
    let ours = worst::<f32>(got, &case.truth, &case.scale);
    if case.other_f32.is_some() {
        let to_theirs = worst::<f32>(got, &case.f32, &other_scale(case));
        if to_theirs.0 < ours.0 {
            return (to_theirs, theirs);
        }
    }
    (ours, theirs)
}

/// The terms where single precision decides otherwise: what is the result on one side of a tie cancels on the other.
fn other_scale(case: &Case) -> Outputs {
    let wider = |truth: &[f64], scale: &[f64]| -> Vec<f64> {
        let size = |(i, truth): (usize, &f64)| truth.abs().max(scale.get(i).copied().unwrap_or(0.0).abs());
        truth.iter().enumerate().map(size).map(|size| if size.is_finite() { size } else { 0.0 }).collect()
    };
    let (truth, scale) = (&case.truth, &case.scale);
    Outputs {
        value: wider(&truth.value, &scale.value),
        dx: wider(&truth.dx, &scale.dx),
        dt: wider(&truth.dt, &scale.dt),
    }
}

//! The losses against what PyTorch, Keras 3 and tf_keras computed, under the preset of each.
//!
//! In f64 and in f32 every entry is within [`ULPS`] of the truth, or of the larger term where it is a difference; in f32
//! no case is further from it than the framework itself, or [`NEAR`]. The cases that are more than 1 ULP off and further
//! than the framework are counted, and so are those where the framework is. `cargo test --test conformance -- --nocapture`
//! shows them, and the largest distances of each loss.

mod case;
mod judge;
mod known;
mod manner;
mod run;

use case::Case;
use known::{Differs, Known, excused, known};
use std::collections::BTreeMap;

/// How near every entry must be.
const ULPS: f64 = 6.0;

/// How near a case in f32 may be whatever the framework does.
const NEAR: f64 = 2.5;

/// The largest distances of the cases of one loss.
#[derive(Default)]
struct Peak {
    cases: usize,
    double: f64,
    single: f64,
    theirs: f64,
    /// Cases further from the truth than 1 ULP and than the framework, and the other way round.
    behind: usize,
    ahead: usize,
}

/// What is wrong with a case, entries apart that differ in such a way.
fn judge(case: &Case, peak: &mut Peak, differs: Option<Differs>) -> Result<(), String> {
    let excuse = |got| if let Some(differs) = differs { excused(got, &case.truth, differs) } else { got };
    let double = run::double(case).map(excuse).map_err(|fault| format!("f64: {fault}"))?;
    let single = run::single(case).map(excuse).map_err(|fault| format!("f32: {fault}"))?;
    let (double, where_double) = judge::worst::<f64>(&double, &case.truth, &case.scale);
    let ((single, where_single), theirs) = judge::single(case, &single);
    peak.cases += 1;
    peak.double = peak.double.max(double);
    peak.single = peak.single.max(single);
    if theirs.is_finite() {
        peak.theirs = peak.theirs.max(theirs);
    }
    if double > ULPS {
        return Err(format!("f64: {double:.1} ULP: {where_double}"));
    }
    peak.ahead += usize::from(theirs > single.max(1.0));
    if single > theirs.max(1.0) {
        peak.behind += 1;
        println!("behind: {}: {single:.2} ULP, theirs {theirs:.2}: {where_single}", case.id);
    }
    if single > ULPS.min(theirs.max(NEAR)) {
        return Err(format!("f32: {single:.1} ULP, theirs {theirs:.1}: {where_single}"));
    }
    Ok(())
}

fn conforms(framework: &str) {
    let mut peaks: BTreeMap<String, Peak> = BTreeMap::new();
    let mut failures = Vec::new();
    let cases = case::read(framework);
    for case in &cases {
        let mut fails = |fault: String| failures.push(format!("{}: {fault}", case.id));
        let Some(Known { reason, differs }) = known(case) else {
            let peak = peaks.entry(case.name.clone()).or_default();
            if let Err(failure) = judge(case, peak, None) {
                fails(failure);
            }
            continue;
        };
        match judge(case, &mut Peak::default(), None) {
            Ok(()) => fails(format!("is right, although {reason}")),
            Err(failure) => println!("known: {}: {failure}: {reason}", case.id),
        }
        if let Some(Err(failure)) = differs.map(|differs| judge(case, &mut Peak::default(), Some(differs))) {
            fails(format!("{failure}, and not because {reason}"));
        }
    }
    println!("{framework}: {} cases; largest distance in ULP", cases.len());
    let head = ["cases", "f64", "f32", "framework, f32", "behind", "ahead"];
    println!("{:<36} {:>5} {:>8} {:>8} {:>14} {:>7} {:>6}", "", head[0], head[1], head[2], head[3], head[4], head[5]);
    for (name, Peak { cases, double, single, theirs, behind, ahead }) in peaks {
        println!("{name:<36} {cases:>5} {double:>8.2} {single:>8.2} {theirs:>14.4e} {behind:>7} {ahead:>6}");
    }
    let count = failures.len();
    failures.truncate(400);
    assert!(count == 0, "{count} of {} cases fail:\n{}", cases.len(), failures.join("\n"));
}

#[test]
fn torch() {
    conforms("torch");
}

#[test]
fn keras() {
    conforms("keras");
}

#[test]
fn tf_keras() {
    conforms("tf_keras");
}

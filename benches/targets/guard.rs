//! What was measured against the record of this machine.

use crate::report::Report;
use serde_json::Value;
use std::io::{Error, Result};

/// How many times worse than its record a figure may be.
const WORSE: f64 = 2.0;
/// How often it is measured before it counts as worse: machines are shared.
const TRIES: usize = 3;

/// Fails if a figure is each time far from the record's of the same name.
pub(crate) fn check(measure: impl Fn() -> Report, record: &Value) -> Result<()> {
    let mut worse: Option<Vec<String>> = None;
    for _ in 0..TRIES {
        let report = measure();
        let mut found = compare(&report, record)?;
        found.retain(|name| worse.as_ref().is_none_or(|worse| worse.contains(name)));
        println!("guard: more than {WORSE} times worse than the record every time: {found:?}");
        if found.is_empty() {
            return Ok(());
        }
        worse = Some(found);
    }
    Err(Error::other("slower than the record"))
}

/// The names of the figures that are far from the record's. All must be in it.
fn compare(report: &Report, record: &Value) -> Result<Vec<String>> {
    let mut worse = Vec::new();
    for now in report.figures() {
        let name = name(now);
        let then = record["figures"].as_array().into_iter().flatten().find(|then| self::name(then) == name);
        let Some(then) = then.and_then(|then| then["median"].as_f64()) else {
            return Err(Error::other(format!("the record has no figure of {name}")));
        };
        let found = now["median"].as_f64().unwrap_or(f64::NAN);
        // Of cycles there must not be many, of everything else not few.
        let times = if now["unit"] == "cycles" { found / then } else { then / found };
        // Not the other way round: NaN is worse.
        let is_near = times <= WORSE;
        if !is_near {
            worse.push(name);
        }
    }
    Ok(worse)
}

/// What a figure is of.
fn name(figure: &Value) -> String {
    const FACTS: [&str; 8] = ["part", "loss", "type", "work", "threads", "level", "of", "unit"];
    let facts = FACTS.iter().filter_map(|fact| figure[fact].as_str());
    facts.map(without_rows).collect::<Vec<_>>().join(", ")
}

/// `CrossEntropy 100×10` as `CrossEntropy 10`: how many rows there are depends on the caches, and on how brief the run is.
fn without_rows(fact: &str) -> String {
    match fact.split_once('×') {
        Some((before, after)) => format!("{}{after}", before.trim_end_matches(|c: char| c.is_ascii_digit())),
        None => fact.to_owned(),
    }
}

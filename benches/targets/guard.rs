//! What was measured against what the record says of the same machine.

use crate::report::Report;
use serde_json::Value;
use std::io::{Error, Result};

/// How many times worse than its record a figure may be: machines are shared.
const WORSE: f64 = 2.0;

/// Fails if a figure is far from the record's of the same name.
pub(crate) fn check(report: &Report, record: &Value) -> Result<()> {
    let is_known = record["machine"] == *report.machine();
    let (mut compared, mut worse) = (0, Vec::new());
    for now in report.figures() {
        let Some(then) = record["figures"].as_array().into_iter().flatten().find(|then| is_same(now, then)) else {
            continue;
        };
        let [now_median, then_median] = [now, then].map(|figure| figure["median"].as_f64().unwrap_or(f64::NAN));
        // Of cycles there must not be many, of everything else not few.
        let times = if now["unit"] == "cycles" { now_median / then_median } else { then_median / now_median };
        compared += 1;
        if times > WORSE {
            worse.push(format!("{times:.1} times worse than {then}: {now}"));
        }
    }
    let machine = if is_known { "the record's machine" } else { "another machine than the record's" };
    println!("guard: {compared} figures compared on {machine}, {} more than {WORSE} times worse", worse.len());
    for line in &worse {
        println!("{line}");
    }
    if is_known && !worse.is_empty() { Err(Error::other("slower than the record")) } else { Ok(()) }
}

/// Whether two figures are of the same thing.
fn is_same(a: &Value, b: &Value) -> bool {
    const FACTS: [&str; 8] = ["part", "loss", "type", "work", "threads", "level", "of", "unit"];
    FACTS.iter().all(|fact| a[fact] == b[fact])
}

//! Losses of this crate and of its peers in Rust, value and gradient, on the same data and side by side with loops that
//! only touch the memory: one JSON file.
//!
//! `cargo run --release -- OUT.json [GRADIENTS/] [--quick]` runs on the threads of rayon's pool; with a folder it
//! writes the gradients there, for the peers in Python.

mod case;
mod contender;
mod library;
mod limit;
mod support;

use case::Case;
use contender::{Contender, race};
use lossfn::{Level, Threads};
use serde_json::{Value, json};
use std::path::Path;
use std::{env, fs, io};

const ROUNDS: usize = 7;
const QUICK_ROUNDS: usize = 1;

/// What two ways to compute the same may differ by, as a share of the larger.
const TOLERANCE: f64 = 1e-4;

fn main() -> io::Result<()> {
    let (flags, paths): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let is_quick = flags.iter().any(|flag| flag == "--quick");
    let Some(out) = paths.first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of a file to write is missing"));
    };
    let count = rayon::current_num_threads();
    let threads = if count == 1 { Threads::Serial } else { Threads::Auto };
    let mut results = Vec::new();
    for mut case in Case::all() {
        if is_quick {
            case.shrink();
        }
        eprintln!("{case}, {count} threads");
        results.extend(measure(&case, threads, is_quick, paths.get(1).map(Path::new))?);
    }
    let level = format!("{:?}", Level::best());
    let report = json!({ "threads": count, "level": level, "tolerance": TOLERANCE, "results": results });
    fs::write(out, serde_json::to_string_pretty(&report)?)
}

/// The results of all libraries on one case, after what they compute was compared.
fn measure(case: &Case, threads: Threads, is_quick: bool, gradients: Option<&Path>) -> io::Result<Vec<Value>> {
    let inputs = case.inputs();
    let mut contenders = Vec::from(limit::contenders(threads, &inputs));
    let first = contenders.len();
    contenders.push(library::lossfn::contender(threads, case, &inputs));
    contenders.extend(library::burn::contender(case, &inputs));
    contenders.extend(library::candle::contender(case, &inputs));
    contenders.extend(library::rten::contender(threads, case, &inputs));

    let mut ours = vec![f32::NAN; inputs.x.len()];
    let value = (contenders[first].call)(Some(&mut ours));
    if let Some(folder) = gradients {
        let bytes: Vec<u8> = ours.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        fs::write(folder.join(format!("{case}.f32")), bytes)?;
    }
    let mut facts = Vec::new();
    for contender in &mut contenders {
        facts.push(compare(contender, value, &ours));
    }
    let rounds = if is_quick { QUICK_ROUNDS } else { ROUNDS };
    let mut results = race(&mut contenders, rounds);
    for ((result, facts), contender) in results.iter_mut().zip(facts).zip(&contenders) {
        result["loss"] = case.name().into();
        result["shape"] = json!(case.shape);
        result["library"] = contender.library.into();
        result["agreement"] = facts;
    }
    Ok(results)
}

/// The value, and how far value and gradient are from ours: of the value as a share, of the gradient the largest
/// difference as a share of the largest entry, and all of them as a share of all entries. A loop over memory has neither.
fn compare(contender: &mut Contender<'_>, ours: f64, gradient: &[f32]) -> Value {
    if limit::LOOPS.iter().any(|(name, _)| *name == contender.library) {
        return Value::Null;
    }
    let mut theirs = Vec::new();
    let value = (contender.call)(Some(&mut theirs));
    let off = (value - ours).abs() / ours.abs();
    if theirs.is_empty() {
        return json!({ "value": value, "value_off": off });
    }
    assert_eq!(theirs.len(), gradient.len(), "{}", contender.library);
    let (mut largest, mut sum, mut largest_off, mut sum_off) = (0.0_f64, 0.0, 0.0_f64, 0.0);
    for (&ours, &theirs) in gradient.iter().zip(&theirs) {
        let off = (f64::from(ours) - f64::from(theirs)).abs();
        largest = largest.max(f64::from(ours).abs());
        sum += f64::from(ours).abs();
        // NaN must not be lost.
        largest_off = if off <= largest_off { largest_off } else { off };
        sum_off += off;
    }
    let [gradient_off, gradient_sum_off] = [largest_off / largest, sum_off / sum];
    json!({ "value": value, "value_off": off, "gradient_off": gradient_off, "gradient_sum_off": gradient_sum_off })
}

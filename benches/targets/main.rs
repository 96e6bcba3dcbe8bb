//! Every target of speed, beside what this machine reaches: Markdown tables with a mark for each target.
//!
//! `cargo bench --bench targets -- memory cache` makes the parts that are named, all by default: `memory`, `cache`,
//! `threads`, `calls`, `shapes`. With `--record` the tables go to a file in `benches/record/targets` that is named after
//! the machine, and every figure to another. `LOSSFN_BENCH_QUICK=1` shrinks all sizes, which shows that it runs and
//! nothing else.
//!
//! `--guard` measures a few of the figures briefly, up to three times, and fails if one is each time less than half as
//! good as the record of this processor, level and number of threads has it; on a machine without one it only reports.

#[path = "../support/mod.rs"]
mod support;

mod cache;
mod calls;
mod clock;
mod guard;
mod memory;
mod port;
mod report;
mod shapes;
mod share;
mod threads;

use report::Report;
use std::path::Path;
use std::{fs, io};
use support::machine;

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    is_quick: bool,
    /// Whether a few losses stand for all.
    is_brief: bool,
    rounds: usize,
    /// Seconds of one measurement.
    window: f64,
}

type Part = (&'static str, fn(Plan, &mut Report));

const PARTS: [Part; 5] = [
    ("memory", memory::measure),
    ("cache", cache::measure),
    ("threads", threads::measure),
    ("calls", calls::measure),
    ("shapes", shapes::measure),
];

/// What `--guard` makes.
const BRIEF: [&str; 2] = ["memory", "cache"];

fn main() -> io::Result<()> {
    let (flags, names): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let (is_quick, is_brief) = (support::is_quick(), has("--guard"));
    if has("--record") && (is_quick || !names.is_empty()) {
        return Err(io::Error::other("only a whole run is recorded"));
    }
    let (rounds, window) = match (is_quick, is_brief) {
        (true, _) => (1, 0.0),
        (_, true) => (3, 0.02),
        _ => (7, 0.05),
    };
    let plan = Plan { is_quick, is_brief, rounds, window };
    let report = || {
        let mut report = Report::new(&machine::describe());
        if is_quick {
            report.say("Quick: small sizes and one round, so the figures say nothing.");
        }
        for (name, measure) in PARTS {
            let is_wanted = if is_brief { BRIEF.contains(&name) } else { names.is_empty() };
            if is_wanted || names.iter().any(|wanted| wanted == name) {
                measure(plan, &mut report);
            }
        }
        report.conclude();
        report
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/record/targets");
    let record = folder.join(machine::slug());
    if is_brief {
        return match fs::read_to_string(record.with_extension("json")) {
            Ok(record) => guard::check(report, &serde_json::from_str(&record)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report();
                println!("guard: nothing to compare with, as there is no {}.json", record.display());
                Ok(())
            }
            Err(error) => Err(error),
        };
    }
    let report = report();
    if has("--record") {
        fs::create_dir_all(&folder)?;
        fs::write(record.with_extension("md"), report.markdown())?;
        fs::write(record.with_extension("json"), report.json())?;
    }
    Ok(())
}

//! How near the losses come to the speed of memory, and how far they are ahead of a plain loop: one Markdown table.
//!
//! Every row of the table has rounds of its own. A round measures the memory pass, the library and the plain loop one
//! after the other, all on the same number of threads, each by the fastest call in a tenth of a second, and gives two
//! ratios; the table has their medians, least and largest.
//!
//! `cargo bench --bench ratios -- huber` makes the rows that are named. `LOSSFN_BENCH_QUICK=1` shrinks all sizes, which
//! shows that it runs and nothing else.

mod support;

use core::fmt;
use core::hint::black_box;
use lossfn::Call;
use lossfn::Threads::{self, Auto, Serial};
use support::data::{Data, Verb};
use support::losses::{self, Subject};
use support::memory::{self, Word};
use support::scalar::Scalar;
use support::timing::{Spread, seconds};
use support::{machine, parts};

/// How much is measured.
struct Plan {
    is_quick: bool,
    rounds: usize,
    /// Seconds of one measurement.
    window: f64,
    /// What the names of the losses are to contain, in lower case.
    names: Vec<String>,
}

/// What a loss must reach.
#[derive(Clone, Copy)]
enum Goal {
    /// This share of the copy's bandwidth, with the gradient.
    OfMemory(f64),
    /// This speed-up over the plain loop.
    OverPlain(f64),
}

/// The ratios of one way to call a loss.
struct Row {
    of_memory: Spread,
    over_plain: Spread,
    /// Gigabytes per second of the memory pass.
    memory: f64,
}

const LEGEND: &str = "\
Bandwidth counts each array once, read or written. The memory pass only reads for `value`, and copies (`memcpy`) for
`value+grad`. All three of a row run on the same number of threads. Ratios: median (least–largest) of the rounds.

| loss | shape | verb | threads | MB | memory pass, GB/s | of its bandwidth | over the plain loop | goal |
|---|---|---|--:|--:|--:|--:|--:|---|";

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let names = arguments.map(|name| name.to_lowercase()).collect();
    let is_quick = support::is_quick();
    let (rounds, window) = if is_quick { (3, 0.0) } else { (9, 0.1) };
    let plan = Plan { is_quick, rounds, window, names };
    println!("{}- rounds: {rounds}\n", machine::describe());
    if is_quick {
        println!("Quick: the arrays fit the caches, so the ratios say nothing.\n");
    }
    println!("{LEGEND}");
    elementwise(&plan);
    cross_entropy(&plan);
    pairs(&plan);
}

fn elementwise(plan: &Plan) {
    let len = if plan.is_quick { 1 << 18 } else { 1 << 26 };
    let losses = losses::elementwise();
    let mut losses = losses.iter().filter(|loss| plan.wants(loss.name)).peekable();
    if losses.peek().is_none() {
        return;
    }
    let mut data = Data::<f32, f32>::elements(len);
    for loss in losses {
        let goal = match loss.name {
            "Mse" | "Huber" => Some(Goal::OfMemory(0.75)),
            "BceWithLogits" => Some(Goal::OverPlain(5.0)),
            _ => None,
        };
        data.suit(loss.predictions);
        rows(plan, loss, &format!("2^{}", len.ilog2()), &mut data, goal);
    }
}

fn cross_entropy(plan: &Plan) {
    let of_memory = Some(Goal::OfMemory(0.75));
    let over_plain = Some(Goal::OverPlain(5.0));
    for (count, classes, goal) in [(1024, 32_000, of_memory), (65_536, 10, over_plain), (1 << 22, 10, over_plain)] {
        let loss = losses::cross_entropy::<f32>(classes, 1);
        if plan.wants(loss.name) {
            let count = if plan.is_quick { count / 64 } else { count };
            rows(plan, &loss, &format!("{count}×{classes}"), &mut Data::rows(count, classes), goal);
        }
    }
}

/// Losses of rows against rows.
fn pairs(plan: &Plan) {
    let (count, columns) = if plan.is_quick { (256, 768) } else { (16_384, 768) };
    let losses = losses::pairs(columns);
    let mut losses = losses.iter().filter(|loss| plan.wants(loss.name)).peekable();
    let shape = format!("{count}×{columns}");
    if losses.peek().is_some() {
        let mut data = Data::<f32, f32>::elements(count * columns);
        for loss in losses {
            data.suit(loss.predictions);
            rows(plan, loss, &shape, &mut data, None);
        }
    }
    let loss = losses::nll(columns);
    if plan.wants(loss.name) {
        rows(plan, &loss, &shape, &mut Data::rows(count, columns), None);
    }
}

/// Prints the rows of one loss.
fn rows<T, Y>(plan: &Plan, loss: &Subject<T, Y>, shape: &str, data: &mut Data<T, Y>, goal: Option<Goal>)
where
    T: Scalar + Word,
    Y: Word + 'static,
{
    for verb in [Verb::ValueAndGrad, Verb::Value] {
        for threads in [Serial, Auto] {
            loss.check(threads, verb, data);
            let row = Row::measure(plan, loss, verb, threads, data);
            let megabytes = data.bytes(verb) / 1_000_000;
            println!(
                "| {} | {shape} | {} | {} | {megabytes} | {row} | {} |",
                loss.name,
                verb.name(),
                parts::workers(threads),
                goal.filter(|_| !plan.is_quick).map_or_else(String::new, |goal| row.judge(goal, verb)),
            );
        }
    }
}

impl Plan {
    fn wants(&self, loss: &str) -> bool {
        let loss = loss.to_lowercase();
        self.names.is_empty() || self.names.iter().any(|name| loss.contains(name))
    }
}

impl Row {
    fn measure<T, Y>(plan: &Plan, loss: &Subject<T, Y>, verb: Verb, threads: Threads, data: &mut Data<T, Y>) -> Self
    where
        T: Scalar + Word,
        Y: Word + 'static,
    {
        let bytes = data.bytes(verb) as f64;
        let memory_bytes = memory::bytes(data, verb) as f64;
        let call = Call::new().threads(threads);
        let (mut of_memory, mut over_plain, mut speeds) = (Vec::new(), Vec::new(), Vec::new());
        // Round 0 warms up.
        for round in 0..=plan.rounds {
            let memory = memory_bytes / seconds(plan.window, || memory::pass(threads, black_box(data.batch(verb))));
            let library = seconds(plan.window, || loss.library(call, black_box(data.batch(verb))));
            let plain = seconds(plan.window, || loss.plain(threads, black_box(data.batch(verb))));
            if round > 0 {
                of_memory.push(bytes / library / memory);
                over_plain.push(plain / library);
                speeds.push(memory / 1e9);
            }
        }
        let memory = Spread::of(speeds).median;
        Self { of_memory: Spread::of(of_memory), over_plain: Spread::of(over_plain), memory }
    }

    /// Whether the goal is reached, if it is one of this verb.
    fn judge(&self, goal: Goal, verb: Verb) -> String {
        let (name, found, least) = match goal {
            Goal::OfMemory(_) if verb == Verb::Value => return String::new(),
            Goal::OfMemory(least) => ("copy", self.of_memory.median, least),
            Goal::OverPlain(least) => ("plain", self.over_plain.median, least),
        };
        format!("{} ≥ {least} × {name}", if found >= least { "✓" } else { "✗" })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} | {} | {}", self.memory, self.of_memory, self.over_plain)
    }
}

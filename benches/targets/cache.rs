//! Arrays that the first cache holds, on one thread: cycles of an element, and every level beside the plain loop.

use crate::Plan;
use crate::clock::cycles_per_second;
use crate::port::multiply_adds;
use crate::report::{Goal, Report};
use crate::support::data::{Data, Verb};
use crate::support::losses::{self, Subject};
use crate::support::timing::{Spread, seconds_each};
use core::hint::black_box;
use lossfn::Threads::Serial;
use lossfn::{Call, Level};

const CYCLES: &str = "\
Cycles that a further element costs, in f32 on one thread: the time of a whole call less that of half as many elements.
The clock is measured in every round. *exp* is the value of one long row: its exponentials and their sum, which are 13
operations and 2 for each element. *15 multiply-adds* wait for nothing: no 15 operations are faster. The targets are
those of AVX-512; AVX2 may take 2.3 times as many.";

const PLAIN: &str = "\
How many times as fast as the plain loop, in f32 on one thread, 2048 elements or 2 rows: at the baseline, which every
machine has, at least 2 times where there is an exponential, and never slower.";

/// What AVX2 may take of AVX-512's cycles.
const NARROWER: f64 = 2.3;

pub(crate) fn measure(plan: Plan, report: &mut Report) {
    cycles(plan, report);
    if !plan.is_brief {
        plain(plan, report);
    }
}

fn cycles(plan: Plan, report: &mut Report) {
    let levels: Vec<_> = Level::available().collect();
    let names: Vec<_> = levels.iter().map(|level| format!("{level:?}")).collect();
    let columns: Vec<_> = ["loss", "work"].into_iter().chain(names.iter().map(String::as_str)).collect();
    report.part("Cycles in cache", CYCLES, &columns);
    let mut row = |name: &str, work: &str, goal: Option<f64>, time: &mut dyn FnMut(Level) -> Option<(f64, f64)>| {
        let mut cells = vec![name.to_owned(), work.to_owned()];
        for &level in &levels {
            let goal = match level {
                Level::Avx512 => goal,
                Level::Avx2 => goal.map(|goal| NARROWER * goal),
                _ => None,
            };
            let Some(found) = slopes(plan, || time(level)) else {
                cells.push("–".to_owned());
                continue;
            };
            let level = format!("{level:?}").into();
            let unit = ("unit", "cycles".into());
            let facts = [("loss", name.into()), ("work", work.into()), ("level", level), unit];
            cells.push(report.figure(&facts, found, goal.map(Goal::AtMost)));
        }
        report.row(&cells);
    };
    if !plan.is_brief {
        row("15 multiply-adds", "–", None, &mut |level| multiply_adds(plan.window, level));
    }
    {
        let losses = [2048, 4096].map(|classes| losses::cross_entropy::<f32>(classes, 1));
        let mut data = [2048, 4096].map(|classes| Data::rows(1, classes));
        let verb = Verb::Value;
        row("exp", verb.name(), Some(0.40), &mut |level| Some(difference(plan, level, verb, &losses, &mut data, 2048)));
    }
    for (classes, rows, goal) in [(1000, 1, 0.65), (10, 128, 1.6)] {
        let losses = [classes; 2].map(|classes| losses::cross_entropy::<f32>(classes, 1));
        let mut data = [rows, 2 * rows].map(|rows| Data::rows(rows, classes));
        let verb = Verb::ValueAndGrad;
        row(&format!("CrossEntropy, {classes} classes"), verb.name(), Some(goal), &mut |level| {
            Some(difference(plan, level, verb, &losses, &mut data, rows * classes))
        });
    }
    let of = |name| losses::elementwise::<f32>().into_iter().find(|loss| loss.name == name).expect("it is one of them");
    for (name, verb, goal) in
        [("Mse", Verb::Value, 0.13), ("Mse", Verb::ValueAndGrad, 0.18), ("BceWithLogits", Verb::ValueAndGrad, 1.8)]
    {
        let losses = [of(name), of(name)];
        let mut data = [1024, 2048].map(Data::elements);
        row(name, verb.name(), Some(goal), &mut |level| Some(difference(plan, level, verb, &losses, &mut data, 1024)));
    }
}

/// The seconds that `more` elements take which the second has and the first has not, and `more`.
fn difference<Y: Sync + 'static>(
    plan: Plan,
    level: Level,
    verb: Verb,
    losses: &[Subject<f32, Y>; 2],
    data: &mut [Data<f32, Y>; 2],
    more: usize,
) -> (f64, f64) {
    let call = Call::new().threads(Serial).level(level);
    let mut times = losses
        .iter()
        .zip(data)
        .map(|(loss, data)| seconds_each(plan.window, || loss.library(call, black_box(data.batch(verb)))));
    let [less, all] = [times.next(), times.next()].map(|time| time.expect("there are two"));
    (all - less, more as f64)
}

fn slopes(plan: Plan, mut difference: impl FnMut() -> Option<(f64, f64)>) -> Option<Spread> {
    let cycles = (0..plan.rounds.max(3)).map(|_| {
        let clock = cycles_per_second()?;
        let (seconds, elements) = difference()?;
        Some(seconds * clock / elements)
    });
    cycles.collect::<Option<Vec<_>>>().map(Spread::of)
}

fn plain(plan: Plan, report: &mut Report) {
    let levels: Vec<_> = Level::available().collect();
    let names: Vec<_> = levels.iter().map(|level| format!("{level:?}")).collect();
    let columns: Vec<_> = ["loss", "work"].into_iter().chain(names.iter().map(String::as_str)).collect();
    report.part("Over the plain loop", PLAIN, &columns);
    let mut data = Data::<f32, f32>::elements(2048);
    for loss in losses::elementwise().iter().chain(&losses::pairs(1024)) {
        data.suit(loss.predictions);
        over_plain(plan, report, loss, loss.name, &levels, &mut data);
    }
    for classes in [10, 1000] {
        let loss = losses::cross_entropy::<f32>(classes, 1);
        let name = format!("CrossEntropy, {classes} classes");
        over_plain(plan, report, &loss, &name, &levels, &mut Data::rows(2000 / classes, classes));
    }
}

fn over_plain<Y: Sync + 'static>(
    plan: Plan,
    report: &mut Report,
    loss: &Subject<f32, Y>,
    name: &str,
    levels: &[Level],
    data: &mut Data<f32, Y>,
) {
    let has_exponential = ["BceWithLogits", "LogCosh", "CrossEntropy"].contains(&loss.name);
    for verb in Verb::ALL {
        let mut cells = vec![name.to_owned(), verb.name().to_owned()];
        for &level in levels {
            let call = Call::new().threads(Serial).level(level);
            let ratios = (0..plan.rounds).map(|_| {
                let plain = seconds_each(plan.window / 2.0, || loss.plain(Serial, black_box(data.batch(verb))));
                plain / seconds_each(plan.window / 2.0, || loss.library(call, black_box(data.batch(verb))))
            });
            let found = Spread::of(ratios.collect());
            let goal = (level == Level::Base).then_some(Goal::AtLeast(if has_exponential { 2.0 } else { 1.0 }));
            let facts = [("loss", name.into()), ("work", verb.name().into()), ("level", format!("{level:?}").into())];
            cells.push(report.figure(&facts, found, goal));
        }
        report.row(&cells);
    }
}

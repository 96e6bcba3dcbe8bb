//! Arrays of at least eight times the last cache.

use crate::Plan;
use crate::report::{Goal, IN_CACHE, Report};
use crate::share::{self, Limit, Work};
use crate::support::data::Data;
use crate::support::losses::{self, Subject};
use crate::support::machine;
use crate::support::memory::Word;
use crate::support::parts::workers;
use crate::support::scalar::Scalar;
use lossfn::Threads::{Auto, Serial};
use lossfn::{CrossEntropy, Loss};

const ABOUT: &str = "\
Share of the speed of a loop that touches the same memory and does nothing else, measured in turn with the loss: of the
fastest loop there is (*stream*: stores past the caches, loads announced), and where it says *copy*, of a plain copy
(`memcpy` in pieces of 16 MiB, as it goes past the caches itself for more than some 250). Every array is at least eight
times the last cache, or, in a brief run, about 256 MiB if that is less. Median (least–largest) of the rounds. Beside a
miss, at the end, *in the caches* is what the same work reaches of the same loop on arrays of some thousand entries, or
of one row, on one thread, times the number of threads. Where it is below the target, what bounds the loss is not
memory.";

/// The targets of a kind of loss.
#[derive(Clone, Copy)]
struct Goals {
    value: f64,
    one_thread: (f64, Limit),
    all_threads: (f64, Limit),
    in_place: Option<f64>,
}

const LIGHT: Goals =
    Goals { value: 0.95, one_thread: (0.92, Limit::Stream), all_threads: (0.92, Limit::Stream), in_place: Some(0.92) };
const HEAVY: Goals =
    Goals { value: 0.85, one_thread: (0.50, Limit::Stream), all_threads: (0.80, Limit::Stream), in_place: Some(0.80) };
const TEN: Goals =
    Goals { value: 0.40, one_thread: (0.42, Limit::Copy), all_threads: (0.75, Limit::Copy), in_place: Some(0.45) };
const SIXTY_FOUR: Goals =
    Goals { value: 0.80, one_thread: (0.70, Limit::Copy), all_threads: (0.90, Limit::Copy), in_place: Some(0.60) };
const LONG: Goals =
    Goals { value: 0.92, one_thread: (0.85, Limit::Copy), all_threads: (0.95, Limit::Copy), in_place: Some(0.80) };
const LONGEST: Goals = Goals { one_thread: (0.82, Limit::Copy), ..LONG };
const APART: Goals =
    Goals { value: 0.80, one_thread: (0.60, Limit::Copy), all_threads: (0.90, Limit::Copy), in_place: None };
const COSINE: Goals =
    Goals { value: 0.92, one_thread: (0.80, Limit::Stream), all_threads: (0.85, Limit::Stream), in_place: None };

/// Classes, and the entries from one to the next.
const CROSS_ENTROPIES: [(usize, usize, Goals); 7] = [
    (10, 1, TEN),
    (64, 1, SIXTY_FOUR),
    (1000, 1, LONG),
    (32_000, 1, LONG),
    (128_256, 1, LONGEST),
    (262_144, 1, LONGEST),
    (21, 512 * 512, APART),
];
const COLUMNS: usize = 768;
/// Entries that the second cache holds, and their gradients; the longest rows have more.
const CACHED: usize = 8192;
/// The same of one class, whole tiles of both types.
const CACHED_INNER: usize = 240;

pub(crate) fn measure(plan: Plan, report: &mut Report) {
    let columns = ["loss", "type", "value, all threads", "value+grad, one", "value+grad, all", "in place, all"];
    report.part("In memory", ABOUT, &columns);
    one_type::<f32>(plan, report, losses::elementwise(), losses::pairs(COLUMNS));
    if !plan.is_brief {
        one_type::<f64>(plan, report, losses::elementwise(), losses::pairs(COLUMNS));
    }
}

/// About the most bytes of an array of a brief run.
const BRIEF_BYTES: usize = 1 << 28;
/// What stands for all.
const BRIEF: [&str; 4] = ["Mse", "BceWithLogits", "CosineSimilarity", "CrossEntropy"];

/// The targets of the losses that have some.
fn goals(name: &str) -> Option<Goals> {
    match name {
        "Mse" | "Mae" | "Huber" | "SmoothL1" | "Hinge" | "SquaredHinge" | "HingeEmbedding" | "CategoricalHinge" => {
            Some(LIGHT)
        }
        "BceWithLogits" | "Bce" | "KlDiv" | "LogCosh" | "Msle" => Some(HEAVY),
        "CosineSimilarity" => Some(COSINE),
        _ => None,
    }
}

fn one_type<T>(plan: Plan, report: &mut Report, elementwise: Vec<Subject<T, T>>, pairs: Vec<Subject<T, T>>)
where
    T: Scalar + Word,
    CrossEntropy<'static, T>: Loss<T, u32>,
{
    // What is brief must run anywhere, and soon.
    let most = if plan.is_brief { BRIEF_BYTES } else { usize::MAX };
    let bytes = if plan.is_quick { 1 << 20 } else { most.min(8 * machine::last_level_cache().unwrap_or(32 << 20)) };
    let len = (bytes / size_of::<T>()).next_multiple_of(COLUMNS);
    let (mut data, mut few) = (Data::<T, T>::elements(len), Data::elements(CACHED.next_multiple_of(COLUMNS)));
    let is_wanted = |name| !plan.is_brief || BRIEF.contains(&name);
    for loss in elementwise.iter().chain(&pairs).filter(|loss| is_wanted(loss.name)) {
        data.suit(loss.predictions);
        few.suit(loss.predictions);
        row(plan, report, loss.name, goals(loss.name), (loss, &mut data), (loss, &mut few));
    }
    drop(data);
    for (classes, inner, goals) in CROSS_ENTROPIES {
        if plan.is_brief && classes > 1000 {
            continue;
        }
        let inner = if plan.is_quick { inner.min(64) } else { inner };
        let cached_inner = inner.min(CACHED_INNER);
        let loss = losses::cross_entropy::<T>(classes, inner);
        let of_few = losses::cross_entropy::<T>(classes, cached_inner);
        let samples = len.div_ceil(classes * inner);
        let name = match inner {
            1 => format!("CrossEntropy {samples}×{classes}"),
            _ => format!("CrossEntropy {samples}×{classes}×{inner}, axis 1"),
        };
        let few = if inner > 1 { cached_inner } else { (CACHED / classes).max(1) };
        let (mut data, mut few) = (Data::rows(samples * inner, classes), Data::rows(few, classes));
        row(plan, report, &name, Some(goals), (&loss, &mut data), (&of_few, &mut few));
    }
}

fn row<T: Scalar + Word, Y: Word + 'static>(
    plan: Plan,
    report: &mut Report,
    name: &str,
    goals: Option<Goals>,
    (loss, data): (&Subject<T, Y>, &mut Data<T, Y>),
    (of_few, few): (&Subject<T, Y>, &mut Data<T, Y>),
) {
    use Limit::Stream;
    use Work::{InPlace, Value, ValueAndGrad};

    loss.check(Auto, crate::support::data::Verb::ValueAndGrad, data);
    let (one, all) = goals.map_or((Stream, Stream), |goals| (goals.one_thread.1, goals.all_threads.1));
    let ways = [
        (Value, Auto, Stream, goals.map(|goals| goals.value)),
        (ValueAndGrad, Serial, one, goals.map(|goals| goals.one_thread.0)),
        (ValueAndGrad, Auto, all, goals.map(|goals| goals.all_threads.0)),
        (InPlace, Auto, Stream, goals.and_then(|goals| goals.in_place)),
    ];
    let mut cells = vec![name.to_owned(), T::NAME.to_owned()];
    for (work, threads, limit, goal) in ways {
        let found = share::measure(plan, loss, work, threads, limit, data);
        let limit_each = found.limit.median / data.x.len() as f64;
        let cached_each = share::seconds_of(plan, of_few, work, Serial, few) / few.x.len() as f64;
        let in_cache = limit_each / cached_each * workers(threads) as f64;
        let of = if limit == Limit::Copy { "copy" } else { "stream" };
        let facts = [
            ("loss", name.into()),
            ("type", T::NAME.into()),
            ("work", work.name().into()),
            ("threads", if threads == Serial { "one" } else { "all" }.into()),
            ("of", of.into()),
            ("seconds", found.seconds.median.into()),
            ("limit seconds", found.limit.median.into()),
            (IN_CACHE, in_cache.into()),
        ];
        let cell = report.figure(&facts, found.share, goal.map(Goal::AtLeast));
        cells.push(if limit == Limit::Copy { format!("{cell} of copy") } else { cell });
    }
    report.row(&cells);
}

//! The shapes that people have, whatever holds them.

use crate::Plan;
use crate::report::Report;
use crate::share::{self, Limit, Work};
use crate::support::data::{Data, Verb};
use crate::support::losses::{self, Subject};
use crate::support::memory::Word;
use crate::support::scalar::Scalar;
use crate::support::timing::Spread;
use core::fmt::Write;
use lossfn::Threads::{Auto, Serial};
use lossfn::{CosineSimilarity, CrossEntropy, Loss};

const ABOUT: &str = "\
Microseconds of a call, and in brackets the share of the speed of the fastest loop over the same memory. No targets: what
the caches hold has no one limit.";

/// Samples, classes, and entries from one class to the next.
const CROSS_ENTROPIES: [[usize; 3]; 8] = [
    [1_048_576, 2, 1],
    [65_536, 10, 1],
    [65_536, 64, 1],
    [4096, 1000, 1],
    [1024, 32_000, 1],
    [256, 128_256, 1],
    [1, 262_144, 1],
    [8, 21, 512 * 512],
];
const LENGTHS: [usize; 5] = [16, 1 << 10, 1 << 16, 1 << 20, 1 << 25];

pub(crate) fn measure(plan: Plan, report: &mut Report) {
    let columns = ["loss", "shape", "type", "value, one thread", "value, all", "value+grad, one", "value+grad, all"];
    report.part("Shapes", ABOUT, &columns);
    // Fewer rounds than where there are targets.
    let plan = Plan { rounds: plan.rounds.min(5), window: plan.window / 2.0, ..plan };
    one_type::<f32>(plan, report, &losses::elementwise(), &losses::pairs(768));
    one_type::<f64>(plan, report, &losses::elementwise(), &losses::pairs(768));
}

fn one_type<T>(plan: Plan, report: &mut Report, elementwise: &[Subject<T, T>], pairs: &[Subject<T, T>])
where
    T: Scalar + Word,
    CosineSimilarity: Loss<T>,
    CrossEntropy<'static, T>: Loss<T, u32>,
{
    let few = |samples: usize| if plan.is_quick { samples.div_ceil(1000) } else { samples };
    for len in LENGTHS {
        let mut data = Data::elements(few(len));
        let names = ["Mse", "Huber", "Hinge", "BceWithLogits", "KlDiv"];
        for loss in elementwise.iter().filter(|loss| names.contains(&loss.name)) {
            row(plan, report, loss, &len.to_string(), &mut data);
        }
    }
    let kl = elementwise.iter().find(|loss| loss.name == "KlDiv").expect("it is one of them");
    row(plan, report, kl, "4096×1000", &mut Data::elements(few(4096) * 1000));
    let cosine = pairs.iter().find(|loss| loss.name == "CosineSimilarity").expect("it is one of them");
    row(plan, report, cosine, "16384×768", &mut Data::elements(few(16_384) * 768));
    for [samples, classes, inner] in CROSS_ENTROPIES {
        let inner = few(inner);
        let shape =
            if inner == 1 { format!("{samples}×{classes}") } else { format!("{samples}×{classes}×512×512") };
        let loss = losses::cross_entropy::<T>(classes, inner);
        row(plan, report, &loss, &shape, &mut Data::rows(few(samples) * inner, classes));
    }
}

fn row<T: Scalar + Word, Y: Word + 'static>(
    plan: Plan,
    report: &mut Report,
    loss: &Subject<T, Y>,
    shape: &str,
    data: &mut Data<T, Y>,
) {
    loss.check(Auto, Verb::ValueAndGrad, data);
    let mut cells = vec![loss.name.to_owned(), shape.to_owned(), T::NAME.to_owned()];
    for work in [Work::Value, Work::ValueAndGrad] {
        for threads in [Serial, Auto] {
            let found = share::measure(plan, loss, work, threads, Limit::Stream, data);
            let facts = [
                ("loss", loss.name.into()),
                ("shape", shape.into()),
                ("type", T::NAME.into()),
                ("work", work.name().into()),
                ("threads", if threads == Serial { "one" } else { "all" }.into()),
                ("seconds", found.seconds.median.into()),
            ];
            report.figure(&facts, found.share, None);
            let mut cell = microseconds(found.seconds);
            write!(cell, " [{:.2}]", found.share.median).expect("a string takes it");
            cells.push(cell);
        }
    }
    report.row(&cells);
}

/// With three digits.
fn microseconds(seconds: Spread) -> String {
    let time = seconds.median * 1e6;
    let digits = if time < 10.0 { 2 } else { usize::from(time < 100.0) };
    format!("{time:.digits$}")
}

//! All threads against one, where the data are in the caches.

use crate::Plan;
use crate::report::{Goal, Report};
use crate::support::data::{Data, Verb};
use crate::support::losses::{self, Subject};
use crate::support::timing::{Spread, seconds};
use crate::support::{machine, parts};
use core::hint::black_box;
use lossfn::Call;
use lossfn::Threads::{Auto, Serial};

const ABOUT: &str = "\
How many times as fast all threads of rayon's pool are as one, where the caches hold what is read and written; as far as
rayon has a processor for each of them. At least 1.85 times for two, 12 for sixteen.";

pub(crate) fn measure(plan: Plan, report: &mut Report) {
    report.part("All threads against one", ABOUT, &["loss", "type", "elements", "value", "value+grad"]);
    // Three arrays fill half of the last cache.
    let bytes = if plan.is_quick { 1 << 18 } else { machine::last_level_cache().unwrap_or(32 << 20) / 6 };
    let len = bytes / size_of::<f32>();
    let mut data = Data::<f32, f32>::elements(len);
    for loss in losses::elementwise().iter().filter(|loss| ["BceWithLogits", "LogCosh", "KlDiv"].contains(&loss.name)) {
        row(plan, report, loss, loss.name, &mut data);
    }
    for classes in [10, 1000] {
        let loss = losses::cross_entropy::<f32>(classes, 1);
        row(plan, report, &loss, &format!("CrossEntropy, {classes} classes"), &mut Data::rows(len / classes, classes));
    }
}

fn row<Y: Sync + 'static>(
    plan: Plan,
    report: &mut Report,
    loss: &Subject<f32, Y>,
    name: &str,
    data: &mut Data<f32, Y>,
) {
    let goal = match parts::workers(Auto) {
        1 => None,
        2 => Some(Goal::AtLeast(1.85)),
        more => Some(Goal::AtLeast(0.75 * more as f64)),
    };
    let mut cells = vec![name.to_owned(), "f32".to_owned(), data.x.len().to_string()];
    for verb in Verb::ALL {
        let mut ratios = Vec::new();
        for round in 0..=plan.rounds {
            let [one, all] = [Serial, Auto].map(|threads| {
                let call = Call::new().threads(threads);
                seconds(plan.window, || loss.library(call, black_box(data.batch(verb))))
            });
            if round > 0 {
                ratios.push(one / all);
            }
        }
        let facts = [("loss", name.into()), ("work", verb.name().into())];
        cells.push(report.figure(&facts, Spread::of(ratios), goal));
    }
    report.row(&cells);
}

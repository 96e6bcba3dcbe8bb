//! What a call costs beside its work.

use crate::Plan;
use crate::report::{Goal, Report};
use crate::support::data::{Data, Verb};
use crate::support::losses::{self, Subject};
use crate::support::timing::{Spread, seconds_each};
use core::hint::black_box;
use lossfn::Call;
use lossfn::Threads::{Auto, Serial};

const ABOUT: &str = "\
Nanoseconds that a call in f32 takes longer than the plain loop over the same few elements, at most 30; less than 0 where
it is faster.";

const LENGTHS: [usize; 3] = [4, 16, 64];

pub(crate) fn measure(plan: Plan, report: &mut Report) {
    report.part("Small calls", ABOUT, &["loss", "work", "4 elements", "16", "64"]);
    let names = ["Mse", "Huber", "Hinge", "BceWithLogits"];
    for loss in losses::elementwise::<f32>().iter().filter(|loss| names.contains(&loss.name)) {
        row(plan, report, loss, loss.name, &mut LENGTHS.map(Data::elements));
    }
    let loss = losses::cross_entropy::<f32>(4, 1);
    row(plan, report, &loss, "CrossEntropy, 4 classes", &mut LENGTHS.map(|len| Data::rows(len / 4, 4)));
}

fn row<Y: Sync + 'static>(
    plan: Plan,
    report: &mut Report,
    loss: &Subject<f32, Y>,
    name: &str,
    data: &mut [Data<f32, Y>; 3],
) {
    for verb in Verb::ALL {
        let mut cells = vec![name.to_owned(), verb.name().to_owned()];
        for data in &mut *data {
            let call = Call::new().threads(Auto);
            let differences = (0..plan.rounds).map(|_| {
                let plain = seconds_each(plan.window / 4.0, || loss.plain(Serial, black_box(data.batch(verb))));
                let ours = seconds_each(plan.window / 4.0, || loss.library(call, black_box(data.batch(verb))));
                (ours - plain) * 1e9
            });
            let found = Spread::of(differences.collect());
            let facts = [("loss", name.into()), ("work", verb.name().into()), ("elements", data.x.len().into())];
            cells.push(report.figure(&facts, found, Some(Goal::AtMost(30.0))));
        }
        report.row(&cells);
    }
}

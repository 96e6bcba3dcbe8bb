//! One kernel a number of times, for `scripts/instructions`, which counts what it takes: `instructions NAME CALLS`.
//! Without a name it prints the names.

mod support;

use core::hint::black_box;
use lossfn::Call;
use lossfn::Threads::Serial;
use support::data::{Data, Verb};
use support::losses::{self, Subject};

/// Elements of a call, or nearly.
const LEN: usize = 12_000;

/// Losses, the entries of their rows, and what is asked of them.
const KERNELS: [(&str, usize, Verb); 14] = [
    ("Mse", 1, Verb::Value),
    ("Mse", 1, Verb::ValueAndGrad),
    ("Huber", 1, Verb::ValueAndGrad),
    ("Hinge", 1, Verb::ValueAndGrad),
    ("BceWithLogits", 1, Verb::ValueAndGrad),
    ("Bce", 1, Verb::ValueAndGrad),
    ("KlDiv", 1, Verb::ValueAndGrad),
    ("LogCosh", 1, Verb::ValueAndGrad),
    ("CosineSimilarity", 768, Verb::ValueAndGrad),
    ("CategoricalCrossEntropy", 768, Verb::ValueAndGrad),
    ("CrossEntropy", 2, Verb::ValueAndGrad),
    ("CrossEntropy", 10, Verb::ValueAndGrad),
    ("CrossEntropy", 1000, Verb::Value),
    ("CrossEntropy", 1000, Verb::ValueAndGrad),
];

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [wanted, calls] = &*arguments else {
        KERNELS.iter().for_each(|kernel| println!("{}", name(kernel)));
        return;
    };
    let kernel = KERNELS.iter().find(|kernel| name(kernel) == *wanted).expect("it is one of the names");
    let &(loss, columns, verb) = kernel;
    let calls = calls.parse().expect("calls are a number");
    if loss == "CrossEntropy" {
        return run(&losses::cross_entropy(columns, 1), verb, &mut Data::rows(LEN / columns, columns), calls);
    }
    let mut losses = losses::elementwise().into_iter().chain(losses::pairs(columns));
    let loss = losses.find(|one| one.name == loss).expect("it is one of the losses");
    let mut data = Data::elements(LEN / columns * columns);
    data.suit(loss.predictions);
    run(&loss, verb, &mut data, calls);
}

fn name((loss, columns, verb): &(&str, usize, Verb)) -> String {
    format!("{loss}/{columns}/{}", verb.name())
}

fn run<Y: Sync + 'static>(loss: &Subject<f32, Y>, verb: Verb, data: &mut Data<f32, Y>, calls: usize) {
    let call = Call::new().threads(Serial);
    for _ in 0..calls {
        black_box(loss.library(call, black_box(data.batch(verb))));
    }
}

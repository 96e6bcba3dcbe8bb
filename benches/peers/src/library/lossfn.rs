//! This one: the gradient goes into a buffer of the caller's.

use crate::case::{Case, Inputs, Kind};
use crate::contender::Contender;
use lossfn::{BceWithLogits, Call, CosineEmbedding, CrossEntropy, Divisor, Huber, KlDiv, Layout, Loss, Mse, Threads};

pub(crate) fn contender<'a>(threads: Threads, case: &'a Case, inputs: &'a Inputs) -> Contender<'a> {
    let call = Call::new().threads(threads);
    let columns = case.columns();
    match case.kind {
        Kind::CrossEntropy => {
            let layout = Layout::axis(columns, case.inner());
            run(CrossEntropy::new(layout).with(call), &inputs.x, &inputs.classes)
        }
        Kind::Mse => run(Mse::new().with(call), &inputs.x, &inputs.targets),
        Kind::Huber => run(Huber::new(1.0).with(call), &inputs.x, &inputs.targets),
        Kind::BceWithLogits => run(BceWithLogits::new().with(call), &inputs.x, &inputs.targets),
        Kind::CosineEmbedding => {
            let labels = vec![1_i8; case.rows()];
            let mut dx = vec![0.0; inputs.x.len()];
            Contender::new("lossfn", move |out| {
                let loss = CosineEmbedding::new(columns, &labels).torch().with(call);
                step(&loss, &inputs.x, &inputs.targets, &mut dx, out)
            })
        }
        Kind::KlDiv => {
            let call = call.columns(columns).mean(Divisor::Rows);
            run(KlDiv::new().with(call), &inputs.x, &inputs.targets)
        }
    }
}

fn run<'a, Y>(loss: impl Loss<f32, Y> + 'a, x: &'a [f32], y: &'a [Y]) -> Contender<'a> {
    let mut dx = vec![0.0; x.len()];
    Contender::new("lossfn", move |out| step(&loss, x, y, &mut dx, out))
}

#[inline(always)]
fn step<Y>(loss: &impl Loss<f32, Y>, x: &[f32], y: &[Y], dx: &mut [f32], out: Option<&mut Vec<f32>>) -> f64 {
    let outcome = loss.value_and_grad(x, y, dx).expect("lengths and classes fit");
    if let Some(out) = out {
        dx.clone_into(out);
    }
    outcome.value
}

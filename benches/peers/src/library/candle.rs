//! candle on the CPU.

use crate::case::{Case, Inputs, Kind};
use crate::contender::Contender;
use candle_core::{Device, Result, Tensor, Var};
use candle_nn::loss;

/// Nothing where candle has no such loss.
pub(crate) fn contender<'a>(case: &Case, inputs: &Inputs) -> Option<Contender<'a>> {
    let loss: fn(&Tensor, &Tensor) -> Result<Tensor> = match case.kind {
        Kind::CrossEntropy if case.inner() == 1 => loss::cross_entropy,
        Kind::Mse => loss::mse,
        Kind::Huber => |x, target| loss::huber(x, target, 1.0),
        Kind::BceWithLogits => loss::binary_cross_entropy_with_logit,
        Kind::CrossEntropy | Kind::CosineEmbedding | Kind::KlDiv => return None,
    };
    let prepared = prepare(case, inputs).expect("the CPU has room for the inputs");
    Some(Contender::new("candle", move |out| step(&prepared, loss, out).expect("shapes fit")))
}

fn prepare(case: &Case, inputs: &Inputs) -> Result<(Var, Tensor)> {
    let x = Var::from_slice(&inputs.x, &*case.shape, &Device::Cpu)?;
    let targets = if case.kind == Kind::CrossEntropy {
        Tensor::from_slice(&inputs.classes, inputs.classes.len(), &Device::Cpu)?
    } else {
        Tensor::from_slice(&inputs.targets, &*case.shape, &Device::Cpu)?
    };
    Ok((x, targets))
}

fn step(
    (x, targets): &(Var, Tensor),
    loss: fn(&Tensor, &Tensor) -> Result<Tensor>,
    out: Option<&mut Vec<f32>>,
) -> Result<f64> {
    let loss = loss(x, targets)?;
    let grads = loss.backward()?;
    let grad = grads.get(x).expect("x is a variable");
    if let Some(out) = out {
        *out = grad.flatten_all()?.to_vec1()?;
    }
    loss.to_scalar::<f32>().map(f64::from)
}

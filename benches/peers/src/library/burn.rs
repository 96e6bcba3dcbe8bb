//! burn on its CPU backend for autodiff.

use crate::case::{Case, Inputs, Kind};
use crate::contender::Contender;
use burn::nn::loss::{
    BinaryCrossEntropyLossConfig, CosineEmbeddingLossConfig, CrossEntropyLossConfig, HuberLossConfig, KLDivLossConfig,
    MseLoss, Reduction,
};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Nothing where burn has no such loss: classes along another axis than the last.
pub(crate) fn contender<'a>(case: &Case, inputs: &Inputs) -> Option<Contender<'a>> {
    let device = Device::flex().autodiff();
    let shape = [case.rows(), case.columns()];
    let floats = |values: &[f32]| TensorData::new(values.to_vec(), shape);
    let flat = |values: &[f32]| TensorData::new(values.to_vec(), [values.len()]);
    let integers = |values: Vec<i64>| {
        let shape = [values.len()];
        Tensor::<1, Int>::from_data(TensorData::new(values, shape), &device)
    };
    Some(match case.kind {
        Kind::CrossEntropy if case.inner() > 1 => return None,
        Kind::CrossEntropy => {
            let classes = integers(inputs.classes.iter().copied().map(i64::from).collect());
            let loss = CrossEntropyLossConfig::new().init(&device);
            run(Tensor::<2>::from_data(floats(&inputs.x), &device), move |x| loss.forward(x, classes.clone()))
        }
        Kind::Mse => {
            let targets = Tensor::<1>::from_data(flat(&inputs.targets), &device);
            run(Tensor::<1>::from_data(flat(&inputs.x), &device), move |x| {
                MseLoss::new().forward(x, targets.clone(), Reduction::Mean)
            })
        }
        Kind::Huber => {
            let targets = Tensor::<1>::from_data(flat(&inputs.targets), &device);
            let loss = HuberLossConfig::new(1.0).init();
            run(Tensor::<1>::from_data(flat(&inputs.x), &device), move |x| {
                loss.forward(x, targets.clone(), Reduction::Mean)
            })
        }
        Kind::BceWithLogits => {
            let targets = integers(inputs.targets.iter().map(|&target| target as i64).collect());
            let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&device);
            run(Tensor::<1>::from_data(flat(&inputs.x), &device), move |x| loss.forward(x, targets.clone()))
        }
        Kind::CosineEmbedding => {
            let targets = Tensor::<2>::from_data(floats(&inputs.targets), &device);
            let labels = integers(vec![1; case.rows()]);
            let loss = CosineEmbeddingLossConfig::new().init();
            run(Tensor::<2>::from_data(floats(&inputs.x), &device), move |x| {
                loss.forward(x, targets.clone(), labels.clone())
            })
        }
        Kind::KlDiv => {
            let targets = Tensor::<2>::from_data(floats(&inputs.targets), &device);
            let loss = KLDivLossConfig::new().init();
            run(Tensor::<2>::from_data(floats(&inputs.x), &device), move |x| {
                loss.forward(x, targets.clone(), Reduction::BatchMean)
            })
        }
    })
}

fn run<'a, const D: usize>(x: Tensor<D>, loss: impl Fn(Tensor<D>) -> Tensor<1> + 'a) -> Contender<'a> {
    let x = x.require_grad();
    Contender::new("burn", move |out| {
        let loss = loss(x.clone());
        let mut grads = loss.backward();
        let grad = x.grad_remove(&mut grads).expect("x requires a gradient");
        if let Some(out) = out {
            *out = grad.into_data().try_to_vec().expect("gradients are f32");
        }
        f64::from(loss.into_scalar::<f32>())
    })
}

//! What options cost: calls of 4000 elements or so with one, over the same call without it.

mod support;

use core::fmt::Display;
use lossfn::Threads::Serial;
use lossfn::{BceWithLogits, ByRow, Call, CrossEntropy, Loss, Mse, Weights};
use support::is_quick;
use support::timing::{Spread, seconds_each};

const LEN: usize = 4000;

/// The seconds of value and gradient.
fn seconds<Y>(loss: &impl Loss<f32, Y>, x: &[f32], y: &[Y], grad: &mut [f32]) -> f64 {
    let window = if is_quick() { 1e-4 } else { 0.02 };
    seconds_each(window, || loss.value_and_grad(x, y, grad).expect("a call").value)
}

/// Prints the cost of each option: measured in turn, the median of the rounds.
fn costs(name: impl Display, plain: &mut dyn FnMut() -> f64, options: &mut [(&str, &mut dyn FnMut() -> f64)]) {
    for (option, with) in options {
        let rounds = if is_quick() { 1 } else { 9 };
        let cost = Spread::of((0..rounds).map(|_| with() / plain()).collect());
        println!("{name:<24} {option:<24} {cost}");
    }
}

fn main() {
    let call = Call::new().threads(Serial);
    let x: Vec<f32> = (0..LEN).map(|i| (i * 37 % 101) as f32 / 20.0 - 2.5).collect();
    let units: Vec<f32> = (0..LEN).map(|i| (i * 13 % 7) as f32 / 6.0).collect();
    let mask: Vec<bool> = (0..LEN).map(|i| i % 7 != 3).collect();
    let dx = core::cell::RefCell::new(vec![0.0; LEN]);
    println!("{:<24} {:<24} over the call without it: the median, the least and the largest", "loss", "option");
    macro_rules! elements {
        ($loss:ident) => {
            let time = |call| seconds(&$loss::new().with(call), &x, &units, &mut dx.borrow_mut());
            let mean = call.columns(10).by_row(ByRow::Mean);
            costs(
                stringify!($loss),
                &mut || time(call),
                &mut [
                    ("a weight each", &mut || time(call.weights(Weights::Each(&units)))),
                    ("a weight for each row", &mut || time(call.weights(Weights::Rows(&units[..LEN / 10])))),
                    ("a mask", &mut || time(call.mask(&mask))),
                    ("both", &mut || time(call.weights(Weights::Each(&units)).mask(&mask))),
                    ("accumulation", &mut || time(call.accumulate())),
                    ("by rows of 10", &mut || time(mean)),
                ],
            );
        };
    }
    elements!(Mse);
    elements!(BceWithLogits);
    for classes in [2, 10, 32, 100, 1000] {
        let rows = LEN / classes;
        let labels: Vec<u32> = (0..rows).map(|i| (i * 7 % classes) as u32).collect();
        let (x, units) = (&x[..rows * classes], &units[..rows * classes]);
        let time = |loss: CrossEntropy<'_, f32>, call| {
            seconds(&loss.with(call), x, &labels, &mut dx.borrow_mut()[..rows * classes])
        };
        let loss = CrossEntropy::new(classes);
        costs(
            format!("CrossEntropy of {classes}"),
            &mut || time(loss, call),
            &mut [
                ("class weights", &mut || time(loss.class_weights(&units[..classes]), call)),
                ("a weight for each row", &mut || time(loss, call.weights(Weights::Each(&units[..rows])))),
                ("label smoothing", &mut || time(loss.label_smoothing(0.1), call)),
                ("probabilities", &mut || seconds(&loss.with(call), x, units, &mut dx.borrow_mut()[..rows * classes])),
            ],
        );
    }
}

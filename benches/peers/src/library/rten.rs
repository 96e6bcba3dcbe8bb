//! rten's vectorised log-softmax alone, row by row: a part of cross-entropy, without loss and gradient.

use crate::case::{Case, Inputs, Kind};
use crate::contender::Contender;
use core::mem::MaybeUninit;
use lossfn::Threads;
use rten_simd::SimdOp;
use rten_vecmath::LogSoftmax;

/// Nothing for other losses, and with threads, of which it has none.
pub(crate) fn contender<'a>(threads: Threads, case: &'a Case, inputs: &'a Inputs) -> Option<Contender<'a>> {
    if case.kind != Kind::CrossEntropy || case.inner() > 1 || threads != Threads::Serial {
        return None;
    }
    let mut logs = vec![MaybeUninit::new(0.0); inputs.x.len()];
    Some(Contender::new("rten-vecmath", move |_| {
        let mut sum = 0.0;
        let rows = inputs.x.chunks_exact(case.columns()).zip(logs.chunks_exact_mut(case.columns()));
        for ((x, logs), &class) in rows.zip(&inputs.classes) {
            sum -= f64::from(LogSoftmax::new(x, logs).dispatch()[class as usize]);
        }
        sum / case.rows() as f64
    }))
}

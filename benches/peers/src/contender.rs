//! Who is measured: a call, and how often it is made.

use serde_json::{Value, json};
use std::time::Instant;

/// What a call must take at least, in seconds, or it is made several times.
const WINDOW: f64 = 0.02;

/// One library on one case. The call gives the loss, and copies the gradient out where there is a place for it.
pub(crate) struct Contender<'a> {
    pub(crate) library: &'static str,
    pub(crate) call: Box<dyn FnMut(Option<&mut Vec<f32>>) -> f64 + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(library: &'static str, call: impl FnMut(Option<&mut Vec<f32>>) -> f64 + 'a) -> Self {
        Self { library, call: Box::new(call) }
    }

    /// Seconds of one call, as the mean over some.
    fn seconds(&mut self, calls: u32) -> f64 {
        let begin = Instant::now();
        for _ in 0..calls {
            core::hint::black_box((self.call)(None));
        }
        begin.elapsed().as_secs_f64() / f64::from(calls)
    }
}

/// The runs of all contenders, one after the other in every round; what each gave stands in the report.
pub(crate) fn race(contenders: &mut [Contender<'_>], rounds: usize) -> Vec<Value> {
    // This warms up too.
    let calls: Vec<u32> = contenders.iter_mut().map(|one| (WINDOW / one.seconds(1)).ceil() as u32).collect();
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for ((contender, times), &calls) in contenders.iter_mut().zip(&mut times).zip(&calls) {
            times.push(contender.seconds(calls));
        }
    }
    let reports = times.iter_mut().zip(calls).map(|(times, calls)| {
        times.sort_by(f64::total_cmp);
        let [median, min, max] = [times[rounds / 2], times[0], times[rounds - 1]];
        json!({ "median": median, "min": min, "max": max, "runs": rounds, "calls": calls })
    });
    reports.collect()
}

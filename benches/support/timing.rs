//! Wall-clock times, and what is left of them.

use core::fmt;
use core::hint::black_box;
use std::time::Instant;

/// The seconds of the fastest of the calls that fit in `window`, at least one: what holds the machine up for a moment
/// must not count against the call that is longer.
pub(crate) fn seconds(window: f64, mut work: impl FnMut() -> f64) -> f64 {
    let start = Instant::now();
    let mut least = f64::INFINITY;
    loop {
        let begin = Instant::now();
        black_box(work());
        least = least.min(begin.elapsed().as_secs_f64());
        if start.elapsed().as_secs_f64() >= window {
            return least;
        }
    }
}

/// The median of some measurements, with the least and the largest.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    least: f64,
    largest: f64,
}

impl Spread {
    pub(crate) fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_by(f64::total_cmp);
        Self { median: measured[measured.len() / 2], least: measured[0], largest: measured[measured.len() - 1] }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.least, self.largest)
    }
}

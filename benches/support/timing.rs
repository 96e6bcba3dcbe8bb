//! Wall-clock times, and what is left of them.

use core::fmt;
use core::hint::black_box;
use std::time::Instant;

/// The seconds of the fastest of the calls that fit in `window`, at least one: what holds the machine up for a moment
/// must not count against the call that is longer.
pub(crate) fn seconds(window: f64, mut work: impl FnMut() -> f64) -> f64 {
    seconds_after(window, &mut (), |()| {}, |()| work())
}

/// The same with something that is made ready before each call, outside of its time.
pub(crate) fn seconds_after<T: ?Sized>(
    window: f64,
    state: &mut T,
    mut ready: impl FnMut(&mut T),
    mut work: impl FnMut(&mut T) -> f64,
) -> f64 {
    let start = Instant::now();
    let mut least = f64::INFINITY;
    loop {
        ready(state);
        let begin = Instant::now();
        black_box(work(state));
        least = least.min(begin.elapsed().as_secs_f64());
        if start.elapsed().as_secs_f64() >= window {
            return least;
        }
    }
}

/// The seconds of a call that is too short for the clock: of as many as take some microseconds.
pub(crate) fn seconds_each(window: f64, mut work: impl FnMut() -> f64) -> f64 {
    const CALLS: f64 = 2e-5;
    let calls = (CALLS / seconds(window / 10.0, &mut work)).ceil().max(1.0);
    let all = seconds(window, || (0..calls as usize).map(|_| black_box(work())).sum());
    all / calls
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

    /// The least and the largest.
    pub(crate) const fn bounds(self) -> (f64, f64) {
        (self.least, self.largest)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.least, self.largest)
    }
}

//! Results that were judged once need not be judged again.

use super::same_bits;
use lossfn_oracle::{Judged, Tolerance, Truth, Wide, Worst};

/// The largest distances that a test has seen, in ULPs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peaks {
    pub(crate) value: f64,
    pub(crate) slope: f64,
    pub(crate) target_slope: f64,
}

impl Peaks {
    pub(crate) fn absorb(&mut self, other: Self) {
        self.value = self.value.max(other.value);
        self.slope = self.slope.max(other.slope);
        self.target_slope = self.target_slope.max(other.target_slope);
    }
}

/// What one output of a call should be, and the results that were found to be near enough. Levels and verbs mostly
/// agree bit for bit, so that each distinct result is judged, and judged once.
pub(crate) struct Accepted<T: Judged> {
    truth: Vec<Truth<T::Wide>>,
    worst: Worst,
    judged: Vec<Vec<T>>,
}

impl<T: Judged> Accepted<T> {
    pub(crate) fn new(name: String, tolerance: Tolerance, truth: Vec<Truth<T::Wide>>) -> Self {
        Self { truth, worst: Worst::new(name, tolerance), judged: Vec::new() }
    }

    /// Judges one result; `how` says where it came from.
    pub(crate) fn judge(&mut self, got: &[T], how: &str, input: impl Fn(usize) -> String) -> Result<(), String> {
        if self.judged.iter().any(|judged| same_bits(judged, got)) {
            return Ok(());
        }
        self.worst.check_slice(got, &self.truth, |i| format!("{how}: {}", input(i)));
        self.judged.push(got.to_vec());
        if self.worst.ok() { Ok(()) } else { Err(self.worst.to_string()) }
    }

    /// The largest distance so far.
    pub(crate) fn peak(&self) -> f64 {
        self.worst.case().map_or(0.0, |case| case.ulp)
    }
}

//! What a test remembers of its comparisons: how many, and the worst of them.

use core::fmt;

use super::{Fault, Kind, Tolerance, Truth, judge};
use crate::judged::Judged;
use crate::wide::Wide;

/// One comparison, as a report shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Where in the slice.
    pub index: usize,
    /// What the kernel was given.
    pub input: String,
    /// What it returned, with its bits.
    pub got: String,
    /// What it should have returned.
    pub truth: String,
    /// The distance in ULPs.
    pub ulp: f64,
    /// What is wrong with it; `None` where it is near enough.
    pub kind: Option<Kind>,
}

/// Compares results with truths and remembers the worst case.
#[derive(Clone, Debug)]
pub struct Worst {
    name: String,
    tolerance: Tolerance,
    checked: usize,
    faults: usize,
    case: Option<Case>,
}

impl Worst {
    /// Nothing compared yet. The name heads the report.
    pub fn new(name: impl Into<String>, tolerance: Tolerance) -> Self {
        Self { name: name.into(), tolerance, checked: 0, faults: 0, case: None }
    }

    /// Compares one result. The input's text is made only where it will be remembered.
    pub fn check<T: Judged, W: Wide>(
        &mut self,
        index: usize,
        got: T,
        truth: impl Into<Truth<W>>,
        input: impl FnOnce() -> String,
    ) {
        let truth = truth.into();
        let (ulp, kind) = match judge(got, truth, &self.tolerance) {
            Ok(ulp) => (ulp, None),
            Err(Fault { kind, ulp }) => (ulp, Some(kind)),
        };
        self.count(ulp, kind, || Case { index, input: input(), got: shown(got), truth: shown_truth(truth), ulp, kind });
    }

    /// Compares a slice of results. Slices of different lengths are a fault.
    pub fn check_slice<T: Judged, W: Wide>(&mut self, got: &[T], truth: &[Truth<W>], input: impl Fn(usize) -> String) {
        if got.len() != truth.len() {
            self.count(f64::INFINITY, Some(Kind::Length), || Case {
                index: got.len().min(truth.len()),
                input: String::new(),
                got: format!("{} results", got.len()),
                truth: format!("{} results", truth.len()),
                ulp: f64::INFINITY,
                kind: Some(Kind::Length),
            });
        }
        for (index, (got, truth)) in got.iter().zip(truth).enumerate() {
            self.check(index, *got, *truth, || input(index));
        }
    }

    /// Whether nothing was wrong so far. True of nothing compared: see [`checked`](Self::checked).
    pub fn ok(&self) -> bool {
        self.faults == 0
    }

    /// How many results were compared.
    pub fn checked(&self) -> usize {
        self.checked
    }

    /// How many of them were wrong.
    pub fn faults(&self) -> usize {
        self.faults
    }

    /// The worst case: any fault before any distance, then the largest distance.
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// Ends a test.
    ///
    /// # Panics
    /// With the report, if anything was wrong or nothing was compared.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.ok() && self.checked > 0, "{self}");
    }

    fn count(&mut self, ulp: f64, kind: Option<Kind>, case: impl FnOnce() -> Case) {
        self.checked += 1;
        self.faults += usize::from(kind.is_some());
        let rank = (kind.is_some(), ulp);
        if self.case.as_ref().is_none_or(|worst| rank > (worst.kind.is_some(), worst.ulp)) {
            self.case = Some(case());
        }
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, tolerance, checked, faults, case } = self;
        write!(f, "{name}: {faults} of {checked} wrong")?;
        let Some(Case { index, input, got, truth, ulp, kind }) = case else { return Ok(()) };
        write!(f, "; worst at {index}: got {got}, truth {truth}, {ulp:.3} ULP of {}", tolerance.ulp)?;
        if let Some(kind) = kind {
            write!(f, " ({kind:?})")?;
        }
        write!(f, "; input: {input}")
    }
}

fn shown<T: Judged>(got: T) -> String {
    let digits = T::BITS as usize / 4;
    format!("{got:?}{} ({:#0width$x})", T::NAME, got.to_bits(), width = digits + 2)
}

fn shown_truth<W: Wide>(Truth { value, scale }: Truth<W>) -> String {
    let value = value.to_f64();
    if scale == W::ZERO {
        format!("{value:e}")
    } else {
        format!("{value:e} (a difference of terms up to {:e})", scale.to_f64())
    }
}

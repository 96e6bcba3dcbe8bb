//! The cases that a preset does not repeat, and why.

use crate::case::Case;

/// Why the case fails, if it is known to.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    if case.option("label_smoothing").is_some_and(|share| share < 0.0) {
        return Some("PyTorch takes a negative label smoothing for 0, which is an error here");
    }
    None
}

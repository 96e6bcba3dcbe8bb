//! Lengths and ranges.

use crate::LossError;

pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<(), LossError> {
    if expected == found { Ok(()) } else { Err(LossError::Length { what, expected, found }) }
}

/// A share of a whole.
pub(crate) fn share(name: &'static str, value: f64) -> Result<(), LossError> {
    option(name, value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

pub(crate) fn option(name: &'static str, value: f64, holds: bool, rule: &'static str) -> Result<(), LossError> {
    if holds { Ok(()) } else { Err(LossError::Option { name, value, rule }) }
}

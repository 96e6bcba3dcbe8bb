//! Lengths and ranges.

use crate::LossError;

pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<(), LossError> {
    if expected == found { Ok(()) } else { Err(LossError::Length { what, expected, found }) }
}

pub(crate) fn option(name: &'static str, value: f64, holds: bool, rule: &'static str) -> Result<(), LossError> {
    if holds { Ok(()) } else { Err(LossError::Option { name, value, rule }) }
}

//! Lengths and ranges.

use crate::LossError;
use crate::math::Float;

pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<(), LossError> {
    if expected == found { Ok(()) } else { Err(LossError::Length { what, expected, found }) }
}

/// Whether a mask keeps a row. Its length is checked where it is read.
pub(crate) fn is_kept(mask: Option<&[bool]>, row: usize) -> bool {
    mask.and_then(|mask| mask.get(row)).is_none_or(|&kept| kept)
}

/// Whether the element type has a number as it is meant: it is 0, or positive and neither too small nor too large.
pub(crate) fn fits<T: Float>(value: f64) -> bool {
    value == 0.0 || (value >= T::MIN_NORMAL && T::from_f64(value).to_f64().is_finite())
}

/// The rule of [`fits`], for messages.
pub(crate) const FITS: &str = "0, or a normal positive number of the element type";

/// A share of a whole.
pub(crate) fn share(name: &'static str, value: f64) -> Result<(), LossError> {
    option(name, value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

pub(crate) fn option(name: &'static str, value: f64, holds: bool, rule: &'static str) -> Result<(), LossError> {
    if holds { Ok(()) } else { Err(LossError::Option { name, value, rule }) }
}

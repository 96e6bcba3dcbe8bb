//! Every way a call can be wrong.

use crate::Level;
use core::fmt;

/// Why a call was refused. Nothing has been written when one is returned.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LossError {
    /// A slice has not the length that the others ask for.
    Length {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// The weights, the mask or the upstream gradient have a length that fits neither the elements nor the rows.
    Weights {
        /// The option.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// The number of elements is not a multiple of the row length or stride, or that of targets along an axis is not one
    /// of the inner length.
    Rows {
        /// The number of elements, or of targets.
        elements: usize,
        /// The row length or stride, the length of a whole sample, or the inner length.
        columns: usize,
    },
    /// Rows of no class, or of no column.
    NoClasses,
    /// The row stride is shorter than the row.
    Stride {
        /// The row length.
        classes: usize,
        /// The row stride.
        stride: usize,
    },
    /// Rows times row stride is more than the address space.
    Overflow {
        /// The number of rows.
        rows: usize,
        /// The row stride.
        stride: usize,
    },
    /// A class index, of a row that is not masked, is outside its range.
    Target {
        /// The row.
        row: usize,
        /// The class index.
        value: i128,
        /// The number of classes.
        classes: usize,
    },
    /// A label, of a row that is not masked, is neither 1 nor -1.
    Label {
        /// The row.
        row: usize,
        /// The label.
        value: i128,
    },
    /// An option is outside its range.
    Option {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// The call asks for something that this loss does not have.
    Unsupported {
        /// What it asks for.
        what: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// The machine, or the build, has not the level that was asked for.
    LevelMissing {
        /// The level.
        level: Level,
    },
}

impl fmt::Display for LossError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { what, expected, found } => {
                write!(f, "`{what}` has {found} elements: give it {expected}")
            }
            Self::Weights { what, expected, found } => {
                write!(f, "{what} has {found} entries: give it {expected}")
            }
            Self::Rows { elements, columns } => {
                write!(f, "{elements} elements are not whole rows of {columns}: mend the slice, layout or weights")
            }
            Self::NoClasses => write!(f, "a row has no class: give at least 1"),
            Self::Stride { classes, stride } => {
                write!(f, "a row stride of {stride} is shorter than a row of {classes}: make it at least {classes}")
            }
            Self::Overflow { rows, stride } => {
                write!(f, "{rows} rows with a stride of {stride} exceed the address space: split the batch")
            }
            Self::Target { row, value, classes } => {
                write!(
                    f,
                    "target {value} of row {row} is no class: use 0 to {}, or `ignore_index`",
                    classes.saturating_sub(1)
                )
            }
            Self::Label { row, value } => write!(f, "label {value} of row {row} is neither 1 nor -1: mend the labels"),
            Self::Option { name, value, rule } => write!(f, "`{name}` is {value:?}: it must be {rule}"),
            Self::Unsupported { what, instead } => write!(f, "{what} is not supported here: {instead}"),
            Self::LevelMissing { level } => {
                write!(f, "level {level:?} is missing on this machine or in this build: use one of Level::available()")
            }
        }
    }
}

impl core::error::Error for LossError {}

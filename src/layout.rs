//! How the entries of rows lie in a slice.

use crate::LossError;

/// How rows lie in a slice: `classes` entries each, one row every `stride` entries, or with an axis in the middle.
///
/// A batch of shape (N, C, d1, …, dk) has its classes on an axis in the middle: the entry of class `j` at inner index
/// `i` of sample `n` is the one at `(n C + j) I + i`, where `I = d1 ⋯ dk` is the inner length. What a row is elsewhere
/// is a position there, a pair of `n` and `i`; whatever there is one of for each row (class indices, unreduced losses,
/// weights, mask, upstream) is in that order, as PyTorch has it. A batch of shape (N, C) has rows, and a single sample
/// of shape (C) is a batch of one row.
///
/// ```
/// use lossfn::{CrossEntropy, Layout};
///
/// let plain = CrossEntropy::<f32>::new(10);
/// let padded_vocabulary = CrossEntropy::<f32>::new(Layout::rows(50257).stride(50304));
/// let images = CrossEntropy::<f32>::new(Layout::axis(21, 512 * 512));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) classes: usize,
    pub(crate) stride: usize,
    pub(crate) inner: usize,
}

/// Classes of an axis whose numbers are exact in `f32`.
const MOST_APART: usize = 1 << 24;

impl Layout {
    /// Rows of `classes` entries, one right after the other.
    #[must_use]
    pub const fn rows(classes: usize) -> Self {
        Self { classes, stride: classes, inner: 1 }
    }

    /// A row every `stride` entries. What lies between the rows is neither read nor written. A slice includes
    /// the gap after its last row.
    #[must_use]
    pub const fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// Classes on an axis in the middle, `inner` entries apart. An inner length of 1 is that of [`rows`](Self::rows);
    /// a longer one goes with no [`stride`](Self::stride).
    #[must_use]
    pub const fn axis(classes: usize, inner: usize) -> Self {
        Self { classes, stride: classes, inner }
    }

    /// Whether nothing lies between the rows.
    pub(crate) const fn is_dense(self) -> bool {
        self.stride == self.classes
    }

    /// Whether the entries of a row do not lie side by side.
    pub(crate) const fn is_apart(self) -> bool {
        self.inner != 1
    }

    /// Whether each lane takes a row of its own: where entries lie apart, and where rows have so few classes that what a
    /// row costs beside them weighs more than bringing them to the lanes. A small stack has no room for that.
    pub(crate) const fn goes_by_lanes(self, most: usize) -> bool {
        self.is_apart() || cfg!(feature = "std") && self.classes <= most
    }

    /// The number of rows of so many entries.
    pub(crate) fn rows_of(self, entries: usize) -> Result<usize, LossError> {
        self.entries(0)?;
        let Self { classes, stride, inner } = self;
        let sample = stride.checked_mul(inner).ok_or(LossError::Overflow { rows: inner, stride })?;
        if entries.is_multiple_of(sample) {
            Ok(if self.is_apart() { entries / classes } else { entries / stride })
        } else {
            Err(LossError::Rows { elements: entries, columns: sample })
        }
    }

    /// Rows can lie so.
    pub(crate) fn check(self) -> Result<(), LossError> {
        let Self { classes, stride, .. } = self;
        if classes == 0 {
            return Err(LossError::NoClasses);
        }
        if stride < classes {
            return Err(LossError::Stride { classes, stride });
        }
        if self.is_apart() && !self.is_dense() {
            let instead = "lay the entries out without gaps";
            return Err(LossError::Unsupported { what: "a row stride beside an axis", instead });
        }
        Ok(())
    }

    /// The number of entries of so many rows.
    pub(crate) fn entries(self, rows: usize) -> Result<usize, LossError> {
        self.check()?;
        let Self { classes, stride, inner } = self;
        if self.is_apart() && classes > MOST_APART {
            let instead = "lay the classes out as rows";
            return Err(LossError::Unsupported { what: "an axis of more than 2^24 classes", instead });
        }
        if !rows.is_multiple_of(inner) {
            return Err(LossError::Rows { elements: rows, columns: inner });
        }
        rows.checked_mul(stride).ok_or(LossError::Overflow { rows, stride })
    }
}

impl From<usize> for Layout {
    fn from(classes: usize) -> Self {
        Self::rows(classes)
    }
}

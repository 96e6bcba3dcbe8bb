//! All of a call that is not part of the formula.

use crate::lane::Token;
use crate::{Divisor, Empty, Layout, Level, LossError, Real, Reduction};

/// All of a call that is not part of the formula: how to reduce, weigh, mask and where to run.
///
/// The default is a mean by the loss's own divisor, no weights, an upstream gradient of 1, gradients overwritten,
/// threads chosen by size.
///
/// ```
/// use lossfn::{Call, Loss, Mse, Threads, Weights};
///
/// let (pred, target, weights) = ([1.0_f32, 2.0, 3.0], [0.0, 2.0, 5.0], [1.0, 1.0, 0.5]);
/// let how = Call::new().sum().weights(Weights::Each(&weights)).threads(Threads::Serial);
/// assert_eq!(Mse::new().with(how).value(&pred, &target)?.value, 3.0);
/// # Ok::<(), lossfn::LossError>(())
/// ```
///
/// # Errors
/// What a call can do wrong, whatever the loss:
/// - [`Length`](LossError::Length) for an output that is not as long as it must be, [`Weights`](LossError::Weights) for
///   weights, a mask or upstream gradients that fit neither the elements nor the rows, nor the columns where they are
///   for these;
/// - [`Rows`](LossError::Rows) for [`columns`](Self::columns) or a [`layout`](Self::layout) that do not divide the
///   elements, [`NoClasses`](LossError::NoClasses) for no columns where there are elements or a
///   [`by_row`](Self::by_row), [`Stride`](LossError::Stride) for a row stride of less than the columns,
///   [`Overflow`](LossError::Overflow) for an axis beyond the address space;
/// - [`Option`](LossError::Option) for a [`Divisor::Fixed`] that is negative, infinite or NaN;
/// - [`LevelMissing`](LossError::LevelMissing) for a level that the machine or the build has not;
/// - [`Unsupported`](LossError::Unsupported) for gradients that are accumulated in place, and a row stride beside an
///   axis; with losses of rows for [`by_row`](Self::by_row) and for weights of columns; with losses of elements for
///   `by_row` without a known row length or along an axis of more than 2^24 columns, and without `by_row` for gaps
///   between rows and for weights, a mask or upstream gradients of the rows of an axis.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a, T> {
    pub(crate) reduction: Reduction,
    pub(crate) empty: Empty,
    pub(crate) weights: Option<Weights<'a, T>>,
    pub(crate) mask: Option<&'a [bool]>,
    pub(crate) layout: Option<Layout>,
    pub(crate) by_row: Option<ByRow>,
    pub(crate) upstream: f64,
    pub(crate) upstream_each: Option<&'a [T]>,
    pub(crate) accumulate: bool,
    pub(crate) threads: Threads,
    pub(crate) level: Option<Level>,
}

/// Factors of the losses and of their gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Weights<'a, T> {
    /// One for each element (for losses of rows: for each row).
    Each(&'a [T]),
    /// One for each row, as Keras's `sample_weight`.
    Rows(&'a [T]),
    /// One for each column, as PyTorch's `weight` of a multi-label loss.
    Columns(&'a [T]),
}

/// What the loss of a row is made of, for losses of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByRow {
    /// The sum of the losses of its elements, as in Keras's `KLDivergence`.
    Sum,
    /// Their mean, as in Keras's `MeanSquaredError` and most others.
    Mean,
}

/// Where a call may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// In the caller's rayon pool where the data are large and the `rayon` feature is on: in the one whose
    /// `ThreadPool::install` runs the call, or the global one. The bits of the results do not depend on it.
    #[default]
    Auto,
    /// On the calling thread, whatever features another crate turned on.
    Serial,
}

impl<'a, T: Real> Call<'a, T> {
    /// The default call.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            reduction: Reduction::Mean(Divisor::OfLoss),
            empty: Empty::Nan,
            weights: None,
            mask: None,
            layout: None,
            by_row: None,
            upstream: 1.0,
            upstream_each: None,
            accumulate: false,
            threads: Threads::Auto,
            level: None,
        }
    }

    /// The value is the sum of the losses.
    #[must_use]
    pub const fn sum(mut self) -> Self {
        self.reduction = Reduction::Sum;
        self
    }

    /// The value is the sum of the losses over a divisor.
    #[must_use]
    pub const fn mean(mut self, divisor: Divisor) -> Self {
        self.reduction = Reduction::Mean(divisor);
        self
    }

    /// The value is what the reduction makes of the losses.
    #[must_use]
    pub const fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// What a mean over nothing is.
    #[must_use]
    pub const fn empty(mut self, empty: Empty) -> Self {
        self.empty = empty;
        self
    }

    /// Factors of the losses and of their gradients. They do not change the divisor unless it is
    /// [`Divisor::WeightSum`]. A weight of 0 on a NaN or an infinity gives NaN, with two exceptions where an infinite loss
    /// becomes 0: class weights, and weights of rows of [`CrossEntropy`](crate::CrossEntropy) against an index without
    /// smoothing. To leave an element out, use a mask.
    #[must_use]
    pub const fn weights(mut self, weights: Weights<'a, T>) -> Self {
        self.weights = Some(weights);
        self
    }

    /// `false` leaves an element or a row out: what it holds has no effect (except with
    /// [`Labels::Auto`](crate::Labels::Auto)), it counts nowhere, its loss and gradient are exact zeros. One entry for each
    /// element, or for each row.
    #[must_use]
    pub const fn mask(mut self, mask: &'a [bool]) -> Self {
        self.mask = Some(mask);
        self
    }

    /// The row length, for losses of elements, where weights, mask, upstream or divisor go by rows. It need not be given
    /// with [`Weights::Columns`], nor with [`Weights::Rows`] unless there is a [`by_row`](Self::by_row).
    #[must_use]
    pub const fn columns(mut self, columns: usize) -> Self {
        self.layout = Some(Layout::rows(columns));
        self
    }

    /// As [`columns`](Self::columns), which it replaces, for rows that lie otherwise: along an axis in the middle, or with
    /// gaps between them, which only rows that are reduced [`by_row`](Self::by_row) can have. Rows along an axis are in
    /// the order of [`Layout::axis`]. Without a `by_row` an axis is for weights of columns and for options by column, as
    /// the positive weights of [`BceWithLogits`](crate::BceWithLogits): other weights, masks and upstream gradients are
    /// one for each element then. Losses of rows do not ask for it: they are given the layout.
    ///
    /// ```
    /// use lossfn::{ByRow, Call, Layout, Loss, Mse, Weights};
    ///
    /// // A table of three lines and two columns: the sum of the losses down each column.
    /// let (x, y) = ([0.0, 1.0, 0.0, 2.0, 3.0, 3.0], [0.0; 6]);
    /// let down = Call::new().layout(Layout::axis(3, 2));
    /// let mut each = [0.0; 2];
    /// Mse::new().with(down.by_row(ByRow::Sum)).each(&x, &y, &mut each)?;
    /// assert_eq!(each, [9.0, 14.0]);
    ///
    /// // Images of three channels and two pixels, with a weight for each channel.
    /// let of_channels = down.sum().weights(Weights::Columns(&[4.0, 1.0, 0.5]));
    /// assert_eq!(Mse::new().with(of_channels).value(&x, &y)?.value, 17.0);
    /// # Ok::<(), lossfn::LossError>(())
    /// ```
    #[must_use]
    pub const fn layout(mut self, layout: Layout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// The losses of a row of [`columns`](Self::columns), or of a [`layout`](Self::layout), become one, as in Keras's
    /// losses of the last axis. All that follows is by rows then: unreduced losses, sum and mean, weights but those of
    /// columns, mask, upstream gradient.
    #[must_use]
    pub const fn by_row(mut self, by_row: ByRow) -> Self {
        self.by_row = Some(by_row);
        self
    }

    /// The gradient of what follows with respect to the value: a factor of the gradients alone.
    #[must_use]
    pub const fn upstream(mut self, upstream: f64) -> Self {
        self.upstream = upstream;
        self
    }

    /// As [`upstream`](Self::upstream), one factor for each element, or for each row. A factor of 0 on an infinite
    /// gradient can give NaN: to leave an element out, use a mask.
    #[must_use]
    pub const fn upstream_each(mut self, upstream: &'a [T]) -> Self {
        self.upstream_each = Some(upstream);
        self
    }

    /// Gradients are added to what their slice holds.
    #[must_use]
    pub const fn accumulate(mut self) -> Self {
        self.accumulate = true;
        self
    }

    /// Where the call may run.
    #[must_use]
    pub const fn threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    /// The vector instructions to run on, instead of the best there are.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Whether all elements have the same factors, nothing goes by rows or columns, and gradients are overwritten.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.weights.is_none()
            && self.mask.is_none()
            && self.upstream_each.is_none()
            && self.layout.is_none()
            && self.by_row.is_none()
            && !self.accumulate
    }

    pub(crate) fn token(&self) -> Result<Token, LossError> {
        self.level.map_or_else(|| Ok(Token::best()), Token::of)
    }
}

impl<T: Real> Default for Call<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

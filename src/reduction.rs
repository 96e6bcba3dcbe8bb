//! What the numbers of a batch become: sums, means, totals that merge.

use core::ops::{Add, AddAssign};

/// How the losses of a call become its value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reduction {
    /// Their sum.
    Sum,
    /// Their sum over a divisor.
    Mean(Divisor),
}

/// What a mean divides by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Divisor {
    /// What the loss states as its default mean, which is the number of its elements, or of its rows, or the sum of the
    /// class weights of these. What is masked or ignored is not among them. With
    /// [`Call::by_row`](crate::Call::by_row) it is the number of rows.
    #[default]
    OfLoss,
    /// The number of elements (for losses of rows: of rows), counted or not.
    Elements,
    /// The number of rows, counted or not. Losses of elements know their rows by
    /// [`Call::columns`](crate::Call::columns) or the weights; without these, each element is a row.
    Rows,
    /// The number of elements (for losses of rows: of rows) that are neither masked nor ignored.
    Counted,
    /// The sum of the weights of what is counted. With [`Call::by_row`](crate::Call::by_row) rows are counted, each as 1 if
    /// the weights are of columns.
    WeightSum,
    /// A number of the caller's that is not negative, such as the tokens of all micro-batches of a step.
    Fixed(f64),
}

/// What a mean over nothing is: with a divisor of 0. Gradients are exact zeros either way. Of a batch without elements
/// Keras 2 makes 0 and Keras 3 no number but an empty tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Empty {
    /// NaN, as in PyTorch, and in Keras 2 where a mask or `ignore_class` leaves nothing of a batch.
    #[default]
    Nan,
    /// 0, as in Keras 3 where these leave nothing, or weights of 0.
    Zero,
}

/// The value of a call, and the totals behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The reduced value.
    pub value: f64,
    /// What it was reduced from.
    pub totals: Totals,
}

/// What a batch adds up to. Totals of parts add up to the totals of the whole, so micro-batches, threads and machines
/// come to the same mean: exactly in `count`, within 2^-52 for each merge in `sum` and `weight`. [`mean`](Self::mean)
/// divides as [`Divisor::Counted`] does, [`weighted_mean`](Self::weighted_mean) as [`Divisor::WeightSum`]; for a loss
/// whose own divisor is another, divide by the sum of that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Totals {
    /// The sum of the weighted losses.
    pub sum: f64,
    /// The sum of the weights of what was counted.
    pub weight: f64,
    /// The number of elements (for losses of rows: of rows) that were counted.
    pub count: u64,
}

impl Totals {
    /// Of so many items of weight 1, which are yet to be summed.
    pub(crate) fn of_ones(items: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let weight = items as f64;
        Self { sum: 0.0, weight, count: items as u64 }
    }

    /// The mean over what was counted.
    #[must_use]
    pub fn mean(&self, empty: Empty) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts above 2^53 do not fit a machine")]
        ratio(self.sum, self.count as f64, empty)
    }

    /// The mean over the weights of what was counted.
    #[must_use]
    pub fn weighted_mean(&self, empty: Empty) -> f64 {
        ratio(self.sum, self.weight, empty)
    }
}

/// `sum / divisor`, with the policy for a divisor of 0.
pub(crate) fn ratio(sum: f64, divisor: f64, empty: Empty) -> f64 {
    if divisor != 0.0 {
        return sum / divisor;
    }
    match empty {
        Empty::Nan => f64::NAN,
        Empty::Zero => 0.0,
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.weight += other.weight;
        self.count += other.count;
    }
}

impl Add for Totals {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl core::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

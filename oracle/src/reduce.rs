//! Reductions of a batch, in wide arithmetic: what its losses add up to, and what each passes back.

use crate::wide::Wide;

/// Weights of the losses of a batch of rows.
#[derive(Clone, Copy, Debug, Default)]
pub enum Weights<'a, W> {
    /// All 1.
    #[default]
    None,
    /// One for each loss.
    Each(&'a [W]),
    /// One for each row.
    Rows(&'a [W]),
    /// One for each column.
    Columns(&'a [W]),
}

/// What the sum is divided by.
#[derive(Clone, Copy, Debug)]
pub enum Divisor {
    /// Nothing: the result is the sum.
    One,
    /// The number of losses, counted or not.
    Elements,
    /// The number of rows, counted or not.
    Rows,
    /// The number of losses that are counted.
    Counted,
    /// The sum of the weights of the losses that are counted.
    WeightSum,
    /// A number of the caller's.
    Fixed(f64),
}

/// What a mean over nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// NaN.
    Nan,
    /// 0.
    Zero,
}

/// A reduction of losses laid out in rows.
#[derive(Clone, Copy, Debug)]
pub struct Reduction<'a, W> {
    /// Losses in a row.
    pub columns: usize,
    /// What multiplies them.
    pub weights: Weights<'a, W>,
    /// What each adds to the weight sum, on top of `weights`, if the losses contain a weight already: the class weight
    /// of its target for cross-entropy.
    pub within: Option<&'a [W]>,
    /// Which losses count; all of them without a mask. The others are never read.
    pub counted: Option<&'a [bool]>,
    /// What the sum is divided by.
    pub divisor: Divisor,
    /// What to give where that is 0.
    pub empty: Empty,
}

/// What a batch adds up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals<W> {
    /// The sum of the weighted losses that count.
    pub sum: W,
    /// The sum of their weights.
    pub weight: W,
    /// How many they are.
    pub count: usize,
}

impl<W: Wide> Reduction<'_, W> {
    /// The sum of losses in rows of one.
    pub const fn sum() -> Self {
        Self {
            columns: 1,
            weights: Weights::None,
            within: None,
            counted: None,
            divisor: Divisor::One,
            empty: Empty::Nan,
        }
    }

    /// What the batch adds up to.
    pub fn totals(&self, losses: &[W]) -> Totals<W> {
        let nothing = Totals { sum: W::ZERO, weight: W::ZERO, count: 0 };
        (0..losses.len()).filter(|i| self.counts(*i)).fold(nothing, |totals, i| {
            let within = self.within.map_or(W::ONE, |within| within[i]);
            Totals {
                sum: totals.sum + self.weight(i) * losses[i],
                weight: totals.weight + self.weight(i) * within,
                count: totals.count + 1,
            }
        })
    }

    /// The reduced value.
    pub fn value(&self, losses: &[W]) -> W {
        let totals = self.totals(losses);
        let divisor = self.divisor(&totals, losses.len());
        match self.empty {
            _ if divisor != W::ZERO => totals.sum / divisor,
            Empty::Nan => W::NAN,
            Empty::Zero => W::ZERO,
        }
    }

    /// The derivative of the value by each loss: exactly 0 where a loss does not count, and everywhere if the divisor
    /// is 0.
    pub fn factors(&self, losses: &[W]) -> Vec<W> {
        let divisor = self.divisor(&self.totals(losses), losses.len());
        let passes = |i: usize| self.counts(i) && divisor != W::ZERO;
        (0..losses.len()).map(|i| if passes(i) { self.weight(i) / divisor } else { W::ZERO }).collect()
    }

    fn counts(&self, i: usize) -> bool {
        self.counted.is_none_or(|counted| counted[i])
    }

    fn weight(&self, i: usize) -> W {
        match self.weights {
            Weights::None => W::ONE,
            Weights::Each(weights) => weights[i],
            Weights::Rows(weights) => weights[i / self.columns],
            Weights::Columns(weights) => weights[i % self.columns],
        }
    }

    fn divisor(&self, totals: &Totals<W>, elements: usize) -> W {
        let number = |n: usize| W::from_f64(n as f64);
        match self.divisor {
            Divisor::One => W::ONE,
            Divisor::Elements => number(elements),
            Divisor::Rows => number(elements / self.columns),
            Divisor::Counted => number(totals.count),
            Divisor::WeightSum => totals.weight,
            Divisor::Fixed(divisor) => W::from_f64(divisor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Divisor, Empty, Reduction, Totals, Weights};

    const LOSSES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

    fn mean(divisor: Divisor) -> Reduction<'static, f64> {
        Reduction { columns: 2, divisor, ..Reduction::sum() }
    }

    #[test]
    fn divisors() {
        let value = |divisor| mean(divisor).value(&LOSSES);
        assert_eq!(value(Divisor::One), 15.0);
        assert_eq!(value(Divisor::Elements), 3.75);
        assert_eq!(value(Divisor::Rows), 7.5);
        assert_eq!(value(Divisor::Counted), 3.75);
        assert_eq!(value(Divisor::WeightSum), 3.75);
        assert_eq!(value(Divisor::Fixed(10.0)), 1.5);
    }

    #[test]
    fn weights() {
        let sum = |weights| Reduction { weights, ..mean(Divisor::One) }.value(&LOSSES);
        assert_eq!(sum(Weights::Each(&[1.0, 0.0, 2.0, 0.5])), 13.0);
        assert_eq!(sum(Weights::Rows(&[1.0, 0.5])), 9.0);
        assert_eq!(sum(Weights::Columns(&[1.0, 0.5])), 10.0);
        let weighted = Reduction { weights: Weights::Rows(&[1.0, 3.0]), ..mean(Divisor::WeightSum) };
        assert_eq!(weighted.value(&LOSSES), 39.0 / 8.0);
        assert_eq!(weighted.factors(&LOSSES), [0.125, 0.125, 0.375, 0.375]);
    }

    #[test]
    fn weights_within_the_losses_count_in_the_divisor_only() {
        let within = [1.0, 3.0, 1.0, 3.0];
        let reduction = Reduction { within: Some(&within), ..mean(Divisor::WeightSum) };
        assert_eq!(reduction.value(&LOSSES), 15.0 / 8.0);
        assert_eq!(reduction.factors(&LOSSES), [0.125; 4]);
    }

    #[test]
    fn what_does_not_count_is_not_read() {
        let counted = [true, false, true, true];
        let losses = [1.0, f64::NAN, 4.0, 8.0];
        let reduction = Reduction { counted: Some(&counted), ..mean(Divisor::Counted) };
        assert_eq!(reduction.totals(&losses), Totals { sum: 13.0, weight: 3.0, count: 3 });
        assert_eq!(reduction.factors(&losses)[1], 0.0);
        assert_eq!(Reduction { divisor: Divisor::Elements, ..reduction }.value(&losses), 3.25);
    }

    #[test]
    fn nothing_is_what_the_policy_says() {
        let nothing = [false; 4];
        for divisor in [Divisor::Counted, Divisor::WeightSum, Divisor::Fixed(0.0)] {
            let reduction = Reduction { counted: Some(&nothing), ..mean(divisor) };
            assert!(reduction.value(&LOSSES).is_nan());
            assert_eq!(Reduction { empty: Empty::Zero, ..reduction }.value(&LOSSES), 0.0);
            assert_eq!(reduction.factors(&LOSSES), [0.0; 4]);
        }
        let weightless = Reduction { weights: Weights::Each(&[0.0; 4]), ..mean(Divisor::WeightSum) };
        assert!(weightless.value(&LOSSES).is_nan());
        assert_eq!(weightless.factors(&LOSSES), [0.0; 4]);
        assert!(mean(Divisor::Elements).value(&[]).is_nan());
        assert_eq!(Reduction::<f64>::sum().value(&[]), 0.0);
    }
}

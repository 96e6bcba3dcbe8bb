//! Ways to call a loss: weights, divisors, upstream gradients.

use core::fmt;
use lossfn::{Call, Divisor, Weights};
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::reduce::{self, Empty, Reduction};
use lossfn_oracle::registry::Subject;
use lossfn_oracle::{Judged, Tolerance, widen};
use proptest::prelude::{Strategy, any};
use proptest::sample::select;

/// Whose weights they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    No,
    Each,
    Rows,
    Columns,
}

/// One way to call a loss of so many items in rows of `columns`.
#[derive(Clone, Debug)]
pub(crate) struct Manner<T> {
    pub(crate) weighed: Weighed,
    pub(crate) weights: Vec<T>,
    pub(crate) columns: usize,
    /// `None` for a sum.
    pub(crate) divisor: Option<Divisor>,
    pub(crate) upstream: f64,
}

impl<T> fmt::Display for Manner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weighed, columns, divisor, upstream, .. } = self;
        write!(f, "weights {weighed:?}, {columns} columns, divisor {divisor:?}, upstream {upstream}")
    }
}

impl<T: Subject> Manner<T> {
    /// A sum, with nothing else.
    pub(crate) fn sum() -> Self {
        Self { weighed: Weighed::No, weights: Vec::new(), columns: 1, divisor: None, upstream: 1.0 }
    }

    /// Fits `columns` and weights to so many items: some of them 0, some of them 1.
    pub(crate) fn new(items: usize, weighed: Weighed, columns: usize, seed: u64) -> Self {
        let columns = (1..=columns).rev().find(|columns| items.is_multiple_of(*columns)).unwrap_or(1);
        let count = match weighed {
            Weighed::No => 0,
            Weighed::Each => items,
            Weighed::Rows => items / columns,
            Weighed::Columns => columns,
        };
        let mut weights: Vec<T> = Values::Uniform { low: 0.25, high: 3.0 }.vector(count, &mut rng(seed));
        weights.iter_mut().skip(4).step_by(9).for_each(|weight| *weight = T::from_f64(0.0));
        weights.iter_mut().skip(5).step_by(9).for_each(|weight| *weight = T::from_f64(1.0));
        Self { weighed, weights, columns, ..Self::sum() }
    }

    pub(crate) fn call(&self) -> Call<'_, T> {
        let call = Call::new().upstream(self.upstream);
        let call = if self.columns == 1 { call } else { call.columns(self.columns) };
        let call = match self.divisor {
            None => call.sum(),
            Some(divisor) => call.mean(divisor),
        };
        match self.weighed {
            Weighed::No => call,
            Weighed::Each => call.weights(Weights::Each(&self.weights)),
            Weighed::Rows => call.weights(Weights::Rows(&self.weights)).columns(self.columns),
            Weighed::Columns => call.weights(Weights::Columns(&self.weights)),
        }
    }

    /// The same in wide arithmetic. `within` and `counted` are those of [`Reduction`]; `of_loss` is the loss's divisor.
    pub(crate) fn reduced<R>(
        &self,
        of_loss: reduce::Divisor,
        within: Option<&[T::Wide]>,
        counted: Option<&[bool]>,
        with: impl FnOnce(Reduction<'_, T::Wide>) -> R,
    ) -> R {
        let weights = widen(&self.weights);
        let weights = match self.weighed {
            Weighed::No => reduce::Weights::None,
            Weighed::Each => reduce::Weights::Each(&weights),
            Weighed::Rows => reduce::Weights::Rows(&weights),
            Weighed::Columns => reduce::Weights::Columns(&weights),
        };
        let divisor = match self.divisor {
            None => reduce::Divisor::One,
            Some(Divisor::Elements) => reduce::Divisor::Elements,
            Some(Divisor::Rows) => reduce::Divisor::Rows,
            Some(Divisor::Counted) => reduce::Divisor::Counted,
            Some(Divisor::WeightSum) => reduce::Divisor::WeightSum,
            Some(Divisor::Fixed(divisor)) => reduce::Divisor::Fixed(divisor),
            Some(_) => of_loss,
        };
        with(Reduction { columns: self.columns, weights, within, counted, divisor, empty: Empty::Nan })
    }

    /// Whether nothing multiplies a derivative; `each` is whether the verb knows no divisor.
    pub(crate) fn is_plain(&self, each: bool) -> bool {
        self.weighed == Weighed::No && self.upstream == 1.0 && (each || self.divisor.is_none())
    }

    /// The tolerance of a loss times its weight. A product can be at the top of a binade where its factor was at the
    /// bottom of one, so that an ULP is half as much of it; and it is rounded itself.
    pub(crate) fn weighed(&self, exact: Tolerance) -> Tolerance {
        if self.weighed == Weighed::No { exact } else { Tolerance { ulp: 2.0 * exact.ulp + 0.51, ..exact } }
    }

    /// The tolerance of a derivative times weight, upstream and divisor. They become one factor first: in f64, where
    /// a sum of weights, a quotient and a product are rounded, and then in `T`.
    pub(crate) fn scaled(&self, exact: Tolerance, each: bool) -> Tolerance {
        let factor = if T::BITS == 32 { 1.01 } else { 3.0 };
        if self.is_plain(each) { exact } else { Tolerance { ulp: 2.0 * exact.ulp + factor + 0.5, ..exact } }
    }
}

/// Every kind of weights and divisor. Only items that are elements lie in columns.
pub(crate) fn manners<T: Subject>(items: usize, are_elements: bool) -> impl Strategy<Value = Manner<T>> {
    let weighed = [Weighed::No, Weighed::Each, Weighed::Rows, Weighed::Columns];
    let weighed = select(weighed[..if are_elements { 4 } else { 3 }].to_vec());
    let divisors = [Divisor::OfLoss, Divisor::Elements, Divisor::Rows, Divisor::Counted, Divisor::WeightSum];
    let means = divisors.into_iter().chain([Divisor::Fixed(7.0)]).map(Some);
    let divisor = select(means.chain([None, None]).collect::<Vec<_>>());
    let upstream = select(vec![1.0, 1.0, 0.3, -2.0]);
    let columns = 1..=if are_elements { 7_usize } else { 1 };
    (weighed, divisor, upstream, columns, any::<u64>()).prop_map(move |(weighed, divisor, upstream, columns, seed)| {
        Manner { divisor, upstream, ..Manner::new(items, weighed, columns, seed) }
    })
}

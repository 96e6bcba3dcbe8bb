//! A framework's reduction, weights and mask as a [`Call`].

use crate::case::Case;
use lossfn::{ByRow, Call, Divisor, Empty, Layout, Real, Weights};
use lossfn_oracle::Judged;

/// Everything of a case that is not its loss; what a [`Call`] borrows.
pub(crate) struct Manner<T> {
    reduction: Reduction,
    by_row: Option<ByRow>,
    columns: Option<usize>,
    inner: usize,
    weights: Vec<T>,
    mask: Vec<bool>,
    upstream: Vec<T>,
    empty: Empty,
}

#[derive(Clone, Copy)]
enum Reduction {
    None,
    Sum,
    Mean(Divisor),
}

/// How the rows of a case lie: in its axis, or in the last one.
pub(crate) fn layout(case: &Case) -> Layout {
    Layout::axis(case.shape[axis(case)], inner(case))
}

fn axis(case: &Case) -> usize {
    case.axis.unwrap_or(case.shape.len().saturating_sub(1))
}

/// Elements from one entry of the axis to the next.
fn inner(case: &Case) -> usize {
    case.shape[axis(case) + 1..].iter().product()
}

/// The number of columns of the last axis.
pub(crate) fn last(case: &Case) -> usize {
    case.shape.last().copied().unwrap_or(1)
}

/// Of so many outputs.
fn keras_reduction(case: &Case, outputs: usize) -> Reduction {
    match case.text("reduction") {
        _ if !case.options.contains_key("reduction") && !is_class(&case.name) => Reduction::None,
        Some("none") => Reduction::None,
        Some("sum") => Reduction::Sum,
        // Of the weights as given, before they are broadcast.
        Some("mean_with_sample_weight") if outputs > case.input("sample_weight").len() && case.has("sample_weight") => {
            Reduction::Mean(Divisor::Fixed(case.input("sample_weight").iter().sum()))
        }
        Some("mean_with_sample_weight") => Reduction::Mean(Divisor::WeightSum),
        _ => Reduction::Mean(Divisor::Counted),
    }
}

/// Classes of Keras are in camel case; functions and their short names are not.
fn is_class(name: &str) -> bool {
    name.chars().any(char::is_lowercase) && name.starts_with(char::is_uppercase)
}

fn torch_reduction(case: &Case) -> Reduction {
    if case.options.contains_key("size_average") || case.options.contains_key("reduce") {
        let is = |key: &str| case.options.get(key).and_then(serde_json::Value::as_bool).unwrap_or(true);
        return match (is("size_average"), is("reduce")) {
            (_, false) => Reduction::None,
            (true, true) => Reduction::Mean(Divisor::OfLoss),
            (false, true) => Reduction::Sum,
        };
    }
    match case.text("reduction") {
        Some("none") => Reduction::None,
        Some("sum") => Reduction::Sum,
        Some("batchmean") => Reduction::Mean(Divisor::Rows),
        _ => Reduction::Mean(Divisor::OfLoss),
    }
}

/// NumPy's broadcasting of `values` from one shape to another.
fn broadcast(values: &[f64], from: &[usize], to: &[usize]) -> Vec<f64> {
    let count: usize = to.iter().product();
    let padded = [vec![1; to.len() - from.len()], from.to_vec()].concat();
    let entry = |mut i: usize| {
        let (mut at, mut step) = (0, 1);
        for (&size, &to) in padded.iter().zip(to).rev() {
            at += if size == 1 { 0 } else { i % to * step };
            step *= size;
            i /= to;
        }
        values[at]
    };
    (0..count).map(entry).collect()
}

impl<T: Judged + Real> Manner<T> {
    /// Of a case of PyTorch. `weight` is left to losses of classes.
    pub(crate) fn torch(case: &Case, weighs_classes: bool) -> Self {
        let batch = case.shape.first().copied().unwrap_or(1).max(1);
        let elements: usize = case.shape.iter().product();
        let weights = match case.input("weight") {
            weights if weighs_classes || weights.is_empty() => Vec::new(),
            weights => broadcast(&weights, &case.shape_of("weight"), &case.shape),
        };
        // PyTorch's means of these two alone divide by the sum of the weights.
        let reduction = match (torch_reduction(case), case.name.as_str()) {
            (Reduction::Mean(_), "mse_loss" | "l1_loss") if !weights.is_empty() => Reduction::Mean(Divisor::WeightSum),
            (reduction, _) => reduction,
        };
        Self {
            reduction,
            by_row: None,
            columns: (case.text("reduction") == Some("batchmean")).then_some(elements / batch),
            inner: 1,
            weights: weights.into_iter().map(T::from_f64).collect(),
            mask: Vec::new(),
            upstream: case.input("upstream").into_iter().map(T::from_f64).collect(),
            empty: Empty::Nan,
        }
    }

    /// Of a case of Keras; `by_row` is what its function does with the last axis of a loss of elements.
    pub(crate) fn keras(case: &Case, by_row: Option<ByRow>) -> Self {
        let mut outputs = case.shape.clone();
        if !outputs.is_empty() {
            outputs.remove(case.axis.unwrap_or(outputs.len() - 1));
        }
        let of_rows = |key: &str| {
            let mut from = case.shape_of(key);
            if case.framework == "tf_keras" && from.len() + 1 == outputs.len() {
                from.push(1);
            }
            broadcast(&case.input(key), &from, &outputs)
        };
        let weights = if case.has("sample_weight") { of_rows("sample_weight") } else { Vec::new() };
        let mask = if case.has("mask") { of_rows("mask") } else { Vec::new() };
        Self {
            reduction: keras_reduction(case, outputs.iter().product()),
            by_row,
            columns: by_row.map(|_| case.shape[axis(case)]),
            inner: if by_row.is_some() { inner(case) } else { 1 },
            weights: weights.into_iter().map(T::from_f64).collect(),
            mask: mask.into_iter().map(|kept| kept != 0.0).collect(),
            upstream: case.input("upstream").into_iter().map(T::from_f64).collect(),
            empty: if case.framework == "keras" || outputs.contains(&0) { Empty::Zero } else { Empty::Nan },
        }
    }

    /// Whether the case has one value for each element or row.
    pub(crate) fn is_each(&self) -> bool {
        matches!(self.reduction, Reduction::None)
    }

    pub(crate) fn call(&self) -> Call<'_, T> {
        let mut call = Call::new().empty(self.empty);
        call = match self.reduction {
            Reduction::None => call,
            Reduction::Sum => call.sum(),
            Reduction::Mean(divisor) => call.mean(divisor),
        };
        if let Some(by_row) = self.by_row {
            call = call.by_row(by_row);
        }
        if let Some(columns) = self.columns {
            call = call.layout(Layout::axis(columns, self.inner));
        }
        if !self.weights.is_empty() {
            call = call.weights(Weights::Each(&self.weights));
        }
        if !self.mask.is_empty() {
            call = call.mask(&self.mask);
        }
        match (self.is_each(), self.upstream.as_slice()) {
            (true, [_, ..]) => call.upstream_each(&self.upstream),
            (false, [upstream]) => call.upstream(upstream.to_f64()),
            _ => call,
        }
    }
}

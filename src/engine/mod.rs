//! How a formula meets slices, written once: shapes, weights, sums, threads.

pub(crate) mod axis;
pub(crate) mod check;
pub(crate) mod elementwise;
pub(crate) mod factors;
pub(crate) mod lane_sum;
mod parallel;
pub(crate) mod pass;
mod reduced;
pub(crate) mod row;
pub(crate) mod rowwise;
pub(crate) mod small;
pub(crate) mod softmax;
pub(crate) mod sum;

use crate::{LossError, Real};

/// The slices of one call. Made by the verbs of [`Loss`](crate::Loss) alone.
#[doc(hidden)]
#[derive(Debug)]
pub struct Args<'a, T, Y> {
    pub(crate) x: Input<'a, T>,
    pub(crate) target: &'a [Y],
    pub(crate) out: Outputs<'a, T>,
    pub(crate) want_value: bool,
}

/// Where results go; a gradient that replaces the prediction has no place here.
#[derive(Debug)]
pub(crate) struct Outputs<'a, T> {
    pub(crate) each: Option<&'a mut [T]>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) target_grad: Option<&'a mut [T]>,
}

impl<T> Default for Outputs<'_, T> {
    fn default() -> Self {
        Self { each: None, grad: None, target_grad: None }
    }
}

impl<T> Outputs<'_, T> {
    /// The outputs of the first so many items, which have so many entries; those of the rest stay.
    pub(crate) fn split_off(&mut self, items: usize, entries: usize) -> Self {
        Self {
            each: self.each.as_mut().and_then(|each| each.split_off_mut(..items)),
            grad: self.grad.as_mut().and_then(|grad| grad.split_off_mut(..entries)),
            target_grad: self.target_grad.as_mut().and_then(|grad| grad.split_off_mut(..entries)),
        }
    }
}

/// The prediction, which the gradient may replace.
#[derive(Debug)]
pub(crate) enum Input<'a, T> {
    Keep(&'a [T]),
    Replace(&'a mut [T]),
}

impl<T> Input<'_, T> {
    /// The first so many entries; the rest stays.
    pub(crate) fn split_off(&mut self, entries: usize) -> Self {
        match self {
            Self::Keep(x) => Self::Keep(x.split_off(..entries).unwrap_or_default()),
            Self::Replace(x) => Self::Replace(x.split_off_mut(..entries).unwrap_or_default()),
        }
    }

    pub(crate) fn part(&mut self, range: core::ops::Range<usize>) -> Input<'_, T> {
        match self {
            Self::Keep(x) => Input::Keep(&x[range]),
            Self::Replace(x) => Input::Replace(&mut x[range]),
        }
    }
}

impl<'a, T> Input<'a, T> {
    /// Where the gradient goes: over the prediction, unless it has a place of its own.
    #[inline(always)]
    pub(crate) fn place<'p>(&'p mut self, grad: Option<&'p mut [T]>) -> Option<&'p mut [T]> {
        match (grad, self) {
            (None, Self::Replace(x)) => Some(x),
            (grad, _) => grad,
        }
    }

    /// The prediction and the place of its gradient: one of them is empty if there is only the other.
    pub(crate) fn with_place(self, grad: Option<&'a mut [T]>) -> (&'a [T], &'a mut [T]) {
        match (self, grad) {
            (Self::Replace(x), None) => (&[], x),
            (Self::Replace(x), Some(grad)) => (x, grad),
            (Self::Keep(x), grad) => (x, grad.unwrap_or_default()),
        }
    }
}

impl<T> core::ops::Deref for Input<'_, T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Self::Keep(x) => x,
            Self::Replace(x) => x,
        }
    }
}

impl<'a, T: Real, Y> Args<'a, T, Y> {
    pub(crate) fn new(x: &'a [T], target: &'a [Y]) -> Self {
        Self { x: Input::Keep(x), target, out: Outputs::default(), want_value: true }
    }

    pub(crate) fn in_place(x: &'a mut [T], target: &'a [Y]) -> Self {
        Self { x: Input::Replace(x), target, out: Outputs::default(), want_value: true }
    }

    /// The same without its targets, and these.
    pub(crate) fn take_target(self) -> (Args<'a, T, ()>, &'a [Y]) {
        let Self { x, target, out, want_value } = self;
        (Args { x, target: &[], out, want_value }, target)
    }

    /// The gradient of a mean over nothing: zeros in the first `columns` of every `stride` entries.
    pub(crate) fn zero_grad(&mut self, accumulate: bool, columns: usize, stride: usize) {
        let grads = [self.x.place(self.out.grad.as_deref_mut()), self.out.target_grad.as_deref_mut()];
        let overwritten = grads.into_iter().flatten().filter(|_| !accumulate);
        for row in overwritten.flat_map(|grad| grad.chunks_mut(stride)) {
            row[..columns].fill(T::default());
        }
    }

    /// The outputs have the right lengths; `each` is the number of unreduced values.
    pub(crate) fn check_outputs(&self, each: usize, accumulate: bool) -> Result<(), LossError> {
        if accumulate && matches!(self.x, Input::Replace(_)) {
            let instead = "give the gradient a slice of its own";
            return Err(LossError::Unsupported { what: "adding to a gradient in place", instead });
        }
        if let Some(out) = &self.out.each {
            check::length("out", each, out.len())?;
        }
        if let Some(grad) = &self.out.grad {
            check::length("dx", self.x.len(), grad.len())?;
        }
        if let Some(grad) = &self.out.target_grad {
            check::length("dy", self.x.len(), grad.len())?;
        }
        Ok(())
    }
}

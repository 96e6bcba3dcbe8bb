//! How a formula meets slices, written once: shapes, weights, sums, threads.

pub(crate) mod check;
pub(crate) mod elementwise;
pub(crate) mod factors;
mod parallel;
pub(crate) mod pass;
pub(crate) mod rowwise;
pub(crate) mod softmax;
pub(crate) mod sum;

use crate::{LossError, Real};

/// The slices of one call. Made by the verbs of [`Loss`](crate::Loss) alone.
#[doc(hidden)]
#[derive(Debug)]
pub struct Args<'a, T, Y> {
    pub(crate) x: Input<'a, T>,
    pub(crate) target: &'a [Y],
    pub(crate) each: Option<&'a mut [T]>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) want_value: bool,
}

/// The prediction, which the gradient may replace.
#[derive(Debug)]
pub(crate) enum Input<'a, T> {
    Keep(&'a [T]),
    Replace(&'a mut [T]),
}

impl<T> Input<'_, T> {
    pub(crate) fn split_at(self, at: usize) -> (Self, Self) {
        match self {
            Self::Keep(x) => {
                let (x, rest) = x.split_at(at);
                (Self::Keep(x), Self::Keep(rest))
            }
            Self::Replace(x) => {
                let (x, rest) = x.split_at_mut(at);
                (Self::Replace(x), Self::Replace(rest))
            }
        }
    }

    pub(crate) fn part(&mut self, range: core::ops::Range<usize>) -> Input<'_, T> {
        match self {
            Self::Keep(x) => Input::Keep(&x[range]),
            Self::Replace(x) => Input::Replace(&mut x[range]),
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
        Self { x: Input::Keep(x), target, each: None, grad: None, want_value: true }
    }

    pub(crate) fn in_place(x: &'a mut [T], target: &'a [Y]) -> Self {
        Self { x: Input::Replace(x), target, each: None, grad: None, want_value: true }
    }

    /// The same without its targets, and these.
    pub(crate) fn take_target(self) -> (Args<'a, T, ()>, &'a [Y]) {
        let Self { x, target, each, grad, want_value } = self;
        (Args { x, target: &[], each, grad, want_value }, target)
    }

    /// The gradient of a mean over nothing: zeros in the first `columns` of every `stride` entries.
    pub(crate) fn zero_grad(&mut self, accumulate: bool, columns: usize, stride: usize) {
        let grad = match (&mut self.grad, &mut self.x) {
            (Some(grad), _) if !accumulate => &mut **grad,
            (None, Input::Replace(x)) => &mut **x,
            _ => return,
        };
        for row in grad.chunks_mut(stride) {
            row[..columns].fill(T::default());
        }
    }

    /// The outputs have the right lengths; `each` is the number of unreduced values.
    pub(crate) fn check_outputs(&self, each: usize, accumulate: bool) -> Result<(), LossError> {
        if accumulate && matches!(self.x, Input::Replace(_)) {
            let instead = "give the gradient a slice of its own";
            return Err(LossError::Unsupported { what: "adding to a gradient in place", instead });
        }
        if let Some(out) = &self.each {
            check::length("out", each, out.len())?;
        }
        if let Some(grad) = &self.grad {
            check::length("dx", self.x.len(), grad.len())?;
        }
        Ok(())
    }
}

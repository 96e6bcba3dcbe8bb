//! Losses of rows whose entries lie an axis apart: many positions at a time, one in each lane, nothing transposed. Short
//! rows whose entries lie side by side go the same way; of these the scratch holds the transpose.
//!
//! A tile of positions is worked on with all its classes, so that memory is read in long runs; tiles are as wide as
//! the scratch allows. Leaves are whole tiles, whose boundaries the shape alone decides, so threads share one sample.

mod column;
mod work;

use super::parallel::{self, Job};
use super::rowwise::{self, LARGE, LEAF, Shared};
use super::sum::Sum;
use super::{Args, Input, Outputs};
use crate::Layout;
use crate::lane::{Window, WindowMut};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Totals};
use core::ops::Range;

pub(crate) use column::{ByColumn, Column, by_column, column_tile};
pub(crate) use work::{Shape, Work, chunk, column};

/// A loss over positions.
pub(crate) trait Axis<T: Float>: Send + Sync {
    /// How many positions a tile has.
    fn tile(&self, layout: Layout) -> usize;

    /// Writes the weighted losses and gradients of the positions for which there is a place, and adds the losses up.
    fn positions(&self, shared: &Shared<'_, T>, leaf: Positions<'_, T>) -> Sum;
}

/// The positions from `first` on. The lengths of all are those of `x`.
pub(crate) struct Positions<'a, T> {
    pub(crate) first: usize,
    pub(crate) x: Apart<'a, T>,
    pub(crate) each: Option<&'a mut [T]>,
    pub(crate) grad: Option<WindowMut<'a, T>>,
    pub(crate) target_grad: Option<WindowMut<'a, T>>,
}

/// The prediction, which the gradient may replace.
pub(crate) enum Apart<'a, T> {
    Keep(Window<'a, T>),
    Replace(WindowMut<'a, T>),
}

impl<T: Float> Apart<'_, T> {
    #[inline(always)]
    pub(crate) fn get(&self) -> Window<'_, T> {
        match self {
            Self::Keep(x) => *x,
            Self::Replace(x) => x.shared(),
        }
    }

    /// The first so many positions; the rest stays.
    fn split_off(&mut self, positions: usize) -> Self {
        match self {
            Self::Keep(x) => {
                let first = x.part(0..positions);
                *x = x.part(positions..x.len());
                Self::Keep(first)
            }
            Self::Replace(x) => Self::Replace(x.split_off(positions)),
        }
    }

    #[inline(always)]
    fn part(&mut self, range: Range<usize>) -> Apart<'_, T> {
        match self {
            Self::Keep(x) => Apart::Keep(x.part(range)),
            Self::Replace(x) => Apart::Replace(x.part(range)),
        }
    }
}

impl<T: Float> Positions<'_, T> {
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.x.get().len()
    }

    #[inline(always)]
    pub(crate) fn part(&mut self, range: Range<usize>) -> Positions<'_, T> {
        Positions {
            first: self.first + range.start,
            x: self.x.part(range.clone()),
            each: self.each.as_deref_mut().map(|each| &mut each[range.clone()]),
            grad: self.grad.as_mut().map(|grad| grad.part(range.clone())),
            target_grad: self.target_grad.as_mut().map(|grad| grad.part(range)),
        }
    }

    /// Whether there is a place for the gradient.
    #[inline(always)]
    pub(crate) fn wants_grad(&self) -> bool {
        self.grad.is_some() || matches!(self.x, Apart::Replace(_))
    }

    /// Where the gradient goes, and whether it is added to what is there.
    #[inline(always)]
    pub(crate) fn grad_place(&mut self, accumulate: bool) -> Option<(WindowMut<'_, T>, bool)> {
        let all = 0..self.len();
        match (&mut self.grad, &mut self.x) {
            (Some(grad), _) => Some((grad.part(all), accumulate)),
            (None, Apart::Replace(x)) => Some((x.part(all), false)),
            (None, Apart::Keep(_)) => None,
        }
    }
}

/// As [`rowwise::run`].
pub(crate) fn run<T: Float>(
    loss: &dyn Axis<T>,
    how: &Call<'_, T>,
    shared: &mut Shared<'_, T>,
    args: Args<'_, T, ()>,
    of_loss: f64,
    totals: Totals,
) -> Result<Outcome, LossError> {
    let layout = shared.layout;
    let Layout { classes, stride, inner } = layout;
    let positions = args.x.len() / stride;
    let large = args.x.len() >= LARGE;
    rowwise::reduce(how, shared, args, positions, of_loss, totals, |shared, x, out| {
        let Outputs { each, grad, target_grad } = out;
        let x = match x {
            Input::Keep(x) => Apart::Keep(Window::new(x, classes, stride, inner)),
            Input::Replace(x) => Apart::Replace(WindowMut::new(x, classes, stride, inner)),
        };
        let apart = |grad| WindowMut::new(grad, classes, stride, inner);
        let all = Positions { first: 0, x, each, grad: grad.map(apart), target_grad: target_grad.map(apart) };
        let tile = loss.tile(layout);
        let leaf = (LEAF / classes / tile).max(1) * tile;
        parallel::run(Leaves { loss, shared, positions: all, leaf }, how.threads, large).total()
    })
}

struct Leaves<'a, T> {
    loss: &'a dyn Axis<T>,
    shared: &'a Shared<'a, T>,
    positions: Positions<'a, T>,
    /// Positions of a leaf.
    leaf: usize,
}

impl<T: Float> Job for Leaves<'_, T> {
    type Out = Sum;

    fn leaves(&self) -> usize {
        self.positions.len().div_ceil(self.leaf)
    }

    fn split_off(&mut self, leaves: usize) -> Self {
        let count = (leaves * self.leaf).min(self.positions.len());
        let Positions { first, x, each, grad, target_grad } = &mut self.positions;
        let positions = Positions {
            first: *first,
            x: x.split_off(count),
            each: each.as_mut().and_then(|each| each.split_off_mut(..count)),
            grad: grad.as_mut().map(|grad| grad.split_off(count)),
            target_grad: target_grad.as_mut().map(|grad| grad.split_off(count)),
        };
        *first += count;
        Self { positions, ..*self }
    }

    fn run(self) -> Sum {
        self.loss.positions(self.shared, self.positions)
    }
}

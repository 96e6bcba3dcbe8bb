//! Class indices of rows, with what a loss makes of them.

use super::cross_entropy::Classes;
use crate::Layout;
use crate::engine::factors::Factors;
use crate::engine::softmax::IGNORED;
use crate::engine::{Args, check, row};
use crate::math::Float;
use crate::{Call, LossError};

/// What to do instead of weighing the columns of a call.
pub(super) const INSTEAD: &str = "give the loss its class weights";

/// The classes of a batch, the one that is ignored, and the weights of the classes.
#[derive(Clone, Copy)]
pub(super) struct ClassRows<'a, T> {
    pub(super) classes: Classes<'a>,
    pub(super) ignore_index: Option<i64>,
    pub(super) weights: Option<&'a [T]>,
}

impl<T: Float> ClassRows<'_, T> {
    /// Checks all lengths, and the indices of rows that are not masked. Returns how many rows are ignored.
    pub(super) fn check(&self, layout: Layout, how: &Call<'_, T>, args: &Args<'_, T, ()>) -> Result<usize, LossError> {
        check_weights(self.weights, layout)?;
        row::check_call(how, INSTEAD)?;
        let rows = self.classes.len();
        check::length("x", layout.entries(rows)?, args.x.len())?;
        let ignored = self.classes.check(layout.classes, self.ignore_index, how.mask)?;
        args.check_outputs(rows, how.accumulate)?;
        Ok(ignored)
    }

    /// The classes of the rows from `first` on; [`IGNORED`] where a row is.
    pub(super) fn fill(&self, first: usize, to: &mut [usize]) {
        self.classes.fill(first, self.ignore_index, to);
    }

    /// The class of a row; `None` if it is ignored.
    pub(super) fn class(&self, row: usize) -> Option<usize> {
        let mut class = [IGNORED];
        self.fill(row, &mut class);
        let [class] = class;
        (class != IGNORED).then_some(class)
    }

    pub(super) fn weight(&self, class: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[class].to_f64())
    }
}

/// Marks the rows that are masked among those from `first` on.
pub(super) fn leave_masked_out<T: Float>(factors: &Factors<'_, T>, first: usize, classes: &mut [usize]) {
    if factors.is_masked() {
        for (i, class) in classes.iter_mut().enumerate() {
            *class = if factors.is_kept(first + i) { *class } else { IGNORED };
        }
    }
}

/// There is a weight for each class, if there are any.
pub(super) fn check_weights<T>(weights: Option<&[T]>, layout: Layout) -> Result<(), LossError> {
    let expected = layout.classes;
    match weights {
        Some(weights) if weights.len() != expected => {
            Err(LossError::Weights { what: "class weights", expected, found: weights.len() })
        }
        _ => Ok(()),
    }
}

//! What is compiled for each loss and level, beside [`small`](super::small). All around it is compiled once and calls
//! through a table, for a leaf or a tile at a time.

use super::plain::{self, Plain};
use super::{Elementwise, Eval};
use crate::engine::sum::Sum;
use crate::lane::{Isa, Kernel, Lane, Token, dispatch};
use crate::math::Float;

/// A loss as the loops around it see it.
pub(super) trait Compiled<T: Float>: Send + Sync {
    /// As [`Elementwise::HEAVY`].
    fn is_heavy(&self) -> bool;

    /// As [`Elementwise::BY_COLUMN`].
    fn is_by_column(&self) -> bool;

    /// As [`Elementwise::columns`].
    fn columns(&self) -> Option<&[T]>;

    /// Runs a leaf on the plain path.
    fn plain(&self, token: Token, leaf: Plain<'_, T>) -> Sum;

    /// Evaluates a few elements.
    fn evaluate(&self, token: Token, few: Few<'_, T>);
}

/// A few elements, and vectors for their values and for their derivatives before any factor.
pub(super) struct Few<'a, T: Float> {
    pub(super) x: &'a [T],
    pub(super) t: &'a [T],
    /// Read by losses alone that have an option by column.
    pub(super) columns: &'a [T],
    pub(super) values: &'a mut [T::Chunk],
    pub(super) grads: &'a mut [T::Chunk],
    /// Empty if those with respect to the target are not wanted.
    pub(super) target_grads: &'a mut [T::Chunk],
}

impl<T: Float, F: Elementwise<T>> Compiled<T> for F {
    fn is_heavy(&self) -> bool {
        F::HEAVY
    }

    fn is_by_column(&self) -> bool {
        F::BY_COLUMN
    }

    fn columns(&self) -> Option<&[T]> {
        Elementwise::columns(self)
    }

    fn plain(&self, token: Token, leaf: Plain<'_, T>) -> Sum {
        plain::run(*self, token, leaf)
    }

    #[inline(never)]
    fn evaluate(&self, token: Token, few: Few<'_, T>) {
        dispatch(token, Evaluate { loss: *self, few });
    }
}

struct Evaluate<'a, T: Float, F> {
    loss: F,
    few: Few<'a, T>,
}

impl<T: Float, F: Elementwise<T>> Kernel for Evaluate<'_, T, F> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self { loss, few: Few { x, t, columns, values, grads, target_grads } } = self;
        let zero = T::default();
        let inputs = x.chunks(T::LANES).zip(t.chunks(T::LANES)).enumerate();
        for ((vector, (x, t)), (to_value, to_grad)) in inputs.zip(values.iter_mut().zip(grads)) {
            let at = vector * T::LANES..vector * T::LANES + x.len();
            let (x, t) = (T::Lane::<I>::load_part(isa, x, zero), T::Lane::<I>::load_part(isa, t, zero));
            let Eval { value, slope, target_slope } = if F::BY_COLUMN {
                loss.eval_column(x, t, T::Lane::<I>::load_part(isa, columns.get(at).unwrap_or_default(), zero))
            } else {
                loss.eval(x, t)
            };
            value.store(to_value);
            slope.store(to_grad);
            if let Some(to) = target_grads.get_mut(vector) {
                target_slope.store(to);
            }
        }
    }
}

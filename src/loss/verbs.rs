//! The verbs: the same names and the same order of arguments for every loss.

use crate::engine::{Args, Outputs};
use crate::{Call, LossError, Outcome, Real, Totals};

/// What every loss can do. `x` is the prediction, `y` the target, `dx` the gradient with respect to `x`.
///
/// `T` is the element type and `Y` that of the targets: `T` itself, or an integer for class indices. No verb
/// allocates. An error is returned before any output is written. Losses are chosen when a program is compiled: to choose
/// among some at run time, match on an enum of them. There are none but those of this crate.
///
/// ```
/// use lossfn::{Huber, Loss};
///
/// let (pred, target, mut d_pred) = ([1.0_f32, 5.0], [0.5, 1.0], [0.0; 2]);
/// let loss = Huber::new(1.0).value_and_grad(&pred, &target, &mut d_pred)?.value;
/// assert_eq!((loss, d_pred), (1.8125, [0.25, 0.5]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
pub trait Loss<T: Real, Y = T>: Sized {
    /// Runs one call. The other verbs are made of it.
    ///
    /// # Errors
    /// As the verb that it is made for.
    #[doc(hidden)]
    fn run(&self, how: &Call<'_, T>, args: Args<'_, T, Y>) -> Result<Outcome, LossError>;

    /// The reduced loss.
    ///
    /// # Errors
    /// Lengths that do not fit, options and integer targets outside their range; each loss lists its own.
    fn value(&self, x: &[T], y: &[Y]) -> Result<Outcome, LossError> {
        self.run(&Call::new(), Args::new(x, y))
    }

    /// The gradient of the reduced loss, times the upstream gradient.
    ///
    /// # Errors
    /// As [`value`](Self::value), and a `dx` that is not as long as `x`.
    fn grad(&self, x: &[T], y: &[Y], dx: &mut [T]) -> Result<(), LossError> {
        let args = Args { out: Outputs { grad: Some(dx), ..Outputs::default() }, want_value: false, ..Args::new(x, y) };
        self.run(&Call::new(), args).map(|_| ())
    }

    /// The reduced loss and its gradient, in one pass over the data. The bits are those of the two apart.
    ///
    /// # Errors
    /// As [`grad`](Self::grad).
    fn value_and_grad(&self, x: &[T], y: &[Y], dx: &mut [T]) -> Result<Outcome, LossError> {
        let out = Outputs { grad: Some(dx), ..Outputs::default() };
        self.run(&Call::new(), Args { out, ..Args::new(x, y) })
    }

    /// The same, with the gradient written over the prediction.
    ///
    /// # Errors
    /// As [`value`](Self::value); gradients cannot be accumulated in place.
    fn value_and_grad_in_place(&self, x: &mut [T], y: &[Y]) -> Result<Outcome, LossError> {
        self.run(&Call::new(), Args::in_place(x, y))
    }

    /// The unreduced losses, times their weights: one for each element, or for each row.
    ///
    /// # Errors
    /// As [`value`](Self::value), and an `out` that is not as long as there are losses.
    fn each(&self, x: &[T], y: &[Y], out: &mut [T]) -> Result<Totals, LossError> {
        let out = Outputs { each: Some(out), ..Outputs::default() };
        self.run(&Call::new(), Args { out, ..Args::new(x, y) }).map(|outcome| outcome.totals)
    }

    /// The unreduced losses and their gradients: times weights and upstream, over no divisor.
    ///
    /// # Errors
    /// As [`each`](Self::each), and a `dx` that is not as long as `x`.
    fn each_and_grad(&self, x: &[T], y: &[Y], out: &mut [T], dx: &mut [T]) -> Result<Totals, LossError> {
        let out = Outputs { each: Some(out), grad: Some(dx), ..Outputs::default() };
        self.run(&Call::new(), Args { out, ..Args::new(x, y) }).map(|outcome| outcome.totals)
    }
}

/// What losses can do whose target has a gradient too: label models, distillation, embeddings.
///
/// ```
/// use lossfn::{BothGrads, Mse};
///
/// let (a, b, mut da, mut db) = ([1.0_f32, 5.0], [0.5, 1.0], [0.0; 2], [0.0; 2]);
/// let loss = Mse::new().value_and_grads(&a, &b, Some(&mut da), Some(&mut db))?.value;
/// assert_eq!((loss, da, db), (8.125, [0.5, 4.0], [-0.5, -4.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
pub trait BothGrads<T: Real>: Loss<T> {
    /// The reduced loss and its gradients with respect to prediction and target, those that have a slice.
    ///
    /// # Errors
    /// As [`Loss::value`], and a slice that is not as long as `x`.
    fn value_and_grads(
        &self,
        x: &[T],
        y: &[T],
        dx: Option<&mut [T]>,
        dy: Option<&mut [T]>,
    ) -> Result<Outcome, LossError> {
        let out = Outputs { grad: dx, target_grad: dy, ..Outputs::default() };
        self.run(&Call::new(), Args { out, ..Args::new(x, y) })
    }

    /// The unreduced losses and the same gradients: times weights and upstream, over no divisor.
    ///
    /// # Errors
    /// As [`Loss::each`], and a slice that is not as long as `x`.
    fn each_and_grads(
        &self,
        x: &[T],
        y: &[T],
        out: &mut [T],
        dx: Option<&mut [T]>,
        dy: Option<&mut [T]>,
    ) -> Result<Totals, LossError> {
        let out = Outputs { each: Some(out), grad: dx, target_grad: dy };
        self.run(&Call::new(), Args { out, ..Args::new(x, y) }).map(|outcome| outcome.totals)
    }
}

impl<T: Real, F: BothGrads<T>> BothGrads<T> for With<'_, F, T> {}

/// A loss and the way to call it. It is a [`Loss`] itself; every loss makes it by its method `with`.
#[derive(Clone, Copy, Debug)]
pub struct With<'a, F, T> {
    pub(super) loss: F,
    pub(super) how: Call<'a, T>,
}

impl<T: Real, Y, F: Loss<T, Y>> Loss<T, Y> for With<'_, F, T> {
    fn run(&self, how: &Call<'_, T>, args: Args<'_, T, Y>) -> Result<Outcome, LossError> {
        let _ = how;
        self.loss.run(&self.how, args)
    }
}

/// Gives a loss its method `with`.
macro_rules! with {
    ($loss:ident) => {
        impl $loss {
            /// This loss, called in the given way.
            #[must_use]
            pub const fn with<T: $crate::Real>(self, how: $crate::Call<'_, T>) -> $crate::With<'_, Self, T> {
                $crate::With { loss: self, how }
            }
        }
    };
    ($loss:ident<'a>) => {
        impl<'a> $loss<'a> {
            /// This loss, called in the given way.
            #[must_use]
            pub const fn with<T: $crate::Real>(self, how: $crate::Call<'a, T>) -> $crate::With<'a, Self, T> {
                $crate::With { loss: self, how }
            }
        }
    };
    ($loss:ident<'a, T>) => {
        impl<'a, T: $crate::Real> $loss<'a, T> {
            /// This loss, called in the given way.
            #[must_use]
            pub const fn with(self, how: $crate::Call<'a, T>) -> $crate::With<'a, Self, T> {
                $crate::With { loss: self, how }
            }
        }
    };
}
pub(crate) use with;

/// Says that the target of a loss has a gradient.
macro_rules! both_grads {
    ($loss:ident) => {
        impl $crate::BothGrads<f32> for $loss {}
        impl $crate::BothGrads<f64> for $loss {}
    };
    ($loss:ident<'a>) => {
        impl $crate::BothGrads<f32> for $loss<'_> {}
        impl $crate::BothGrads<f64> for $loss<'_> {}
    };
    ($loss:ident<'a, T>) => {
        impl $crate::BothGrads<f32> for $loss<'_, f32> {}
        impl $crate::BothGrads<f64> for $loss<'_, f64> {}
    };
}
pub(crate) use both_grads;

/// Presets of frameworks that differ in nothing from the default.
macro_rules! presets {
    ($loss:ident: $($name:ident),+) => {
        impl $loss {
            $($crate::loss::verbs::preset!($name);)+
        }
    };
    ($loss:ident<'a, T>: $($name:ident),+) => {
        impl<'a, T: $crate::Real> $loss<'a, T> {
            $($crate::loss::verbs::preset!($name);)+
        }
    };
}
pub(crate) use presets;

macro_rules! preset {
    (torch) => {
        /// As PyTorch, which has no options that differ from these: nothing changes.
        #[must_use]
        pub const fn torch(self) -> Self {
            self
        }
    };
    (keras) => {
        /// As Keras 3, which has no options that differ from these: nothing changes.
        #[must_use]
        pub const fn keras(self) -> Self {
            self
        }
    };
    (tf23) => {
        /// As Keras 2 and TensorFlow 2.3, which have no options that differ from these: nothing changes.
        #[must_use]
        pub const fn tf23(self) -> Self {
            self
        }
    };
}
pub(crate) use preset;

/// Gives a loss its method `with`, and its verbs for `f32` and `f64` by a function that runs one call. What that needs is
/// compiled in this crate.
macro_rules! verbs {
    ($loss:ident: $run:path) => {
        $crate::loss::verbs::with!($loss);
        $crate::loss::verbs::run_by!($loss, f32, $run);
        $crate::loss::verbs::run_by!($loss, f64, $run);
    };
    ($loss:ident<'a>: $run:path) => {
        $crate::loss::verbs::with!($loss<'a>);
        $crate::loss::verbs::run_by!($loss<'_>, f32, $run);
        $crate::loss::verbs::run_by!($loss<'_>, f64, $run);
    };
    ($loss:ident<'a, T>: $run:path) => {
        $crate::loss::verbs::with!($loss<'a, T>);
        $crate::loss::verbs::run_by!($loss<'_, f32>, f32, $run);
        $crate::loss::verbs::run_by!($loss<'_, f64>, f64, $run);
    };
}
pub(crate) use verbs;

macro_rules! run_by {
    ($loss:ty, $t:ty, $run:path) => {
        impl $crate::Loss<$t> for $loss {
            fn run(
                &self,
                how: &$crate::Call<'_, $t>,
                args: $crate::engine::Args<'_, $t, $t>,
            ) -> Result<$crate::Outcome, $crate::LossError> {
                $run(self, how, args)
            }
        }
    };
}
pub(crate) use run_by;

/// The same against class indices, which the function is given without their type.
macro_rules! class_verbs {
    ($loss:ident: $run:path) => {
        $crate::loss::verbs::run_by_class!($loss, f32, $run);
        $crate::loss::verbs::run_by_class!($loss, f64, $run);
    };
}
pub(crate) use class_verbs;

macro_rules! run_by_class {
    ($loss:ident, $t:ty, $run:path) => {
        impl<Y: $crate::ClassIndex> $crate::Loss<$t, Y> for $loss<'_, $t> {
            fn run(
                &self,
                how: &$crate::Call<'_, $t>,
                args: $crate::engine::Args<'_, $t, Y>,
            ) -> Result<$crate::Outcome, $crate::LossError> {
                // Not generic, so that the kernels are compiled in this crate, and once.
                fn erased(
                    loss: &$loss<'_, $t>,
                    how: &$crate::Call<'_, $t>,
                    args: $crate::engine::Args<'_, $t, ()>,
                    classes: $crate::Classes<'_>,
                ) -> Result<$crate::Outcome, $crate::LossError> {
                    $run(loss, how, args, classes)
                }
                let (args, classes) = args.take_target();
                erased(self, how, args, Y::erase(classes))
            }
        }
    };
}
pub(crate) use run_by_class;

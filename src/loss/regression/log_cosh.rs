use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, presets, verbs};
use crate::math::{Float, expm1, log1p_half};

/// Logarithm of the hyperbolic cosine of the error.
///
/// # Meaning
/// A [`Huber`](crate::Huber) without a threshold and with derivatives of all orders: about `e²/2` near the target, about
/// `|e| - ln 2` far from it. Both numbers are any; no activation precedes the prediction.
///
/// # Formula
/// With `e = x - t`: `ℓ = ln cosh e`; the default mean divides by the number of elements.
///
/// # Gradient
/// `tanh e`; no kink. That of the target is its negative.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN. An infinite error gives an infinite loss and a gradient of ±1.
///
/// # Accuracy
/// 6 ULP and a gradient of 4 ULP for the rounded difference, at any error: small ones lose no digits.
///
/// # Errors
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `keras.losses.LogCosh`, `keras.losses.log_cosh`: equal with [`ByRow::Mean`](crate::ByRow::Mean), but
/// `e + softplus(-2e) - ln 2` loses the digits of small errors there.
///
/// ```
/// use lossfn::{LogCosh, Loss};
///
/// let mut dx = [0.0_f64; 1];
/// let loss = LogCosh::new().value_and_grad(&[1e-3], &[0.0], &mut dx)?.value;
/// assert!((loss / 4.999_999_166_666_8e-7 - 1.0).abs() < 1e-12);
/// assert!((dx[0] / 9.999_996_666_668e-4 - 1.0).abs() < 1e-12);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LogCosh {}

impl LogCosh {
    /// Logarithm of the hyperbolic cosine.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<T: Float> Elementwise<T> for LogCosh {
    const HEAVY: bool = true;

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let e = x - t;
        let size = e.abs();
        // `e^-|e| - 1` and `e^-2|e| - 1`
        let once = expm1(-size);
        let near = size.lt(e.of(0.875));
        let decay = once + 1.0;
        let twice = L::pick(near, once * (once + 2.0), decay * decay - 1.0);
        // Near 0 `cosh e - 1 = once² / (2 + 2 once)`, far from it `ln cosh e = |e| + ln(1 + twice/2)`.
        let argument = L::pick(near, once * once * 0.5 / decay, twice * 0.5);
        let log = log1p_half(argument);
        let value = L::pick(near, log, size + log);
        let slope = (-twice / (twice + 2.0)).copysign(e);
        Eval::of_error(value, slope)
    }
}

presets!(LogCosh: keras, tf23);
verbs!(LogCosh: elementwise::run);
both_grads!(LogCosh);

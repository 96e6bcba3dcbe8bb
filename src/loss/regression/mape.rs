use crate::LossError;
use crate::engine::check;
use crate::engine::elementwise::{self, Elementwise, Eval};
use crate::lane::Lane;
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, nan_of};

/// Absolute error in percent of the target.
///
/// # Meaning
/// For targets of many magnitudes where the relative error matters, none of them near 0. It pulls towards low
/// predictions: no prediction from 0 to the target costs more than 100. The prediction is any number; no activation
/// precedes it.
///
/// # Formula
/// `ℓ = 100 |x - t| / |t|`, with `max(|t|, floor)` for `|t|` if a floor is set; the default mean divides by the number of
/// elements.
///
/// # Gradient
/// `100 sign(x - t) / max(|t|, floor)`; 0 at the kink `x = t`. That of the target is `-100 sign(x - t) x / (t |t|)`, or
/// `-100 sign(x - t) / floor` where `|t|` is below the floor.
///
/// # Shapes
/// `x`, `t` and both gradients have one length, and so have unreduced losses, unless [`by_row`](crate::Call::by_row) makes
/// them one for each row. Weights, mask and upstream gradients are as the [`Call`](crate::Call) has them.
///
/// # Edge cases
/// NaN gives NaN, and so does an infinite target. A target of 0 costs +inf with infinite gradients, unless the prediction
/// is 0 too: then loss and gradients are 0. With a floor of 1e-7 it costs 1e9 for an error of 1.
///
/// # Accuracy
/// The loss 2.5 ULP, the gradient 0.5 ULP, that of the target 2.5 ULP; no digit is lost however near `x` and `t`
/// are.
///
/// # Errors
/// [`Option`](crate::LossError::Option) for a floor that is neither 0 nor a normal positive number of the element type;
/// [`Length`](crate::LossError::Length), and what the [`Call`](crate::Call) can do wrong.
///
/// # Source
/// `keras.losses.MeanAbsolutePercentageError`, `keras.losses.mean_absolute_percentage_error`: equal with
/// [`keras`](Self::keras) or [`tf23`](Self::tf23) and [`ByRow::Mean`](crate::ByRow::Mean).
///
/// ```
/// use lossfn::{Loss, Mape};
///
/// let mut dx = [0.0; 2];
/// let loss = Mape::new().value_and_grad(&[3.0, 8.0], &[2.0, 10.0], &mut dx)?.value;
/// assert_eq!((loss, dx), (35.0, [25.0, -5.0]));
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mape {
    floor: f64,
}

impl Mape {
    /// Without a floor.
    #[must_use]
    pub const fn new() -> Self {
        Self { floor: 0.0 }
    }

    /// The least that the error is divided by.
    #[must_use]
    pub const fn floor(mut self, floor: f64) -> Self {
        self.floor = floor;
        self
    }

    /// As Keras 3: a floor of 1e-7.
    #[must_use]
    pub const fn keras(self) -> Self {
        Self::floor(self, 1e-7)
    }

    /// As Keras 2 and TensorFlow 2.3: a floor of 1e-7.
    #[must_use]
    pub const fn tf23(self) -> Self {
        Self::floor(self, 1e-7)
    }
}

impl<T: Float> Elementwise<T> for Mape {
    fn check(&self) -> Result<(), LossError> {
        check::option("floor", self.floor, check::fits::<T>(self.floor), check::FITS)
    }

    #[inline(always)]
    fn eval<L: Lane<Elem = T>>(&self, x: L, t: L) -> Eval<L> {
        let (zero, one, floor) = (x.of(0.0), x.of(1.0), x.of(self.floor));
        let d = x - t;
        let size = t.abs();
        let base = size.at_least(floor);
        let exact = d.same(zero);
        // The halves, where the difference of the wholes may overflow.
        let part = L::pick(one.lt(size), x.of(0.5), one);
        let value = percent((x * part - t * part).abs(), base * part).without(exact);
        let slope = nan_of(value, (x.of(100.0).copysign(d) / base).without(exact));
        let towards = (one.copysign(d) * by_square(x, t)).without(exact);
        let target_slope = nan_of(value, -L::pick(floor.le(size) & zero.lt(size), towards, slope));
        Eval { value, slope, target_slope }
    }
}

/// `100 x / (t |t|)`, in the order in which nothing leaves the range on the way.
#[inline(always)]
fn by_square<L: Lane<Elem: Float>>(x: L, t: L) -> L {
    let (one, hundred, size) = (x.of(1.0), x.of(100.0), t.abs());
    let ratio = x / t;
    // Spacious, so that a quotient by the first `t` that is still subnormal keeps its digits for the second.
    let spacious = L::pick(x.abs().lt(x.of(7.523_163_845_262_64e-37)), x.of(1.152_921_504_606_847e18), one);
    let of_small = x * spacious * hundred / t / (size * spacious);
    let by_tiny = ratio / size * hundred;
    let by_huge = ratio * hundred / size;
    let usual = x / (t * size / hundred);
    let of_large = L::pick(size.lt(one), by_tiny, L::pick(x.of(1.152_921_504_606_847e18).lt(size), by_huge, usual));
    L::pick(x.abs().lt(one), of_small, of_large)
}

/// `100 y / base`, where neither the product nor the quotient leaves the range on the way.
#[inline(always)]
fn percent<L: Lane<Elem: Float>>(y: L, base: L) -> L {
    let (one, hundred) = (y.of(1.0), y.of(100.0));
    let small = y.lt(one);
    y * L::pick(small, hundred, one) / base * L::pick(small, one, hundred)
}

verbs!(Mape: elementwise::run);
both_grads!(Mape);

//! Where probabilities are clipped.

use crate::LossError;
use crate::engine::check;
use crate::lane::{Element, Lane};
use crate::math::{Float, ln, log1p, nan_of};

/// Where probabilities are clipped to `[ε, 1 - ε]`, each bound rounded to the element type: in `f32` the upper one is 1
/// for an ε of at most 2^-25, and nothing is above it.
///
/// ```
/// use lossfn::{CategoricalCrossEntropy, Clip, Loss};
///
/// let (x, y) = ([0.5_f64, 0.0, 0.5], [1]);
/// let loss = |clip| CategoricalCrossEntropy::new(3).clip(clip).value(&x, &y).map(|outcome| outcome.value);
/// assert_eq!(loss(Clip::None)?, f64::INFINITY);
/// assert!((loss(Clip::Normalized(1e-7))? - 16.118_095_650_958_32).abs() < 1e-13);
/// assert!((loss(Clip::Given(1e-7))? - 16.118_095_750_958_317).abs() < 1e-13);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Clip {
    /// Nowhere: a probability of 0 has the loss +inf.
    #[default]
    None,
    /// After the row is divided by its sum, as in Keras. The clipped row need not add up to 1.
    Normalized(f64),
    /// Before, as in TensorFlow's loss of class indices.
    Given(f64),
}

impl Clip {
    pub(super) fn check<T: Float>(self) -> Result<(), LossError> {
        let (Self::Normalized(epsilon) | Self::Given(epsilon)) = self else { return Ok(()) };
        check::option("clip", epsilon, epsilon > 0.0 && epsilon < 0.5, "more than 0 and less than 1/2")?;
        check::option("clip", epsilon, check::fits::<T>(epsilon), "a normal number of the element type")
    }
}

/// The bounds of what is given, and those of the logarithm `-ln q` of what is normalised. They are NaN where there is
/// no clip: such a bound is dropped, and nothing is beyond it.
#[derive(Clone, Copy)]
pub(super) struct Limits<L> {
    given: [L; 2],
    surprise: [L; 2],
    /// Whether the mass of an entry depends on its `-ln q`.
    pub(super) by_surprise: bool,
}

impl<L: Lane<Elem: Float>> Limits<L> {
    #[inline(always)]
    pub(super) fn new(isa: L::Isa, clip: Clip) -> Self {
        let none = L::splat(isa, L::Elem::from_f64(f64::NAN));
        let none = Self { given: [none; 2], surprise: [none; 2], by_surprise: false };
        match clip {
            Clip::None => none,
            Clip::Given(epsilon) => {
                let low = L::splat(isa, L::Elem::from_f64(epsilon));
                Self { given: [low, low.of(1.0 - epsilon)], ..none }
            }
            Clip::Normalized(clipped) => {
                let epsilon = L::splat(isa, L::Elem::from_f64(clipped));
                let rest = epsilon.of(1.0) - epsilon.of(1.0 - clipped);
                Self { surprise: [-log1p(-rest), -ln(epsilon)], by_surprise: true, ..none }
            }
        }
    }

    /// An entry as the loss sees it.
    #[inline(always)]
    pub(super) fn entry(self, x: L) -> L {
        x.at_least(self.given[0]).at_most(self.given[1])
    }

    /// A slope of an entry: 0, or its NaN, where the entry is clipped.
    #[inline(always)]
    pub(super) fn slope(self, x: L, slope: L) -> L {
        let [low, high] = self.given;
        let none = nan_of(slope, x.of(0.0));
        L::pick(x.lt(low) | high.lt(x), none, slope)
    }

    /// `-ln q` as the loss sees it.
    #[inline(always)]
    pub(super) fn surprise(self, surprise: L) -> L {
        surprise.at_least(self.surprise[0]).at_most(self.surprise[1])
    }

    /// The mass of an entry of this `-ln q`: 0 where it is clipped. At a bound it is not, and there `-ln q` may be a
    /// few roundings off.
    #[inline(always)]
    pub(super) fn mass(self, surprise: L, mass: L) -> L {
        let [low, high] = self.surprise;
        let rounding = low.of(4.0 * L::Elem::EPSILON);
        mass.without(surprise.lt(low - low * rounding) | (high + high * rounding).lt(surprise))
    }
}

//! The element types as the tests see them.

use super::verbs::{AnyLoss, Verbs, Y, bind};
use core::fmt::{Display, LowerExp};
use core::ops::{Add, Div, Mul, Neg, Sub};
use lossfn::internals::Internal;
use lossfn::{Call, CosineEmbedding, Level, Real};

/// `f32` or `f64`.
pub(crate) trait Number:
    Real
    + Internal
    + Display
    + LowerExp
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    const NAME: &'static str;
    /// The distance from 1 to the next number.
    const EPSILON: f64;
    /// The smallest positive normal number.
    const MIN_NORMAL: f64;
    const MAX: f64;

    /// The nearest number of this type.
    fn of(x: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
    /// The bits, with one pattern for all NaN.
    fn bits(self) -> u64;
    fn is_nan(self) -> bool;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// `self * a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// A loss with the way to call it and its targets.
    fn bind<'a>(loss: AnyLoss<'a, Self>, how: Call<'a, Self>, y: Y<'a, Self>) -> Box<dyn Verbs<Self> + 'a>;

    fn many(x: &[f64]) -> Vec<Self> {
        x.iter().map(|&x| Self::of(x)).collect()
    }

    /// The spacing of this type's numbers at `x`.
    fn ulp(x: f64) -> f64 {
        let size = x.abs().max(Self::MIN_NORMAL);
        let power = f64::from_bits(size.to_bits() & 0x7ff0_0000_0000_0000);
        power * Self::EPSILON
    }

    /// Whether this is `wanted` within so many of its ULPs; NaN, infinities and zeros exactly (zeros with any sign).
    fn is_near(self, wanted: f64, ulps: f64) -> bool {
        let got = self.wide();
        if wanted.is_nan() || wanted.is_infinite() || wanted == 0.0 || !got.is_finite() {
            return got == wanted || (got.is_nan() && wanted.is_nan());
        }
        (got - wanted).abs() <= ulps * Self::ulp(wanted)
    }
}

macro_rules! number {
    ($t:ident) => {
        impl Number for $t {
            const NAME: &'static str = stringify!($t);
            const EPSILON: f64 = $t::EPSILON as f64;
            const MIN_NORMAL: f64 = $t::MIN_POSITIVE as f64;
            const MAX: f64 = $t::MAX as f64;

            fn of(x: f64) -> Self {
                x as $t
            }
            fn wide(self) -> f64 {
                f64::from(self)
            }
            fn bits(self) -> u64 {
                u64::from((if self.is_nan() { $t::NAN } else { self }).to_bits())
            }
            fn is_nan(self) -> bool {
                self.is_nan()
            }
            fn abs(self) -> Self {
                self.abs()
            }
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            fn copysign(self, sign: Self) -> Self {
                self.copysign(sign)
            }
            fn mul_add(self, a: Self, b: Self) -> Self {
                self.mul_add(a, b)
            }
            fn bind<'a>(loss: AnyLoss<'a, $t>, how: Call<'a, $t>, y: Y<'a, $t>) -> Box<dyn Verbs<$t> + 'a> {
                match (loss, y) {
                    (AnyLoss::Mse(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::Mae(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::Huber(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::SmoothL1(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::LogCosh(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::Msle(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::Bce(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::Hinge(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::KlDiv(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::CrossEntropy(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::CrossEntropy(loss), Y::Classes(y)) => bind(loss.with(how), y),
                    (AnyLoss::CosineSimilarity(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::CosineEmbedding(layout, labels), Y::Numbers(y)) => {
                        bind(CosineEmbedding::new(layout, labels).margin(0.125).with(how), y)
                    }
                    (AnyLoss::CategoricalHinge(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::CategoricalCrossEntropy(loss), Y::Numbers(y)) => bind(loss.with(how), y),
                    (AnyLoss::CategoricalCrossEntropy(loss), Y::Classes(y)) => bind(loss.with(how), y),
                    (AnyLoss::Nll(loss), Y::Classes(y)) => bind(loss.with(how), y),
                    (AnyLoss::Nll(_), Y::Numbers(_)) => panic!("{loss:?} takes classes"),
                    (loss, Y::Classes(_)) => panic!("{loss:?} takes no classes"),
                }
            }
        }
    };
}
number!(f32);
number!(f64);

/// A small generator whose stream the seed fixes (splitmix64).
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Evenly in `[low, high)`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The levels that must give one set of bits: those of this machine with a fused multiply-add, and the scalar model.
pub(crate) fn fused_levels() -> Vec<Level> {
    lossfn::internals::levels().filter(|level| level.is_fused()).collect()
}

/// What `LOSSFN_TEST_SHRINK` says: 1 or more, 1 by default.
fn shrink() -> usize {
    std::env::var("LOSSFN_TEST_SHRINK").ok().and_then(|shrink| shrink.parse().ok()).unwrap_or(1).max(1)
}

/// A size for a large input; `LOSSFN_TEST_SHRINK=64` divides it by 64, for emulators.
pub(crate) fn scaled(size: usize) -> usize {
    size / shrink() + 1
}

/// How many of a list of small cases to step over: none, or `LOSSFN_TEST_SHRINK=64` and more take every `step`th.
pub(crate) fn thinned(step: usize) -> usize {
    if shrink() < 64 { 1 } else { step }
}

//! The one place that asks the CPU what it is.

use super::{Isa, base};
use crate::LossError;

/// A set of vector instructions to run on.
///
/// Every call uses the best one the machine has unless [`Call::level`](crate::Call::level) names another. Results
/// have the same bits on every level with a fused multiply-add, which is all but a [`Level::Base`] compiled for a
/// target without one (x86-64 by default).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// What the compilation target guarantees: SSE2, NEON, wasm simd128, or more with `-C target-feature`; vectors of
    /// 16 bytes without the feature `std`.
    Base,
    /// AVX2 and FMA, chosen at run time.
    Avx2,
    /// AVX-512 (F, BW, CD, DQ, VL), chosen at run time.
    Avx512,
    /// A scalar model of the vectors with a fused multiply-add, for tests.
    #[cfg(feature = "internals")]
    #[doc(hidden)]
    Model,
}

impl Level {
    /// The best level of this machine.
    #[must_use]
    pub fn best() -> Self {
        Token::best().level()
    }

    /// All levels of this machine, the lowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Base, Self::Avx2, Self::Avx512].into_iter().filter(|level| Token::of(*level).is_ok())
    }

    /// Whether the level multiplies and adds with a single rounding, and so gives the common bits.
    #[must_use]
    pub fn is_fused(self) -> bool {
        self != Self::Base || base::Base::FUSED
    }
}

/// A level that this machine has been found to have.
#[derive(Clone, Copy)]
pub(crate) enum Token {
    Base,
    #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
    Avx2(pulp::x86::V3),
    #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
    Avx512(pulp::x86::V4),
    #[cfg(feature = "model")]
    Model,
}

impl Token {
    #[inline]
    pub(crate) fn best() -> Self {
        #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
        {
            if let Some(token) = pulp::x86::V4::try_new() {
                return Self::Avx512(token);
            }
            if let Some(token) = pulp::x86::V3::try_new() {
                return Self::Avx2(token);
            }
        }
        Self::Base
    }

    pub(crate) fn of(level: Level) -> Result<Self, LossError> {
        #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
        let token = match level {
            Level::Avx2 => pulp::x86::V3::try_new().map(Self::Avx2),
            Level::Avx512 => pulp::x86::V4::try_new().map(Self::Avx512),
            _ => Self::portable(level),
        };
        #[cfg(not(all(feature = "pulp", target_arch = "x86_64")))]
        let token = Self::portable(level);
        token.ok_or(LossError::LevelMissing { level })
    }

    fn portable(level: Level) -> Option<Self> {
        match level {
            Level::Base => Some(Self::Base),
            #[cfg(feature = "model")]
            Level::Model => Some(Self::Model),
            _ => None,
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Base => Level::Base,
            #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
            Self::Avx2(_) => Level::Avx2,
            #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
            Self::Avx512(_) => Level::Avx512,
            #[cfg(feature = "model")]
            Self::Model => Level::Model,
        }
    }
}

/// Work on one chunk of data. `run` must be `#[inline(always)]`, and so must all that it calls, but for `small_frames`.
pub(crate) trait Kernel {
    type Out;
    fn run<I: Isa>(self, isa: I) -> Self::Out;
}

#[cfg(all(feature = "pulp", target_arch = "x86_64"))]
struct Bound<I, K>(I, K);

#[cfg(all(feature = "pulp", target_arch = "x86_64"))]
impl<I: Isa, K: Kernel> pulp::NullaryFnOnce for Bound<I, K> {
    type Output = K::Out;
    #[inline(always)]
    fn call(self) -> K::Out {
        self.1.run(self.0)
    }
}

/// Runs the kernel compiled for the token's instruction set.
#[inline]
pub(crate) fn dispatch<K: Kernel>(token: Token, kernel: K) -> K::Out {
    match token {
        Token::Base => kernel.run(base::Base),
        #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
        Token::Avx2(token) => token.vectorize(Bound(super::avx2::Avx2(token), kernel)),
        #[cfg(all(feature = "pulp", target_arch = "x86_64"))]
        Token::Avx512(token) => token.vectorize(Bound(super::avx512::Avx512(token), kernel)),
        #[cfg(feature = "model")]
        Token::Model => kernel.run(super::model::Model),
    }
}

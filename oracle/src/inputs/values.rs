//! Values at random, the same for the same seed.

use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::inputs::special;
use crate::judged::Judged;

/// A generator whose stream is fixed by the seed, on every platform and in every later version.
pub fn rng(seed: u64) -> Pcg64 {
    Pcg64::seed_from_u64(seed)
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    /// Evenly between two numbers.
    Uniform {
        /// From here.
        low: f64,
        /// Up to here.
        high: f64,
    },
    /// In a bell around 0.
    Normal {
        /// The standard deviation.
        deviation: f64,
    },
    /// Every finite binary exponent as often as every other, down to the last subnormal; both signs.
    LogUniform,
    /// Every bit pattern as often as every other: one f32 in 128 is NaN or infinite.
    Bits,
    /// From [`special`].
    Special,
}

impl Values {
    /// One of each kind, with the ranges that logits and errors have.
    pub const EACH: [Self; 5] = [
        Self::Uniform { low: -20.0, high: 20.0 },
        Self::Normal { deviation: 3.0 },
        Self::LogUniform,
        Self::Bits,
        Self::Special,
    ];

    /// So many values.
    pub fn vector<T: Judged>(&self, length: usize, rng: &mut impl Rng) -> Vec<T> {
        let special = special();
        (0..length)
            .map(|_| match *self {
                Self::Uniform { low, high } => T::from_f64(low + (high - low) * rng.random::<f64>()),
                Self::Normal { deviation } => T::from_f64(deviation * bell(rng)),
                Self::LogUniform => log_uniform(rng),
                Self::Bits => T::from_bits(rng.random()),
                Self::Special => special[rng.random_range(0..special.len())],
            })
            .collect()
    }

    /// A row of probabilities: non-negative, adding up to 1 but for rounding.
    pub fn probabilities<T: Judged>(length: usize, rng: &mut impl Rng) -> Vec<T> {
        let masses: Vec<f64> = (0..length).map(|_| (2.0 * bell(rng)).exp()).collect();
        let total: f64 = masses.iter().sum();
        masses.into_iter().map(|mass| T::from_f64(mass / total)).collect()
    }
}

/// Twelve coins of [0, 1) less 6: variance 1, no tail beyond 6, no function of the platform's.
fn bell(rng: &mut impl Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

fn log_uniform<T: Judged>(rng: &mut impl Rng) -> T {
    let fraction_bits = T::PRECISION as u32 - 1;
    let lowest = T::MIN_EXPONENT - i64::from(fraction_bits);
    let exponent = rng.random_range(lowest..=T::MAX_EXPONENT);
    let fraction = rng.random::<u64>() & ((1 << fraction_bits) - 1);
    let magnitude = if exponent < T::MIN_EXPONENT {
        (1 << fraction_bits | fraction) >> (T::MIN_EXPONENT - exponent)
    } else {
        ((exponent - T::MIN_EXPONENT + 1) as u64) << fraction_bits | fraction
    };
    T::from_bits(rng.random::<u64>() >> 63 << (T::BITS - 1) | magnitude)
}

#[cfg(test)]
mod tests {
    use super::{Values, rng};
    use crate::wide::Wide;

    #[test]
    fn seeds_fix_the_stream() {
        let draw = |seed| Values::Uniform { low: 0.0, high: 1.0 }.vector::<f64>(4, &mut rng(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn log_uniform_reaches_every_exponent() {
        let drawn: Vec<f32> = Values::LogUniform.vector(20_000, &mut rng(3));
        assert!(drawn.iter().all(|x| x.is_finite() && *x != 0.0));
        let exponents: std::collections::BTreeSet<i64> = drawn.iter().map(|x| f64::from(*x).exponent()).collect();
        assert_eq!((exponents.first(), exponents.last(), exponents.len()), (Some(&-149), Some(&127), 277));
        assert!(drawn.iter().any(|x| *x < 0.0) && drawn.iter().any(|x| *x > 0.0));
    }

    #[test]
    fn probabilities_add_up() {
        let row: Vec<f64> = Values::probabilities(1000, &mut rng(4));
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bells_have_the_deviation_asked_for() {
        let drawn: Vec<f64> = Values::Normal { deviation: 3.0 }.vector(20_000, &mut rng(5));
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!((variance - 9.0).abs() < 0.3, "{variance}");
    }
}

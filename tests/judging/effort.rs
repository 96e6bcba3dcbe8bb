//! How many cases a test goes through.

use proptest::test_runner::{Config, RngSeed};

/// `count`, times the number in `LOSSFN_TEST_CASES`.
pub(crate) fn scaled(count: usize) -> usize {
    let factor = std::env::var("LOSSFN_TEST_CASES").ok().and_then(|factor| factor.parse::<f64>().ok());
    ((count as f64 * factor.unwrap_or(1.0)) as usize).max(1)
}

/// So many cases, the same in every run unless `PROPTEST_RNG_SEED` says otherwise.
pub(crate) fn proptest_config(cases: usize) -> Config {
    let from_environment = Config::default();
    let rng_seed = match from_environment.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        fixed => fixed,
    };
    let cases = u32::try_from(scaled(cases)).unwrap_or(u32::MAX);
    Config { cases, rng_seed, failure_persistence: None, ..from_environment }
}

//! Losses of pairs of vectors, and of what they came to: every element, at every level, by every verb, against the
//! textbook.
//!
//! What the tests go through is the registry: a loss that is added there is tested here. `LOSSFN_TEST_CASES=10` does ten
//! times as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use judging::family::tests_of_family;

tests_of_family!(Embedding);

/// Vectors far below what guards their norms have derivatives all the same: `-t` over the guard.
#[test]
fn vectors_far_below_their_guard() -> Result<(), lossfn::LossError> {
    use lossfn::{CosineEmbedding, CosineSimilarity, Loss};
    let (x, t) = ([1e-30_f32, 2e-30, -1e-30], [3e-30_f32, 1e-30, -2e-30]);
    let (mut floor, mut added) = ([0.0; 3], [0.0; 3]);
    CosineSimilarity::new(3).tf23().grad(&x, &t, &mut floor)?;
    CosineEmbedding::new(3, &[1]).torch().grad(&x, &t, &mut added)?;
    for (grad, t) in floor.into_iter().chain(added).zip(t.into_iter().cycle()) {
        let expected = -f64::from(t) / 1e-12;
        assert!((f64::from(grad) / expected - 1.0).abs() < 3e-7, "{grad:e} is not {expected:e}");
    }
    Ok(())
}

//! Losses of pairs of vectors, and of what they came to: every element, at every level, by every verb, against the
//! textbook.
//!
//! What the tests go through is the registry: a loss that is added there is tested here. `LOSSFN_TEST_CASES=10` does ten
//! times as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use judging::family::tests_of_family;
use lossfn::{BothGrads, CosineEmbedding, CosineSimilarity, Loss, LossError};

tests_of_family!(Embedding);

/// Vectors far below what guards their norms have derivatives all the same: `-t` over the guard.
#[test]
fn vectors_far_below_their_guard() -> Result<(), LossError> {
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

/// The cosine is as exact as such numbers are, and here gradients keep their digits.
#[test]
fn vectors_far_below_their_guard_have_subnormal_cosines() -> Result<(), LossError> {
    let (x, t) = ([1e-20_f32, 2e-20, -1e-20], [3e-20_f32, 1e-20, -2e-20]);
    let cosine: f64 = x.iter().zip(&t).map(|(x, t)| f64::from(*x) * f64::from(*t)).sum();
    let spacing = f64::from(f32::from_bits(1));
    let check = |value: f64, dx: [f32; 3], dt: [f32; 3], sign: f64| {
        assert!((value - sign * cosine).abs() <= 4.0 * spacing, "{value:e} is not {:e}", sign * cosine);
        for (slope, other) in dx.into_iter().chain(dt).zip(t.into_iter().chain(x)) {
            let expected = sign * f64::from(other);
            assert!((f64::from(slope) / expected - 1.0).abs() < 3e-7, "{slope:e} is not {expected:e}");
        }
    };
    let (mut dx, mut dt) = ([0.0; 3], [0.0; 3]);
    let floored = CosineSimilarity::new(3).floor(1.0).value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt))?.value;
    check(floored, dx, dt, -1.0);
    let apart = CosineEmbedding::new(3, &[-1]).epsilon(1.0);
    let added = apart.value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt))?.value;
    check(added, dx, dt, 1.0);
    Ok(())
}

/// What `f32` would round to 0 or to infinity, or to fewer digits, is refused there.
#[test]
fn a_guard_that_the_element_type_rounds_away_is_refused() {
    let (single, double, labels) = ([1e-30_f32, 0.0], [1e-30_f64, 0.0], [1]);
    for guard in [1e-50, 1e-40, 1e40] {
        let loss = CosineSimilarity::new(2).floor(guard);
        let refused = loss.value(&single, &[1.0, 0.0]).unwrap_err();
        assert!(matches!(refused, LossError::Option { name: "floor", .. }), "{refused:?}");
        assert!(loss.value(&double, &[1.0, 0.0]).is_ok());
        let loss = CosineEmbedding::new(2, &labels).epsilon(guard);
        let refused = loss.value(&single, &[1.0, 0.0]).unwrap_err();
        assert!(matches!(refused, LossError::Option { name: "epsilon", .. }), "{refused:?}");
        assert!(loss.value(&double, &[1.0, 0.0]).is_ok());
    }
}

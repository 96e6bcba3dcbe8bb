//! The ten places where libraries of losses differ most, or are wrong, with the numbers of each.

use lossfn::{
    Bce, BceWithLogits, BothGrads, Call, CategoricalCrossEntropy, CategoricalHinge, CosineEmbedding, CosineSimilarity,
    CrossEntropy, Divisor, Hinge, Huber, KlDiv, Layout, Loss, Mse, SmoothL1,
};

const INF: f64 = f64::INFINITY;

fn assert_near(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got:e}, not {expected:e}");
}

fn assert_all_near(got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len());
    got.iter().zip(expected).for_each(|(got, expected)| assert_near(*got, *expected, tolerance));
}

/// The loss of the only element, and its gradient.
fn at<L: Loss<f64>>(loss: &L, x: f64, t: f64) -> (f64, f64) {
    let mut dx = [9.0];
    let value = loss.value_and_grad(&[x], &[t], &mut dx).expect("a call").value;
    (value, dx[0])
}

#[test]
fn trap_1_ignored_rows_are_not_read() {
    let logits = [f64::NAN, 0.0, 0.0, 1.0, 2.0, 3.0];
    let mut dx = [9.0; 6];
    let loss = CrossEntropy::new(3).value_and_grad(&logits, &[-100, 0], &mut dx).expect("a call").value;
    assert_near(loss, 2.407_606, 1e-6);
    assert_eq!(dx[..3], [0.0; 3]);
    let masked = [-INF, -INF, -INF, 1.0, 2.0, 3.0];
    let mut dx = [9.0; 6];
    let loss = CrossEntropy::new(3).value_and_grad(&masked, &[-100, 0], &mut dx).expect("a call").value;
    assert_near(loss, 2.407_606, 1e-6);
    assert_eq!(dx[..3], [0.0; 3]);
}

#[test]
fn trap_2_the_divisor_of_a_weighted_mean_depends_on_the_kind_of_target() {
    let (x, weights) = ([1.0, 2.0, 3.0, 1.0, 0.0, -1.0], [1.0, 3.0, 5.0]);
    let one_hot = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    for (smoothing, by_index, by_probability) in [(0.0, 1.657_606, 3.315_212), (0.2, 1.748_367, 3.496_733)] {
        let loss = CrossEntropy::new(3).class_weights(&weights).label_smoothing(smoothing);
        assert_near(loss.value(&x, &[0, 1]).expect("a call").value, by_index, 1e-6);
        assert_near(loss.value(&x, &one_hot).expect("a call").value, by_probability, 1e-6);
    }
}

#[test]
fn trap_3_zero_times_infinity_is_zero() {
    let logits = [1.0, -INF, 2.0];
    let loss = CrossEntropy::new(3);
    assert_near(loss.value(&logits, &[0]).expect("a call").value, 1.313_262, 1e-6);
    let mut dx = [9.0; 3];
    let one_hot = loss.value_and_grad(&logits, &[1.0, 0.0, 0.0], &mut dx).expect("a call").value;
    assert_near(one_hot, 1.313_262, 1e-6);
    assert_all_near(&dx, &[-0.731_058_6, 0.0, 0.731_058_6], 1e-7);
    let smoothed = loss.label_smoothing(0.1).value_and_grad(&logits, &[0], &mut dx).expect("a call").value;
    assert!(smoothed == INF && dx.iter().all(|x| x.is_finite()));
    assert_eq!(at(&KlDiv::new(), -INF, 0.0), (0.0, 0.0));
    assert_eq!(at(&KlDiv::new().of_probabilities(), 0.5, 0.0).0, 0.0);
}

#[test]
fn trap_4_small_losses_keep_their_digits() {
    let bce = BceWithLogits::new();
    for (x, expected) in [(-10.0_f32, 4.539_889_9e-5), (-15.0, 3.059_022_7e-7)] {
        let mut dx = [9.0];
        let loss = bce.value_and_grad(&[x], &[0.0], &mut dx).expect("a call").value;
        assert_near(loss, expected, 2e-7 * expected);
    }
    for (logit, loss, slope) in [(15.0_f32, 3.059_022_7e-7, 3.059_022_3e-7), (17.0, 4.139_937_6e-8, 4.139_937_5e-8)] {
        let mut dx = [9.0; 2];
        let value = CrossEntropy::new(2).value_and_grad(&[logit, 0.0], &[0], &mut dx).expect("a call").value;
        assert_near(value, loss, 2e-7 * loss);
        assert_near(f64::from(dx[0]), -slope, 2e-7 * slope);
        assert_near(f64::from(dx[0] + dx[1]), 0.0, 2e-7 * slope);
    }
}

#[test]
fn trap_5_targets_need_not_add_up_to_one() {
    let mut dx = [9.0; 3];
    CrossEntropy::new(3).grad(&[1.0, 2.0, 3.0], &[0.5, 0.2, 0.1], &mut dx).expect("a call");
    assert_all_near(&dx, &[-0.427_98, -0.004_22, 0.432_19], 1e-5);
}

#[test]
fn trap_6_categorical_hinge_has_a_slot_for_the_target() {
    let (t, x) = ([0.0, 1.0, 0.0], [-5.0, -2.0, -4.0]);
    let loss = CategoricalHinge::new(3);
    assert_eq!(loss.value(&x, &t).expect("a call").value, 3.0);
    assert_eq!(loss.without_target_slot().value(&x, &t).expect("a call").value, 0.0);
    assert_near(loss.keras().value(&[0.3, 0.5, 0.8], &[-1.0, 1.0, -1.0]).expect("a call").value, 3.2, 1e-15);
}

#[test]
fn trap_7_labels_of_a_hinge_are_converted_for_the_whole_call_or_not_at_all() {
    let loss = Hinge::new().keras();
    let mut dx = [9.0; 2];
    assert_eq!(loss.value_and_grad(&[0.3, 0.3], &[0.0, 1.0], &mut dx).expect("a call").value, 1.0);
    assert_eq!(dx, [0.5, -0.5]);
    let mut dx = [9.0; 3];
    let (mut each, x) = ([9.0; 3], [0.3, 0.3, 0.3]);
    loss.each_and_grad(&x, &[0.0, 1.0, -1.0], &mut each, &mut dx).expect("a call");
    assert_eq!((each, dx), ([1.0, 0.7, 1.3], [0.0, -1.0, 1.0]));
    // One label at the far end of a call that many threads share decides for all of it.
    let n = 1 << 20;
    let (x, mut t) = (vec![0.25_f32; n], vec![0.0; n]);
    assert_eq!(loss.value(&x, &t).expect("a call").value, 1.25);
    t[n - 1] = -1.0;
    assert_eq!(loss.with(Call::new().sum()).value(&x, &t).expect("a call").value, (n - 1) as f64 + 1.25);
}

#[test]
fn trap_8_clamps_of_probabilities_are_those_of_the_preset() {
    let mut dt = [9.0];
    let mut dx = [9.0];
    let torch = Bce::new().torch();
    let value = torch.value_and_grads(&[0.0], &[1.0], Some(&mut dx), Some(&mut dt)).expect("a call").value;
    assert_eq!((value, dt[0]), (100.0, INF));
    assert_near(dx[0], -1e12, 1.0);
    assert_eq!(at(&Bce::new(), 0.0, 1.0), (INF, -INF));
    assert_eq!(at(&Bce::new(), 0.0, 0.0), (0.0, 1.0));
    let (keras, tf23) = (at(&Bce::new().keras(), 0.0, 1.0), at(&Bce::new().tf23(), 0.0, 1.0));
    assert_near(keras.0, 16.118_096, 1e-6);
    assert_near(tf23.0, 15.424_948, 1e-6);
    assert_eq!((keras.1, tf23.1), (0.0, 0.0));
    let mut dx = [9.0; 3];
    CategoricalCrossEntropy::new(3).tf23().grad(&[0.5, 0.0, 0.5], &[1], &mut dx).expect("a call");
    assert_all_near(&dx, &[1.0, 0.0, 1.0], 1e-6);
}

#[test]
fn trap_9_epsilons_of_cosines_are_those_of_the_preset() {
    for (norm, torch) in [(1e-6, 0.5), (1e-7, 0.990_099)] {
        let row = [norm, 0.0];
        let exact = CosineEmbedding::new(2, &[1_i8]);
        assert_eq!(exact.value(&row, &row).expect("a call").value, 0.0);
        assert_near(exact.torch().value(&row, &row).expect("a call").value, torch, 1e-6);
    }
    let (short, unit) = ([1e-7, 0.0], [1.0, 0.0]);
    let loss = CosineSimilarity::new(2);
    assert_near(loss.tf23().value(&short, &unit).expect("a call").value, -0.1, 1e-12);
    assert_near(loss.keras().value(&short, &unit).expect("a call").value, -1.0, 1e-12);
    for (loss, expected) in [(loss, 0.0), (loss.tf23(), -447_213.595), (loss.keras(), -4_472_135.95)] {
        let mut dx = [9.0; 2];
        assert_eq!(loss.value_and_grad(&[0.0, 0.0], &[1.0, 2.0], &mut dx).expect("a call").value, 0.0);
        assert_all_near(&dx, &[expected, 2.0 * expected], 1e-2);
    }
    let huge = [1e20_f32, 0.0];
    assert_eq!(loss.value(&huge, &huge).expect("a call").value, -1.0);
    assert_eq!(CosineEmbedding::new(2, &[1_i8]).value(&huge, &huge).expect("a call").value, 0.0);
    assert_eq!(at(&SmoothL1::new(0.5), 2.0, 0.0).0, 1.75);
    assert_eq!(at(&Huber::new(0.5), 2.0, 0.0).0, 0.875);
}

#[test]
fn trap_10_sums_and_blocks_lose_nothing() {
    // Blocks of nothing but -inf, and what is merged with them.
    for impossible in [4, 4096, 40_000] {
        let mut logits = vec![-INF; impossible];
        logits.extend([1.0, 2.0, 3.0, 4.0]);
        let mut one_hot = vec![0.0; logits.len()];
        one_hot[impossible + 3] = 1.0;
        let mut dx = [vec![9.0; logits.len()], vec![9.0; logits.len()]];
        let loss = CrossEntropy::new(logits.len());
        let by_index = loss.value_and_grad(&logits, &[impossible + 3], &mut dx[0]).expect("a call").value;
        let by_probability = loss.value_and_grad(&logits, &one_hot, &mut dx[1]).expect("a call").value;
        assert_all_near(&[by_index, by_probability], &[0.440_189_7; 2], 1e-7);
        for dx in &dx {
            assert!(dx[..impossible].iter().all(|slope| *slope == 0.0));
            assert_all_near(&dx[impossible..], &[0.032_058_6, 0.087_144_3, 0.236_882_8, -0.356_085_7], 1e-7);
        }
        // The same along an axis: two rows whose entries alternate.
        let apart: Vec<f64> = logits.iter().flat_map(|x| [*x, *x]).collect();
        let loss = CrossEntropy::new(Layout::axis(logits.len(), 2));
        assert_near(loss.value(&apart, &[impossible + 3; 2]).expect("a call").value, 0.440_189_7, 1e-7);
    }
    // The mean over 2^20 rows is the loss of each.
    let mean = CrossEntropy::new(2).value(&vec![0.0_f32; 1 << 21], &vec![0_u8; 1 << 20]).expect("a call").value;
    assert_near(mean, f64::from(core::f32::consts::LN_2), 1e-12);
    // The mean of 2^25 equal losses is each of them.
    let (x, t) = (vec![1.1_f32; 1 << 25], vec![0.0; 1 << 25]);
    let mean = Mse::new().value(&x, &t).expect("a call").value;
    assert_near(mean, f64::from(1.1_f32 * 1.1_f32), 1e-12);
    // From logits, not from probabilities that vanish.
    assert_eq!(CrossEntropy::new(2).value(&[0.0, 110.0], &[0]).expect("a call").value, 110.0);
    // The mean over the elements is not the mean over the batch.
    let (x, t) = ([-1.0, -2.0, -0.5, -1.5, -0.7, -1.2], [0.2, 0.3, 0.5, 0.1, 0.6, 0.3]);
    let mean = KlDiv::new().value(&x, &t).expect("a call").value;
    let by_batch = KlDiv::new().with(Call::new().columns(3).mean(Divisor::Rows));
    assert_near(by_batch.value(&x, &t).expect("a call").value, 3.0 * mean, 1e-15);
}

//! What users of other libraries complain about, each as a test of what happens here.

use lossfn::{
    Bce, BceWithLogits, BothGrads, Call, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineSimilarity,
    CrossEntropy, Divisor, Empty, Hinge, Huber, KlDiv, Labels, Layout, Loss, LossError, Mse, Nll, SmoothL1, Weights,
};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn assert_near(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got:e}, not {expected:e}");
}

/// The loss of the only element, and its gradient.
fn at<L: Loss<f64>>(loss: &L, x: f64, t: f64) -> (f64, f64) {
    let mut dx = [9.0];
    let value = loss.value_and_grad(&[x], &[t], &mut dx).expect("a call").value;
    (value, dx[0])
}

#[test]
fn ignored_rows_of_infinite_logits_pass_nothing_back() {
    let mut dx = [9.0; 4];
    CrossEntropy::new(2).grad(&[-INF, -INF, 1.0, 2.0], &[-100, 1], &mut dx).expect("a call");
    assert_eq!(dx[..2], [0.0; 2]);
    assert!(dx[2] > 0.0 && dx[3] < 0.0);
}

#[test]
fn label_smoothing_neither_reads_nor_counts_ignored_rows() {
    let loss = CrossEntropy::new(2).label_smoothing(0.1);
    let alone = loss.value(&[1.0, 2.0], &[1]).expect("a call").value;
    assert_eq!(loss.value(&[NAN, -INF, 1.0, 2.0], &[-100, 1]).expect("a call").value, alone);
}

#[test]
fn a_class_of_weight_zero_adds_nothing_under_label_smoothing_where_it_cannot_be() {
    let (x, weights, mut dx) = ([-INF, 0.0, 0.0], [0.0, 1.0, 1.0], [9.0; 3]);
    let loss = CrossEntropy::new(3).class_weights(&weights).label_smoothing(0.3);
    let wanted = [0.0, 0.5 * 0.9 - 0.8, 0.5 * 0.9 - 0.1];
    let value = loss.value_and_grad(&x, &[1], &mut dx).expect("a call").value;
    assert_near(value, 0.9 * 2_f64.ln(), 1e-15);
    dx.iter().zip(wanted).for_each(|(got, wanted)| assert_near(*got, wanted, 1e-15));
    let value = loss.value_and_grad(&x, &[0.0, 1.0, 0.0], &mut dx).expect("a call").value;
    assert_near(value, 0.9 * 2_f64.ln(), 1e-15);
    dx.iter().zip(wanted).for_each(|(got, wanted)| assert_near(*got, wanted, 1e-15));
}

#[test]
fn a_mean_over_ignored_rows_alone_is_what_the_call_says() {
    for (loss, ignored) in [(CrossEntropy::new(2), -100), (CrossEntropy::new(2).keras().ignore_index(1), 1)] {
        let (x, y, mut dx) = ([1.0, 2.0, 3.0, 4.0], [ignored; 2], [9.0; 4]);
        assert!(loss.value_and_grad(&x, &y, &mut dx).expect("a call").value.is_nan());
        assert_eq!(dx, [0.0; 4]);
        let outcome = loss.with(Call::new().empty(Empty::Zero)).value(&x, &y).expect("a call");
        assert_eq!((outcome.value, outcome.totals.sum, outcome.totals.count), (0.0, 0.0, 0));
    }
}

#[test]
fn an_ignored_class_stays_in_the_softmax_of_other_rows() {
    let loss = CrossEntropy::new(3).ignore_index(2);
    assert_near(loss.value(&[0.0, 0.0, 0.0], &[0]).expect("a call").value, 3_f64.ln(), 1e-15);
}

#[test]
fn unreduced_losses_and_gradients_of_ignored_rows_are_written_as_zeros() {
    let (mut each, mut dx) = ([NAN; 2], [NAN; 4]);
    CrossEntropy::new(2).each_and_grad(&[1.0, 2.0, 0.0, 0.0], &[-100, 0], &mut each, &mut dx).expect("a call");
    assert_eq!((each[0], dx[..2].to_vec()), (0.0, vec![0.0; 2]));
}

#[test]
fn an_ignore_index_is_tested_before_any_class_is_looked_up() {
    let weights = [1.0, 2.0];
    let loss = CrossEntropy::new(2).class_weights(&weights).label_smoothing(0.1).ignore_index(-1);
    let ignored = loss.value(&[5.0, 5.0, 1.0, 2.0], &[-1, 1]).expect("a call").value;
    assert_eq!(ignored, loss.value(&[1.0, 2.0], &[1]).expect("a call").value);
}

#[test]
fn an_ignore_index_is_a_class_index_and_no_position() {
    let loss = CrossEntropy::new(2).ignore_index(0);
    let outcome = loss.value(&[1.0, 2.0, 3.0, 1.0], &[1, 0]).expect("a call");
    assert_eq!(outcome.totals.count, 1);
    assert_eq!(outcome.value, loss.value(&[1.0, 2.0], &[1]).expect("a call").value);
}

#[test]
fn divisors_of_weighted_means_have_names() {
    let (x, y, w) = ([1.0, 2.0, 2.0, 1.0], [0, 0], [3.0, 1.0]);
    let loss = CrossEntropy::new(2).class_weights(&w);
    let mean = |divisor| loss.with(Call::new().mean(divisor)).value(&x, &y).expect("a call").value;
    let sum = loss.with(Call::new().sum()).value(&x, &y).expect("a call").value;
    assert_near(mean(Divisor::OfLoss), sum / 6.0, 1e-15);
    assert_near(mean(Divisor::WeightSum), sum / 6.0, 1e-15);
    assert_near(mean(Divisor::Counted), sum / 2.0, 1e-15);
    assert_near(mean(Divisor::Fixed(7.0)), sum / 7.0, 1e-15);
}

#[test]
fn label_smoothing_spreads_its_share_over_all_classes() {
    let one_hot = [0.0, 1.0, 0.0, 0.0];
    let spread = [0.05, 0.85, 0.05, 0.05];
    let x = [0.3, -1.0, 2.0, 0.7];
    let smoothed = CrossEntropy::new(4).label_smoothing(0.2);
    let expected = CrossEntropy::new(4).value(&x, &spread).expect("a call").value;
    assert_near(smoothed.value(&x, &[1]).expect("a call").value, expected, 1e-15);
    assert_near(smoothed.value(&x, &one_hot).expect("a call").value, expected, 1e-15);
}

#[test]
fn classes_that_cannot_be_and_have_no_probability_add_nothing() {
    let (mut dx, mut dt) = ([9.0; 3], [9.0; 3]);
    let loss = CrossEntropy::new(3);
    let value = loss.value_and_grads(&[0.0, -INF, 0.0], &[1.0, 0.0, 0.0], Some(&mut dx), Some(&mut dt));
    assert_near(value.expect("a call").value, 2_f64.ln(), 1e-15);
    assert_eq!(dx, [-0.5, 0.0, 0.5]);
    // The loss grows without bound with a probability of what cannot be.
    assert_eq!(dt[1], INF);
    assert_near(dt[0], 2_f64.ln(), 1e-15);
}

#[test]
fn classes_out_of_range_are_an_error_with_their_row() {
    let x = [0.0; 6];
    let refused = |y: [i64; 3]| CrossEntropy::new(2).value(&x, &y).expect_err("no class");
    assert_eq!(refused([0, -1, 1]), LossError::Target { row: 1, value: -1, classes: 2 });
    assert_eq!(refused([0, 1, 2]), LossError::Target { row: 2, value: 2, classes: 2 });
}

#[test]
fn a_confident_wrong_logit_has_a_finite_loss() {
    for x in [17.0_f32, 88.0, 1e4, 3e38] {
        let loss = BceWithLogits::new().value(&[x], &[0.0]).expect("a call").value;
        assert_near(loss, f64::from(x), 1e-6 * f64::from(x));
    }
}

#[test]
fn infinite_logits_have_their_limits() {
    let loss = BceWithLogits::new();
    assert_eq!(at(&loss, INF, 1.0), (0.0, 0.0));
    assert_eq!(at(&loss, -INF, 0.0), (0.0, 0.0));
    assert_eq!(at(&loss, -INF, 1.0), (INF, -1.0));
    assert_eq!(at(&loss, INF, 0.0), (INF, 1.0));
    assert!(BceWithLogits::<f64>::new().value(&[], &[]).expect("a call").value.is_nan());
}

#[test]
fn the_gradient_at_a_logit_of_zero_is_a_half() {
    let loss = BceWithLogits::new();
    assert_eq!((at(&loss, 0.0, 1.0).1, at(&loss, 0.0, 0.0).1), (-0.5, 0.5));
    assert_near(at(&loss, -100.0, 1.0).0, 100.0, 1e-13);
    assert_near(at(&loss, 100.0, 0.0).0, 100.0, 1e-13);
}

#[test]
fn logits_keep_the_gradient_that_clamped_probabilities_lose() {
    assert_near(at(&BceWithLogits::new(), -50.0, 1.0).1, -1.0, 1e-15);
    let p = 1.0 / (1.0 + 50_f64.exp());
    let chain = |slope: f64| slope * p * (1.0 - p);
    assert_near(chain(at(&Bce::new(), p, 1.0).1), -1.0, 1e-12);
    assert!(chain(at(&Bce::new().torch(), p, 1.0).1) > -1e-9);
}

#[test]
fn clips_leave_one_minus_epsilon_below_one_in_single_precision() {
    let loss = Bce::new().keras().value(&[1.0_f32], &[0.0]).expect("a call").value;
    assert_near(loss, 15.942_385, 1e-6);
}

#[test]
fn a_clip_below_the_spacing_of_single_precision_still_has_its_least_loss() {
    let loss = CategoricalCrossEntropy::<f32>::new(2).clip(Clip::Given(1e-9));
    assert_near(loss.value(&[1.0, 0.0], &[0]).expect("a call").value, 1e-9, 1e-15);
}

#[test]
fn a_divergence_is_negative_only_where_its_inputs_are_not_what_they_should_be() {
    assert_near(at(&KlDiv::new(), 0.5_f64.ln(), 0.5).0, 0.0, 1e-16);
    assert_near(at(&KlDiv::new().of_probabilities(), 0.5, 0.5).0, 0.0, 0.0);
    let of_no_logarithm = at(&KlDiv::new(), 0.5, 0.5).0;
    assert_near(of_no_logarithm, 0.5 * (0.5_f64.ln() - 0.5), 1e-15);
    assert!(of_no_logarithm < 0.0);
}

#[test]
fn divergences_of_targets_of_zero_are_zero() {
    let mut dt = [9.0];
    let loss = KlDiv::new();
    assert_eq!(at(&loss, -INF, 0.0), (0.0, 0.0));
    let value = loss.value_and_grads(&[-1.0], &[0.0], None, Some(&mut dt)).expect("a call").value;
    assert_eq!((value, dt[0]), (0.0, -INF));
    assert_eq!(at(&loss.log_target(), -1.0, -INF), (0.0, 0.0));
}

#[test]
fn divergences_are_divided_by_what_the_call_says() {
    let (x, t) = ([-1.0, -2.0, -0.5, -1.5], [0.5, 0.5, 0.25, 0.75]);
    let value = |how: Call<'_, f64>| KlDiv::new().with(how).value(&x, &t).expect("a call").value;
    let sum = value(Call::new().sum());
    assert_near(value(Call::new()), sum / 4.0, 1e-15);
    assert_near(value(Call::new().columns(2).mean(Divisor::Rows)), sum / 2.0, 1e-15);
}

#[test]
fn zero_vectors_have_a_loss_and_gradients_of_zero() {
    let (mut dx, mut dt) = ([9.0; 2], [9.0; 2]);
    let loss = CosineSimilarity::new(2);
    let value = loss.value_and_grads(&[0.0, 0.0], &[1.0, 2.0], Some(&mut dx), Some(&mut dt)).expect("a call").value;
    assert_eq!((value, dx, dt), (0.0, [0.0; 2], [0.0; 2]));
    let value = loss.value_and_grads(&[3.0, 4.0], &[3.0, 4.0], Some(&mut dx), None).expect("a call").value;
    assert_eq!(value, -1.0);
    assert!(dx.iter().all(|x: &f64| x.abs() < 1e-16));
}

#[test]
fn small_and_large_vectors_keep_their_angle() {
    for size in [1e-38_f32, 1e-20, 1e-8, 1.0, 1e20, 1e37] {
        let cosine = CosineSimilarity::new(2).value(&[3.0 * size, 4.0 * size], &[size, 0.0]).expect("a call").value;
        assert_near(cosine, -0.6, 1e-7);
    }
}

#[test]
fn a_cosine_is_never_more_than_one() {
    for i in 1..500_u16 {
        let size = f32::from(i) / 7.0;
        let x = [0.1 * size, 0.7 + size, 0.3 * size];
        let parallel = x.map(|x| 3.1 * x);
        for sign in [1.0, -1.0] {
            let value = CosineSimilarity::new(3).value(&x, &parallel.map(|x| sign * x)).expect("a call").value;
            assert!(value.abs() <= 1.0, "{x:?}: {value}");
        }
    }
}

#[test]
fn the_target_slot_of_categorical_hinge_is_a_choice() {
    let (x, t) = ([-5.0, -2.0, -4.0], [0.0, 1.0, 0.0]);
    assert_eq!(CategoricalHinge::new(3).value(&x, &t).expect("a call").value, 3.0);
    assert_eq!(CategoricalHinge::new(3).without_target_slot().value(&x, &t).expect("a call").value, 0.0);
}

#[test]
fn labels_of_a_hinge_have_a_named_meaning() {
    let loss = |labels| Hinge::new().labels(labels).value(&[0.4, 0.4], &[0.0, 1.0]).expect("a call").value;
    assert_near(loss(Labels::AsGiven), 0.8, 1e-15);
    assert_near(loss(Labels::ZeroOne), 1.0, 1e-15);
    assert_near(loss(Labels::Auto), 1.0, 1e-15);
}

#[test]
fn masked_means_divide_by_what_is_kept() {
    let (x, t) = ([1.0, NAN, 3.0], [0.0; 3]);
    let how = Call::new().mask(&[true, false, true]);
    assert_eq!(Mse::new().with(how).value(&x, &t).expect("a call").value, 5.0);
    let nothing = Mse::new().with(Call::new().mask(&[false; 3]).empty(Empty::Zero));
    assert_eq!(nothing.value(&x, &t).expect("a call").value, 0.0);
}

#[test]
fn padding_stays_out_of_the_divisor_with_weights_too() {
    let (x, y) = ([1.0, 2.0, 0.0, 0.0, 0.0, 0.0], [1, -100, -100]);
    let weights = [2.0, 3.0];
    for loss in [CrossEntropy::new(2), CrossEntropy::new(2).class_weights(&weights)] {
        let alone = loss.value(&x[..2], &y[..1]).expect("a call").value;
        assert_eq!(loss.value(&x, &y).expect("a call").value, alone);
    }
}

#[test]
fn micro_batches_add_up_to_the_batch() {
    let (x, t) = ([1.0, -2.0, 0.5, 3.0, 4.0], [0.0, 1.0, 0.25, -1.0, 4.5]);
    let mut whole = [0.0; 5];
    let value = Mse::new().value_and_grad(&x, &t, &mut whole).expect("a call").value;
    let how = Call::new().mean(Divisor::Fixed(5.0));
    let mut parts = [0.0; 5];
    let mut sum = 0.0;
    for range in [0..2, 2..5] {
        let (x, t, dx) = (&x[range.clone()], &t[range.clone()], &mut parts[range]);
        sum += Mse::new().with(how).value_and_grad(x, t, dx).expect("a call").value;
    }
    assert_near(sum, value, 1e-15);
    assert_eq!(parts, whole);
}

#[test]
fn micro_batches_of_tokens_divide_by_what_the_caller_counts() {
    let (x, y) = ([0.5, -1.0, 2.0, 0.25, 1.0, 3.0, -0.5, 0.75], [0, -100, 1, 1]);
    let (mut whole, mut parts) = ([0.0; 8], [0.0; 8]);
    let batch = CrossEntropy::new(2).value_and_grad(&x, &y, &mut whole).expect("a call");
    let counted = batch.totals.count as f64;
    let loss = CrossEntropy::new(2).with(Call::new().mean(Divisor::Fixed(counted)));
    let mut value = 0.0;
    for at in [0..1, 1..4] {
        let entries = 2 * at.start..2 * at.end;
        value += loss.value_and_grad(&x[entries.clone()], &y[at], &mut parts[entries]).expect("a call").value;
    }
    assert_eq!((counted, whole), (3.0, parts));
    assert_near(value, batch.value, 1e-16);
}

#[test]
fn gradients_take_an_upstream_factor_for_each_row() {
    let (x, y) = ([1.0, 2.0, 1.0, 2.0], [0, 0]);
    let (mut each, mut dx) = ([9.0; 2], [9.0; 4]);
    let how = Call::new().upstream_each(&[1.0, -3.0]);
    CrossEntropy::new(2).with(how).each_and_grad(&x, &y, &mut each, &mut dx).expect("a call");
    assert_eq!(each[0], each[1]);
    assert_eq!([dx[2], dx[3]], [-3.0 * dx[0], -3.0 * dx[1]]);
}

#[test]
fn weights_of_single_precision_do_not_overflow_the_mean() {
    let (x, t, w) = (vec![30.0_f32; 4096], vec![0.0; 4096], vec![1e37; 4096]);
    let how = Call::new().weights(Weights::Each(&w));
    assert_near(Huber::new(1e-3).with(how).value(&x, &t).expect("a call").value, 3e35, 1e33);
}

#[test]
fn blocks_of_impossible_classes_do_not_spoil_their_row() {
    for impossible in [4, 16, 128, 4096, 300_000] {
        let mut logits = vec![-INF; impossible];
        logits.extend([1.0, 2.0]);
        let mut dx = vec![9.0; logits.len()];
        let loss = CrossEntropy::new(logits.len());
        let value = loss.value_and_grad(&logits, &[impossible + 1], &mut dx).expect("a call").value;
        assert_near(value, 0.313_261_687_518_222_8, 1e-15);
        assert_near(dx[impossible], 0.268_941_421_369_995_1, 1e-15);
        assert!(dx[..impossible].iter().all(|slope| *slope == 0.0));
    }
}

#[test]
fn means_over_many_rows_lose_no_digits_and_do_not_overflow() {
    let rows = 1 << 20;
    let value = CrossEntropy::new(3).value(&vec![0.0_f32; 3 * rows], &vec![0_u8; rows]).expect("a call").value;
    assert_near(value, 3_f64.ln(), 1e-7);
    let (x, t) = (vec![1.1_f32; 1 << 24], vec![0.0; 1 << 24]);
    let value = Mse::new().value(&x, &t).expect("a call").value;
    assert_near(value, f64::from(1.1_f32 * 1.1), 1e-12);
    let value = Nll::new(1).value(&[-3e38_f32; 9], &[0_u8; 9]).expect("a call").value;
    assert_near(value, f64::from(3e38_f32), 1e22);
}

#[test]
fn shapes_beyond_the_address_space_are_an_error() {
    let layout = Layout::rows(usize::MAX / 2).stride(usize::MAX / 2);
    let refused = CrossEntropy::new(layout).value(&[0.0_f32; 4], &[0, 1, 2]).expect_err("a shape");
    assert!(matches!(refused, LossError::Overflow { rows: 3, .. }));
}

#[test]
fn nothing_broadcasts() {
    let refused = Mse::new().value(&[1.0, 2.0, 3.0], &[1.0]).expect_err("a length");
    assert_eq!(refused, LossError::Length { what: "y", expected: 3, found: 1 });
}

#[test]
fn smooth_l1_of_no_width_is_absolute_error() {
    for beta in [0.0, 1e-300] {
        assert_eq!(at(&SmoothL1::new(beta), 2.0, 0.0), (2.0, 1.0));
        assert_eq!(at(&SmoothL1::new(beta), 0.0, 0.0), (0.0, 0.0));
    }
}

#[test]
fn huber_has_gradients_at_zero_and_at_infinity() {
    assert_eq!(at(&Huber::new(2.0), 0.0, 0.0), (0.0, 0.0));
    assert_eq!(at(&Huber::new(2.0), INF, 0.0), (INF, 2.0));
    assert!(matches!(Huber::new(0.0).value(&[1.0], &[0.0]), Err(LossError::Option { name: "delta", .. })));
}

#[test]
fn an_axis_in_the_middle_needs_no_transposing() {
    let rows = [1.0, 2.0, 3.0, -1.0, 0.5, 0.0];
    let columns = [1.0, -1.0, 2.0, 0.5, 3.0, 0.0];
    let (mut by_row, mut by_column) = ([9.0; 6], [9.0; 6]);
    let expected = CrossEntropy::new(3).value_and_grad(&rows, &[2, 0], &mut by_row).expect("a call").value;
    let loss = CrossEntropy::new(Layout::axis(3, 2));
    assert_near(loss.value_and_grad(&columns, &[2, 0], &mut by_column).expect("a call").value, expected, 1e-15);
    for (i, slope) in by_row.iter().enumerate() {
        assert_near(by_column[i % 3 * 2 + i / 3], *slope, 1e-16);
    }
}

#[test]
fn logits_of_any_size_have_the_loss_of_their_differences() {
    for shift in [0.0, 1e4, 1e8, -1e8] {
        let mut dx = [9.0_f32; 2];
        let loss = CrossEntropy::new(2).value_and_grad(&[shift, shift + 8.0], &[0], &mut dx).expect("a call").value;
        assert_near(loss, 8.000_335_4, 1e-6);
        assert_near(f64::from(dx[0]), -0.999_664_65, 1e-7);
    }
    assert_near(CrossEntropy::new(3).value(&[3e38_f32; 3], &[0]).expect("a call").value, 3_f64.ln(), 1e-6);
}

//! The limits that frameworks miss, and what each of them does differently: by default the former, under a preset the
//! latter.

use lossfn::{
    Bce, BceWithLogits, BothGrads, Call, CategoricalCrossEntropy, CategoricalHinge, Clip, Hinge, HingeEmbedding, KlDiv,
    Labels, LogCosh, Loss, LossError, Mape, Msle, Real, SquaredHinge, Threads,
};

const INF: f64 = f64::INFINITY;

/// Loss, gradient and gradient of the target of one element.
#[track_caller]
fn at<T: Real>(loss: &impl BothGrads<T>, x: T, t: T) -> (f64, T, T) {
    let (mut dx, mut dt) = ([x], [x]);
    let value = loss.value_and_grads(&[x], &[t], Some(&mut dx), Some(&mut dt)).expect("a call").value;
    (value, dx[0], dt[0])
}

/// Loss and gradient of the prediction of one element.
#[track_caller]
fn one(loss: &impl Loss<f64>, x: f64, t: f64) -> (f64, f64) {
    let mut dx = [f64::NAN];
    (loss.value_and_grad(&[x], &[t], &mut dx).expect("a call").value, dx[0])
}

#[track_caller]
fn near(got: f64, wanted: f64, relative: f64) {
    assert!((got - wanted).abs() <= relative * wanted.abs(), "{got}, not {wanted}");
}

#[test]
fn bce_of_certain_predictions_is_the_limit() {
    let bce = Bce::new();
    assert_eq!(at(&bce, 0.0, 0.0), (0.0, 1.0, INF));
    assert_eq!(at(&bce, 1.0, 1.0), (0.0, -1.0, -INF));
    assert_eq!(at(&bce, 0.0, 1.0), (INF, -INF, INF));
    assert_eq!(at(&bce, 1.0, 0.0), (INF, INF, -INF));
    assert_eq!(at(&bce, -0.0, 0.0), (0.0, 1.0, INF));
    assert_eq!(at(&bce, -0.0, 1.0), (INF, -INF, INF));
    assert_eq!(at(&bce, 0.0_f32, 0.25).0, INF);
}

#[test]
fn bce_outside_its_domain_is_nan_and_no_error() {
    for (x, t) in [(-1e-3, 0.0), (-1e-3, 1.0), (1.001, 0.0), (1.001, 1.0), (f64::NAN, 1.0), (0.5, f64::NAN), (INF, 1.0)]
    {
        let (value, dx, _) = at(&Bce::new(), x, t);
        assert!(value.is_nan() && dx.is_nan(), "{x} {t}: {value} {dx}");
    }
}

#[test]
fn bce_under_torch_clamps_value_and_gradient_apart() {
    let torch = Bce::new().torch();
    assert_eq!(at(&torch, 0.0_f64, 1.0), (100.0, -1e12, INF));
    assert_eq!(at(&torch, 0.0_f32, 1.0), (100.0, -999_999_995_904.0, f32::INFINITY));
    assert_eq!(at(&torch, 1.0_f64, 0.0), (100.0, 1e12, -INF));
    assert_eq!(at(&torch, 0.0_f64, 0.0).1, 0.0);
    near(at(&torch, 1e-45_f32, 1.0).0, 100.0, 0.0);
    near(f64::from(at(&torch, 1e-45_f32, 1.0).2), 103.278_93, 1e-6);
}

#[test]
fn bce_under_keras_clips_and_learns_nothing_outside() {
    let (keras, tf23) = (Bce::new().keras(), Bce::new().tf23());
    let value = |loss: &Bce, x: f32, t: f32| at(loss, x, t).0;
    near(value(&keras, 0.0, 1.0), 16.118_095, 1e-6);
    near(value(&keras, 1.0, 0.0), 15.942_385, 1e-6);
    near(value(&tf23, 0.0, 1.0), 15.424_948, 1e-6);
    near(value(&tf23, 1.0, 0.0), 15.333_183, 1e-4);
    for (x, t) in [(0.0_f32, 1.0), (1.0, 0.0), (1.5, 1.0), (-1.0, 0.0)] {
        assert_eq!((at(&keras, x, t).1, at(&tf23, x, t).1), (0.0, 0.0), "{x} {t}");
    }
    let epsilon = 1e-7_f64;
    near(at(&tf23, 0.25_f64, 1.0).0, -(0.25 + epsilon).ln(), 1e-14);
    near(at(&tf23, 0.25_f64, 0.5).1, -0.5 / (0.25 + epsilon) + 0.5 / (0.75 + epsilon), 1e-14);
}

/// PyTorch's clamp leaves -1.9e-10 of the gradient of a logit of -50.
#[test]
fn bce_of_a_sigmoid_has_the_gradient_of_the_logit() {
    let p = 1.0 / (1.0 + 50_f64.exp());
    let through = |loss: &Bce| at(loss, p, 1.0).1 * p * (1.0 - p);
    near(through(&Bce::new()), one(&BceWithLogits::new(), -50.0, 1.0).1, 1e-14);
    near(through(&Bce::new().torch()), -1.9e-10, 0.02);
}

#[test]
fn a_clip_that_the_element_type_rounds_away_is_refused() {
    let loss = Bce::new().clip(1e-9);
    let refused = Loss::<f32>::value(&loss, &[0.5], &[1.0]).unwrap_err();
    assert!(matches!(refused, LossError::Option { name: "clip", .. }), "{refused:?}");
    assert!(loss.value(&[0.5_f64], &[1.0]).is_ok());
    assert!(Bce::new().keras().value(&[0.5_f32], &[1.0]).is_ok());

    /// Fine for `f64`, and an option out of its range for `f32`.
    fn refused_in_single(loss: &(impl Loss<f32> + Loss<f64>)) {
        let refused = loss.value(&[0.5_f32], &[1.0_f32]).unwrap_err();
        assert!(matches!(refused, LossError::Option { .. }), "{refused:?}");
        assert!(loss.value(&[0.5_f64], &[1.0_f64]).is_ok());
    }
    for small in [1e-50, 1e-40] {
        refused_in_single(&Bce::new().slope_floor(small));
        refused_in_single(&Bce::new().log_offset(small));
        refused_in_single(&Mape::new().floor(small));
        refused_in_single(&KlDiv::new().of_probabilities().clip(small));
        for clip in [Clip::Given(small), Clip::Normalized(small)] {
            assert!(CategoricalCrossEntropy::new(1).clip(clip).value(&[0.5_f32], &[0_u8]).is_err());
            assert!(CategoricalCrossEntropy::new(1).clip(clip).value(&[0.5_f64], &[0_u8]).is_ok());
        }
    }
}

#[test]
fn label_smoothing_of_one_label_goes_half_to_each_side() {
    let (x, t, smoothed) = (0.25_f64, 1.0, 0.95);
    near(one(&Bce::new().label_smoothing(0.1), x, t).0, one(&Bce::new(), x, smoothed).0, 1e-15);
    near(one(&BceWithLogits::new().label_smoothing(0.1), x, t).0, one(&BceWithLogits::new(), x, smoothed).0, 1e-15);
    near(one(&BceWithLogits::new().label_smoothing(0.1), x, t).1, one(&BceWithLogits::new(), x, smoothed).1, 1e-14);
}

#[test]
fn a_small_logistic_loss_keeps_its_digits() {
    let mut dx = [0.0_f32];
    let value = BceWithLogits::new().value_and_grad(&[-10.0], &[0.0], &mut dx).expect("a call").value;
    near(value, 4.539_889_921e-5, 3e-7);
    near(f64::from(dx[0]), 4.539_786_870e-5, 3e-7);
}

#[test]
fn the_gradient_of_the_target_of_a_logit_is_the_logit() {
    for x in [0.0, 1e-30, -1e-3, 0.3, -7.0, 800.0, INF, -INF] {
        assert_eq!(at(&BceWithLogits::new(), x, 0.25).2, -x);
    }
    near(at(&BceWithLogits::new().pos_weight(3.0), 0.3, 0.5).2, 0.808_710_488_937_054_2, 1e-15);
}

#[test]
fn kl_of_a_target_of_zero_is_zero_whatever_the_prediction() {
    for x in [-INF, -1e30, -3.0, 0.0] {
        let (value, dx, dt) = at(&KlDiv::new(), x, 0.0);
        assert_eq!((value, dx.abs(), dt), (0.0, 0.0, if x == -INF { INF } else { -INF }), "{x}");
    }
    for x in [-INF, -3.0, 0.0] {
        let (value, dx, dt) = at(&KlDiv::new().log_target(), x, -INF);
        assert_eq!((value, dx.abs(), dt), (0.0, 0.0, 0.0), "{x}");
    }
    for (x, t) in [0.0, -0.0, 1e-300, 0.5, 1.0].into_iter().flat_map(|x| [(x, 0.0), (x, -0.0)]) {
        let (value, dx, dt) = at::<f64>(&KlDiv::new().of_probabilities(), x, t);
        assert_eq!((value, dx.abs(), dt), (0.0, 0.0, if x == 0.0 { INF } else { -INF }), "{x} {t}");
    }
    assert_eq!(at(&KlDiv::new(), -INF, 0.5), (INF, -0.5, INF));
    let (value, dx, _) = at::<f64>(&KlDiv::new(), -1.0, -0.5);
    assert!(value.is_nan() && dx.is_nan(), "a negative probability");
}

#[test]
fn kl_under_keras_clips_both_sides() {
    let keras = KlDiv::new().keras();
    near(at(&keras, 0.5_f64, 0.0).0, -1.542_495e-6, 1e-6);
    let (_, dx, dt) = at(&keras, 1.0_f64, 0.5);
    assert_eq!(dx, -0.5, "all of the gradient at exactly 1");
    near(dt, 1.0 - 2_f64.ln(), 1e-15);
    assert_eq!(at(&keras, 0.0_f64, 0.5).1, 0.0);
    assert_eq!(at(&keras, 0.5_f64, 0.0).2, 0.0);
}

#[test]
fn an_unlikely_class_of_a_row_whose_sum_overflows_has_its_loss() {
    let single = CategoricalCrossEntropy::new(3).value(&[3e38_f32, 3e38, 1e-3], &[2_u8]).unwrap().value;
    near(single, 6e38_f64.ln() - f64::from(1e-3_f32).ln(), 1e-6);
    let double = CategoricalCrossEntropy::new(3).value(&[1.5e308, 1.5e308, 1e-3], &[2_u8]).unwrap().value;
    near(double, 1.5e308_f64.ln() + core::f64::consts::LN_2 - 1e-3_f64.ln(), 1e-14);
}

/// As in TensorFlow: what is exactly at a bound of a clip moves, only what is beyond it is a constant.
#[test]
fn entries_at_a_clip_have_their_whole_gradient() {
    let slopes = |x: f32| {
        let mut dx = [f32::NAN; 2];
        CategoricalCrossEntropy::new(2).tf23().grad(&[x, 1.0 - x], &[0_u8], &mut dx).unwrap();
        dx
    };
    let (most, least) = (1.0 - 1e-7_f32, 1e-7_f32);
    near(f64::from(slopes(most)[0]), -1.192_093e-7, 1e-6);
    near(f64::from(slopes(least)[0]), -1e7, 1e-6);
    assert_eq!((slopes(1.0)[0], slopes(5e-8)[0]), (0.0, 0.0));
}

#[test]
fn kl_of_near_probabilities_keeps_its_digits() {
    let (x, t) = (0.3_f32, 0.300_000_1_f32);
    let mut out = [0.0];
    KlDiv::new().of_probabilities().each(&[x], &[t], &mut out).unwrap();
    let (x, t) = (f64::from(x), f64::from(t));
    near(f64::from(out[0]), t * ((t - x) / x).ln_1p(), 3e-7);
}

#[test]
fn hinge_labels_are_converted_once_for_the_whole_call() {
    let keras = Hinge::new().keras();
    let run = |t: &[f64]| {
        let (x, mut dx) = (vec![0.3; t.len()], vec![0.0; t.len()]);
        let value = keras.with(Call::new().sum()).value_and_grad(&x, t, &mut dx).unwrap().value;
        (value, dx)
    };
    assert_eq!(run(&[0.0, 1.0]), (2.0, vec![1.0, -1.0]));
    let (value, dx) = run(&[0.0, 1.0, -1.0]);
    near(value, 3.0, 1e-15);
    assert_eq!((dx[0].abs(), dx[1], dx[2]), (0.0, -1.0, 1.0), "the label of 0 is a constant loss of 1");
    assert_eq!(run(&[1.0, 1.0]), (1.4, vec![-1.0, -1.0]));
    assert_eq!(run(&[]).0, 0.0);
    let (squared, _) = one(&SquaredHinge::new().keras(), 0.5, 0.0);
    assert_eq!(squared, 2.25);
}

/// One label of -1 far away, in another chunk and on another thread, masked or not, decides for all.
#[test]
fn hinge_labels_do_not_depend_on_threads_or_masks() {
    let n = (1 << 20) + 3;
    let (x, mut t) = (vec![0.5_f32; n], vec![0.0_f32; n]);
    let mut mask = vec![true; n];
    mask[n - 1] = false;
    let value = |t: &[f32], threads| {
        let how = Call::new().threads(threads).mask(&mask);
        let masked = Hinge::new().labels(Labels::Auto).with(how).value(&x, t).unwrap().value;
        let whole = Hinge::new().labels(Labels::Auto).with(Call::new().threads(threads)).value(&x, t).unwrap();
        (masked, whole.totals.sum)
    };
    for threads in [Threads::Serial, Threads::Auto] {
        t[n - 1] = 1.0;
        let converted = value(&t, threads);
        t[n - 1] = -1.0;
        let as_given = value(&t, threads);
        assert_eq!(converted, (1.5, 1.5 * (n - 1) as f64 + 0.5));
        assert_eq!(as_given, (1.0, (n - 1) as f64 + 1.5));
    }
}

#[test]
fn labels_mean_what_the_caller_says() {
    let value = |labels, t| one(&Hinge::new().labels(labels), 0.5, t).0;
    assert_eq!((value(Labels::AsGiven, 0.0), value(Labels::AsGiven, -1.0)), (1.0, 1.5));
    assert_eq!((value(Labels::ZeroOne, 0.0), value(Labels::Auto, 0.0)), (1.5, 1.5));
    assert_eq!(at(&Hinge::new().labels(Labels::ZeroOne), 0.5, 0.0).2, -1.0, "twice the score");
}

#[test]
fn the_hinge_has_the_share_of_its_gradient_that_is_asked_for() {
    for (loss, share) in [(Hinge::new(), 0.0), (Hinge::new().keras(), 1.0), (Hinge::new().tf23(), 1.0)] {
        assert_eq!(one(&loss, 1.0, 1.0), (0.0, -share));
        assert_eq!(one(&loss.tie(0.5), 1.0, 1.0), (0.0, -0.5));
    }
}

#[test]
fn hinge_of_an_infinite_score() {
    assert_eq!(one(&Hinge::new(), INF, 1.0), (0.0, 0.0));
    assert_eq!(one(&Hinge::new(), INF, -1.0), (INF, 1.0));
    assert_eq!(at(&SquaredHinge::new(), INF, 1.0), (0.0, 0.0, 0.0));
    assert_eq!(one(&Hinge::new(), INF, 0.0).0, 1.0, "a target of 0 knows no score");
}

/// Where no class but the target is left, none can be too near: not even that of an impossible target.
#[test]
fn categorical_hinge_of_a_target_alone() {
    for score in [-INF, -3.0, 0.0, INF] {
        let mut dx = [9.0];
        let loss = CategoricalHinge::new(1).without_target_slot();
        let value = loss.value_and_grad(&[score], &[1.0], &mut dx).unwrap().value;
        assert_eq!((value, dx[0].abs()), (0.0, 0.0), "{score}");
    }
    assert!(CategoricalHinge::new(1).without_target_slot().value(&[f64::NAN], &[1.0]).unwrap().value.is_nan());
}

#[test]
fn hinge_embedding_of_other_labels() {
    let loss = HingeEmbedding::default();
    assert_eq!((one(&loss, 0.3, 1.0), one(&loss, 0.25, -1.0)), ((0.3, 1.0), (0.75, -1.0)));
    assert_eq!((one(&loss, 1.0, -1.0), one(&loss, -2.0, 1.0)), ((0.0, 0.0), (-2.0, 1.0)));
    assert!(one(&loss, 0.3, 0.0).0.is_nan() && one(&loss, 0.3, 0.0).1.is_nan());
    assert_eq!(one(&loss.torch(), 0.3, 0.0), (1.0, 0.0), "the sum of both branches");
    assert!(one(&loss, f64::NAN, -1.0).1.is_nan());
}

#[test]
fn percentage_of_a_target_of_zero() {
    assert_eq!(at(&Mape::new(), 1.0, 0.0), (INF, INF, -INF));
    assert_eq!(at(&Mape::new(), 0.0, 0.0), (0.0, 0.0, 0.0));
    near(at(&Mape::new().keras(), 1.0, 0.0).0, 1e9, 1e-15);
    near(at(&Mape::new().tf23(), 1.0, 0.0).1, 1e9, 1e-15);
    assert_eq!(at(&Mape::new(), 5e-324, 1e-323).0, 50.0);
}

#[test]
fn squared_log_error_of_small_numbers_keeps_its_digits() {
    let mut out = [0.0_f32];
    Msle::new().each(&[3e-8], &[1e-8], &mut out).unwrap();
    near(f64::from(out[0]), 4e-16, 1e-6);
    assert_eq!(at(&Msle::new(), INF, 0.0).1, 0.0);
    let at_floor = one(&Msle::new().keras(), 1e-7, 1.0).1;
    near(at_floor, 2.0 * (1e-7_f64.ln_1p() - 2_f64.ln()) / (1.0 + 1e-7), 1e-14);
    assert_eq!(one(&Msle::new().keras(), 1e-7_f64.next_down(), 1.0).1, 0.0, "no gradient below the floor");
    assert!(one(&Msle::new(), -1.5, 1.0).0.is_nan());
}

#[test]
fn log_cosh_of_small_errors_keeps_its_digits() {
    let mut out = [0.0_f32];
    LogCosh::new().each(&[1e-3], &[0.0], &mut out).unwrap();
    near(f64::from(out[0]), 4.999_999_2e-7, 5e-7);
    assert_eq!(one(&LogCosh::new(), -INF, 0.0), (INF, -1.0));
    near(one(&LogCosh::new(), 1e3, 0.0).0, 1e3 - 2_f64.ln(), 1e-15);
}

#[test]
fn options_outside_their_range_are_refused() {
    #[track_caller]
    fn refused(loss: &impl Loss<f64>, option: &str) {
        let error = loss.value(&[0.5], &[1.0]).unwrap_err();
        assert!(matches!(error, LossError::Option { name, .. } if name == option), "{error:?}, not of {option}");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        refused(&Bce::new().label_smoothing(share), "label_smoothing");
        refused(&BceWithLogits::new().label_smoothing(share), "label_smoothing");
        refused(&Hinge::new().tie(share), "tie");
    }
    for floor in [-1.0, f64::NAN, INF] {
        refused(&Bce::new().slope_floor(floor), "slope_floor");
        refused(&Bce::new().log_offset(floor), "log_offset");
        refused(&Mape::new().floor(floor), "floor");
        refused(&Msle::new().floor(floor), "floor");
        refused(&Bce::new().clip(floor), "clip");
        refused(&KlDiv::new().of_probabilities().clip(floor), "clip");
    }
    refused(&Bce::new().log_floor(0.0), "log_floor");
    refused(&Bce::new().log_floor(f64::NAN), "log_floor");
    refused(&Bce::new().clip(0.5), "clip");
    refused(&KlDiv::new().clip(1e-7), "clip");
    refused(&KlDiv::new().log_target().clip(1e-7), "clip");
    refused(&HingeEmbedding::new(INF), "margin");
    refused(&HingeEmbedding::new(f64::NAN), "margin");
}

//! The edges of the domain: infinities, NaN, kinks, and certainty.

mod support;

use lossfn::{Bce, BceWithLogits, Call, CrossEntropy, Huber, Layout, Level, Loss, Mae, Mse, Nll, SmoothL1, Weights};
use support::{AnyLoss, Number, Results, Y, for_both_types, run};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;
const LN_2: f64 = core::f64::consts::LN_2;
/// `ln(1 + e^-15)`, `1 / (1 + e^15)` and the same for 17.
const TAIL_15: (f64, f64) = (3.059_022_737_137_205e-7, 3.059_022_269_256_247e-7);
const TAIL_17: (f64, f64) = (4.139_937_633_089_748e-8, 4.139_937_547_394_330_6e-8);
/// `1 / (1 + e^-1)`.
const SIGMOID_1: f64 = 0.731_058_578_630_004_9;

for_both_types!(
    elements,
    smooth_l1_of_no_width_is_mae,
    thresholds_beyond_the_type,
    nan_logits_are_nan_under_any_weight,
    certain_logits_have_slopes_of_positive_zero,
    rows_against_a_class,
    rows_against_a_distribution,
    one_hot_rows_are_class_rows,
);

/// Targets in `f64`.
#[derive(Clone, Copy)]
enum Targets<'a> {
    Numbers(&'a [f64]),
    Classes(&'a [i64]),
}

/// The results of a sum of losses at every level; `y` as in [`Targets`].
fn results<T: Number>(loss: AnyLoss<'_, T>, how: Call<'_, T>, x: &[f64], y: Targets<'_>) -> Vec<Results<T>> {
    let x = T::many(x);
    let (numbers, y) = match y {
        Targets::Numbers(y) => (T::many(y), None),
        Targets::Classes(y) => (Vec::new(), Some(y)),
    };
    let y = y.map_or(Y::Numbers(&numbers), Y::Classes);
    let items = match (loss, y) {
        (_, Y::Classes(y)) => y.len(),
        (AnyLoss::CrossEntropy(_), Y::Numbers(y)) => usize::from(!y.is_empty()),
        (_, Y::Numbers(y)) => y.len(),
    };
    let at = |level| run(&format!("{loss:?} at {x:?}"), &*T::bind(loss, how.level(level), y), &x, items);
    lossfn::internals::levels().map(at).collect()
}

#[track_caller]
fn assert_near<T: Number>(got: &[T], wanted: &[f64], ulps: f64, what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (got, &wanted)) in got.iter().zip(wanted).enumerate() {
        // What overflows the type should be infinite, and only that.
        let wanted = if T::of(wanted).wide().is_infinite() { T::of(wanted).wide() } else { wanted };
        assert!(got.is_near(wanted, ulps), "{what}, {} entry {i}: {:e}, not {wanted:e}", T::NAME, got.wide());
    }
}

/// One unreduced loss and its gradient, for each row of a table.
type Element = (f64, f64, f64, f64);

fn check_elements<T: Number>(loss: AnyLoss<'_, T>, table: &[Element]) {
    for &(x, t, value, slope) in table {
        let what = format!("{loss:?} at x = {x:e}, t = {t:e}");
        for results in results(loss, Call::new().sum(), &[x], Targets::Numbers(&[t])) {
            assert_near(&results.each, &[value], 2.0, &what);
            assert_near(&results.grad, &[slope], 2.0, &format!("{what}, gradient"));
        }
    }
}

fn elements<T: Number>() {
    let max = T::MAX;
    let above = T::of(1.0 + T::EPSILON).wide();
    check_elements::<T>(
        AnyLoss::Mse(Mse::new()),
        &[
            (1.0, 1.0, 0.0, 0.0),
            (NAN, 1.0, NAN, NAN),
            (1.0, NAN, NAN, NAN),
            (0.4 * max, 0.0, INF, 0.8 * max),
            (-INF, 0.0, INF, -INF),
        ],
    );
    check_elements::<T>(
        AnyLoss::Mae(Mae::new()),
        &[
            (1.0, 1.0, 0.0, 0.0),
            (-0.0, 0.0, 0.0, 0.0),
            (above, 1.0, T::EPSILON, 1.0),
            (NAN, 1.0, NAN, NAN),
            (1.0, NAN, NAN, NAN),
            (INF, INF, NAN, NAN),
            (-INF, 0.0, INF, -1.0),
            (0.9 * max, 0.0, 0.9 * max, 1.0),
        ],
    );
    check_elements::<T>(
        AnyLoss::Huber(Huber::new(1.0)),
        &[
            (0.0, 0.0, 0.0, 0.0),
            (1.0, 0.0, 0.5, 1.0),
            (-1.0, 0.0, 0.5, -1.0),
            (above, 0.0, above - 0.5, 1.0),
            (INF, 0.0, INF, 1.0),
            (-INF, 0.0, INF, -1.0),
            (1e20, 0.0, 1e20, 1.0),
            (-0.9 * max, 0.0, 0.9 * max, -1.0),
            (NAN, 0.0, NAN, NAN),
            (INF, INF, NAN, NAN),
        ],
    );
    check_elements::<T>(AnyLoss::Huber(Huber::new(2.0)), &[(2.0, 0.0, 2.0, 2.0), (3.0, 0.0, 4.0, 2.0)]);
    check_elements::<T>(
        AnyLoss::SmoothL1(SmoothL1::new(0.5)),
        &[
            (0.5, 0.0, 0.25, 1.0),
            (-0.5, 0.0, 0.25, -1.0),
            (0.25, 0.0, 0.0625, 0.5),
            (2.0, 0.0, 1.75, 1.0),
            (INF, 0.0, INF, 1.0),
            (-INF, 0.0, INF, -1.0),
            (0.9 * max, 0.0, 0.9 * max, 1.0),
            (NAN, 0.0, NAN, NAN),
        ],
    );
    let e_80 = 1.804_851_387_845_415_3e-35;
    check_elements::<T>(
        AnyLoss::Bce(BceWithLogits::new()),
        &[
            (-15.0, 0.0, TAIL_15.0, TAIL_15.1),
            (15.0, 1.0, TAIL_15.0, -TAIL_15.1),
            (-17.0, 0.0, TAIL_17.0, TAIL_17.1),
            (-80.0, 0.0, e_80, e_80),
            (80.0, 1.0, e_80, -e_80),
            (0.0, 0.0, LN_2, 0.5),
            (0.0, 1.0, LN_2, -0.5),
            (0.0, 0.5, LN_2, 0.0),
            (100.0, 0.0, 100.0, 1.0),
            (-100.0, 1.0, 100.0, -1.0),
            (INF, 1.0, 0.0, 0.0),
            (-INF, 0.0, 0.0, 0.0),
            (INF, 0.0, INF, 1.0),
            (-INF, 1.0, INF, -1.0),
            (INF, 0.5, INF, 0.5),
            (0.9 * max, 0.0, 0.9 * max, 1.0),
            (0.9 * max, 1.0, 0.0, 0.0),
            (0.5, NAN, NAN, NAN),
        ],
    );
    check_elements::<T>(
        AnyLoss::Bce(BceWithLogits::new().pos_weight(3.0)),
        &[(-INF, 1.0, INF, -3.0), (INF, 1.0, 0.0, 0.0), (0.0, 1.0, 3.0 * LN_2, -1.5), (0.0, 0.0, LN_2, 0.5)],
    );
}

fn smooth_l1_of_no_width_is_mae<T: Number>() {
    let points = [0.0, -0.0, 1.0, -1.5, 1e-40, -1e-320, 3e38, 1e300, INF, -INF, NAN, 0.1, 7.25];
    let pairs: Vec<(f64, f64)> = points.iter().flat_map(|&x| points.map(|t| (x, t))).collect();
    let (x, t): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let of = |loss| results::<T>(loss, Call::new().sum(), &x, Targets::Numbers(&t));
    let (smooth, mae) = (of(AnyLoss::SmoothL1(SmoothL1::new(0.0))), of(AnyLoss::Mae(Mae::new())));
    for (smooth, mae) in smooth.iter().zip(&mae) {
        smooth.assert_same(mae, "SmoothL1 with beta = 0");
    }
}

/// A threshold that is finite as `f64` and infinite in the element type is refused, or means what it says.
fn thresholds_beyond_the_type<T: Number>() {
    let huge = 1e39;
    let cases = [
        (AnyLoss::<T>::Huber(Huber::new(huge)), INF, INF, huge),
        (AnyLoss::Huber(Huber::new(huge)), 3.0, 4.5, 3.0),
        (AnyLoss::SmoothL1(SmoothL1::new(huge)), INF, INF, 1.0),
        (AnyLoss::SmoothL1(SmoothL1::new(huge)), 3e38, 4.5e37, 0.3),
        (AnyLoss::Bce(BceWithLogits::new().pos_weight(huge)), 0.0, LN_2, 0.5),
    ];
    for (loss, x, value, slope) in cases {
        let (x, t) = (T::many(&[x]), T::many(&[0.0]));
        if T::bind(loss, Call::new(), Y::Numbers(&t)).value(&x).is_ok() {
            check_elements(loss, &[(x[0].wide(), 0.0, value, slope)]);
        }
    }
}

fn nan_logits_are_nan_under_any_weight<T: Number>() {
    for weight in [0.0, 1.0, 2.5] {
        let loss = AnyLoss::<T>::Bce(BceWithLogits::new().pos_weight(weight));
        check_elements(loss, &[(NAN, 0.0, NAN, NAN), (NAN, 1.0, NAN, NAN), (NAN, 0.5, NAN, NAN)]);
    }
    let (x, zero) = (T::many(&[NAN]), T::many(&[0.0]));
    let weighted = Call::new().sum().weights(Weights::Each(&zero));
    let value = T::bind(AnyLoss::Mse(Mse::new()), weighted, Y::Numbers(&zero)).value(&x).unwrap().value;
    assert!(value.is_nan(), "a weight of 0 on a NaN: {value}");
}

/// What a sigmoid tends to is 0, not -0.
fn certain_logits_have_slopes_of_positive_zero<T: Number>() {
    for weight in [0.0, 1.0, 3.0] {
        let loss = AnyLoss::<T>::Bce(BceWithLogits::new().pos_weight(weight));
        let (x, t) = ([-INF, -2000.0, 2000.0, INF], [0.0, 0.0, 1.0, 1.0]);
        for results in results(loss, Call::new().sum(), &x, Targets::Numbers(&t)) {
            assert!(results.grad.iter().all(|&slope| slope.wide().to_bits() == 0), "{weight}: {:?}", results.grad);
        }
    }
}

#[test]
fn a_prediction_out_of_the_domain_is_nan_with_an_offset() {
    let loss = Bce::new().log_offset(0.25);
    for level in Level::available() {
        for (x, t) in [(-0.125_f32, 0.0), (1.125, 1.0), (-0.125, 1.0), (1.125, 0.5)] {
            let mut grad = [0.0];
            let value = loss.with(Call::new().level(level)).value_and_grad(&[x], &[t], &mut grad).unwrap().value;
            assert!(value.is_nan() && grad[0].is_nan(), "{level:?} {x} {t}: {value}, {grad:?}");
        }
    }
}

/// One row: logits, targets, loss, gradient.
type Row<'a> = (&'a [f64], Targets<'a>, f64, &'a [f64]);

fn check_rows<T: Number>(smoothing: f64, ulps: f64, table: &[Row<'_>]) {
    for &(x, y, value, grad) in table {
        let loss = CrossEntropy::new(x.len()).label_smoothing(smoothing);
        for results in results::<T>(AnyLoss::CrossEntropy(loss), Call::new().sum(), x, y) {
            let what = format!("CrossEntropy of {x:?}, smoothing {smoothing}");
            assert_near(&results.each, &[value], ulps, &what);
            assert_near(&results.grad, grad, ulps, &format!("{what}, gradient"));
        }
        // The same row among many like it, and among many classes that cannot be, where other kernels run.
        if let Targets::Classes(&[class]) = y {
            let loss = AnyLoss::CrossEntropy(CrossEntropy::new(x.len()).label_smoothing(smoothing));
            for results in results::<T>(loss, Call::new().sum(), &x.repeat(17), Targets::Classes(&[class; 17])) {
                let what = format!("17 rows of {x:?}, smoothing {smoothing}");
                assert_near(&results.each, &[value; 17], ulps, &what);
                assert_near(&results.grad, &grad.repeat(17), ulps, &format!("{what}, gradient"));
            }
        }
        let long = [x, &vec![-INF; 300]].concat();
        let Targets::Classes(_) = y else { continue };
        if smoothing > 0.0 {
            continue;
        }
        for results in results::<T>(AnyLoss::CrossEntropy(CrossEntropy::new(long.len())), Call::new().sum(), &long, y) {
            let what = format!("CrossEntropy of {x:?} and -inf");
            assert_near(&results.each, &[value], ulps, &what);
            assert_near(&results.grad[..x.len()], grad, ulps, &format!("{what}, gradient"));
            let zero = if value.is_nan() { NAN } else { 0.0 };
            assert_near(&results.grad[x.len()..], &[zero; 300], 0.0, &format!("{what}, gradient of -inf"));
        }
    }
}

fn rows_against_a_class<T: Number>() {
    let third = 1.0 / 3.0;
    let (near, far) = (0.000_335_350_092_740_452_5, 0.999_664_649_907_259_5);
    let (e_8, rest) = (0.000_335_462_590_163_830_6, 1.124_974_233_780_632_6e-7);
    let shifted = [1e8, 1e8 + 8.0, 1e8 - 8.0];
    let class = |class: &'static [i64; 1]| Targets::Classes(class);
    check_rows::<T>(
        0.0,
        2.0,
        &[
            (&[15.0, 0.0], class(&[0]), TAIL_15.0, &[-TAIL_15.1, TAIL_15.1]),
            (&[17.0, 0.0], class(&[0]), TAIL_17.0, &[-TAIL_17.1, TAIL_17.1]),
            (&[0.0, 17.0], class(&[1]), TAIL_17.0, &[TAIL_17.1, -TAIL_17.1]),
            (&[0.0, 110.0], class(&[0]), 110.0, &[-1.0, 1.0]),
            (&shifted, class(&[0]), 8.000_335_518_870_325, &[-far, 0.999_664_537_409_836_2, rest]),
            (&shifted, class(&[1]), 0.000_335_518_870_325_474_75, &[near, -e_8, rest]),
            (&shifted, class(&[2]), 16.000_335_518_870_325, &[near, 0.999_664_537_409_836_2, -0.999_999_887_502_576_6]),
            (&[500.0, 499.0, -500.0], class(&[1]), 1.313_261_687_518_222_8, &[SIGMOID_1, -SIGMOID_1, 0.0]),
            (&[-500.0, -499.0], class(&[1]), 0.313_261_687_518_222_84, &[1.0 - SIGMOID_1, SIGMOID_1 - 1.0]),
            (&[3e38; 3], class(&[1]), LN_2 + 0.405_465_108_108_164_4, &[third, -2.0 * third, third]),
            (&[-3e38; 3], class(&[0]), LN_2 + 0.405_465_108_108_164_4, &[-2.0 * third, third, third]),
            (&[3e38, -3e38], class(&[0]), 0.0, &[0.0, 0.0]),
            (&[3e38, -3e38], class(&[1]), 6e38, &[1.0, -1.0]),
            (&[3e38, 0.0], class(&[1]), 3e38, &[1.0, -1.0]),
            (&[1.0, -INF, 2.0], class(&[0]), 1.313_261_687_518_222_8, &[-SIGMOID_1, 0.0, SIGMOID_1]),
            (&[-INF, 0.0], class(&[0]), INF, &[-1.0, 1.0]),
            (&[-INF, 0.0], class(&[1]), 0.0, &[0.0, 0.0]),
            (&[-INF, -INF], class(&[0]), NAN, &[NAN, NAN]),
            (&[INF, 0.0], class(&[0]), NAN, &[NAN, NAN]),
            (&[INF, 0.0], class(&[1]), NAN, &[NAN, NAN]),
            (&[INF, INF], class(&[1]), NAN, &[NAN, NAN]),
            (&[INF, -INF], class(&[0]), NAN, &[NAN, NAN]),
            (&[NAN, 0.0], class(&[0]), NAN, &[NAN, NAN]),
            (&[NAN, 0.0], class(&[1]), NAN, &[NAN, NAN]),
            (&[5.0], class(&[0]), 0.0, &[0.0]),
            (&[-1000.0], class(&[0]), 0.0, &[0.0]),
            (&[3e38], class(&[0]), 0.0, &[0.0]),
            (&[-INF], class(&[0]), NAN, &[NAN]),
        ],
    );
}

fn rows_against_a_distribution<T: Number>() {
    use Targets::{Classes, Numbers};
    let third = 1.0 / 3.0;
    let masked = [1.0, -INF, 2.0];
    let trap = [-0.427_975_541_463_695_63, -0.004_217_223_156_161_878, 0.432_192_764_619_857_5];
    check_rows::<T>(
        0.0,
        8.0,
        &[
            (&masked, Numbers(&[1.0, 0.0, 0.0]), 1.313_261_687_518_222_8, &[-SIGMOID_1, 0.0, SIGMOID_1]),
            (&masked, Numbers(&[0.5, 0.0, 0.5]), 0.813_261_687_518_222_8, &[0.5 - SIGMOID_1, 0.0, SIGMOID_1 - 0.5]),
            (&masked, Numbers(&[0.5, 0.5, 0.0]), INF, &[0.5 - SIGMOID_1, -0.5, SIGMOID_1]),
            (&[0.0, 0.0], Numbers(&[1.0, 0.0]), LN_2, &[-0.5, 0.5]),
            (&[3e38, -3e38], Numbers(&[1.0, 0.0]), 0.0, &[0.0, 0.0]),
            (&[3e38, -3e38], Numbers(&[0.75, 0.25]), 1.5e38, &[0.25, -0.25]),
            (&[-INF, -INF], Numbers(&[0.5, 0.5]), NAN, &[NAN, NAN]),
            (&[INF, 0.0], Numbers(&[0.5, 0.5]), NAN, &[NAN, NAN]),
            (&[NAN, 0.0], Numbers(&[0.0, 1.0]), NAN, &[NAN, NAN]),
            (&[0.0, 1.0], Numbers(&[NAN, 1.0]), NAN, &[NAN, NAN]),
            (&[1.0, 2.0], Numbers(&[0.0, 0.0]), 0.0, &[0.0, 0.0]),
        ],
    );
    // The gradient is not `p - t` where the targets do not add up to 1. The smallest entry is what is left of .196.
    check_rows::<T>(0.0, 200.0, &[(&[1.0, 2.0, 3.0], Numbers(&[0.5, 0.2, 0.1]), 1.526_084_771_555_504_2, &trap)]);
    let smoothed = [1.0 - SIGMOID_1 - 0.9 - 0.1 * third, -0.1 * third, SIGMOID_1 - 0.1 * third];
    check_rows::<T>(0.1, 8.0, &[(&masked, Classes(&[0]), INF, &smoothed)]);
}

fn one_hot_rows_are_class_rows<T: Number>() {
    for x in [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0], [-30.0, 0.0, 1.0], [200.0, 201.0, 199.0], [1e8, 1e8 + 8.0, 1e8 - 8.0]] {
        for class in 0..3 {
            let mut one_hot = [0.0; 3];
            one_hot[class] = 1.0;
            let of = |y| results::<T>(AnyLoss::CrossEntropy(CrossEntropy::new(3)), Call::new().sum(), &x, y);
            let (hard, soft) = (of(Targets::Classes(&[class as i64])), of(Targets::Numbers(&one_hot)));
            let x = T::many(&x);
            let top = x.iter().fold(-INF, |top, x| top.max(x.wide()));
            for (hard, soft) in hard.iter().zip(&soft) {
                // 8 ULP of the larger of the terms that are subtracted: the logits less their maximum, and the loss.
                let size = (x[class].wide() - top).abs().max(hard.each[0].wide()).max(T::MIN_NORMAL);
                let size = if top.abs() < 64.0 { size.max(top.abs()) } else { size };
                let error = (hard.each[0].wide() - soft.each[0].wide()).abs() / T::ulp(size);
                assert!(error <= 8.0, "{} {x:?}, class {class}: {error} ULP, {hard:?}, {soft:?}", T::NAME);
                for (hard, soft) in hard.grad.iter().zip(&soft.grad) {
                    let error = (hard.wide() - soft.wide()).abs() / T::ulp(hard.wide().abs().max(T::MIN_NORMAL));
                    assert!(error <= 8.0, "{} {x:?}, class {class}: {error} ULP, gradient", T::NAME);
                }
            }
        }
    }
}

#[test]
fn a_class_weight_of_0_wins_over_an_infinite_loss() {
    for classes in [2, 10, 200] {
        let (mut x, mut weights) = (vec![0.0_f32; 2 * classes], vec![1.0; classes]);
        (x[0], weights[0]) = (-f32::INFINITY, 0.0);
        let mut grad = vec![1.0; 2 * classes];
        for layout in [Layout::rows(classes), Layout::axis(classes, 2)] {
            let loss = CrossEntropy::new(layout).class_weights(&weights).with(Call::new().sum());
            let value = loss.value_and_grad(&x, &[0_u8, 0], &mut grad).unwrap().value;
            assert_eq!(value, 0.0, "{classes} classes");
            assert!(grad.iter().all(|x| *x == 0.0), "{classes} classes: {grad:?}");
        }
    }
}

/// The weight of a class and that of a row are one factor: only their product must leave the loss in its range.
#[test]
fn weights_of_class_and_row_meet_before_the_loss() {
    let (x, class_weights, rows, mut each) = ([f32::MIN], [2.0_f32], [0.375_f32], [0.0]);
    let how = Call::new().weights(Weights::Rows(&rows));
    Nll::new(1).class_weights(&class_weights).with(how).each(&x, &[0], &mut each).unwrap();
    assert_eq!(each, [f32::MAX * 0.75]);
}

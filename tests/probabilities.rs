//! Rows of probabilities whose targets are sure of most classes: what nobody weighs is left out of the work, and that
//! must not show. Besides, the corners of that loss: -0, entries below 0, shares that are subnormal.

use lossfn::{BothGrads, Call, CategoricalCrossEntropy, Clip, Level, Loss};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

macro_rules! sure_targets {
    ($test:ident: $float:ident, within $within:literal) => {
        /// With the target's gradient every logarithm is taken, without it few are. The loss is that of the formula.
        #[test]
        fn $test() {
            let bits = |x: &[$float]| x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>();
            for (classes, level) in (1..=70).chain([200]).flat_map(|n| Level::available().map(move |level| (n, level)))
            {
                let rows = 18;
                let x: Vec<$float> = (0..rows * classes)
                    .map(|i| (1.0 + (i * 37 % 101) as $float) * [1.0, 1e-3, 1e30, 1e-30, 0.0][i % 5])
                    .collect();
                let y: Vec<usize> = (0..rows).map(|row| row * 7 % classes).collect();
                let weights: Vec<$float> = (0..classes).map(|i| [1.0, 0.0, 3.5][i % 3]).collect();
                for share in [1.0, 0.25] {
                    let mut t = vec![0.0; x.len()];
                    for (row, y) in y.iter().enumerate().filter(|(row, _)| row % 9 != 4) {
                        t[row * classes + y] += share;
                        t[row * classes + (y + classes / 2) % classes] += 1.0 - share;
                    }
                    let usual = CategoricalCrossEntropy::<$float>::new(classes);
                    for loss in [
                        usual,
                        usual.clip(Clip::Normalized(1e-7)),
                        usual.clip(Clip::Given(1e-7)),
                        usual.class_weights(&weights),
                    ] {
                        let what = format!("{classes} classes, {level:?}, {share}, {loss:?}");
                        let loss = loss.with(Call::new().sum().upstream(0.7).level(level));
                        let (mut alone, mut beside) = (vec![9.0; x.len()], vec![9.0; x.len()]);
                        let mut of_target = vec![9.0; x.len()];
                        let value = loss.value_and_grad(&x, &t, &mut alone).unwrap().value;
                        let both = loss.value_and_grads(&x, &t, Some(&mut beside), Some(&mut of_target)).unwrap();
                        assert_eq!(bits(&alone), bits(&beside), "{what}");
                        let row = classes * (rows / 2)..classes * (rows / 2 + 1);
                        let mut one = vec![9.0; classes];
                        loss.value_and_grad(&x[row.clone()], &t[row.clone()], &mut one).unwrap();
                        assert_eq!(bits(&one), bits(&alone[row]), "{what}");
                        assert!(value == both.value || value.is_nan() && both.value.is_nan(), "{what}");
                    }
                    let mut each = vec![9.0; rows];
                    usual.with(Call::new().level(level)).each(&x, &t, &mut each).unwrap();
                    for ((got, x), t) in each.iter().zip(x.chunks(classes)).zip(t.chunks(classes)) {
                        let sum: f64 = x.iter().map(|x| f64::from(*x)).sum();
                        let terms = x.iter().zip(t).filter(|(_, t)| **t != 0.0);
                        let wanted: f64 = terms.map(|(x, t)| -f64::from(*t) * (f64::from(*x) / sum).ln()).sum();
                        let wanted = if sum == 0.0 { NAN } else { wanted };
                        let (got, near) = (f64::from(*got), $within * wanted.abs() + 1e-15);
                        let fine = got == wanted || got.is_nan() && wanted.is_nan() || (got - wanted).abs() <= near;
                        assert!(fine, "{classes} classes, {level:?}: {got:e}, not {wanted:e}");
                    }
                }
            }
        }
    };
}
sure_targets!(sure_targets_of_singles: f32, within 1e-6);
sure_targets!(sure_targets_of_doubles: f64, within 1e-13);

/// Loss and gradient of one row, whose weight shows.
fn of<const N: usize>(loss: CategoricalCrossEntropy<'_, f64>, x: [f64; N], t: [f64; N]) -> (f64, [f64; N]) {
    let mut dx = [9.0; N];
    let value = loss.with(Call::new().sum()).value_and_grad(&x, &t, &mut dx).expect("a call").value;
    (value, dx)
}

#[test]
fn a_mass_alone_in_its_vector_is_seen() {
    for (level, classes) in Level::available().flat_map(|level| [40, 200].map(|classes| (level, classes))) {
        for place in (0..classes).step_by(7) {
            for mass in [NAN, -0.5, 1e-300] {
                let (x, mut t) = (vec![0.25; classes], vec![0.0; classes]);
                t[place] = mass;
                let mut dx = vec![9.0; classes];
                let loss = CategoricalCrossEntropy::new(classes).with(Call::new().level(level));
                let value = loss.value_and_grad(&x, &t, &mut dx).expect("a call").value;
                let wanted = mass * (classes as f64).ln();
                assert!(value.is_nan() == mass.is_nan(), "{mass} at {place} of {classes}, {level:?}: {value}");
                assert!(mass.is_nan() || (value - wanted).abs() <= 1e-13 * wanted.abs(), "{value}, not {wanted}");
                let at_place = mass * (1.0 / (0.25 * classes as f64) - 4.0);
                assert!(dx[place].is_nan() == mass.is_nan(), "{mass} at {place} of {classes}, {level:?}");
                assert!(mass.is_nan() || (dx[place] - at_place).abs() <= 1e-13 * at_place.abs(), "{}", dx[place]);
            }
        }
    }
}

#[test]
fn a_bad_entry_far_from_every_mass_is_found() {
    for (level, classes) in Level::available().flat_map(|level| [40, 200].map(|classes| (level, classes))) {
        for (place, bad) in (0..classes).step_by(7).zip([NAN, INF, -1.0, -1e-300, -INF].into_iter().cycle()) {
            for mass in [0.0, 1.0] {
                let (mut x, mut t) = (vec![0.25; classes], vec![0.0; classes]);
                x[place] = bad;
                t[(place + classes / 2) % classes] = mass;
                let mut dx = vec![9.0; classes];
                let loss = CategoricalCrossEntropy::new(classes).with(Call::new().level(level));
                let value = loss.value_and_grad(&x, &t, &mut dx).expect("a call").value;
                assert!(value.is_nan(), "{bad} at {place} of {classes}, mass {mass}: {value}");
                assert!(dx.iter().all(|dx| dx.is_nan()), "{bad} at {place} of {classes}, mass {mass}: {dx:?}");
            }
        }
    }
}

#[test]
fn a_row_of_zeros_is_nan_whatever_the_masses_are() {
    for t in [[0.0; 3], [0.0, 1.0, 0.0]] {
        let (value, dx) = of(CategoricalCrossEntropy::new(3), [0.0; 3], t);
        assert!(value.is_nan() && dx.iter().all(|dx| dx.is_nan()), "{value} {dx:?}");
    }
    let (value, dx) = of(CategoricalCrossEntropy::new(3), [0.25, 0.5, 0.25], [0.0; 3]);
    assert_eq!((value, dx), (0.0, [0.0; 3]));
}

#[test]
fn a_probability_of_minus_zero_is_one_of_zero() {
    let loss = CategoricalCrossEntropy::new(2);
    for (level, zero) in Level::available().flat_map(|level| [0.0, -0.0].map(|zero| (level, zero))) {
        let (mut x, mut t, mut dx) = ([0.0; 40], [0.0; 40], [9.0; 40]);
        (x[0], x[1], t[0]) = (zero, 1.0, 1.0);
        let long = CategoricalCrossEntropy::new(40).with(Call::new().level(level));
        let value = long.value_and_grad(&x, &t, &mut dx).expect("a call").value;
        assert_eq!((value, dx[0], dx[1], dx[2]), (INF, -INF, 1.0, 1.0), "{level:?}");
        let value = long.value_and_grad(&x, &[0_u8], &mut dx).expect("a call").value;
        assert_eq!((value, dx[0], dx[1], dx[2]), (INF, -INF, 1.0, 1.0), "{level:?}");
        assert_eq!(of(loss, [zero, 1.0], [1.0, 0.0]), (INF, [-INF, 1.0]));
        assert_eq!(of(loss, [zero, 1.0], [0.0, 1.0]), (0.0, [1.0, 0.0]));
        let (mut dx, mut dt) = ([9.0; 2], [9.0; 2]);
        loss.value_and_grads(&[zero, 1.0], &[0.0, 1.0], Some(&mut dx), Some(&mut dt)).expect("a call");
        assert_eq!((dx, dt), ([1.0, 0.0], [INF, 0.0]));
    }
}

#[test]
fn subnormal_shares_keep_the_digits_that_a_weight_shows() {
    let far = |exponent: i32| f64::from(exponent).exp2();
    let rows = [
        (0.7, 3e-42),
        (0.3, 1.3e-39),
        (1.7e38, 2.9e-5),
        (far(90), far(24)),
        (2.0, 1e-44),
        (3e-38, 1e-44),
        (1e-30, 1e-42),
        (1e-40, 1e-42),
    ];
    let mut judged = 0;
    for (level, row) in Level::available().flat_map(|level| rows.map(|row| (level, row))) {
        let x = [row.0, row.1].map(|x: f64| x as f32);
        for weight in [1e-30, 0.01, 1.0, 1024.0, 1e9, far(100)] {
            let [own, others] = x.map(f64::from);
            let weights = [weight, 0.0].map(|x: f64| x as f32);
            let weight = f64::from(weights[0]);
            let wanted = [-weight * others / (own + others) / own, weight / (own + others)];
            let call = Call::new().sum().level(level);
            let loss = CategoricalCrossEntropy::new(2).class_weights(&weights).with(call);
            let (mut of_class, mut of_row) = ([9.0; 2], [9.0; 2]);
            loss.value_and_grad(&x, &[0_u8], &mut of_class).expect("a call");
            loss.value_and_grad(&x, &[1.0, 0.0], &mut of_row).expect("a call");
            // Beside each other in a row, masses far below 1 are not brought up first.
            let of_row = of_row.into_iter().filter(|_| weight > 1e-20);
            for (got, wanted) in of_class.into_iter().chain(of_row).zip(wanted.into_iter().chain(wanted)) {
                let size = wanted.abs();
                if f64::from(f32::MIN_POSITIVE) < size && size < f64::from(f32::MAX) {
                    judged += 1;
                    let error = (f64::from(got) - wanted).abs() / size;
                    assert!(error < 5e-7, "{x:?}, weight {weight:e}, {level:?}: {got:e}, not {wanted:e}");
                }
            }
        }
    }
    assert!(judged > 100, "{judged}");
}

#[test]
fn a_target_of_nan_shows_where_all_is_clipped() {
    let (x, t, mut dx) = ([1.0, 0.0, 0.0], [1.0, NAN, 0.0], [0.0; 3]);
    for loss in [CategoricalCrossEntropy::new(3), CategoricalCrossEntropy::new(3).keras()] {
        let value = loss.value_and_grad(&x, &t, &mut dx).unwrap().value;
        assert!(value.is_nan() && dx.iter().all(|dx| dx.is_nan()), "{value} {dx:?}");
    }
}

//! Slopes of dual numbers against central differences, taken where 128 bits leave room for them.

use lossfn_oracle::formula::{BceWithLogits, Elementwise, Huber, Mae, Mse, SmoothL1};
use lossfn_oracle::{Big, Dual, Wide};

type Function = fn(Dual<Big>) -> Dual<Big>;

/// (f(x+h) − f(x−h)) / 2h with h = 2^-40: wrong by f‴·h²/6, so right to about 78 bits.
fn central_difference(f: impl Fn(Dual<Big>) -> Dual<Big>, x: Big) -> Big {
    let h = Big::exp2i(-40);
    let at = |x| f(Dual::constant(x)).value;
    (at(x + h) - at(x - h)) / (h + h)
}

fn assert_slope(name: &str, f: impl Fn(Dual<Big>) -> Dual<Big>, x: f64) {
    let x = Big::from_f64(x);
    let (slope, expected) = (f(Dual::variable(x)).slope, central_difference(&f, x));
    let scale = Wide::max(slope.abs(), Big::ONE);
    assert!((slope - expected).abs() <= scale * Big::exp2i(-70), "{name} at {x:?}: {slope:?}, not {expected:?}");
}

#[test]
fn primitives() {
    let two = Dual::from_f64(2.0);
    let functions: [(&str, Function); 9] = [
        ("exp", Dual::exp),
        ("ln", Dual::ln),
        ("ln_1p", Dual::ln_1p),
        ("sqrt", Dual::sqrt),
        ("abs", |x| x.abs(Big::ZERO)),
        ("softplus", |x| x.surprises().1),
        ("softplus of −x", |x| x.surprises().0),
        ("product", |x| x * x.exp() + x.weigh(x)),
        ("quotient", |x| x / (x.exp() - x)),
    ];
    for (name, f) in functions {
        for x in [0.25, 1.0, 3.5] {
            assert_slope(name, f, x);
            assert_slope(name, |x| -f(x * two), x);
        }
    }
    for x in [-7.0, -0.5, 0.0] {
        assert_slope("softplus", |x| x.surprises().1, x);
        assert_slope("softplus of −x", |x| x.surprises().0, x);
    }
}

fn assert_loss(loss: impl Elementwise, points: &[(f64, f64)]) {
    fn name<E: Elementwise>(_: E) -> &'static str {
        E::NAME
    }
    for (x, t) in points {
        assert_slope(name(loss), |x| loss.formula(x, Dual::from_f64(*t)), *x);
        assert_slope(name(loss), |t| loss.formula(Dual::from_f64(*x), t), *t);
    }
}

#[test]
fn losses_by_prediction_and_by_target() {
    let points = [(0.3, 0.5), (-1.25, 0.75), (4.0, 1.0), (-9.0, 0.0), (2.5, 2.0)];
    assert_loss(Mse, &points);
    assert_loss(Mae::default(), &points);
    assert_loss(Huber { delta: 1.25 }, &points);
    assert_loss(SmoothL1 { beta: 0.375 }, &points);
    assert_loss(SmoothL1 { beta: 0.0 }, &points);
    assert_loss(BceWithLogits { pos_weight: 1.0, smoothing: 0.0 }, &points);
    assert_loss(BceWithLogits { pos_weight: 2.5, smoothing: 0.0 }, &points);
}

#[test]
fn kinks_take_the_slope_they_are_given() {
    for slope in [-1.0, 0.0, 0.5] {
        assert_eq!(Dual::variable(-0.0).abs(slope), Dual { value: 0.0, slope });
    }
}

#[test]
fn a_slope_of_zero_outlasts_infinity_and_not_nan() {
    let constant = Dual::constant(3.0);
    assert_eq!((constant * Dual::constant(f64::INFINITY)).slope, 0.0);
    assert_eq!((constant * Dual::variable(f64::INFINITY)).slope, 3.0);
    assert!((constant * Dual::variable(f64::NAN)).slope.is_nan());
    assert!(Dual::variable(f64::NAN).abs(0.0).slope.is_nan());
    assert_eq!(Dual::constant(0.0).weigh(Dual::variable(f64::INFINITY)), Dual { value: 0.0, slope: 0.0 });
}

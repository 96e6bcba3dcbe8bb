//! Both wide types against values recorded from mpmath, and at the edges of their domains.

use lossfn_oracle::elementary::{log_sigmoid, logistic, sigmoid, softplus, tanh};
use lossfn_oracle::inputs::{Values, rng};
use lossfn_oracle::{Big, Wide};

/// Function, argument, exponent of the value, and the value's significand as a sum of three floats.
type Line = (&'static str, f64, i64, [f64; 3]);

#[expect(clippy::approx_constant, reason = "recorded, whatever they are")]
const TABLE: &[Line] = include!("elementary/table.rs");

fn apply<W: Wide>(name: &str, x: W) -> W {
    match name {
        "exp" => x.exp(),
        "exp_m1" => x.exp_m1(),
        "ln" => x.ln(),
        "ln_1p" => x.ln_1p(),
        "sqrt" => x.sqrt(),
        "sigmoid" => sigmoid(x),
        "softplus" => softplus(x),
        "log_sigmoid" => log_sigmoid(x),
        "tanh" => tanh(x),
        _ => panic!("no function {name}"),
    }
}

/// log₂ of the relative error.
fn error<W: Wide>(line: &Line) -> f64 {
    let (name, x, exponent, terms) = line;
    let value = terms.iter().fold(W::ZERO, |sum, term| sum + W::from_f64(*term));
    let got = apply(name, W::from_f64(*x)) / W::exp2i(*exponent);
    ((got - value) / value).abs().to_f64().log2()
}

#[test]
fn big_agrees_with_mpmath_to_124_bits() {
    for line in TABLE {
        let bits = error::<Big>(line);
        assert!(bits < -124.0, "{} of {}: 2^{bits}", line.0, line.1);
    }
}

#[test]
fn f64_agrees_with_mpmath_to_50_bits() {
    for line in TABLE.iter().filter(|line| (-1021..1023).contains(&line.2)) {
        let bits = error::<f64>(line);
        assert!(bits < -50.0, "{} of {}: 2^{bits}", line.0, line.1);
    }
}

/// Where 0, ±∞ and NaN go, by function: −∞, −0, 0, ∞.
fn limits<W: Wide>() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let lines = [
        ("exp", [0.0, 1.0, 1.0, inf]),
        ("exp_m1", [-1.0, -0.0, 0.0, inf]),
        ("ln", [nan, -inf, -inf, inf]),
        ("ln_1p", [nan, -0.0, 0.0, inf]),
        ("sqrt", [nan, -0.0, 0.0, inf]),
        ("sigmoid", [0.0, 0.5, 0.5, 1.0]),
        ("softplus", [0.0, core::f64::consts::LN_2, core::f64::consts::LN_2, inf]),
        ("log_sigmoid", [-inf, -core::f64::consts::LN_2, -core::f64::consts::LN_2, 0.0]),
        ("tanh", [-1.0, -0.0, 0.0, 1.0]),
    ];
    for (name, expected) in lines {
        for (x, expected) in [-inf, -0.0, 0.0, inf].into_iter().zip(expected) {
            let got = apply(name, W::from_f64(x)).to_f64();
            let same =
                got == expected && (name == "log_sigmoid" || got.is_sign_negative() == expected.is_sign_negative());
            assert!(same || got.is_nan() && expected.is_nan(), "{name} of {x}: {got}, not {expected}");
        }
        assert!(apply(name, W::NAN).is_nan(), "{name} of NaN");
    }
    assert!(W::from_f64(-1.0).ln_1p() == -W::INFINITY && W::from_f64(-1.5).ln_1p().is_nan());
}

#[test]
fn limits_are_those_of_mathematics() {
    limits::<f64>();
    limits::<Big>();
}

fn huge_arguments<W: Wide>() {
    for huge in [3e38, 1e300, f64::MAX] {
        let huge = W::from_f64(huge);
        assert!(huge.exp() == W::INFINITY && (-huge).exp() == W::ZERO);
        assert!(huge.exp_m1() == W::INFINITY && (-huge).exp_m1() == -W::ONE);
        assert!(softplus(huge) == huge && softplus(-huge) == W::ZERO);
        assert!(tanh(huge) == W::ONE && tanh(-huge) == -W::ONE);
        assert!(sigmoid(huge) == W::ONE && sigmoid(-huge) == W::ZERO);
    }
}

#[test]
fn exponentials_saturate() {
    huge_arguments::<f64>();
    huge_arguments::<Big>();
    assert!(Big::from_f64(-1e9).exp() > Big::ZERO, "far beyond f64 there is still room");
}

#[test]
fn logistic_gives_what_its_parts_give() {
    for x in [-800.0, -3.0, -0.0, 0.0, 1e-9, 20.0, 800.0].map(Big::from_f64) {
        let all = logistic(x);
        assert_eq!((all.sigmoid, all.complement), (sigmoid(x), sigmoid(-x)));
        assert_eq!((all.softplus, all.softplus_neg), (softplus(x), softplus(-x)));
    }
}

/// `exp` and `ln` against each other and against f64, over all magnitudes.
#[test]
fn big_is_consistent_at_random() {
    for x in Values::LogUniform.vector::<f64>(200, &mut rng(11)) {
        let wide = Big::from_f64(x.abs());
        let back = wide.ln().exp();
        assert!(((back - wide) / wide).abs() < Big::exp2i(-116), "{x}");
        let distance = (wide.ln().to_f64() - x.abs().ln()).abs();
        assert!(distance <= 2.0 * f64::EPSILON * x.abs().ln().abs(), "{x}");
    }
}

/// Big's own part of the arithmetic: conversions, order and the special values, against f64's.
#[test]
fn big_does_what_ieee_754_does() {
    let special = [0.0, -0.0, 1.0, -1.5, 3e-320, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, -f64::INFINITY, f64::NAN];
    let drawn: Vec<f64> = Values::LogUniform.vector(30, &mut rng(12));
    let all: Vec<f64> = special.into_iter().chain(drawn).collect();
    let same = |wide: Big, narrow: f64| wide.to_f64().to_bits() == narrow.to_bits() || wide.is_nan() && narrow.is_nan();
    for a in &all {
        for b in &all {
            let (x, y) = (Big::from_f64(*a), Big::from_f64(*b));
            assert!(same(x + y, a + b) && same(x - y, a - b), "{a} ± {b}");
            assert!(same(x * y, a * b) && same(x / y, a / b), "{a} × ÷ {b}");
            assert_eq!(x.partial_cmp(&y), a.partial_cmp(b), "{a} <=> {b}");
        }
        let x = Big::from_f64(*a);
        assert!(same(x, *a) && same(-x, -a) && same(x.abs(), a.abs()) && same(x.sqrt(), a.sqrt()), "{a}");
        assert_eq!((x.is_finite(), x.is_nan(), x.exponent()), (a.is_finite(), a.is_nan(), a.exponent()), "{a}");
        assert_eq!(x.is_negative(), !a.is_nan() && a.is_sign_negative(), "{a}");
    }
}

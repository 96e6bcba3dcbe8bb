//! Lane operations and elementary functions at every level: special values, every lane, and equal bits on fused levels.

mod support;

use core::f64::consts::LN_2;
use lossfn::Level;
use lossfn::internals::{Function, Operation, VECTOR_BYTES, lanes, map};
use support::{Number, Rng, assert_same, for_both_types, fused_levels};

for_both_types!(
    special_values,
    thresholds,
    subnormals,
    every_lane_and_every_length,
    operations_are_those_of_the_type,
    sums_of_lanes_are_a_tree,
    the_largest_lane_is_found_among_nan,
    folds_are_steps_of_the_tree,
    parts_of_a_number,
    remainders_are_exact,
    fused_levels_have_the_same_bits,
);

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn all_levels() -> impl Iterator<Item = Level> {
    Level::available().chain([Level::Model])
}

/// `function` of one number.
fn at<T: Number>(level: Level, function: Function, x: f64) -> T {
    let mut to = [T::of(0.5)];
    map(level, function, &[T::of(x)], &mut to).expect("an available level");
    to[0]
}

/// The special values of each function: argument, result. Zeros have their sign.
fn specials(function: Function) -> Vec<(f64, f64)> {
    let mut table = match function {
        Function::Exp => vec![(INF, INF), (-INF, 0.0), (0.0, 1.0), (-0.0, 1.0)],
        Function::Ln => {
            vec![(INF, INF), (0.0, -INF), (-0.0, -INF), (1.0, 0.0), (-1.0, NAN), (-INF, NAN), (-1e-39, NAN)]
        }
        Function::Log1p => {
            vec![(INF, INF), (-1.0, -INF), (0.0, 0.0), (-0.0, -0.0), (-1.5, NAN), (-INF, NAN), (1.0, LN_2)]
        }
        Function::Log1pHalf | Function::Log1pDown => vec![(0.0, 0.0), (-0.5, -LN_2)],
        Function::Log1pUp => vec![(0.0, 0.0), (1.0, LN_2)],
        Function::Expm1 => vec![(INF, INF), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0)],
        Function::Sigmoid => vec![(INF, 1.0), (-INF, 0.0), (0.0, 0.5), (-0.0, 0.5)],
        Function::Softplus => vec![(INF, INF), (-INF, 0.0), (0.0, LN_2), (-0.0, LN_2)],
        Function::LogSigmoid => vec![(INF, -0.0), (-INF, -INF), (0.0, -LN_2), (-0.0, -LN_2)],
        Function::Tanh => vec![(INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0)],
    };
    table.extend([(NAN, NAN), (-NAN, NAN)]);
    table
}

fn special_values<T: Number>() {
    for level in all_levels() {
        for function in Function::ALL {
            for (x, wanted) in specials(function) {
                let got: T = at(level, function, x);
                let same_zero = wanted != 0.0 || got.bits() == T::of(wanted).bits();
                let what = format!("{function:?}({x}) on {level:?}: {got}, not {wanted}");
                assert!(got.is_near(wanted, 1.0) && same_zero, "{what}");
            }
        }
    }
}

/// Where results leave the range, or stop to change.
fn thresholds<T: Number>() {
    let single = T::NAME == "f32";
    // The largest argument with a finite exponential, and the least with one that is not 0.
    let (last, least) = if single { (88.722_83, -103.972) } else { (709.782_712_893_384, -745.133_2) };
    for level in all_levels() {
        for function in [Function::Exp, Function::Expm1] {
            let what = format!("{function:?} of {} on {level:?}", T::NAME);
            assert!(at::<T>(level, function, last).wide() > 0.99 * T::MAX, "{what}: {last}");
            assert!(at::<T>(level, function, last).wide().is_finite(), "{what}: {last}");
            for over in [last + 1e-3, last + 1.0, 1e4, T::MAX] {
                assert_eq!(at::<T>(level, function, over).wide(), INF, "{what}: {over}");
            }
        }
        assert!(at::<T>(level, Function::Exp, least).wide() > 0.0, "{level:?}");
        for under in [least - 1.0, -1e4, -T::MAX] {
            assert_eq!(at::<T>(level, Function::Exp, under).bits(), 0, "{level:?}: {under}");
            assert_eq!(at::<T>(level, Function::Softplus, under).bits(), 0, "{level:?}: {under}");
            assert_eq!(at::<T>(level, Function::Sigmoid, under).bits(), 0, "{level:?}: {under}");
            assert_eq!(at::<T>(level, Function::Expm1, under).wide(), -1.0, "{level:?}: {under}");
        }
        for large in [100.0, 1e4, 0.9 * T::MAX] {
            let large = T::of(large).wide();
            assert_eq!(at::<T>(level, Function::Softplus, large).wide(), large, "{level:?}");
            assert_eq!(at::<T>(level, Function::LogSigmoid, -large).wide(), -large, "{level:?}");
            assert_eq!(at::<T>(level, Function::Sigmoid, large).wide(), 1.0, "{level:?}");
            for sign in [1.0, -1.0] {
                assert_eq!(at::<T>(level, Function::Tanh, sign * large).wide(), sign, "{level:?}");
            }
            let (ln, log1p) = (at::<T>(level, Function::Ln, large), at::<T>(level, Function::Log1p, large));
            assert!(ln.is_near(large.ln(), 1.5) && log1p.is_near(large.ln_1p(), 1.5), "{level:?}: {large}");
        }
    }
}

/// Arguments below the normal range.
fn subnormals<T: Number>() {
    let least = T::MIN_NORMAL * T::EPSILON;
    for level in all_levels() {
        for size in [least, 3.0 * least, 0.25 * T::MIN_NORMAL, T::MIN_NORMAL - least, T::MIN_NORMAL] {
            for x in [size, -size] {
                for function in [Function::Log1p, Function::Expm1, Function::Tanh] {
                    let got = at::<T>(level, function, x);
                    assert_eq!(
                        got.bits(),
                        T::of(x).bits(),
                        "{function:?}({x:e}) on {level:?}: {got:e}",
                        got = got.wide()
                    );
                }
                for (function, wanted) in [(Function::Exp, 1.0), (Function::Sigmoid, 0.5), (Function::Softplus, LN_2)] {
                    assert!(at::<T>(level, function, x).is_near(wanted, 1.0), "{function:?}({x:e}) on {level:?}");
                }
            }
            let ln = at::<T>(level, Function::Ln, size);
            assert!(ln.is_near(size.ln(), 1.25), "ln({size:e}) on {level:?}: {ln}");
        }
    }
}

/// Special values among ordinary ones come out in their place, and the lengths of the slices do not matter.
fn every_lane_and_every_length<T: Number>() {
    for level in all_levels() {
        for function in Function::ALL {
            let ordinary: T = at(level, function, 0.25);
            for (x, wanted) in specials(function) {
                for place in 0..37 {
                    let mut input = vec![T::of(0.25); 37];
                    input[place] = T::of(x);
                    let mut to = vec![T::of(0.0); 37];
                    map(level, function, &input, &mut to).expect("an available level");
                    for (i, got) in to.iter().enumerate() {
                        let fine = if i == place { got.is_near(wanted, 1.0) } else { got.bits() == ordinary.bits() };
                        assert!(fine, "{function:?} on {level:?}: {x} at {place} makes entry {i} {got}");
                    }
                }
            }
            for n in 0..40 {
                let mut to = vec![T::of(-7.0); 40];
                map(level, function, &vec![T::of(0.25); n], &mut to).expect("an available level");
                let fine = |(i, got): (usize, &T)| *got == if i < n { ordinary } else { T::of(-7.0) };
                assert!(to.iter().enumerate().all(fine), "{function:?} on {level:?} over {n}");
            }
        }
    }
}

/// Arguments of every magnitude, both signs.
fn arguments<T: Number>() -> Vec<T> {
    let mut rng = Rng(3);
    let mut magnitude = || {
        let wide = rng.between(-150.0, 128.0).exp2();
        [wide, rng.between(0.0, 120.0), rng.between(0.0, 2.0), rng.between(0.0, 800.0)]
    };
    (0..4000).flat_map(|_| magnitude()).flat_map(|x| [T::of(x), T::of(-x)]).collect()
}

/// Operands with every special value against every other.
fn operands<T: Number>() -> [Vec<T>; 3] {
    let least = T::MIN_NORMAL * T::EPSILON;
    let sizes = [0.0, 1.0, 0.1, 1.0 / 3.0, 1e5, least, T::MIN_NORMAL, T::MAX, 0.9 * T::MAX, 1.0 + T::EPSILON, INF];
    let values: Vec<f64> = sizes.into_iter().flat_map(|size| [size, -size]).chain([NAN]).collect();
    let mut triples = Vec::new();
    for &a in &values {
        for &b in &values {
            triples.extend([1.0, -0.0, -a, b, NAN].map(|c| [a, b, c]));
        }
    }
    [0, 1, 2].map(|i| triples.iter().map(|triple| T::of(triple[i])).collect())
}

fn operate<T: Number>(level: Level, operation: Operation, operands: [&[T]; 3]) -> Vec<T> {
    let mut to = vec![T::of(0.0); operands[0].len()];
    lanes(level, operation, operands, &mut to).expect("an available level");
    to
}

/// What an operation gives in scalar arithmetic of the type; `None` where levels may differ.
fn scalar<T: Number>(operation: Operation, a: T, b: T, c: T) -> Option<T> {
    let flag = |yes: bool| T::of(if yes { 1.0 } else { 0.0 });
    Some(match operation {
        Operation::Add => a + b,
        Operation::Sub => a - b,
        Operation::Mul => a * b,
        Operation::Div => a / b,
        Operation::Neg => -a,
        Operation::Abs => a.abs(),
        Operation::Sqrt => a.sqrt(),
        Operation::Copysign => a.copysign(b),
        // NaN if either is NaN.
        Operation::Max if a.is_nan() || a > b => a,
        Operation::Min if a.is_nan() || a < b => a,
        Operation::Max | Operation::Min => b,
        // A NaN in `a` stays, one in `b` is dropped.
        Operation::AtMost if b < a => b,
        Operation::AtLeast if b > a => b,
        Operation::AtMost | Operation::AtLeast => a,
        Operation::Lt => flag(a < b),
        Operation::Le => flag(a <= b),
        Operation::Same => flag(a == b),
        Operation::IsNan => flag(a.is_nan()),
        Operation::Pick if a < c => b,
        Operation::Pick => a,
        Operation::Keep if a < b => a,
        Operation::Without if a < b => T::of(0.0),
        Operation::Keep => T::of(0.0),
        Operation::Without => a,
        _ => return None,
    })
}

fn operations_are_those_of_the_type<T: Number>() {
    let [a, b, c] = operands::<T>();
    for level in all_levels() {
        for operation in Operation::ALL {
            let got = operate(level, operation, [&a, &b, &c]);
            for (i, got) in got.iter().enumerate() {
                let (a, b, c) = (a[i], b[i], c[i]);
                let allowed = match operation {
                    Operation::MulAdd if level.is_fused() => [a.mul_add(b, c); 2],
                    Operation::MulAdd => [a.mul_add(b, c), a * b + c],
                    Operation::NegMulAdd if level.is_fused() => [(-a).mul_add(b, c); 2],
                    Operation::NegMulAdd => [(-a).mul_add(b, c), c - a * b],
                    _ => match scalar(operation, a, b, c) {
                        Some(wanted) => [wanted; 2],
                        None => continue,
                    },
                };
                let fine = allowed.iter().any(|allowed| allowed.bits() == got.bits());
                assert!(fine, "{operation:?}({a:e}, {b:e}, {c:e}) on {level:?}: {got:e}, not {:e}", allowed[0]);
            }
        }
    }
}

/// What a division leaves is a number of the type, and without a fused multiply-add it is that number, too.
fn remainders_are_exact<T: Number>() {
    let mut rng = Rng(11);
    let mut draw = || -> Vec<T> { (0..20_000).map(|_| T::of(rng.between(-24.0, 24.0).exp2())).collect() };
    let (a, b) = (draw(), draw());
    for level in all_levels() {
        let got = operate(level, Operation::Remainder, [&a, &b, &b]);
        for ((a, b), got) in a.iter().zip(&b).zip(got) {
            let wanted = (-(*a / *b).wide()).mul_add(b.wide(), a.wide());
            assert_eq!(got.wide(), wanted, "{a:e} over {b:e} on {level:?}");
        }
    }
}

/// `i` with `i + N/2`, then `N/4`, and so on: the order that all levels share.
fn sums_of_lanes_are_a_tree<T: Number>() {
    let n = VECTOR_BYTES / size_of::<T>();
    let mut rng = Rng(8);
    for level in all_levels() {
        for _ in 0..200 {
            let x: Vec<T> = (0..n).map(|_| T::of(rng.between(-1.0, 1.0) * rng.between(-30.0, 30.0).exp2())).collect();
            let mut lanes = x.clone();
            let mut half = n / 2;
            while half > 0 {
                (0..half).for_each(|i| lanes[i] = lanes[i] + lanes[i + half]);
                half /= 2;
            }
            let got = operate(level, Operation::Sum, [&x, &x, &x]);
            assert_same(&got, &vec![lanes[0]; n], &format!("the sum of {x:?} on {level:?}"));
        }
    }
}

fn the_largest_lane_is_found_among_nan<T: Number>() {
    let n = VECTOR_BYTES / size_of::<T>();
    for level in all_levels() {
        for (place, others) in (0..n).flat_map(|place| [-1.0, -INF, NAN].map(|others| (place, others))) {
            for largest in [7.5, -0.5, INF, -INF] {
                let mut x = vec![T::of(others); n];
                x[place] = T::of(largest);
                x[(place + 1) % n] = T::of(NAN);
                let wanted = if n > 2 || others.is_nan() { largest.max(others) } else { largest };
                let got = operate(level, Operation::Largest, [&x, &x, &x]);
                assert_same(&got, &vec![T::of(wanted); n], &format!("the largest of {x:?} on {level:?}"));
            }
        }
        let x = vec![T::of(NAN); n];
        let got = operate(level, Operation::Largest, [&x, &x, &x]);
        assert_same(&got, &vec![T::of(-INF); n], &format!("the largest of nothing on {level:?}"));
    }
}

/// Half of the lanes from either operand.
fn folds_are_steps_of_the_tree<T: Number>() {
    let n = VECTOR_BYTES / size_of::<T>();
    let mut rng = Rng(9);
    let folds = [(Operation::Fold1, 1), (Operation::Fold2, 2), (Operation::Fold4, 4), (Operation::Fold8, 8)];
    for level in all_levels() {
        for (fold, half) in folds {
            let half = half.min(n / 2);
            let [a, b] = [(); 2].map(|()| -> Vec<T> { (0..n).map(|_| T::of(rng.between(-1.0, 1.0))).collect() });
            let wanted: Vec<T> =
                (0..n).map(|i| if i & half == 0 { a[i] + a[i ^ half] } else { b[i] + b[i ^ half] }).collect();
            let got = operate(level, fold, [&a, &b, &b]);
            assert_same(&got, &wanted, &format!("{fold:?} of {a:?} and {b:?} on {level:?}"));
        }
    }
}

/// Taking a number apart, and multiplying it with a power of two in one rounding.
fn parts_of_a_number<T: Number>() {
    let mut rng = Rng(5);
    let (low, high) = (T::MIN_NORMAL.log2(), T::MAX.log2());
    let x: Vec<T> = (0..2000).map(|_| T::of(rng.between(low, high).exp2())).chain([T::of(1.0), T::of(0.75)]).collect();
    let near_one: Vec<T> = x.iter().map(|_| T::of(rng.between(0.5, 2.0))).collect();
    let powers: Vec<T> = x.iter().map(|_| T::of(rng.between(low - 60.0, high - 1.0).max(-1074.0).round())).collect();
    for level in all_levels() {
        let (m, k) = (operate(level, Operation::Mantissa, [&x; 3]), operate(level, Operation::Exponent, [&x; 3]));
        for ((x, m), k) in x.iter().zip(&m).zip(&k) {
            assert!((0.75..1.5).contains(&m.wide()), "the significand of {x:e} on {level:?}: {m:e}");
            let half = (k.wide() / 2.0).floor();
            assert_eq!(m.wide() * half.exp2() * (k.wide() - half).exp2(), x.wide(), "{m:e} 2^{k} on {level:?}");
        }
        let scaled = operate(level, Operation::Ldexp, [&near_one, &powers, &powers]);
        for ((x, n), got) in near_one.iter().zip(&powers).zip(&scaled) {
            assert_eq!(got.bits(), T::of(x.wide() * n.wide().exp2()).bits(), "{x:e} 2^{n} on {level:?}: {got:e}");
        }
    }
}

fn fused_levels_have_the_same_bits<T: Number>() {
    let x = arguments::<T>();
    for function in Function::ALL {
        let of = |level| {
            let mut to = vec![T::of(0.0); x.len()];
            map(level, function, &x, &mut to).expect("an available level");
            to
        };
        let model = of(Level::Model);
        for level in fused_levels() {
            assert_same(&of(level), &model, &format!("{function:?} of {} on {level:?}", T::NAME));
        }
    }
    let [a, b, c] = operands::<T>();
    for operation in Operation::ALL {
        // Outside their domain, these two take bits apart that mean nothing.
        if matches!(operation, Operation::Ldexp | Operation::Mantissa | Operation::Exponent) {
            continue;
        }
        let model = operate(Level::Model, operation, [&a, &b, &c]);
        for level in fused_levels() {
            let what = format!("{operation:?} of {} on {level:?}", T::NAME);
            assert_same(&operate(level, operation, [&a, &b, &c]), &model, &what);
        }
    }
}

//! The elementary functions keep their contracts at every level: error, special values, and equal bits wherever there
//! is a fused multiply-add.
//!
//! Single precision is sampled over all bit patterns here and run through all of them by `tests/exhaustive.rs`. Double
//! precision is sieved with the correctly rounded functions of CORE-MATH, where it has the function: a result that
//! equals theirs is within half an ULP. All others are judged in 128 bits. `LOSSFN_TEST_CASES=100` draws 10^7 points.

mod judging;

use judging::contract::{in_domain, thresholds, tolerance};
use judging::sweep::Sweep;
use judging::{same_bits, scaled};
use lossfn::Level;
use lossfn::internals::{Function, Internal, map};
use lossfn_oracle::inputs::{Values, rng, special};
use lossfn_oracle::{Big, Judged, Truth, Worst};

/// Special values and so many numbers on either side of where the kernels change, of both signs.
fn edges<T: Judged>(function: Function, steps: usize) -> Vec<T> {
    let mut points = special::<T>();
    let upwards = |x: f64| core::iter::successors(Some(T::from_f64(x)), |x| Some(x.next_up())).take(steps);
    let downwards = |x: f64| core::iter::successors(Some(T::from_f64(x)), |x| Some(x.next_down())).take(steps);
    for threshold in thresholds(function).into_iter().flat_map(|x| [x, -x]) {
        points.extend(upwards(threshold).chain(downwards(threshold)));
    }
    points.retain(|x| in_domain(function, *x));
    points
}

#[test]
fn single_precision() {
    for function in Function::ALL {
        let stride = ((1 << 32) / scaled(1 << 20) as u64).max(1) | 1;
        let mut sweep = Sweep::patterns(function, stride, &|_| {});
        sweep.points(edges(function, scaled(1000)).into_iter());
        sweep.report();
    }
}

/// Points of a function of doubles: of every exponent, where its result is neither trivial nor infinite, and edges.
fn double_points(function: Function, count: usize) -> Vec<f64> {
    let mut rng = rng(function as u64);
    let mut draw = |kind: Values, share: usize| kind.vector::<f64>(count / share, &mut rng);
    let mut points = draw(Values::LogUniform, 4);
    points.extend(draw(Values::Uniform { low: -20.0, high: 20.0 }, 4));
    points.extend(draw(Values::Uniform { low: -750.0, high: 720.0 }, 8));
    points.extend(draw(Values::Uniform { low: 0.25, high: 4.0 }, 8));
    points.extend(draw(Values::Uniform { low: 0.0, high: 1.0 }, 8));
    points.extend(draw(Values::Uniform { low: -60.0, high: 10.0 }, 8).iter().map(|x| x.exp2()));
    points.extend(draw(Values::Uniform { low: -60.0, high: 10.0 }, 8).iter().map(|x| -x.exp2()));
    points.retain(|x| in_domain(function, *x));
    points.extend(edges::<f64>(function, 20));
    points
}

/// The correctly rounded function, where there is one.
fn correctly_rounded(function: Function) -> Option<fn(f64) -> f64> {
    match function {
        Function::Exp => Some(core_math::exp),
        Function::Ln => Some(core_math::log),
        Function::Log1p | Function::Log1pHalf | Function::Log1pDown | Function::Log1pUp => Some(core_math::log1p),
        Function::Expm1 => Some(core_math::expm1),
        Function::Tanh => Some(core_math::tanh),
        Function::Sigmoid | Function::Softplus | Function::LogSigmoid => None,
    }
}

/// A function of doubles at one level. A truth that is found is kept for the next level.
fn judge_doubles(function: Function, level: Level, x: &[f64], got: &[f64], truth: &mut [Option<Big>]) -> Worst {
    let mut worst = Worst::new(format!("{function:?} f64 {level:?}"), tolerance(function, level));
    let rounded = correctly_rounded(function);
    for (i, (x, got)) in x.iter().zip(got).enumerate() {
        if rounded.is_some_and(|rounded| same_bits(&[rounded(*x)], &[*got])) {
            continue;
        }
        let wanted = truth[i].get_or_insert_with(|| judging::contract::truth(function, x.to_wide()));
        worst.check(i, *got, Truth::new(*wanted), || format!("{x:e} ({:#018x})", x.to_bits()));
    }
    worst
}

/// Those of this machine, and the model.
fn all_levels() -> impl Iterator<Item = Level> {
    Level::available().chain([Level::Model])
}

/// A function of doubles at all levels: those that are fused have the bits of the model.
fn double_precision(functions: &[Function], count: usize) {
    let mut faults = Vec::new();
    for &function in functions {
        let x = double_points(function, scaled(count));
        let mut truth = vec![None; x.len()];
        let run = |level| {
            let mut got = vec![0.0; x.len()];
            map(level, function, &x, &mut got).expect("an available level");
            got
        };
        let model = run(Level::Model);
        for level in all_levels() {
            let got = run(level);
            if level.is_fused() && level != Level::Model {
                if let Some(i) = (0..x.len()).find(|&i| !same_bits(&got[i..=i], &model[i..=i])) {
                    faults.push(format!("{function:?} f64 {level:?} differs from the model at {:e}", x[i]));
                }
                continue;
            }
            let worst = judge_doubles(function, level, &x, &got, &mut truth);
            let (name, bound) = (format!("{function:?}"), tolerance(function, level).ulp);
            let (ulp, at) = worst.case().map_or((0.5, "none"), |case| (case.ulp, &*case.input));
            println!("{name:<10} f64 {level:<7?} {ulp:.4} of {bound} ULP at {at}");
            faults.extend((!worst.ok()).then(|| worst.to_string()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn double_precision_of_known_functions() {
    let known: Vec<Function> = Function::ALL.into_iter().filter(|f| correctly_rounded(*f).is_some()).collect();
    double_precision(&known, 100_000);
}

#[test]
fn double_precision_of_the_logistic_family() {
    double_precision(&[Function::Sigmoid, Function::Softplus, Function::LogSigmoid], 12_000);
}

/// The special values that the documentation states.
fn stated<T: Judged>() -> Vec<(Function, f64, f64)> {
    use Function::{Exp, Expm1, Ln, Log1p, Log1pDown, Log1pHalf, Log1pUp, LogSigmoid, Sigmoid, Softplus, Tanh};
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let least = T::from_bits(1).to_f64();
    let most = T::from_bits((1 << (T::PRECISION - 1)) - 1).to_f64();
    let mut stated: Vec<_> = Function::ALL.into_iter().map(|function| (function, nan, nan)).collect();
    stated.extend([(Exp, inf, inf), (Exp, -inf, 0.0), (Exp, 0.0, 1.0), (Exp, -0.0, 1.0), (Exp, -most, 1.0)]);
    stated.extend([(Ln, inf, inf), (Ln, 0.0, -inf), (Ln, -0.0, -inf), (Ln, 1.0, 0.0), (Ln, -least, nan)]);
    stated.extend([(Ln, -1.0, nan), (Ln, -inf, nan), (Log1p, inf, inf), (Log1p, -1.0, -inf)]);
    stated.extend([
        (Log1p, -1.0 - f64::from(f32::EPSILON), nan),
        (Log1p, -inf, nan),
        (Log1pHalf, 0.0, 0.0),
        (Log1pDown, 0.0, 0.0),
        (Log1pUp, 0.0, 0.0),
    ]);
    stated.extend([(Expm1, inf, inf), (Expm1, -inf, -1.0), (Tanh, inf, 1.0), (Tanh, -inf, -1.0)]);
    stated.extend([(Sigmoid, inf, 1.0), (Sigmoid, -inf, 0.0), (Sigmoid, 0.0, 0.5), (Sigmoid, -0.0, 0.5)]);
    stated.extend([(Softplus, inf, inf), (Softplus, -inf, 0.0), (LogSigmoid, -inf, -inf), (LogSigmoid, inf, -0.0)]);
    for function in [Log1p, Expm1, Tanh] {
        stated.extend([0.0, -0.0, least, -least, most, -most].map(|x| (function, x, x)));
    }
    stated
}

fn special_values<T: Judged + Internal>() {
    for (function, x, wanted) in stated::<T>() {
        for level in all_levels() {
            let mut got = [T::from_f64(-7.0)];
            map(level, function, &[T::from_f64(x)], &mut got).expect("an available level");
            assert!(
                same_bits(&got, &[T::from_f64(wanted)]),
                "{function:?} {level:?}: {x:e} gives {got:?}, not {wanted:e}"
            );
        }
    }
}

#[test]
fn special_values_of_singles() {
    special_values::<f32>();
}

#[test]
fn special_values_of_doubles() {
    special_values::<f64>();
}

//! Predictions with targets that belong to them.

use lossfn_oracle::Judged;
use lossfn_oracle::inputs::strategies::{everyday, value};
use lossfn_oracle::inputs::{Values, near, rng, special};
use lossfn_oracle::registry::{At, Domain, Range};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// Where a range is special: its ends, their neighbours, and what lies outside.
pub(crate) fn edges<T: Judged>(range: Range) -> Vec<T> {
    let step = |x: f64, up: bool| if up { T::from_f64(x).next_up() } else { T::from_f64(x).next_down() };
    let of = |values: &[f64]| values.iter().map(|x| T::from_f64(*x)).collect::<Vec<_>>();
    match range {
        Range::Numbers => vec![T::from_f64(0.0)],
        Range::AboveMinusOne => [of(&[-1.0, 0.0, 1.0]), vec![step(-1.0, true), step(0.0, true)]].concat(),
        Range::Probabilities => [of(&[0.0, -0.0, 1.0, 0.5, 1e-3]), vec![step(0.0, true), step(1.0, false)]].concat(),
        Range::LogProbabilities => [of(&[0.0, f64::NEG_INFINITY, -1.0, -80.0]), vec![step(0.0, false)]].concat(),
        Range::Labels(labels) => of(labels),
    }
}

/// A number of the range for any number; NaN stays NaN.
pub(crate) fn inside<T: Judged>(range: Range, x: T, mirrored: bool) -> T {
    let number = x.to_f64();
    let unit = if number.abs() > 1.0 { 1.0 / number.abs() } else { number.abs() };
    match range {
        Range::Numbers => x,
        Range::AboveMinusOne if mirrored => T::from_f64(unit - 1.0),
        Range::AboveMinusOne => T::from_f64(number.abs()),
        Range::Probabilities if mirrored => T::from_f64(1.0 - unit),
        Range::Probabilities => T::from_f64(unit),
        Range::LogProbabilities if mirrored => T::from_f64(-unit),
        Range::LogProbabilities => T::from_f64(-80.0 * unit),
        Range::Labels(_) if number.is_nan() => x,
        Range::Labels(labels) => T::from_f64(labels[(x.to_bits() % labels.len() as u64) as usize]),
    }
}

/// Any number of a range.
fn number_of<T: Judged>(range: Range) -> BoxedStrategy<T> {
    let inside = (value(), any::<bool>()).prop_map(move |(x, mirrored)| inside(range, x, mirrored));
    match range {
        Range::Numbers => value().boxed(),
        Range::Probabilities => probability().boxed(),
        _ => prop_oneof![1 => select(edges(range)), 3 => inside].boxed(),
    }
}

/// From 0 to 1, both included.
pub(crate) fn probability<T: Judged>() -> impl Strategy<Value = T> {
    let nan = T::from_f64(f64::NAN);
    let edges = select(edges(Range::Probabilities));
    prop_oneof![6 => edges, 4 => (0.0..1.0).prop_map(T::from_f64), 1 => Just(nan)]
}

/// Any pair of prediction and target that a loss takes.
pub(crate) fn pairs_of<T: Judged>(domain: &Domain) -> BoxedStrategy<(T, T)> {
    let (prediction, target) = (number_of(domain.predictions), number_of(domain.targets));
    prop_oneof![3 => (prediction, target.clone()), 2 => at_kinks(domain, target)].boxed()
}

/// Pairs within two steps of a kink.
fn at_kinks<T: Judged>(domain: &Domain, target: BoxedStrategy<T>) -> BoxedStrategy<(T, T)> {
    let kinks = if domain.kinks.is_empty() { vec![0.0] } else { domain.kinks.clone() };
    let kink = (select(kinks), 0..5_usize);
    match domain.at {
        At::Inputs => (kink, target).prop_map(|((kink, step), t)| (near(kink)[step], t)).boxed(),
        At::Error | At::RoundedError => {
            let target = prop_oneof![Just(T::from_f64(0.0)), everyday::<T>()];
            (kink, target).prop_map(|((kink, step), t)| (near(t.to_f64() + kink)[step], t)).boxed()
        }
    }
}

/// Every kink with every step around it, over a target of 0 or the edges of the targets.
pub(crate) fn kinked<T: Judged>(domain: &Domain) -> Vec<(T, T)> {
    let targets = edges::<T>(domain.targets);
    let around = domain.kinks.iter().flat_map(|kink| near::<T>(*kink));
    around.flat_map(|x| targets.iter().map(move |t| (x, *t)).collect::<Vec<_>>()).collect()
}

/// Every special value with every other, or with those of its range.
pub(crate) fn special_pairs<T: Judged>(domain: &Domain) -> Vec<(T, T)> {
    let of = |range| match range {
        Range::Numbers => special(),
        Range::Labels(_) => edges(range),
        Range::Probabilities => edges(range),
        Range::AboveMinusOne | Range::LogProbabilities => {
            let inside = special::<T>().into_iter().flat_map(|x| [inside(range, x, false), inside(range, x, true)]);
            inside.step_by(3).chain(edges(range)).collect()
        }
    };
    let (mut predictions, targets) = (of(domain.predictions), of(domain.targets));
    if domain.predictions == Range::Probabilities {
        predictions.extend([-1e-3, 1.5, f64::INFINITY, f64::NAN].map(T::from_f64));
    }
    let with_targets = |x: T| targets.iter().map(move |t| (x, *t)).collect::<Vec<_>>();
    predictions.into_iter().flat_map(with_targets).collect()
}

/// Predictions drawn in one way, and targets; many of those are near the prediction, or hard.
pub(crate) fn drawn_pairs<T: Judged>(domain: &Domain, kind: Values, count: usize, seed: u64) -> Vec<(T, T)> {
    let mut rng = rng(seed);
    let x: Vec<T> = kind.vector(count, &mut rng);
    let x: Vec<T> = x.into_iter().enumerate().map(|(i, x)| inside(domain.predictions, x, i % 2 == 1)).collect();
    let shares: Vec<f64> = Values::Uniform { low: 0.0, high: 1.0 }.vector(count, &mut rng);
    let (range, edges) = (domain.targets, edges::<T>(domain.targets));
    let target = |i: usize| match (range, i % 3) {
        (Range::Probabilities, 0) if domain.predictions == range && i.is_multiple_of(2) => {
            T::from_f64((x[i].to_f64() * (1.0 + 1e-3 * shares[i])).min(1.0))
        }
        (Range::Probabilities, 0) => T::from_f64(shares[i]),
        (Range::Labels(_) | Range::Probabilities, _) => edges[i % edges.len()],
        (_, 0) => inside(range, T::from_f64(x[i].to_f64() * (1.0 + 1e-3 * shares[i])), i % 2 == 1),
        (_, 1) => edges[i / 3 % edges.len()],
        (_, _) => inside(range, x[count - 1 - i], i % 2 == 1),
    };
    (0..count).map(|i| (x[i], target(i))).collect()
}

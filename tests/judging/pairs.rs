//! Predictions with targets that belong to them.

use lossfn_oracle::Judged;
use lossfn_oracle::inputs::strategies::{everyday, value};
use lossfn_oracle::inputs::{Values, near, rng, special};
use lossfn_oracle::registry::{At, Domain, Targets};
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_oneof};
use proptest::sample::select;

/// Probabilities where they are special.
fn edges_of_probability<T: Judged>() -> Vec<T> {
    let edges = [0.0, 1.0, 0.5, 1e-3, T::from_f64(0.0).next_up().to_f64(), T::from_f64(1.0).next_down().to_f64()];
    edges.map(T::from_f64).to_vec()
}

/// From 0 to 1, both included.
pub(crate) fn probability<T: Judged>() -> impl Strategy<Value = T> {
    let nan = T::from_f64(f64::NAN);
    prop_oneof![6 => select(edges_of_probability()), 4 => (0.0..1.0).prop_map(T::from_f64), 1 => Just(nan)]
}

/// Any pair of prediction and target that a loss takes.
pub(crate) fn pairs_of<T: Judged>(domain: &Domain) -> BoxedStrategy<(T, T)> {
    let target = match domain.targets {
        Targets::Numbers => value().boxed(),
        Targets::Probabilities => probability().boxed(),
    };
    prop_oneof![3 => (value(), target.clone()), 2 => at_kinks(domain, target)].boxed()
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

/// Every kink with every step around it, over a target of 0 or the edges of probability.
pub(crate) fn kinked<T: Judged>(domain: &Domain) -> Vec<(T, T)> {
    let targets = match domain.targets {
        Targets::Numbers => vec![T::from_f64(0.0)],
        Targets::Probabilities => edges_of_probability(),
    };
    let around = domain.kinks.iter().flat_map(|kink| near::<T>(*kink));
    around.flat_map(|x| targets.iter().map(move |t| (x, *t)).collect::<Vec<_>>()).collect()
}

/// Every special value with every other, or with the edges of probability.
pub(crate) fn special_pairs<T: Judged>(domain: &Domain) -> Vec<(T, T)> {
    let targets = match domain.targets {
        Targets::Numbers => special(),
        Targets::Probabilities => edges_of_probability(),
    };
    special().into_iter().flat_map(|x: T| targets.iter().map(move |t| (x, *t)).collect::<Vec<_>>()).collect()
}

/// Predictions drawn in one way, and targets; many of those are near the prediction, or hard.
pub(crate) fn drawn_pairs<T: Judged>(domain: &Domain, kind: Values, count: usize, seed: u64) -> Vec<(T, T)> {
    let mut rng = rng(seed);
    let x: Vec<T> = kind.vector(count, &mut rng);
    let shares: Vec<f64> = Values::Uniform { low: 0.0, high: 1.0 }.vector(count, &mut rng);
    let target = |i: usize| match (domain.targets, i % 3) {
        (Targets::Numbers, 0) => T::from_f64(x[i].to_f64() * (1.0 + 1e-3 * shares[i])),
        (Targets::Numbers, 1) => T::from_f64(0.0),
        (Targets::Numbers, _) => x[count - 1 - i],
        (Targets::Probabilities, 0) => T::from_f64(shares[i]),
        (Targets::Probabilities, _) => edges_of_probability()[i % 6],
    };
    (0..count).map(|i| (x[i], target(i))).collect()
}

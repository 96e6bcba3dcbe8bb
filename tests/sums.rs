//! Sums: their error does not grow with the length, they do not overflow early, and those of parts merge.

mod support;

use lossfn::{Call, Loss, Mae, Mse, Totals, Weights};
use support::{AnyLoss, Number, Problem, Rng, Targets, Y, for_both_types, scaled, subjects, thinned};

/// A term from its place and a random number.
type Pattern = fn(usize, f64) -> f64;

for_both_types!(
    many_random_terms,
    adversarial_terms,
    every_length,
    parts_merge_to_the_whole,
    sums_beyond_the_type_are_finite,
);

/// A sum in twice the precision of `f64`.
#[derive(Clone, Copy, Default)]
struct Wide {
    high: f64,
    low: f64,
}

impl Wide {
    fn add(&mut self, term: f64) {
        let sum = self.high + term;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (term - part);
        self.high = sum;
    }

    fn of<T: Number>(terms: &[T]) -> Self {
        let mut sum = Self::default();
        for term in terms {
            sum.add(term.wide());
        }
        sum
    }

    /// How far `got` is from this, relative to `size`.
    fn error(self, got: f64, size: f64) -> f64 {
        ((got - self.high) - self.low).abs() / size
    }
}

/// By type: `f32`, `f64`.
fn bound<T: Number>(single: f64, double: f64) -> f64 {
    if T::NAME == "f32" { single } else { double }
}

fn mse_sum<T: Number>(x: &[T], t: &[T], each: &mut [T]) -> Totals {
    let bound = T::bind(AnyLoss::Mse(Mse::new()), Call::new().sum(), Y::Numbers(t));
    let totals = bound.each(x, each).unwrap();
    assert_eq!(bound.value(x).unwrap().totals, totals);
    totals
}

fn many_random_terms<T: Number>() {
    let n = scaled(1 << 25);
    let mut rng = Rng(11);
    let numbers: Vec<T> = (0..=n).map(|_| T::of(rng.between(-1.0, 1.0))).collect();
    let mut each = vec![T::of(0.0); n];
    // Neighbours as prediction and target.
    let totals = mse_sum(&numbers[..n], &numbers[1..], &mut each);
    let truth = Wide::of(&each);
    let error = truth.error(totals.sum, truth.high);
    println!("{} terms of {}: relative error of the sum {error:e}", n, T::NAME);
    assert!(error < bound::<T>(1e-7, 1e-15), "{error:e}");
    assert_eq!((totals.count, totals.weight), (n as u64, n as f64));
}

/// Terms that a running sum in the element type rounds in one direction, or that cancel.
fn adversarial_terms<T: Number>() {
    let half = T::EPSILON / 2.0;
    let patterns: [(&str, Pattern); 6] =
        [
            ("a one, then terms that just vanish", |i, half| if i == 0 { 1.0 } else { half * 0.99 }),
            ("a one in each block, then terms that just vanish", |i, half| {
                if i.is_multiple_of(1024) { 1.0 } else { half * 0.99 }
            }),
            ("terms just over a tie", |i, half| if i < 64 { 1.0 } else { 1.0 + half * 2.0 * (1 + i % 3) as f64 }),
            ("growing", |i, _| (i as f64 * 0.01).exp2().min(1e30)),
            ("shrinking", |i, _| (-(i as f64) * 0.01).exp2().max(1e-30)),
            ("cancelling", |i, _| [1e30, 1.0, -1e30, -1.0, 3e29, -3e29][i % 6]),
        ];
    for (name, term) in patterns {
        for n in [1024, 5000, 70_000] {
            let terms: Vec<T> = (0..n).map(|i| T::of(term(i, half))).collect();
            let sum = weighted_sum(&terms);
            let size: f64 = terms.iter().map(|term| term.wide().abs()).sum();
            let error = Wide::of(&terms).error(sum, size);
            assert!(error <= bound::<T>(4e-6, 5e-15), "{name}, {n} of {}: {error:e}", T::NAME);
        }
    }
}

/// The sum of these terms: losses of 1 with the terms as weights.
fn weighted_sum<T: Number>(terms: &[T]) -> f64 {
    let (ones, zeros) = (vec![T::of(1.0); terms.len()], vec![T::of(0.0); terms.len()]);
    let how = Call::new().sum().weights(Weights::Each(terms));
    T::bind(AnyLoss::Mae(Mae::new()), how, Y::Numbers(&zeros)).value(&ones).unwrap().value
}

fn every_length<T: Number>() {
    let edges = [255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 32767, 32768, 32769];
    let lengths = (0..=67).chain(edges).chain([65535, 65536, 65537]).step_by(thinned(7));
    for n in lengths {
        for subject in subjects::<T>() {
            let problem = Problem::new(subject, n, if subject.by_row { 2 } else { 1 }, n as u64);
            let mut each = vec![T::of(0.0); problem.items()];
            let bound_ = problem.bind(Call::new().sum());
            let totals = bound_.each(&problem.x, &mut each).unwrap();
            let counted = (0..problem.items()).filter(|&item| !problem.is_ignored(item)).count();
            assert_eq!(totals.count, counted as u64, "{} {n}", subject.name);
            let (truth, value) = (Wide::of(&each), bound_.value(&problem.x).unwrap().value);
            assert_eq!(value.to_bits(), totals.sum.to_bits(), "{} {n}", subject.name);
            let size: f64 = each.iter().map(|each| each.wide().abs()).sum();
            let error = truth.error(value, size.max(T::MIN_NORMAL));
            assert!(error <= bound::<T>(1.4e-6, 2.5e-15), "{} {n} of {}: {error:e}", subject.name, T::NAME);
        }
    }
}

fn parts_merge_to_the_whole<T: Number>() {
    for subject in subjects::<T>() {
        let rows = 2000;
        let problem = Problem::new(subject, rows, 5, 21);
        let whole = problem.bind(Call::new()).value(&problem.x).unwrap().totals;
        for parts in [2, 3, 7, 64, 1000] {
            let part = |i: usize| {
                let rows: Vec<usize> = (i * rows / parts..(i + 1) * rows / parts).collect();
                let part = problem.select(&rows);
                part.bind(Call::new()).value(&part.x).unwrap().totals
            };
            let merged: Totals = (0..parts).map(part).sum();
            let what = format!("{} {} in {parts} parts", subject.name, T::NAME);
            assert_eq!(merged.count, whole.count, "{what}");
            let off = |a: f64, b: f64| (a - b).abs() / b;
            assert!(off(merged.sum, whole.sum) <= bound::<T>(2e-6, 4e-15), "{what}: {merged:?} {whole:?}");
            assert!(off(merged.weight, whole.weight) <= 1e-13, "{what}: {merged:?} {whole:?}");
        }
    }
}

/// Terms near the largest number: the sum is finite wherever `f64` holds it, on every path.
fn sums_beyond_the_type_are_finite<T: Number>() {
    let big = T::of(T::MAX * 0.9);
    for n in [2, 67, 1024, 5000] {
        let (x, zeros, ones) = (vec![big; n], vec![T::of(0.0); n], vec![T::of(1.0); n]);
        let truth = big.wide() * n as f64;
        for how in [Call::new().sum(), Call::new().sum().weights(Weights::Each(&ones))] {
            let bound_ = T::bind(AnyLoss::Mae(Mae::new()), how, Y::Numbers(&zeros));
            let value = bound_.value(&x).unwrap().value;
            let near = (value / truth - 1.0).abs() < 1e-15;
            assert!(near || value == truth, "{n} of {}: {value:e}, not {truth:e}", T::NAME);
        }
    }
    // Blocks that overflow between others that do not, and a tail, with their gradients.
    let block = 64 * 64 / size_of::<T>();
    // A power of two, whose sums are exact: a block or a tail that is lost shows.
    let small = T::of(2.0_f64.powf(T::MAX.log2().floor() - 14.0));
    let mut x = vec![small; 5 * block + 7];
    x[block..2 * block].fill(big);
    x[3 * block..4 * block].fill(big);
    // And one that ends with the tail.
    x[4 * block..].fill(big);
    let (zeros, ones) = (vec![T::of(0.0); x.len()], vec![T::of(1.0); x.len()]);
    let truth = big.wide() * (3 * block + 7) as f64 + small.wide() * (2 * block) as f64;
    let mut grads = [vec![T::of(0.0); x.len()], vec![T::of(0.0); x.len()]];
    let ways = [Call::new().sum(), Call::new().sum().weights(Weights::Each(&ones))];
    for (how, grad) in ways.into_iter().zip(&mut grads) {
        let value = T::bind(AnyLoss::Mae(Mae::new()), how, Y::Numbers(&zeros)).value_and_grad(&x, grad).unwrap().value;
        assert!((value / truth - 1.0).abs() < 1e-15 || value == truth, "{}: {value:e}, not {truth:e}", T::NAME);
        assert!(grad.iter().all(|grad| grad.wide() == 1.0), "{}", T::NAME);
        // Over the predictions, which are gone when the sum of a block is known.
        let mut over = x.clone();
        let loss = T::bind(AnyLoss::Mae(Mae::new()), how, Y::Numbers(&zeros));
        assert_eq!(loss.value_and_grad_in_place(&mut over).unwrap().value, value, "{}", T::NAME);
        assert_eq!(over, *grad, "{}", T::NAME);
    }
    // A NaN between them is one, and hides no gradient.
    x[2 * block] = T::of(f64::NAN);
    let bound_ = T::bind(AnyLoss::Mae(Mae::new()), Call::new().sum(), Y::Numbers(&zeros));
    assert!(bound_.value_and_grad(&x, &mut grads[0]).unwrap().value.is_nan());
    let is_right = |(i, grad): (usize, &T)| if i == 2 * block { grad.wide().is_nan() } else { grad.wide() == 1.0 };
    assert!(grads[0].iter().enumerate().all(is_right), "{}", T::NAME);
    // One infinity, and one pair of opposite overflows, stay what they are.
    let infinity = [T::of(f64::INFINITY), T::of(1.0)];
    let bound_ = T::bind(AnyLoss::Mae(Mae::new()), Call::new().sum(), Y::Numbers(&infinity[1..]));
    assert_eq!(bound_.value(&infinity[..1]).unwrap().value, f64::INFINITY);
}

/// Rows whose losses overflow `f32` together.
#[test]
fn sums_of_rows_beyond_the_type_are_finite() {
    let (rows, gap) = (100, 2e38_f32);
    let x: Vec<f32> = (0..rows).flat_map(|_| [gap, 0.0]).collect();
    let loss = lossfn::CrossEntropy::new(2).with(Call::new().sum());
    let outcome = loss.value(&x, &vec![1_u8; rows]).unwrap();
    assert_eq!(outcome.value, f64::from(gap) * rows as f64);
}

#[test]
fn subjects_have_targets_of_every_kind() {
    let kinds: Vec<Targets> = subjects::<f32>().iter().map(|subject| subject.targets).collect();
    for kind in [Targets::Numbers, Targets::Yes, Targets::Distributions, Targets::Classes] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
}

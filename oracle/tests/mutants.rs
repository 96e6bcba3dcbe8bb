//! Kernels that are wrong in the ways kernels are wrong: the comparator must let the right one pass and no other.

use lossfn_oracle::formula::{Elementwise, Huber};
use lossfn_oracle::inputs::{pairs, special};
use lossfn_oracle::{Judged, Tolerance, Truth, Wide, Worst};

const HUBER: Huber = Huber { delta: 1.0 };

/// What the kernel under test rounds once: the best there can be.
fn rounded<T: Judged>(truth: &[Truth<T::Wide>]) -> Vec<T> {
    truth.iter().map(|truth| nearest(truth.value)).collect()
}

/// The number of `T` nearest to the truth; going through f64 rounds twice for f32, within half a ULP and a hair.
fn nearest<T: Judged>(x: impl Wide) -> T {
    T::from_f64(x.to_f64())
}

/// True values at all kinds of inputs: NaN and ±∞ among them.
fn batch<T: Judged>() -> Vec<Truth<T::Wide>> {
    let everyday = [0.25, -0.75, 3.0, -17.0, 1.5].map(T::from_f64);
    let values: Vec<T> = special::<T>().into_iter().chain(everyday).collect();
    pairs(&values).map(|(x, t)| HUBER.at(x.to_wide(), t.to_wide()).value).collect()
}

fn passes<T: Judged>(got: &[T], truth: &[Truth<T::Wide>]) -> bool {
    let mut worst = Worst::new("huber", Tolerance::ulp(1.0));
    worst.check_slice(got, truth, |i| i.to_string());
    worst.ok()
}

fn replaced<T: Copy>(values: &[T], index: usize, value: T) -> Vec<T> {
    let mut values = values.to_vec();
    values[index] = value;
    values
}

fn find<T: Judged>(values: &[T], is: impl Fn(f64) -> bool) -> Option<usize> {
    values.iter().position(|value| is(value.to_f64()))
}

fn mutants<T: Judged>() {
    let truth = batch::<T>();
    let right = rounded::<T>(&truth);
    assert!(passes(&right, &truth), "the right kernel must pass");

    let length = right.len();
    let mutate = |f: fn(T) -> T| right.iter().map(|value| f(*value)).collect::<Vec<T>>();
    assert!(!passes(&mutate(|_| T::from_f64(0.0)), &truth), "always 0");
    assert!(!passes(&mutate(|_| T::from_f64(f64::NAN)), &truth), "always NaN");
    assert!(!passes(&mutate(|_| T::from_f64(f64::INFINITY)), &truth), "always ∞");
    assert!(!passes(&mutate(|x| T::from_f64(-x.to_f64())), &truth), "sign lost");
    assert!(!passes(&mutate(|x| if x.to_f64().is_nan() { T::from_f64(0.0) } else { x }), &truth), "NaN hidden");
    assert!(!passes(&mutate(|x| if x.to_f64() > 1e30 { T::MAX } else { x }), &truth), "∞ clamped");
    assert!(!passes(&right[..length - 1], &truth), "last element not returned");

    let mut neighbours = right.clone();
    neighbours.rotate_left(1);
    assert!(!passes(&neighbours, &truth), "the neighbour's value");
    let last = T::from_f64(f64::NAN);
    assert!(!passes(&replaced(&right, length - 1, last), &truth), "last element not written");
}

/// One wrong element among all right ones, of every kind, is found.
fn single_faults<T: Judged>() {
    let truth = batch::<T>();
    let right = rounded::<T>(&truth);
    let found = |is: fn(f64) -> bool, wrong: fn(T) -> T| {
        let index = find(&right, is).unwrap_or_else(|| panic!("no such value among {} truths", truth.len()));
        !passes(&replaced(&right, index, wrong(right[index])), &truth)
    };
    let over = |x: T| x.next_up().next_up();
    assert!(found(|x| x > 0.1 && x < 10.0, over), "one ULP over the bound");
    assert!(found(|x| x > 1e4 && x < 1e9, over), "one ULP over the bound, large");
    assert!(found(|x| x == 0.0, |_| T::from_bits(1)), "a subnormal for 0");
    assert!(found(|x| x == f64::INFINITY, |_| T::from_f64(f64::NEG_INFINITY)), "−∞ for ∞");
    assert!(found(|x| x == f64::INFINITY, |_| T::MAX), "MAX for ∞");
    assert!(found(|x| x == f64::INFINITY, |_| T::from_f64(f64::NAN)), "NaN for ∞");
    assert!(found(f64::is_nan, |_| T::from_f64(f64::INFINITY)), "∞ for NaN");
    assert!(found(f64::is_nan, |_| T::from_f64(1.0)), "a number for NaN");
    assert!(found(|x| x == 0.5, |_| T::from_f64(f64::NAN)), "NaN for a number");
    assert!(found(|x| x == 0.5, |_| T::from_f64(f64::INFINITY)), "∞ for a number");
    assert!(found(|x| x == 0.5, |_| T::from_f64(0.0)), "0 for a number");
}

#[test]
fn wrong_kernels_of_f32_fail() {
    mutants::<f32>();
    single_faults::<f32>();
}

#[test]
fn wrong_kernels_of_f64_fail() {
    mutants::<f64>();
    single_faults::<f64>();
}

/// A kernel as far off as the bound allows passes, and any farther fails: the bound is the bound.
#[test]
fn the_bound_is_sharp() {
    let verdict = |ulps: f64, bound: f64| {
        let mut worst = Worst::new("bound", Tolerance::ulp(bound));
        let truth = 1.5 - ulps * f64::from(f32::EPSILON);
        worst.check(0, 1.5_f32, Truth::new(truth), String::new);
        worst.ok()
    };
    assert!(verdict(3.0, 3.0) && verdict(0.0, 0.0) && verdict(0.5, 0.5));
    assert!(!verdict(3.001, 3.0) && !verdict(1e-6, 0.0) && !verdict(0.500_001, 0.5));
}

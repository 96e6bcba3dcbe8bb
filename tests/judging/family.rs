//! The tests that every elementwise loss of a family goes through.

use super::elements::{Elements, judge_batches};
use super::{Manner, Peaks, drawn_pairs, kinked, scaled, special_pairs};
use lossfn::{Call, Weights};
use lossfn_oracle::inputs::{Values, offsets};
use lossfn_oracle::registry::{Family, Row, Slices, Subject, Verb};

/// Every loss of the family goes through `test`; all failures are reported, and the largest distances are shown.
pub(crate) fn for_each_row<T: Subject>(
    family: Family,
    what: &str,
    test: impl Fn(&Row<T>) -> Result<Option<Peaks>, String>,
) {
    let mut failures = Vec::new();
    for row in T::elementwise().iter().filter(|row| row.domain.family == family) {
        match test(row) {
            Ok(None) => {}
            Ok(Some(Peaks { value, slope, target_slope })) => {
                let of = format!("{:<30} {} {what:<10}", row.name, T::NAME);
                println!("{of} value {value:.3} ULP, gradient {slope:.3} ULP, of the target {target_slope:.3} ULP");
            }
            Err(failure) => failures.push(format!("{} {}: {failure}", row.name, T::NAME)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// How much of the oracle a test can afford: f64 is judged in arithmetic that takes a thousand times as long.
fn affordable<T: Subject>(single: usize, double: usize) -> usize {
    if T::BITS == 32 { single } else { double }
}

/// Batches of all lengths and offsets, with all weights and divisors.
pub(crate) fn batches<T: Subject>(family: Family) {
    let (cases, limit) = (affordable::<T>(100, 60), affordable::<T>(1025, 67));
    for_each_row::<T>(family, "batches", |row| judge_batches(row, cases, limit).map(Some));
}

/// Every pair of special values, and every kink.
pub(crate) fn special_values<T: Subject>(family: Family) {
    for_each_row::<T>(family, "special", |row| {
        let mut pairs = special_pairs(&row.domain);
        if T::BITS == 64 {
            pairs = pairs.into_iter().step_by(7).collect();
        }
        pairs.extend(kinked(&row.domain));
        Elements::new(row, &pairs, 3).judge(&Manner::sum()).map(Some)
    });
}

/// Values of every magnitude, drawn in every way; in f32 one more than the longest run of one partial sum.
pub(crate) fn magnitudes<T: Subject>(family: Family) {
    let count = scaled(affordable::<T>(65_537, 1_000));
    for_each_row::<T>(family, "magnitudes", |row| {
        let mut peaks = Peaks::default();
        for (seed, kind) in (1..).zip(Values::EACH) {
            let pairs = drawn_pairs(&row.domain, kind, count, seed);
            peaks.absorb(Elements::new(row, &pairs, seed as usize % offsets().end()).judge(&Manner::sum())?);
        }
        Ok(Some(peaks))
    });
}

/// Weights of one are no weights, bit for bit.
pub(crate) fn weights_of_one<T: Subject>(family: Family) {
    for_each_row::<T>(family, "ones", |row| {
        let pairs = drawn_pairs::<T>(&row.domain, Values::Uniform { low: -9.0, high: 9.0 }, 12 * 101, 1);
        let (x, t): (Vec<T>, Vec<T>) = pairs.into_iter().unzip();
        let ones = vec![T::from_f64(1.0); x.len()];
        let run = |how: Call<'_, T>| -> Result<_, String> {
            let (mut x, mut each, mut grad, mut target_grad) = (x.clone(), ones.clone(), ones.clone(), ones.clone());
            let slices = Slices { x: &mut x, each: &mut each, grad: &mut grad, target_grad: &mut target_grad };
            let value = row.run(how, Verb::ValueAndGrad, &t, slices).map_err(|error| error.to_string())?;
            let mean = grad.clone();
            let verb = if row.both_grads { Verb::EachAndGrads } else { Verb::EachAndGrad };
            let slices = Slices { x: &mut x, each: &mut each, grad: &mut grad, target_grad: &mut target_grad };
            row.run(how, verb, &t, slices).map_err(|error| error.to_string())?;
            let bits =
                [mean, each, grad, target_grad].map(|output| output.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
            // As text, in which any NaN is as good as another.
            Ok((format!("{value:?}"), bits))
        };
        for level in super::levels() {
            let how = Call::new().level(level).columns(12);
            let without = run(how)?;
            for weights in [Weights::Each(&ones), Weights::Rows(&ones[..101]), Weights::Columns(&ones[..12])] {
                if run(how.weights(weights))? != without {
                    return Err(format!("{level:?}: weights of 1 change a bit"));
                }
            }
        }
        Ok(None)
    });
}

/// The tests of a family, for both types.
macro_rules! tests_of_family {
    ($family:ident) => {
        mod single {
            crate::judging::family::tests_of_type!($family, f32);
        }
        mod double {
            crate::judging::family::tests_of_type!($family, f64);
        }
    };
}
pub(crate) use tests_of_family;

macro_rules! tests_of_type {
    ($family:ident, $float:ident) => {
        use crate::judging::family;
        use lossfn_oracle::registry::Family::$family;

        #[test]
        fn batches() {
            family::batches::<$float>($family);
        }
        #[test]
        fn special_values() {
            family::special_values::<$float>($family);
        }
        #[test]
        fn magnitudes() {
            family::magnitudes::<$float>($family);
        }
        #[test]
        fn weights_of_one() {
            family::weights_of_one::<$float>($family);
        }
    };
}
pub(crate) use tests_of_type;

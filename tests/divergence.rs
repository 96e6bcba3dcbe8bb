//! Losses of a distribution against another: every element, at every level, by every verb, against the
//! textbook; and what the divergence is.
//!
//! What the tests go through is the registry: a loss that is added there is tested here. `LOSSFN_TEST_CASES=10` does ten
//! times as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use judging::family::tests_of_family;
use judging::proptest_config;
use lossfn::{ByRow, Call, CrossEntropy, Divisor, KlDiv, Loss};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_assert};
use proptest::test_runner::TestRunner;

tests_of_family!(Divergence);

/// The size of a logit, at most.
const LARGEST: f64 = 30.0;

/// The row length, logits, and probabilities of which the first of each row is 0.
fn logits_and_probabilities() -> impl Strategy<Value = (usize, Vec<f64>, Vec<f64>)> {
    (1..8_usize, 2..100_usize).prop_flat_map(|(rows, columns)| {
        let items = rows * columns;
        let drawn = (Just(columns), vec(-LARGEST..LARGEST, items), vec(0.0..1.0_f64, items));
        drawn.prop_map(|(columns, logits, mut t)| {
            t.chunks_mut(columns).for_each(|row| {
                (row[0], row[1]) = (0.0, row[1] + 1e-3);
                let total: f64 = row.iter().sum();
                row.iter_mut().for_each(|t| *t /= total);
            });
            (columns, logits, t)
        })
    })
}

fn log_softmax(row: &[f64]) -> Vec<f64> {
    let top = row.iter().fold(f64::NEG_INFINITY, |top, x| top.max(*x));
    let log_sum = row.iter().map(|x| (x - top).exp()).sum::<f64>().ln() + top;
    row.iter().map(|x| x - log_sum).collect()
}

/// `KL = cross-entropy - entropy`, the mean of rows is PyTorch's `batchmean`, and no row is negative.
#[test]
fn kl_is_cross_entropy_less_entropy() {
    let outcome = TestRunner::new(proptest_config(200)).run(&logits_and_probabilities(), |(columns, logits, t)| {
        let rows = t.len() / columns;
        let log_p: Vec<f64> = logits.chunks(columns).flat_map(log_softmax).collect();
        let (p, log_t): (Vec<f64>, Vec<f64>) =
            (log_p.iter().map(|x| x.exp()).collect(), t.iter().map(|t| t.ln()).collect());
        let entropy = -t.iter().filter(|t| **t > 0.0).map(|t| t * t.ln()).sum::<f64>();
        let sum = Call::new().sum();
        let cross_entropy = CrossEntropy::new(columns).with(sum).value(&logits, &t).unwrap().value;
        // As far as the difference, and the logarithms of the test, leave digits.
        let rounding = 1e-15 * (rows as f64) * LARGEST;
        let is_near = |found: f64, wanted: f64| (found - wanted).abs() <= 4.0 * rounding;
        let found = KlDiv::new().with(sum).value(&log_p, &t).unwrap().value;
        prop_assert!(is_near(found, cross_entropy - entropy));
        prop_assert!(is_near(KlDiv::new().log_target().with(sum).value(&log_p, &log_t).unwrap().value, found));
        prop_assert!(is_near(KlDiv::new().of_probabilities().with(sum).value(&p, &t).unwrap().value, found));

        let mean = KlDiv::new().value(&log_p, &t).unwrap().value;
        let batchmean = Call::new().columns(columns).mean(Divisor::Rows);
        let batchmean = KlDiv::new().with(batchmean).value(&log_p, &t).unwrap().value;
        prop_assert!(is_near(batchmean, found / rows as f64) && is_near(mean * columns as f64, batchmean));
        let by_row = Call::new().columns(columns).by_row(ByRow::Sum);
        prop_assert!(is_near(KlDiv::new().with(by_row).value(&log_p, &t).unwrap().value, batchmean));
        let mut each = vec![0.0; rows];
        KlDiv::new().with(by_row).each(&log_p, &t, &mut each).unwrap();
        prop_assert!(each.iter().all(|row| *row >= 0.0), "{each:?}");
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

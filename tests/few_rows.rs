//! Few rows of cross-entropy go another way than many: the bits must be the same, whatever is in the rows. Up to four
//! short ones without options go a way of their own.

use lossfn::{Call, CrossEntropy, Divisor, Layout, Loss, Weights};

const ROWS: usize = 70;

/// Rows that are ordinary, far apart, beyond the first shift, certain, infinite, not a number.
fn logits(classes: usize) -> Vec<f64> {
    let size = [1.0, 30.0, 400.0, 1e4, 1e-3, 90.0];
    let mut x: Vec<f64> = (0..ROWS * classes)
        .map(|i| {
            ((i * 37 % 101) as f64 / 20.0 - 2.5) * size[i / classes % size.len()] + (i / classes % 3) as f64 * 50.0
        })
        .collect();
    for (row, odd) in [(7, f64::NEG_INFINITY), (19, f64::NAN), (33, f64::INFINITY), (40, 1e30), (50, -1e30)] {
        x[row * classes] = odd;
    }
    x
}

macro_rules! few_rows {
    ($test:ident: $float:ident) => {
        #[test]
        fn $test() {
            let bits = |x: &[$float]| x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>();
            for classes in [1, 2, 3, 10, 16, 17, 64, 96, 128, 200, 1500] {
                let x: Vec<$float> = logits(classes).iter().map(|x| *x as $float).collect();
                let y: Vec<i64> = (0..ROWS).map(|i| if i % 6 == 5 { -100 } else { (i * 7 % classes) as i64 }).collect();
                let class_weights: Vec<$float> = (0..classes).map(|i| (i * 5 % 7) as $float / 3.0).collect();
                let weights: Vec<$float> = (0..ROWS).map(|i| [1.0, -0.0, -0.5, 1e-45, 0.0][i % 5] as $float).collect();
                let mask: Vec<bool> = (0..ROWS).map(|i| i % 11 != 3).collect();
                let start: Vec<$float> = (0..x.len()).map(|i| [-0.0, 0.5][i % 2]).collect();
                for weighted in [false, true] {
                    let loss = CrossEntropy::new(classes).ignore_index(-100);
                    let loss = if weighted { loss.class_weights(&class_weights) } else { loss };
                    let results = |rows: core::ops::Range<usize>, accumulates: bool| {
                        let entries = rows.start * classes..rows.end * classes;
                        let call = Call::new().sum().upstream(0.7);
                        let call = if accumulates { call.accumulate() } else { call };
                        let call = if weighted {
                            call.weights(Weights::Each(&weights[rows.clone()])).mask(&mask[rows.clone()])
                        } else {
                            call
                        };
                        let (x, y) = (&x[entries.clone()], &y[rows.clone()]);
                        let (mut each, mut dx, mut place) =
                            (vec![9.0; rows.len()], start[entries].to_vec(), x.to_vec());
                        let loss = loss.with(call);
                        loss.each_and_grad(x, y, &mut each, &mut dx).unwrap();
                        if !accumulates {
                            loss.value_and_grad_in_place(&mut place, y).unwrap();
                        }
                        (bits(&each), bits(&dx), bits(&place))
                    };
                    for accumulates in [false, true] {
                        let all = results(0..ROWS, accumulates);
                        for count in [1, 2, 3, 4, 5, 8, 9] {
                            for first in (0..=ROWS - count).step_by(count) {
                                let (rows, at) = (first..first + count, first * classes..(first + count) * classes);
                                let few = results(rows.clone(), accumulates);
                                let what = format!("{classes} classes, rows {rows:?}, {weighted}, {accumulates}");
                                assert_eq!(few.0, all.0[rows], "{what}");
                                assert_eq!(few.1, all.1[at.clone()], "{what}, gradient");
                                assert_eq!(few.2, all.2[at], "{what}, in place");
                            }
                        }
                    }
                }
            }
        }
    };
}
few_rows!(singles: f32);
few_rows!(doubles: f64);

macro_rules! small_calls {
    ($test:ident: $float:ident) => {
        /// Against the same calls with weights of 1, which are an option. One entry makes some rows ask for more than the
        /// usual steps.
        #[test]
        fn $test() {
            let bits = |x: &[$float]| x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>();
            let number = |x: f64| if x.is_nan() { 1 } else { x.to_bits() };
            let ones = [1.0; 5];
            let added = [0.0, 1e4, -1e4, 40.0, $float::NAN, $float::INFINITY, $float::NEG_INFINITY];
            let calls = [
                Call::new(),
                Call::new().sum().upstream(-0.7),
                Call::new().mean(Divisor::Fixed(3.0)),
                Call::new().mean(Divisor::WeightSum).upstream(1e-42),
                Call::new().mean(Divisor::Fixed(0.0)),
            ];
            for (level, how) in lossfn::internals::levels().flat_map(|level| calls.map(|how| (level, how.level(level))))
            {
                for (classes, stride) in (1..=17).flat_map(|classes| [(classes, classes), (classes, classes + 3)]) {
                    let loss = CrossEntropy::new(Layout::rows(classes).stride(stride)).ignore_index(-1);
                    for (rows, added) in (1..=5).flat_map(|rows| added.map(|added| (rows, added))) {
                        let what =
                            format!("{rows} rows of {classes} in {stride}, one with {added}, {level:?}, {how:?}");
                        let mut x: Vec<$float> =
                            (0..rows * stride).map(|i| (i * 37 % 101) as $float / 17.0 - 3.0).collect();
                        x[(rows - 1) * stride + classes / 2] += added;
                        for row in x.chunks_mut(stride) {
                            row[classes..].fill($float::NAN);
                        }
                        let y: Vec<i64> = (0..rows).map(|i| (i * 7 % classes) as i64).collect();
                        let results = |how| {
                            let loss = loss.with(how);
                            let (mut dx, mut each) = (vec![9.0; x.len()], vec![9.0; rows]);
                            let mut each_dx = dx.clone();
                            let outcome = loss.value_and_grad(&x, &y, &mut dx).unwrap();
                            let totals = loss.each_and_grad(&x, &y, &mut each, &mut each_dx).unwrap();
                            let value = loss.value(&x, &y).unwrap().value;
                            let numbers = [outcome.value, value, outcome.totals.weight, totals.sum, totals.weight];
                            (numbers.map(number), totals.count, bits(&dx), bits(&each), bits(&each_dx))
                        };
                        assert_eq!(results(how), results(how.weights(Weights::Each(&ones[..rows]))), "{what}");
                    }
                }
            }
        }
    };
}
small_calls!(small_calls_of_singles: f32);
small_calls!(small_calls_of_doubles: f64);

//! What is ignored, masked or between the rows is neither read nor written, and batches of nothing have no surprises.

mod support;

use lossfn::{
    BothGrads, Call, CategoricalCrossEntropy, CosineEmbedding, CosineSimilarity, CrossEntropy, Divisor, Empty, Layout,
    Level, Loss, LossError, Mse, Nll, Weights,
};
use support::{AnyLoss, Number, Problem, Subject, Y, assert_same, for_both_types, subjects};

for_both_types!(
    rows_left_out_are_not_read,
    elements_left_out_are_not_read,
    padding_is_not_touched,
    means_over_nothing,
    weights_that_add_up_to_nothing,
    no_elements_and_no_rows,
    nothing_left_with_any_upstream,
);

fn by_row<T: Number>() -> impl Iterator<Item = Subject<T>> {
    subjects::<T>().into_iter().filter(|subject| subject.by_row)
}

/// Logits that would show if they were read.
fn poison<T: Number>(row: usize) -> T {
    T::of([f64::NAN, f64::NEG_INFINITY, f64::INFINITY, T::MAX][row % 4])
}

fn is_plus_zero<T: Number>(x: &[T]) -> bool {
    x.iter().all(|x| x.bits() == T::of(0.0).bits())
}

/// A call that leaves every third row out, by its class or by a mask; the rest must be what it is without them.
fn check_left_out<T: Number>(mut problem: Problem<T>, mask: Option<&[bool]>, level: Level) {
    let (rows, columns) = (problem.rows, problem.columns);
    let what = format!("{} {} {rows}x{columns} on {level:?}", problem.subject.name, T::NAME);
    let is_out = |row: usize| row % 3 == 1;
    let kept: Vec<usize> = (0..rows).filter(|&row| !is_out(row)).collect();
    for row in (0..rows).filter(|&row| is_out(row)) {
        problem.x[row * columns..][..columns].fill(poison(row));
        // No class, but of a masked row that is nothing wrong.
        if let Some(class) = problem.classes.get_mut(row) {
            *class = if mask.is_none() { -100 } else { -1 };
        }
    }
    let how = Call::new().level(level);
    let with = mask.map_or(how, |mask| how.mask(mask));
    let (all, rest) = (problem.run(with), problem.select(&kept).run(how));
    assert_eq!(all.totals.count, rest.totals.count, "{what}");
    assert!(
        (all.value - rest.value).abs() <= 4.0 * T::EPSILON * rest.value.abs(),
        "{what}: {} {}",
        all.value,
        rest.value
    );
    let mut accumulated: Vec<T> = (0..problem.x.len()).map(|i| T::of(i as f64 + 0.5)).collect();
    problem.bind(with.accumulate()).grad(&problem.x, &mut accumulated).expect(&what);
    for row in 0..rows {
        let entries = row * columns..(row + 1) * columns;
        if is_out(row) {
            assert!(is_plus_zero(&all.grad[entries.clone()]), "{what}: row {row} has a gradient");
            assert!(is_plus_zero(&all.each_grad[entries.clone()]), "{what}: row {row} has a gradient");
            assert!(is_plus_zero(&all.each[row..=row]), "{what}: row {row} has a loss");
            for i in entries {
                assert_eq!(accumulated[i], T::of(i as f64 + 0.5), "{what}: row {row}, accumulated");
            }
        } else {
            let at = kept.iter().position(|&kept| kept == row).expect("a kept row");
            assert_same(&all.each[row..=row], &rest.each[at..=at], &what);
            assert_same(&all.grad[entries], &rest.grad[at * columns..][..columns], &what);
        }
    }
}

fn rows_left_out_are_not_read<T: Number>() {
    for subject in by_row::<T>() {
        for (rows, columns) in [(2, 1), (8, 3), (70, 10), (9, 128), (8, 200), (3, 3000)] {
            let mask: Vec<bool> = (0..rows).map(|row| row % 3 != 1).collect();
            for level in lossfn::internals::levels() {
                let problem = Problem::new(subject, rows, columns, 3);
                if !problem.classes.is_empty() {
                    check_left_out(problem.clone(), None, level);
                }
                check_left_out(problem, Some(&mask), level);
            }
        }
    }
}

fn elements_left_out_are_not_read<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| !subject.by_row) {
        for (rows, columns) in [(1, 1), (3, 5), (41, 7), (3, 2100)] {
            let mut problem = Problem::new(subject, rows, columns, 4);
            let by_item: Vec<bool> = (0..rows * columns).map(|i| i % 5 < 3).collect();
            let by_row: Vec<bool> = (0..rows).map(|row| row % 2 == 0).collect();
            for (mask, step) in [(&by_item, 1), (&by_row, columns)] {
                let clean = problem.run(Call::new().sum());
                let is_kept = |i: usize| mask[i / step];
                for i in (0..problem.x.len()).filter(|&i| !is_kept(i)) {
                    problem.x[i] = poison(i);
                    problem.numbers[i] = poison(i + 1);
                }
                let all = problem.run(Call::new().sum().columns(columns).mask(mask));
                let what = format!("{} {} {rows}x{columns}, mask by {step}", subject.name, T::NAME);
                for i in 0..problem.x.len() {
                    let zero = [T::of(0.0)];
                    let wanted = if is_kept(i) { &clean.grad[i..=i] } else { &zero };
                    assert_same(&all.grad[i..=i], wanted, &what);
                    assert_same(&all.each[i..=i], if is_kept(i) { &clean.each[i..=i] } else { &zero }, &what);
                }
                assert_eq!(all.totals.count, (0..problem.x.len()).filter(|&i| is_kept(i)).count() as u64, "{what}");
                problem = Problem::new(subject, rows, columns, 4);
            }
        }
    }
}

/// Entries between the rows keep what they hold, whatever is reduced and left out.
fn padding_is_not_touched<T: Number>() {
    for columns in [3, 35] {
        padding_of_rows_is_not_touched::<T>(columns);
    }
}

fn padding_of_rows_is_not_touched<T: Number>(columns: usize) {
    let (rows, stride) = (5, columns + 5);
    let mark = |i: usize| T::of(1000.0 + i as f64);
    let (none, zero) = ([false; 5], [T::of(0.0); 5]);
    let is_padding = |i: usize| i % stride >= columns;
    for subject in by_row::<T>() {
        let problem = Problem::new(subject, rows, columns, 8);
        let spread = |from: &[T]| -> Vec<T> {
            (0..rows * stride)
                .map(|i| if is_padding(i) { mark(i) } else { from[i / stride * columns + i % stride] })
                .collect()
        };
        let (x, numbers) = (spread(&problem.x), problem.numbers.first().map(|_| spread(&problem.numbers)));
        let y = numbers.as_deref().map_or(problem.y(), Y::Numbers);
        let how = Call::new();
        let calls = [
            ("plain", how),
            ("sum", how.sum()),
            ("accumulate", how.accumulate()),
            ("all masked", how.mask(&none)),
            ("all masked, sum", how.mask(&none).sum()),
            ("no weight", how.mean(Divisor::WeightSum).weights(Weights::Rows(&zero))),
            ("over nothing", how.mean(Divisor::Fixed(0.0))),
        ];
        for (which, how) in calls {
            let bound = T::bind(problem.loss_with_stride(stride), how, y);
            let (mut dx, mut in_place): (Vec<T>, _) = ((0..x.len()).map(mark).collect(), x.clone());
            bound.grad(&x, &mut dx).unwrap();
            if which != "accumulate" {
                bound.value_and_grad_in_place(&mut in_place).unwrap();
            }
            for i in (0..x.len()).filter(|&i| is_padding(i)) {
                let what = format!("{} {}, {which}: entry {i} between the rows", subject.name, T::NAME);
                assert_eq!((dx[i], in_place[i]), (mark(i), mark(i)), "{what}");
            }
        }
    }
}

/// A mean over nothing follows the policy, its gradient is zeros, and accumulated gradients stay.
#[track_caller]
fn check_nothing<T: Number>(problem: &Problem<T>, how: Call<'_, T>, what: &str) {
    let what = format!("{} {}, {what}", problem.subject.name, T::NAME);
    let nan = problem.run(how);
    assert!(nan.value.is_nan(), "{what}: {} by default", nan.value);
    let zero = problem.run(how.empty(Empty::Zero));
    assert_eq!(zero.value.to_bits(), 0, "{what}: {} with Empty::Zero", zero.value);
    assert!(is_plus_zero(&nan.grad) && is_plus_zero(&zero.grad), "{what}: the gradient is not zeros");
    let mut dx: Vec<T> = (0..problem.x.len()).map(|i| T::of(i as f64 - 7.5)).collect();
    problem.bind(how.accumulate()).grad(&problem.x, &mut dx).expect(&what);
    assert!(dx.iter().enumerate().all(|(i, dx)| *dx == T::of(i as f64 - 7.5)), "{what}: accumulated");
    assert!(nan.totals.mean(Empty::Nan).is_nan() || nan.totals.count > 0, "{what}");
}

fn means_over_nothing<T: Number>() {
    for subject in subjects::<T>() {
        for (rows, columns) in [(4, 3), (2, 300)] {
            let mut problem = Problem::new(subject, rows, columns, 6);
            problem.x.iter_mut().enumerate().for_each(|(i, x)| *x = poison(i));
            let none = vec![false; problem.items()];
            check_nothing(&problem, Call::new().mask(&none), "all masked");
            check_nothing(&problem, Call::new().mask(&none).mean(Divisor::Counted), "all masked, counted");
            if !problem.classes.is_empty() {
                problem.classes.fill(-100);
                check_nothing(&problem, Call::new(), "all ignored");
                check_nothing(&problem, Call::new().mean(Divisor::WeightSum), "all ignored, over weights");
                let sum = problem.run(Call::new().sum());
                assert_eq!((sum.value, sum.totals.count), (0.0, 0), "{}: a sum over nothing", subject.name);
                assert!(is_plus_zero(&sum.grad), "{}: a sum over nothing", subject.name);
            }
        }
    }
}

fn weights_that_add_up_to_nothing<T: Number>() {
    for subject in subjects::<T>() {
        let mut problem = Problem::new(subject, 5, 4, 2);
        let zeros = vec![T::of(0.0); problem.items()];
        let how = Call::new().mean(Divisor::WeightSum).weights(Weights::Each(&zeros));
        check_nothing(&problem, how, "weights of 0");
        check_nothing(&problem, Call::new().mean(Divisor::Fixed(0.0)), "a divisor of 0");
        let mut few = Problem::new(subject, 3, 4, 2);
        few.classes.iter_mut().for_each(|class| *class = 1);
        check_nothing(&few, Call::new().mean(Divisor::Fixed(0.0)), "a divisor of 0, few rows");
        let opposite: Vec<T> = (0..problem.items()).map(|i| T::of([2.0, -2.0][i % 2])).collect();
        let opposite = &opposite[..problem.items() / 2 * 2];
        if opposite.len() == problem.items() {
            let how = Call::new().mean(Divisor::WeightSum).weights(Weights::Each(opposite));
            check_nothing(&problem, how, "opposite weights");
        }
        if subject.weighs_classes {
            problem.weights.fill(T::of(0.0));
            check_nothing(&problem, Call::new(), "class weights of 0");
        }
    }
}

fn no_elements_and_no_rows<T: Number>() {
    for subject in subjects::<T>() {
        let problem = Problem::new(subject, 0, 3, 1);
        check_nothing(&problem, Call::new(), "empty");
        for divisor in [Divisor::Elements, Divisor::Rows, Divisor::Counted, Divisor::WeightSum] {
            check_nothing(&problem, Call::new().mean(divisor), "empty");
        }
        let how = Call::new().weights(Weights::Rows(&[])).mask(&[]).upstream_each(&[]);
        check_nothing(&problem, how, "empty, with options");
        let sum = problem.run(Call::new().sum());
        let totals = (sum.totals.sum.to_bits(), sum.totals.weight.to_bits(), sum.totals.count);
        assert_eq!((sum.value.to_bits(), totals), (0, (0, 0, 0)), "{} {}", subject.name, T::NAME);
        let fixed = problem.run(Call::new().mean(Divisor::Fixed(8.0)));
        assert_eq!(fixed.value.to_bits(), 0, "{} {}", subject.name, T::NAME);
    }
}

/// A NaN from upstream does not reach what is left out.
fn nothing_left_with_any_upstream<T: Number>() {
    for subject in subjects::<T>() {
        let problem = Problem::new(subject, 6, 3, 1);
        let (none, nan) = (vec![false; problem.items()], vec![T::of(f64::NAN); problem.items()]);
        let how = Call::new().mask(&none);
        for how in [how, how.sum(), how.mean(Divisor::Fixed(2.0))] {
            for how in [how.upstream(f64::NAN), how.upstream(f64::INFINITY), how.upstream_each(&nan)] {
                let results = problem.run(how);
                let zeros = is_plus_zero(&results.grad) && is_plus_zero(&results.each_grad);
                assert!(zeros, "{} {}: {:?}", subject.name, T::NAME, results.grad);
            }
        }
    }
}

/// The mean of PyTorch divides by the weights of the classes for indices, by the rows for distributions.
#[test]
fn divisors_of_classes_and_of_distributions() {
    let (x, w) = ([1.0_f64, 2.0, 3.0, 1.0, 0.0, -1.0], [1.0, 3.0, 5.0]);
    let one_hot = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let table = [
        (0.0, 1.657_605_964_444_380_3, 3.315_211_928_888_760_6),
        (0.2, 1.748_366_560_888_818_3, 3.496_733_121_777_636_7),
    ];
    for (smoothing, by_class, by_distribution) in table {
        let loss =
            AnyLoss::CrossEntropy(CrossEntropy::new(Layout::rows(3)).class_weights(&w).label_smoothing(smoothing));
        let value = |y| f64::bind(loss, Call::new(), y).value(&x).unwrap().value;
        let (index, soft) = (value(Y::Classes(&[0, 1])), value(Y::Numbers(&one_hot)));
        // 8 ULP of terms up to 3.4 with weights up to 5, over four or two rows.
        assert!((index - by_class).abs() < 2e-14, "smoothing {smoothing}: {index}");
        assert!((soft - by_distribution).abs() < 2e-14, "smoothing {smoothing}: {soft}");
    }
    let weights = Call::new().weights(Weights::Each(&[1.0, 3.0]));
    let value =
        f64::bind(AnyLoss::Mse(Mse::new()), weights, Y::Numbers(&[0.0, 0.0])).value(&[0.5_f64.sqrt(), 2.0_f64.sqrt()]);
    assert!((value.unwrap().value - 3.25).abs() < 1e-14, "weights are not the divisor unless asked");
}

/// An index that is no class and a label that is no sign are wrong where a mask keeps their row, and nowhere else.
#[test]
fn masked_targets_are_not_checked() -> Result<(), LossError> {
    let (x, classes, mask) = ([0.5, -0.25, 0.75, 0.0], [7_u8, 0], [false, true]);
    let how = Call::new().mask(&mask).sum();
    let alone = CrossEntropy::new(2).with(Call::new().sum()).value(&x[2..], &classes[1..])?.value;
    assert_eq!(CrossEntropy::new(2).with(how).value(&x, &classes)?.value, alone);
    let smoothed = CrossEntropy::new(2).label_smoothing(0.5);
    let alone = smoothed.with(Call::new().sum()).value(&x[2..], &classes[1..])?.value;
    assert_eq!(smoothed.with(how).value(&x, &classes)?.value, alone);
    assert_eq!(Nll::new(2).with(how).value(&x, &classes)?.value, -0.75);
    let alone = CategoricalCrossEntropy::new(2).with(Call::new().sum()).value(&[0.75, 0.25], &classes[1..])?.value;
    assert_eq!(CategoricalCrossEntropy::new(2).with(how).value(&[0.5, 0.5, 0.75, 0.25], &classes)?.value, alone);
    let labels = [3, 1];
    let alone = CosineEmbedding::new(2, &labels[1..]).with(Call::new().sum()).value(&x[2..], &[1.0, 1.0])?.value;
    let pairs = CosineEmbedding::new(2, &labels);
    assert_eq!(pairs.with(how).value(&x, &[1.0; 4])?.value, alone);

    let mask = [true, true];
    let how = Call::new().mask(&mask);
    let refused = CrossEntropy::new(2).with(how).value(&x, &classes).unwrap_err();
    assert_eq!(refused, LossError::Target { row: 0, value: 7, classes: 2 });
    let refused = Nll::new(2).with(how).value(&x, &classes).unwrap_err();
    assert_eq!(refused, LossError::Target { row: 0, value: 7, classes: 2 });
    assert_eq!(pairs.with(how).value(&x, &[1.0; 4]).unwrap_err(), LossError::Label { row: 0, value: 3 });
    Ok(())
}

#[test]
fn gradients_of_targets_of_rows_left_out() {
    /// `fresh` writes gradients, `adding` adds them.
    fn check(fresh: &impl BothGrads<f64>, adding: &impl BothGrads<f64>, mask: &[bool], columns: usize) {
        let entry = |i: usize| if mask[i / columns] { (i % columns + 1) as f64 / columns as f64 } else { f64::NAN };
        let x: Vec<f64> = (0..mask.len() * columns).map(entry).collect();
        let (mut dt, mut added) = (vec![9.0; x.len()], vec![1.5; x.len()]);
        fresh.value_and_grads(&x, &x, None, Some(&mut dt)).expect("a call");
        adding.value_and_grads(&x, &x, None, Some(&mut added)).expect("a call");
        for (i, (dt, added)) in dt.iter().zip(added).enumerate() {
            assert!(dt.is_finite() && added == 1.5 + dt, "{columns} columns: {dt} {added}");
            assert!(mask[i / columns] || dt.to_bits() == 0, "{columns} columns: {dt}");
        }
    }
    let mask: Vec<bool> = (0..40).map(|row| row % 3 != 1).collect();
    let how = Call::new().sum().mask(&mask);
    let adding = how.accumulate();
    for columns in [3, 30, 100, 300] {
        let loss = CrossEntropy::new(columns);
        check(&loss.with(how), &loss.with(adding), &mask, columns);
        let loss = CategoricalCrossEntropy::new(columns);
        check(&loss.with(how), &loss.with(adding), &mask, columns);
        let loss = CosineSimilarity::new(columns);
        check(&loss.with(how), &loss.with(adding), &mask, columns);
    }
}
/// Against an index a row weight of 0 is as a class weight of 0; elsewhere it is a factor like any other.
#[test]
fn a_weight_of_nothing_on_an_impossible_class() -> Result<(), LossError> {
    for (classes, inner) in [(2, 1), (2, 2), (100, 1), (100, 2), (300, 1)] {
        for rows in [2, 40] {
            let impossible = |i: usize| if (i / inner).is_multiple_of(classes) { f64::NEG_INFINITY } else { 0.0 };
            let x: Vec<f64> = (0..rows * classes).map(impossible).collect();
            let (weights, class) = (vec![0.0; rows], vec![0_u8; rows]);
            let how = Call::new().weights(Weights::Rows(&weights)).sum();
            let loss = CrossEntropy::new(Layout::axis(classes, inner));
            assert_eq!(loss.with(how).value(&x, &class)?.value, 0.0, "{rows}x{classes}x{inner}");
            let smoothed = loss.label_smoothing(0.1).with(how).value(&x, &class)?.value;
            assert!(smoothed.is_nan(), "{rows}x{classes}x{inner}");
        }
    }
    Ok(())
}

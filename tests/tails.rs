//! Every length up to a few vectors, by every driver, in buffers that end where the data end: so that a memory checker
//! sees an access beyond them (`scripts/memory`). Without a checker it is a test of the bits of tails, too: valgrind's
//! own fused multiply-add gives some zeros the other sign, so `LOSSFN_ACCESS_ONLY=1` leaves the comparison out.

mod support;

use lossfn::{
    BceWithLogits, BothGrads, ByRow, Call, CategoricalCrossEntropy, CosineSimilarity, CrossEntropy, KlDiv, Layout,
    Level, Mse, Weights,
};
use support::{
    AnyLoss, Number, Problem, Results, Rng, Y, for_both_types, fused_levels, run, spread, subjects, thinned,
    words_of_both,
};

for_both_types!(
    elements,
    elements_by_row,
    short_rows,
    many_short_rows,
    long_rows,
    rows_apart,
    rows_along_an_axis,
    both_gradients,
);

/// More than four vectors of `f32`, and one more than every length of the last of them.
const LENGTHS: usize = 70;
/// Columns from which a row is long.
const LONG: usize = 129;

fn lengths() -> impl Iterator<Item = usize> {
    (0..=LENGTHS).step_by(thinned(5))
}

/// Whether the bits are compared with those of the model, and at which levels.
fn compared() -> Vec<Level> {
    if std::env::var_os("LOSSFN_ACCESS_ONLY").is_some() { Vec::new() } else { fused_levels() }
}

/// All verbs at all levels, plain and with every option that goes through another driver.
fn check<T: Number>(problem: &Problem<T>) {
    // A clone of a `Vec` has no room to spare.
    let problem = &problem.clone();
    let items = problem.items();
    let weights: Vec<T> = (0..items).map(|i| T::of(0.5 + (i % 4) as f64)).collect();
    let mask: Vec<bool> = (0..items).map(|i| i % 3 != 1).collect();
    let by_row: Vec<T> = weights[..problem.rows.min(items)].to_vec();
    let how = if problem.subject.by_row { Call::new() } else { Call::new().columns(problem.columns) };
    let options = how.weights(Weights::Each(&weights)).mask(&mask).upstream_each(&weights);
    for how in [Call::new().sum(), options, how.weights(Weights::Rows(&by_row))] {
        check_call(&format!("{} {}x{}", problem.subject.name, problem.rows, problem.columns), |level| {
            let mut added = vec![T::of(1.0); problem.x.len()];
            problem.bind(how.level(level).accumulate()).grad(&problem.x, &mut added).expect("a gradient");
            let mut results = problem.run(how.level(level));
            results.grad.extend(added);
            results
        });
    }
}

/// All verbs, and a gradient that is added to what is there, with a mask and an upstream gradient of each item.
fn run_and_add<T: Number>(
    what: &str,
    loss: AnyLoss<'_, T>,
    how: Call<'_, T>,
    y: Y<'_, T>,
    x: &[T],
    items: usize,
) -> Results<T> {
    let upstream: Vec<T> = (0..items).map(|i| T::of(0.5 + (i % 4) as f64)).collect();
    let mask: Vec<bool> = (0..items).map(|i| i % 3 != 1).collect();
    let options = how.mask(&mask).upstream_each(&upstream).accumulate();
    let mut added = vec![T::of(1.0); x.len()];
    T::bind(loss, options, y).grad(x, &mut added).expect(what);
    let mut results = run(what, &*T::bind(loss, how, y), x, items);
    results.grad.extend(added);
    results
}

/// A call at every level, which the model repeats.
fn check_call<T: Number>(what: &str, call: impl Fn(Level) -> Results<T>) {
    let compared = compared();
    let wanted = (!compared.is_empty()).then(|| call(lossfn::internals::reference()));
    for level in Level::available() {
        let got = call(level);
        if let (Some(wanted), true) = (&wanted, compared.contains(&level)) {
            got.assert_same(wanted, &format!("{what} on {level:?}"));
        }
    }
}

fn elements<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| !subject.by_row) {
        lengths().filter(|&n| n > 0).for_each(|n| check(&Problem::new(subject, 1, n, 1)));
        lengths().filter(|&n| n > 0).step_by(7).for_each(|n| check(&Problem::new(subject, 3, n, 2)));
        check(&Problem::new(subject, 0, 5, 3));
    }
}

/// Rows of every length, and every number of positions of an axis.
fn elements_by_row<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| !subject.by_row) {
        for n in lengths().filter(|&n| n > 0) {
            for (rows, columns, how) in [(2, n, Call::new().columns(n)), (n, 2, Call::new().layout(Layout::axis(2, n)))]
            {
                let problem = Problem::new(subject, rows, columns, 7);
                let what = format!("{} {rows}x{columns} by row", subject.name);
                check_call(&what, |level| {
                    let how = how.by_row(ByRow::Mean).weights(Weights::Columns(&problem.weights)).level(level);
                    run_and_add(&what, problem.loss(), how, problem.y(), &problem.x, rows)
                });
            }
        }
    }
}

/// Rows of every length.
fn short_rows<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| subject.by_row) {
        lengths().filter(|&n| n > 0).for_each(|n| check(&Problem::new(subject, 2, n, 4)));
    }
}

/// Every number of rows, of lengths that share vectors in different ways.
fn many_short_rows<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| subject.by_row) {
        for (columns, step) in [(1, 3), (3, 1), (10, 7)] {
            lengths().step_by(step).for_each(|n| check(&Problem::new(subject, n, columns, 5)));
        }
    }
}

fn long_rows<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| subject.by_row) {
        lengths().for_each(|n| check(&Problem::new(subject, 1, LONG + n, 6)));
    }
}

/// Rows with something between them.
fn rows_apart<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| subject.by_row) {
        for n in lengths().filter(|&n| n > 0) {
            let (problem, stride) = (Problem::new(subject, 3, n, 8), n + 1 + n % 5);
            let (x, numbers) = (spread(&problem.x, n, stride), spread(&problem.numbers, n, stride));
            let y = if problem.classes.is_empty() { Y::Numbers(&numbers) } else { problem.y() };
            let what = format!("{} 3x{n}, {stride} apart", subject.name);
            check_call(&what, |level| {
                let (loss, how) = (problem.loss_with_stride(stride), Call::new().level(level));
                run_and_add(&what, loss, how, y, &x, problem.rows)
            });
        }
    }
}

/// Every number of positions.
fn rows_along_an_axis<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| subject.by_row) {
        for n in lengths().filter(|&n| n > 0) {
            for columns in [3, 9] {
                let problem = Problem::new(subject, n, columns, 9);
                let (layout, what) =
                    (Layout::axis(columns, n), format!("{} {columns} along an axis, {n}", subject.name));
                check_call(&what, |level| {
                    let (loss, how) = (problem.loss_over(layout), Call::new().level(level));
                    run_and_add(&what, loss, how, problem.y(), &problem.x, n)
                });
            }
        }
    }
}

/// Both gradients of losses of elements, by row too, and of rows; one after the other and along an axis.
fn both_gradients<T: Number>()
where
    Mse: BothGrads<T>,
    KlDiv: BothGrads<T>,
    CosineSimilarity: BothGrads<T>,
    for<'a> BceWithLogits<'a, T>: BothGrads<T>,
    for<'a> CrossEntropy<'a, T>: BothGrads<T>,
    for<'a> CategoricalCrossEntropy<'a, T>: BothGrads<T>,
{
    for n in lengths().filter(|&n| n > 0) {
        for (rows, columns, layout) in [(1, n, Layout::rows(n)), (3, n, Layout::rows(n)), (n, 3, Layout::axis(3, n))] {
            let mut rng = Rng(7);
            let mut draw = |len| -> Vec<T> { (0..len).map(|_| T::of(rng.between(0.125, 2.0))).collect() };
            let (x, t, by_column, by_row) = (draw(rows * columns), draw(rows * columns), draw(columns), draw(rows));
            let mask: Vec<bool> = (0..rows).map(|row| row % 3 != 1).collect();
            let (by_element, weighted) = (Call::new().layout(layout), Weights::Columns(&by_column));
            let by_mean = by_element.by_row(ByRow::Mean).weights(weighted).mask(&mask);
            let of_rows = Call::new().weights(Weights::Each(&by_row)).mask(&mask);
            let (all, what) = (x.len(), format!("{layout:?}"));
            check_both(&what, &x, &t, all, |level| Mse::new().with(by_element.level(level)));
            check_both(&what, &x, &t, all, |level| KlDiv::new().with(by_element.weights(weighted).level(level)));
            check_both(&what, &x, &t, rows, |level| KlDiv::new().with(by_mean.level(level)));
            let bce = BceWithLogits::new().pos_weights(&by_column);
            check_both(&what, &x, &t, all, |level| bce.with(by_element.level(level)));
            check_both(&what, &x, &t, rows, |level| CosineSimilarity::new(layout).with(of_rows.level(level)));
            check_both(&what, &x, &t, rows, |level| CrossEntropy::new(layout).with(of_rows.level(level)));
            let weighted = CrossEntropy::new(layout).class_weights(&by_column).label_smoothing(0.25);
            check_both(&what, &x, &t, rows, |level| weighted.with(Call::new().level(level)));
            check_both(&what, &x, &t, rows, |level| CategoricalCrossEntropy::new(layout).with(of_rows.level(level)));
        }
    }
}

/// Both gradients at every level, which the model repeats.
fn check_both<T: Number, L: BothGrads<T>>(what: &str, x: &[T], t: &[T], items: usize, loss: impl Fn(Level) -> L) {
    let compared = compared();
    let words = |level| words_of_both(&loss(level), x, t, items);
    let wanted = (!compared.is_empty()).then(|| words(lossfn::internals::reference()));
    for level in Level::available() {
        let got = words(level);
        if let (Some(wanted), true) = (&wanted, compared.contains(&level)) {
            assert!(got == *wanted, "{}, {what}, on {level:?}", core::any::type_name::<L>());
        }
    }
}

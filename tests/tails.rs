//! Every length up to a few vectors, by every driver, in buffers that end where the data end: so that a memory checker
//! sees an access beyond them (`scripts/memory`). Without a checker it is a test of the bits of tails, too: valgrind's
//! own fused multiply-add gives some zeros the other sign, so `LOSSFN_ACCESS_ONLY=1` leaves the comparison out.

mod support;

use lossfn::{BothGrads, ByRow, Call, CosineSimilarity, Layout, Level, LossError, Outcome, Weights};
use support::{
    Number, Problem, Results, Rng, Y, assert_same, for_both_types, fused_levels, run, spread, subjects, thinned,
};

for_both_types!(
    elements,
    elements_by_row,
    short_rows,
    many_short_rows,
    long_rows,
    rows_apart,
    rows_along_an_axis,
    pairs_of_rows,
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
            problem.run(how.level(level))
        });
    }
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
                    let bound = problem.bind(how.by_row(ByRow::Mean).level(level));
                    run(&what, &*bound, &problem.x, rows)
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
                let bound = T::bind(problem.loss_with_stride(stride), Call::new().level(level), y);
                run(&what, &*bound, &x, problem.rows)
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
                check_call(&format!("{} {columns} along an axis, {n}", subject.name), |level| {
                    problem.run_over(Layout::axis(columns, n), Call::new().level(level))
                });
            }
        }
    }
}

/// The outcome of a call, its losses and both gradients.
type Both<T> = (Outcome, Vec<T>, Vec<T>, Vec<T>);

/// Both gradients of a loss of two rows of vectors.
fn pairs_of_rows<T: Number>()
where
    CosineSimilarity: BothGrads<T>,
{
    for (rows, columns) in lengths().filter(|&n| n > 0).flat_map(|n| [(1, n), (3, n)]) {
        let mut rng = Rng(7);
        let mut draw = || -> Vec<T> { (0..rows * columns).map(|_| T::of(rng.between(-2.0, 2.0))).collect() };
        let (a, b) = (draw(), draw());
        let run = |level| -> Result<Both<T>, LossError> {
            let loss = CosineSimilarity::new(columns).with(Call::new().level(level));
            let (mut da, mut db, mut out) =
                (vec![T::of(7.0); a.len()], vec![T::of(7.0); b.len()], vec![T::of(7.0); rows]);
            loss.each_and_grads(&a, &b, &mut out, Some(&mut da), Some(&mut db))?;
            let outcome = loss.value_and_grads(&a, &b, Some(&mut da), Some(&mut db))?;
            Ok((outcome, out, da, db))
        };
        let wanted = run(lossfn::internals::reference()).expect("a call that is right");
        for level in Level::available() {
            let got = run(level).expect("a call that is right");
            if compared().contains(&level) {
                let what = format!("CosineSimilarity {rows}x{columns} on {level:?}");
                assert_eq!(got.0.value.bits(), wanted.0.value.bits(), "{what}");
                assert_same(&got.1, &wanted.1, &what);
                assert_same(&got.2, &wanted.2, &what);
                assert_same(&got.3, &wanted.3, &what);
            }
        }
    }
}

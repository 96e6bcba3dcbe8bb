//! Reductions, weights, masks, upstream gradients and accumulation, against the plain formulas over unreduced losses.

mod support;

use lossfn::{Call, Divisor, Empty, Reduction, Totals, Weights};
use support::{Number, Problem, Results, Subject, Targets, for_both_types, subjects, thinned};

for_both_types!(unreduced_losses_are_the_formulas, every_combination, rows_are_implied_by_their_weights);

/// One choice of every option.
#[derive(Clone, Copy, Debug)]
struct Choice {
    reduction: Reduction,
    weights: Option<Spread>,
    mask: Option<Spread>,
    upstream: f64,
    upstream_each: Option<Spread>,
}

/// How entries are given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spread {
    Each,
    Rows,
    Columns,
}

const SPREADS: [Option<Spread>; 4] = [None, Some(Spread::Each), Some(Spread::Rows), Some(Spread::Columns)];

fn choices(with_columns: bool) -> impl Iterator<Item = Choice> {
    use Divisor::{Counted, Elements, Fixed, OfLoss, Rows, WeightSum};
    let means = [OfLoss, Elements, Rows, Counted, WeightSum, Fixed(7.5)].map(Reduction::Mean);
    let reductions = [Reduction::Sum].into_iter().chain(means);
    let weights = &SPREADS[..if with_columns { 4 } else { 3 }];
    reductions.flat_map(move |reduction| {
        weights.iter().flat_map(move |&weights| {
            SPREADS[..3].iter().flat_map(move |&mask| {
                let upstream = [(1.0, None), (-2.5, None), (1.0, SPREADS[1]), (-2.5, SPREADS[2])];
                upstream.map(|(upstream, upstream_each)| Choice { reduction, weights, mask, upstream, upstream_each })
            })
        })
    })
}

/// Random entries of every spread, for the items of a problem.
struct Entries<T> {
    weights: Vec<T>,
    mask: Vec<bool>,
    upstream: Vec<T>,
    items: usize,
    rows: usize,
    columns: usize,
}

impl<T: Number> Entries<T> {
    fn new(problem: &Problem<T>) -> Self {
        let mut rng = support::Rng(77);
        let n = problem.items().max(problem.columns);
        let per_row = problem.items() / problem.rows;
        Self {
            weights: (0..n).map(|_| T::of(rng.between(-0.5, 2.0))).collect(),
            mask: (0..n).map(|_| rng.below(4) > 0).collect(),
            upstream: (0..n).map(|_| T::of(rng.between(-2.0, 2.0))).collect(),
            items: problem.items(),
            rows: problem.rows,
            columns: per_row,
        }
    }

    fn len(&self, spread: Spread) -> usize {
        match spread {
            Spread::Each => self.items,
            Spread::Rows => self.rows,
            Spread::Columns => self.columns,
        }
    }

    /// The entry of an item.
    fn of<U: Copy>(&self, entries: &[U], spread: Option<Spread>, item: usize, none: U) -> U {
        match spread {
            None => none,
            Some(Spread::Each) => entries[item],
            Some(Spread::Rows) => entries[item / self.columns],
            Some(Spread::Columns) => entries[item % self.columns],
        }
    }

    fn call(&self, choice: Choice, by_row: bool) -> Call<'_, T> {
        let mut how = Call::new().reduction(choice.reduction);
        if !by_row {
            how = how.columns(self.columns);
        }
        how = match choice.weights {
            Some(Spread::Each) => how.weights(Weights::Each(&self.weights[..self.items])),
            Some(Spread::Rows) => how.weights(Weights::Rows(&self.weights[..self.rows])),
            Some(Spread::Columns) => how.weights(Weights::Columns(&self.weights[..self.columns])),
            None => how,
        };
        if let Some(spread) = choice.mask {
            how = how.mask(&self.mask[..self.len(spread)]);
        }
        if let Some(spread) = choice.upstream_each {
            how = how.upstream_each(&self.upstream[..self.len(spread)]);
        }
        how.upstream(choice.upstream)
    }
}

/// What the options make of the unreduced losses.
struct Expected {
    totals: Totals,
    divisor: f64,
    /// Of each item: whether it counts, its weight, the factor of its gradient before the divisor.
    items: Vec<(bool, f64, f64)>,
}

fn expected<T: Number>(problem: &Problem<T>, plain: &Results<T>, entries: &Entries<T>, choice: Choice) -> Expected {
    let (mut totals, mut of_loss, mut items) = (Totals::default(), 0.0, Vec::new());
    // Weights of both signs cancel, and a divisor must not be less exact than what it judges.
    let mut lost = 0.0;
    for item in 0..problem.items() {
        let kept = entries.of(&entries.mask, choice.mask, item, true) && !problem.is_ignored(item);
        let weight = entries.of(&entries.weights, choice.weights, item, T::of(1.0)).wide();
        let upstream = entries.of(&entries.upstream, choice.upstream_each, item, T::of(1.0)).wide();
        items.push((kept, weight, choice.upstream * upstream * weight));
        if kept {
            let class = problem.classes.get(item).map_or(0, |&class| class as usize);
            let class_weight = if problem.subject.weighs_classes { problem.weights[class].wide() } else { 1.0 };
            totals.sum += weight * plain.each[item].wide();
            let term = weight * class_weight;
            let sum = totals.weight + term;
            lost +=
                if totals.weight.abs() >= term.abs() { totals.weight - sum + term } else { term - sum + totals.weight };
            totals.weight = sum;
            totals.count += 1;
            of_loss += class_weight;
        }
    }
    totals.weight += lost;
    let divisor = match choice.reduction {
        Reduction::Mean(Divisor::OfLoss) => of_loss,
        Reduction::Mean(Divisor::Elements) => problem.items() as f64,
        Reduction::Mean(Divisor::Rows) => problem.rows as f64,
        Reduction::Mean(Divisor::Counted) => totals.count as f64,
        Reduction::Mean(Divisor::WeightSum) => totals.weight,
        Reduction::Mean(Divisor::Fixed(fixed)) => fixed,
        _ => 1.0,
    };
    Expected { totals, divisor, items }
}

#[track_caller]
fn near(got: f64, wanted: f64, size: f64, what: &str) {
    assert!((got - wanted).abs() <= size, "{what}: {got:e}, not {wanted:e}");
}

fn check<T: Number>(problem: &Problem<T>, plain: &Results<T>, entries: &Entries<T>, choice: Choice) {
    let what = format!("{} {} {choice:?}", problem.subject.name, T::NAME);
    let how = entries.call(choice, problem.subject.by_row);
    let (got, wanted) = (problem.run(how), expected(problem, plain, entries, choice));
    let size: f64 = wanted.items.iter().zip(&plain.each).map(|((_, w, _), l)| (w * l.wide()).abs()).sum();
    assert_eq!(got.totals.count, wanted.totals.count, "{what}");
    near(got.totals.weight, wanted.totals.weight, 1e-13 * wanted.items.len() as f64, &what);
    near(got.totals.sum, wanted.totals.sum, 8.0 * T::EPSILON * size, &what);
    let value = wanted.totals.sum / wanted.divisor;
    near(got.value, value, 8.0 * T::EPSILON * (size / wanted.divisor).abs(), &what);

    let start = |i: usize| T::of(1.0 + (i % 5) as f64);
    let mut accumulated: Vec<T> = (0..problem.x.len()).map(start).collect();
    problem.bind(how.accumulate()).grad(&problem.x, &mut accumulated).unwrap();
    let per_item = problem.x.len() / problem.items();
    for (i, accumulated) in accumulated.into_iter().enumerate() {
        let (kept, weight, factor) = wanted.items[i / per_item];
        let each = if kept { weight * plain.each[i / per_item].wide() } else { 0.0 };
        near(got.each[i / per_item].wide(), each, 2.0 * T::EPSILON * each.abs(), &what);
        let slope = if kept { plain.each_grad[i].wide() } else { 0.0 };
        // Where a gradient is a difference, it is one of terms up to 2.
        let size = if problem.subject.cancels && kept { 2.0 } else { slope.abs() } * factor.abs() * 4.0 * T::EPSILON;
        near(got.each_grad[i].wide(), slope * factor, size, &what);
        let (slope, size) = (slope * factor / wanted.divisor, size / wanted.divisor.abs());
        near(got.grad[i].wide(), slope, size, &what);
        near(accumulated.wide(), start(i).wide() + slope, size + 8.0 * T::EPSILON * (1.0 + slope.abs()), &what);
    }
}

fn every_combination<T: Number>() {
    for subject in subjects::<T>() {
        for (rows, columns) in [(7, 5), (5, 131)] {
            let problem = Problem::new(subject, rows, columns, 13);
            let plain = problem.run(Call::new().sum());
            let entries = Entries::new(&problem);
            for choice in choices(!subject.by_row).step_by(thinned(11)) {
                check(&problem, &plain, &entries, choice);
            }
        }
    }
}

/// Weights of rows or columns say how long a row is, so that masks, upstream and divisors can go by rows too.
fn rows_are_implied_by_their_weights<T: Number>() {
    for subject in subjects::<T>().into_iter().filter(|subject| !subject.by_row) {
        let problem = Problem::new(subject, 6, 4, 3);
        let (w, mask) = (T::many(&[0.5, 1.0, 1.5, 2.0, 2.5, 3.0]), [true, false, true, true, false, true]);
        for weights in [Weights::Rows(&w[..]), Weights::Columns(&w[..4])] {
            let how = Call::new().weights(weights).mask(&mask).upstream_each(&w).mean(Divisor::Rows);
            let implied = problem.run(how);
            implied.assert_same(&problem.run(how.columns(4)), subject.name);
            assert_eq!(implied.value, implied.totals.sum / 6.0, "{}", subject.name);
        }
    }
}

/// The textbook's loss of one item and the gradient of its entries, in `f64`.
fn formula<T: Number>(problem: &Problem<T>, item: usize) -> (f64, Vec<f64>) {
    let x = |i: usize| problem.x[i].wide();
    let e = || x(item) - problem.numbers[item].wide();
    match problem.subject.name {
        "Mse" => (e() * e(), vec![2.0 * e()]),
        "Mae" => (e().abs(), vec![if e() == 0.0 { 0.0 } else { e().signum() }]),
        "Huber" => {
            let far = 1.5 * (e().abs() - 0.75);
            (if e().abs() <= 1.5 { e() * e() / 2.0 } else { far }, vec![e().clamp(-1.5, 1.5)])
        }
        "SmoothL1" => {
            let far = e().abs() - 0.375;
            (if e().abs() < 0.75 { e() * e() / 1.5 } else { far }, vec![(e() / 0.75).clamp(-1.0, 1.0)])
        }
        "LogCosh" => {
            let decay = (-2.0 * e().abs()).exp();
            (e().abs() + decay.ln_1p() - core::f64::consts::LN_2, vec![e().tanh()])
        }
        "Msle" => {
            let (a, b) = (x(item).max(0.5), problem.numbers[item].wide().max(0.5));
            let r = (1.0 + a).ln() - (1.0 + b).ln();
            (r * r, vec![if x(item) > 0.5 { 2.0 * r / (1.0 + a) } else { 0.0 }])
        }
        "Hinge" => {
            let label = 2.0 * problem.numbers[item].wide() - 1.0;
            let lacking = 1.0 - label * x(item);
            (lacking.max(0.0), vec![if lacking > 0.0 { -label } else { 0.0 }])
        }
        "KlDiv" => {
            let t = problem.numbers[item].wide();
            (if t > 0.0 { t * (t.ln() - x(item)) } else { 0.0 }, vec![-t])
        }
        "BceWithLogits" => bce(x(item), problem.numbers[item].wide(), 1.25),
        "BceWithLogits, columns" => {
            bce(x(item), problem.numbers[item].wide(), problem.weights[item % problem.columns].wide())
        }
        _ => cross_entropy(problem, item),
    }
}

fn bce(x: f64, t: f64, p: f64) -> (f64, Vec<f64>) {
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    (p * t * softplus(-x) + (1.0 - t) * softplus(x), vec![(1.0 - t) * sigmoid(x) - p * t * sigmoid(-x)])
}

fn cross_entropy<T: Number>(problem: &Problem<T>, row: usize) -> (f64, Vec<f64>) {
    let columns = problem.columns;
    if problem.is_ignored(row) {
        return (0.0, vec![0.0; columns]);
    }
    let smoothing = match problem.subject.name {
        "CrossEntropy, smoothing" => 0.125,
        "CrossEntropy, probabilities and weights" => 0.0625,
        _ => 0.0,
    };
    let is_weighted = problem.subject.name.contains("weights") || smoothing > 0.0;
    let x: Vec<f64> = problem.x[row * columns..][..columns].iter().map(|x| x.wide()).collect();
    let q: Vec<f64> = (0..columns)
        .map(|j| {
            let given = problem.numbers.get(row * columns + j).map(|t| t.wide());
            let t = given.unwrap_or_else(|| if problem.classes[row] as usize == j { 1.0 } else { 0.0 });
            let weight = if is_weighted { problem.weights[j].wide() } else { 1.0 };
            weight * (t * (1.0 - smoothing) + smoothing / columns as f64)
        })
        .collect();
    let top = x.iter().fold(f64::NEG_INFINITY, |top, x| top.max(*x));
    let log_sum = top + x.iter().map(|x| (x - top).exp()).sum::<f64>().ln();
    let mass: f64 = q.iter().sum();
    let value = x.iter().zip(&q).map(|(x, q)| q * (log_sum - x)).sum();
    (value, x.iter().zip(&q).map(|(x, q)| (x - log_sum).exp() * mass - q).collect())
}

/// Coarsely, since accuracy is another test's question. The losses of pairs of rows have theirs in `tests/pairs.rs`.
fn unreduced_losses_are_the_formulas<T: Number>() {
    let has_formula = |subject: &Subject<T>| !subject.by_row || subject.name.starts_with("CrossEntropy");
    for subject in subjects::<T>().into_iter().filter(has_formula) {
        for (rows, columns) in [(1, 1), (23, 7), (5, 140)] {
            let problem = Problem::new(subject, rows, columns, 31);
            let plain = problem.run(Call::new());
            let per_item = problem.x.len() / problem.items();
            for item in 0..problem.items() {
                let (value, grad) = formula(&problem, item);
                let what = format!("{} {} item {item}", subject.name, T::NAME);
                // Logits reach 610, and the textbook's formula rounds them.
                let rounding = 2000.0 * f64::EPSILON;
                near(plain.each[item].wide(), value, 40.0 * T::EPSILON * (1.0 + value.abs()) + rounding, &what);
                for (got, wanted) in plain.each_grad[item * per_item..][..per_item].iter().zip(grad) {
                    near(got.wide(), wanted, 40.0 * T::EPSILON * (1.0 + wanted.abs()) + rounding, &what);
                }
            }
        }
    }
    assert!(subjects::<T>().iter().any(|subject| subject.targets == Targets::Yes));
}

#[test]
fn totals_add_up() {
    let totals = |sum, weight, count| {
        let mut totals = Totals::default();
        (totals.sum, totals.weight, totals.count) = (sum, weight, count);
        totals
    };
    let (a, b) = (totals(3.0, 2.0, 4), totals(5.0, 0.5, 6));
    let whole = totals(8.0, 2.5, 10);
    let mut added = a;
    added += b;
    assert_eq!((a + b, added), (whole, whole));
    assert_eq!([a, b].into_iter().sum::<Totals>(), whole);
    assert_eq!([].into_iter().sum::<Totals>(), Totals::default());
    assert_eq!((whole.mean(Empty::Nan), whole.weighted_mean(Empty::Nan)), (0.8, 3.2));
    let nothing = Totals::default();
    assert!(nothing.mean(Empty::Nan).is_nan() && nothing.weighted_mean(Empty::Nan).is_nan());
    assert_eq!((nothing.mean(Empty::Zero), nothing.weighted_mean(Empty::Zero)), (0.0, 0.0));
    assert_eq!(totals(1.0, 0.0, 2).weighted_mean(Empty::Zero), 0.0);
}

/// More rows than a tile has elements: an entry of a row is that of each of its elements.
#[test]
fn entries_of_many_short_rows() {
    use lossfn::{Loss, Mse};
    const ROWS: usize = 5000;
    let of_row: Vec<f32> = (0..ROWS).map(|row| (row % 7) as f32).collect();
    let of_element: Vec<f32> = of_row.iter().flat_map(|&entry| [entry; 2]).collect();
    let (x, t) = (vec![3.0; 2 * ROWS], vec![1.0; 2 * ROWS]);
    let run = |how: Call<'_, f32>| {
        let mut dx = vec![7.0; x.len()];
        let value = Mse::new().with(how.sum()).value_and_grad(&x, &t, &mut dx).expect("a call").value;
        (value, dx)
    };
    let by_row = run(Call::new().weights(Weights::Rows(&of_row)));
    assert_eq!(by_row, run(Call::new().weights(Weights::Each(&of_element))));
    assert_eq!(by_row.1[..4], [0.0, 0.0, 4.0, 4.0]);
}

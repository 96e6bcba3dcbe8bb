//! Losses of elements whose rows have one loss each: against plain sums over the unreduced losses, by every verb.

mod support;

use lossfn::{
    BceWithLogits, BothGrads, ByRow, Call, Divisor, Empty, Hinge, KlDiv, Loss, LossError, Mse, Outcome, Totals,
    Weights, With,
};
use support::{Number, Rng};

/// A loss, called in some way.
type Make<T, F> = fn(Call<'static, T>) -> With<'static, F, T>;

/// What a call is given by row, or by column.
#[derive(Clone, Copy, Debug)]
struct Choice {
    by_row: ByRow,
    weights: Option<Spread>,
    masked: bool,
    upstream: bool,
    divisor: Option<Divisor>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Spread {
    Rows,
    Each,
    Columns,
}

fn choices() -> impl Iterator<Item = Choice> {
    let divisors =
        [None, Some(Divisor::OfLoss), Some(Divisor::Rows), Some(Divisor::WeightSum), Some(Divisor::Fixed(7.0))];
    let weights = [None, Some(Spread::Rows), Some(Spread::Each), Some(Spread::Columns)];
    [ByRow::Sum, ByRow::Mean].into_iter().flat_map(move |by_row| {
        divisors.into_iter().flat_map(move |divisor| {
            weights.into_iter().flat_map(move |weights| {
                [(false, false), (true, false), (false, true), (true, true)].map(|(masked, upstream)| Choice {
                    by_row,
                    weights,
                    masked,
                    upstream,
                    divisor,
                })
            })
        })
    })
}

/// Inputs and all that can be given by row, kept for the whole test.
struct Data<T: 'static> {
    rows: usize,
    columns: usize,
    /// Elements from one entry of a row to the next.
    inner: usize,
    x: &'static [T],
    t: &'static [T],
    row_weights: &'static [T],
    column_weights: &'static [T],
    mask: &'static [bool],
    upstream: &'static [T],
}

impl<T: Number> Data<T> {
    fn new(rows: usize, columns: usize, inner: usize) -> Self {
        let mut rng = Rng(rows as u64 * 31 + columns as u64);
        let mut draw = |n: usize, low, high| -> &'static [T] {
            (0..n).map(|_| T::of(rng.between(low, high))).collect::<Vec<_>>().leak()
        };
        let (x, t) = (draw(rows * columns, -3.0, 0.0), draw(rows * columns, 0.0, 1.0));
        let (row_weights, column_weights) = (draw(rows, -0.5, 2.0), draw(columns, 0.25, 2.0));
        let mask = (0..rows).map(|row| row % 4 != 1).collect::<Vec<_>>().leak();
        Self { rows, columns, inner, x, t, row_weights, column_weights, mask, upstream: draw(rows, -2.0, 2.0) }
    }

    /// Where an entry of a row lies.
    fn place(&self, row: usize, column: usize) -> usize {
        (row / self.inner * self.columns + column) * self.inner + row % self.inner
    }

    fn call(&self, choice: Choice) -> Call<'static, T> {
        let call = Call::new();
        let call = if self.inner == 1 { call.columns(self.columns) } else { call.axis(self.columns, self.inner) };
        let call = call.by_row(choice.by_row).upstream(-1.5);
        let call = choice.divisor.map_or(call.sum(), |divisor| call.mean(divisor));
        let call = if choice.masked { call.mask(self.mask) } else { call };
        let call = if choice.upstream { call.upstream_each(self.upstream) } else { call };
        match choice.weights {
            None => call,
            Some(Spread::Rows) => call.weights(Weights::Rows(self.row_weights)),
            Some(Spread::Each) => call.weights(Weights::Each(self.row_weights)),
            Some(Spread::Columns) => call.weights(Weights::Columns(self.column_weights)),
        }
    }
}

/// What the call should come to, from the losses and derivatives of the elements.
struct Expected {
    each: Vec<f64>,
    totals: Totals,
    value: f64,
    grads: [Vec<f64>; 2],
    each_grads: [Vec<f64>; 2],
}

impl Expected {
    fn new<T: Number>(data: &Data<T>, choice: Choice, values: &[T], grads: [&[T]; 2]) -> Self {
        let Data { rows, columns, .. } = *data;
        let share = if choice.by_row == ByRow::Mean { 1.0 / columns as f64 } else { 1.0 };
        let by_row = matches!(choice.weights, Some(Spread::Rows | Spread::Each));
        let row_weight = |row: usize| if by_row { data.row_weights[row].wide() } else { 1.0 };
        let by_column = choice.weights == Some(Spread::Columns);
        let column_weight = |j: usize| if by_column { data.column_weights[j].wide() } else { 1.0 };
        let kept = |row: usize| !choice.masked || data.mask[row];
        let loss = |row: usize| -> f64 {
            (0..columns).map(|j| values[data.place(row, j)].wide() * column_weight(j)).sum::<f64>() * share
        };
        let each: Vec<f64> = (0..rows).map(|row| if kept(row) { loss(row) * row_weight(row) } else { 0.0 }).collect();
        let mut totals = Totals::default();
        for row in (0..rows).filter(|row| kept(*row)) {
            totals.sum += each[row];
            totals.weight += row_weight(row);
            totals.count += 1;
        }
        let divisor = match choice.divisor {
            None => 1.0,
            Some(Divisor::OfLoss) => totals.count as f64,
            Some(Divisor::Rows) => rows as f64,
            Some(Divisor::WeightSum) => totals.weight,
            _ => 7.0,
        };
        let factor = |row: usize, column: usize| {
            let upstream = if choice.upstream { data.upstream[row].wide() } else { 1.0 };
            if kept(row) { -1.5 * upstream * row_weight(row) * column_weight(column) * share } else { 0.0 }
        };
        let times = |grads: &[T]| {
            let mut times = vec![0.0; grads.len()];
            for row in 0..rows {
                for column in 0..columns {
                    let at = data.place(row, column);
                    times[at] = grads[at].wide() * factor(row, column);
                }
            }
            times
        };
        let each_grads = grads.map(times);
        let over = |grads: &Vec<f64>| grads.iter().map(|grad| grad / divisor).collect::<Vec<_>>();
        let grads = [over(&each_grads[0]), over(&each_grads[1])];
        Self { value: totals.sum / divisor, each, totals, grads, each_grads }
    }
}

/// Near each other, for numbers that went through few roundings.
#[track_caller]
fn near<T: Number>(got: &[T], wanted: &[f64], what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-3, |size: f64, x| size.max(x.abs()));
    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!((got.wide() - wanted).abs() <= 16.0 * T::EPSILON * size, "{what}, {i}: {} not {wanted}", got.wide());
    }
}

#[track_caller]
fn outcome<T: Number>(got: Outcome, wanted: &Expected, what: &str) {
    let bound = 64.0 * T::EPSILON * wanted.each.iter().map(|loss| loss.abs()).sum::<f64>();
    let divisor = (wanted.totals.sum / wanted.value).abs();
    let (sum, value) = ((got.totals.sum - wanted.totals.sum).abs(), (got.value - wanted.value).abs());
    assert!(sum <= bound && value <= bound / divisor, "{what}: {got:?}, not {} of {:?}", wanted.value, wanted.totals);
    assert_eq!(got.totals.count, wanted.totals.count, "{what}");
    assert!((got.totals.weight - wanted.totals.weight).abs() < 1e-9, "{what}");
}

fn every_verb<T: Number, F: BothGrads<T> + Copy>(name: &str, make: Make<T, F>) {
    let rows = [(1, 1), (5, 3), (9, 17), (3, 1100), (70, 2)].map(|(rows, columns)| (rows, columns, 1));
    let axes = [(2, 3, 2), (21, 5, 7), (70, 2, 35), (1100, 3, 1100), (6, 1, 3)];
    for (rows, columns, inner) in rows.into_iter().chain(axes) {
        let data = Data::<T>::new(rows, columns, inner);
        let n = rows * columns;
        let nan = T::of(f64::NAN);
        let (mut values, mut dx, mut dt) = (vec![nan; n], vec![nan; n], vec![nan; n]);
        make(Call::new()).each_and_grads(data.x, data.t, &mut values, Some(&mut dx), Some(&mut dt)).unwrap();
        for choice in choices() {
            let wanted = Expected::new(&data, choice, &values, [&dx, &dt]);
            let what = format!("{name} {} {rows}x{columns}, {inner} apart, {choice:?}", T::NAME);
            verbs(&data, make(data.call(choice)), &wanted, &what);
            accumulates(&data, make(data.call(choice).accumulate()), &wanted, &what);
        }
    }
}

fn verbs<T: Number, F: BothGrads<T>>(data: &Data<T>, loss: F, wanted: &Expected, what: &str) {
    let (n, nan) = (data.rows * data.columns, T::of(f64::NAN));
    let (mut each, mut dx, mut dt) = (vec![nan; data.rows], vec![nan; n], vec![nan; n]);
    outcome::<T>(loss.value(data.x, data.t).unwrap(), wanted, what);
    loss.grad(data.x, data.t, &mut dx).unwrap();
    near(&dx, &wanted.grads[0], what);
    dx.fill(nan);
    outcome::<T>(loss.value_and_grad(data.x, data.t, &mut dx).unwrap(), wanted, what);
    near(&dx, &wanted.grads[0], what);
    dx.copy_from_slice(data.x);
    outcome::<T>(loss.value_and_grad_in_place(&mut dx, data.t).unwrap(), wanted, what);
    near(&dx, &wanted.grads[0], what);
    dx.fill(nan);
    outcome::<T>(loss.value_and_grads(data.x, data.t, Some(&mut dx), Some(&mut dt)).unwrap(), wanted, what);
    near(&dx, &wanted.grads[0], what);
    near(&dt, &wanted.grads[1], what);
    loss.each(data.x, data.t, &mut each).unwrap();
    near(&each, &wanted.each, what);
    each.fill(nan);
    loss.each_and_grad(data.x, data.t, &mut each, &mut dx).unwrap();
    near(&each, &wanted.each, what);
    near(&dx, &wanted.each_grads[0], what);
    loss.each_and_grads(data.x, data.t, &mut each, None, Some(&mut dt)).unwrap();
    near(&dt, &wanted.each_grads[1], what);
}

fn accumulates<T: Number, F: BothGrads<T>>(data: &Data<T>, loss: F, wanted: &Expected, what: &str) {
    let n = data.rows * data.columns;
    let (mut dx, mut dt) = (vec![T::of(2.0); n], vec![T::of(-1.0); n]);
    loss.value_and_grads(data.x, data.t, Some(&mut dx), Some(&mut dt)).unwrap();
    let plus = |grads: &[f64], start: f64| grads.iter().map(|grad| start + grad).collect::<Vec<_>>();
    near(&dx, &plus(&wanted.grads[0], 2.0), what);
    near(&dt, &plus(&wanted.grads[1], -1.0), what);
}

macro_rules! every_verb_of {
    ($($test:ident: $float:ident),+) => {
        $(
            #[test]
            fn $test() {
                every_verb::<$float, Mse>("Mse", |how| Mse::new().with(how));
                every_verb::<$float, KlDiv>("KlDiv", |how| KlDiv::new().with(how));
                every_verb::<$float, BceWithLogits<'_, $float>>("BceWithLogits", |how| BceWithLogits::new().with(how));
            }
        )+
    };
}
every_verb_of!(every_verb_of_singles: f32, every_verb_of_doubles: f64);

#[test]
fn option_by_column() {
    let (x, t, weights) = ([0.5_f64, -1.0, 2.0, 0.25], [1.0, 0.0, 0.5, 1.0], [0.5, 3.0]);
    let (mut elements, mut rows) = ([0.0; 4], [0.0; 2]);
    let loss = BceWithLogits::new().pos_weights(&weights);
    loss.each(&x, &t, &mut elements).unwrap();
    loss.with(Call::new().by_row(ByRow::Sum)).each(&x, &t, &mut rows).unwrap();
    for (row, elements) in rows.iter().zip(elements.chunks(2)) {
        assert!((row - (elements[0] + elements[1])).abs() < 1e-15);
    }
}

/// Rows that go one by one.
#[test]
fn option_by_column_of_long_rows() {
    let columns = 35;
    let numbers = |factor: f64| -> Vec<f64> { (0..2 * columns).map(|i| (factor * i as f64).sin().abs()).collect() };
    let (mut x, t, weights) = (numbers(0.37), numbers(0.71), numbers(0.53));
    let loss = BceWithLogits::new().pos_weights(&weights[..columns]);
    let (mut elements, mut rows) = (vec![0.0; 2 * columns], [0.0; 2]);
    loss.each(&x, &t, &mut elements).unwrap();
    loss.with(Call::new().by_row(ByRow::Sum)).each(&x, &t, &mut rows).unwrap();
    for (row, elements) in rows.iter().zip(elements.chunks(columns)) {
        assert!((row - elements.iter().sum::<f64>()).abs() < 1e-13);
    }
    x[3] = f64::NAN;
    let how = Call::new().by_row(ByRow::Sum).sum().mask(&[false, true]);
    let mut dx = vec![7.0; 2 * columns];
    assert_eq!(loss.with(how).value_and_grad(&x, &t, &mut dx).unwrap().value, rows[1]);
    assert!(dx[..columns].iter().all(|dx| *dx == 0.0) && dx[columns..].iter().all(|dx| dx.is_finite()));
}

#[test]
fn option_by_column_along_an_axis() {
    let (x, t, weights) = ([0.5_f64, 2.0, -1.0, 0.25], [1.0, 0.5, 0.0, 1.0], [0.5, 3.0]);
    let loss = BceWithLogits::new().pos_weights(&weights);
    let (mut along, mut rows) = ([0.0; 2], [0.0; 2]);
    loss.with(Call::new().axis(2, 2).by_row(ByRow::Sum)).each(&x, &t, &mut along).unwrap();
    let across = |x: [f64; 4]| [x[0], x[2], x[1], x[3]];
    loss.with(Call::new().by_row(ByRow::Sum)).each(&across(x), &across(t), &mut rows).unwrap();
    for (along, row) in along.iter().zip(rows) {
        assert!((along - row).abs() < 1e-15);
    }
}

/// Entries of a row that overflow together, and not alone, are no reason for an infinite loss.
#[test]
fn means_along_an_axis_do_not_overflow() {
    let (x, t) = ([1.5e19_f32; 4], [0.0; 4]);
    let mut each = [0.0; 2];
    Mse::new().with(Call::new().axis(2, 2).by_row(ByRow::Mean)).each(&x, &t, &mut each).unwrap();
    assert!(each.iter().all(|loss| (loss / 2.25e38 - 1.0).abs() < 1e-6), "{each:?}");
}

#[test]
fn masked_rows_along_an_axis_are_not_read() {
    let (x, t) = ([f64::NAN, 2.0, 1.0, 4.0], [0.0; 4]);
    let how = Call::new().axis(2, 2).by_row(ByRow::Mean).mask(&[false, true]);
    let (mut dx, mut dt) = ([7.0; 4], [7.0; 4]);
    let loss = Mse::new().with(how).value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).unwrap();
    assert_eq!((loss.value, loss.totals.count), (10.0, 1));
    assert_eq!((dx, dt), ([0.0, 2.0, 0.0, 4.0], [0.0, -2.0, 0.0, -4.0]));
}

#[test]
fn masked_rows_are_not_read() {
    let (x, t) = ([f64::NAN, 1.0, 2.0, 4.0], [0.0; 4]);
    let how = Call::new().columns(2).by_row(ByRow::Mean).mask(&[false, true]);
    let (mut dx, mut dt) = ([7.0; 4], [7.0; 4]);
    let loss = Mse::new().with(how).value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).unwrap();
    assert_eq!((loss.value, loss.totals.count), (10.0, 1));
    assert_eq!((dx, dt), ([0.0, 0.0, 2.0, 4.0], [0.0, 0.0, -2.0, -4.0]));
}

#[test]
fn a_mean_over_no_rows_follows_the_policy() {
    let how = Call::new().columns(2).by_row(ByRow::Sum).mask(&[false, false]);
    let mut dx = [7.0; 4];
    let run = |how: Call<'_, f64>, dx: &mut [f64]| Mse::new().with(how).value_and_grad(&[1.0; 4], &[0.0; 4], dx);
    assert!(run(how, &mut dx).unwrap().value.is_nan());
    assert_eq!(dx, [0.0; 4]);
    assert_eq!(run(how.empty(Empty::Zero), &mut dx).unwrap().value, 0.0);
    assert!(
        Mse::new().with(Call::new().columns(3).by_row(ByRow::Sum)).value(&[0.0_f32; 0], &[]).unwrap().value.is_nan()
    );
}

/// As Keras: the mean of the last axis, then the mean of the rows, with one weight for each row.
#[test]
fn keras_mean_squared_error_with_sample_weights() {
    let (x, t) = ([1.0_f64, 1.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]);
    let how = Call::new().columns(2).by_row(ByRow::Mean).weights(Weights::Rows(&[1.0, 3.0]));
    assert_eq!(Mse::new().with(how).value(&x, &t).unwrap().value, 3.25);
}

#[test]
fn calls_that_are_wrong() {
    let (x, t) = ([0.5_f32; 6], [1.0_f32; 6]);
    let refused = |how: Call<'_, f32>| {
        let (mut out, mut dx, mut dt) = ([7.0; 3], [7.0; 6], [7.0; 6]);
        let loss = Mse::new().with(how);
        let error = loss.each_and_grads(&x, &t, &mut out, Some(&mut dx), Some(&mut dt)).unwrap_err();
        assert!(out == [7.0; 3] && dx == [7.0; 6] && dt == [7.0; 6], "{error:?}: an output was touched");
        assert_eq!(loss.value(&x, &t).err(), Some(error), "another error of another verb");
        error
    };
    let by_row = Call::new().by_row(ByRow::Sum);
    assert!(matches!(refused(by_row), LossError::Unsupported { .. }), "no row length");
    assert_eq!(refused(by_row.columns(0)), LossError::NoClasses);
    assert_eq!(refused(by_row.columns(4)), LossError::Rows { elements: 6, columns: 4 });
    assert_eq!(refused(by_row.axis(2, 2)), LossError::Rows { elements: 6, columns: 4 });
    assert!(matches!(refused(by_row.axis(2, usize::MAX)), LossError::Overflow { .. }));
    let by_row = by_row.columns(2);
    let weights = |what, expected, found| LossError::Weights { what, expected, found };
    assert_eq!(refused(by_row.weights(Weights::Rows(&[1.0; 6]))), weights("row weights", 3, 6));
    assert_eq!(refused(by_row.weights(Weights::Each(&[1.0; 6]))), weights("weights", 3, 6));
    assert_eq!(refused(by_row.weights(Weights::Columns(&[1.0; 3]))), weights("column weights", 2, 3));
    assert_eq!(refused(by_row.mask(&[true; 6])), weights("the mask", 3, 6));
    assert_eq!(refused(by_row.upstream_each(&[1.0; 6])), weights("the upstream gradient", 3, 6));
    let loss = Mse::new().with(by_row);
    let length = |what, expected, found| Some(LossError::Length { what, expected, found });
    assert_eq!(loss.each(&x, &t, &mut [0.0; 6]).err(), length("out", 3, 6));
    assert_eq!(loss.value_and_grads(&x, &t, None, Some(&mut [0.0; 3])).err(), length("dy", 6, 3));
    assert_eq!(loss.value(&x, &t[..4]).err(), length("y", 6, 4));
    let (mut place, how) = ([0.5_f32; 6], by_row.accumulate());
    let error = Mse::new().with(how).value_and_grad_in_place(&mut place, &t).unwrap_err();
    assert!(matches!(error, LossError::Unsupported { .. }));
    let error = Mse::new().with(Call::new().axis(2, 3)).value(&x, &t).unwrap_err();
    assert!(matches!(error, LossError::Unsupported { .. }), "an axis whose rows are not reduced");
}

/// What a loss learns from all targets it learns from those of the whole call, not from those of a row.
#[test]
fn labels_are_decided_for_all_rows() {
    let keras = |t: [f64; 4]| {
        let how = Call::new().columns(2).by_row(ByRow::Sum).mask(&[true, false]);
        Hinge::new().keras().with(how).value(&[0.25; 4], &t).unwrap().value
    };
    assert_eq!(keras([0.0, 1.0, 1.0, 0.0]), 2.0, "converted");
    assert_eq!(keras([0.0, 1.0, -1.0, 0.0]), 1.75, "not converted, though only a masked row says so");
}

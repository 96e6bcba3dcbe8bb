//! Losses of elements whose rows have one loss each: against plain sums over the unreduced losses, by every verb.

mod support;

use lossfn::internals::levels;
use lossfn::{
    BceWithLogits, BothGrads, ByRow, Call, Divisor, KlDiv, Layout, Level, Mse, Outcome, Totals, Weights, With,
};
use support::{Number, Rng, fused_levels, words_of_both};

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

/// How many rows there are, and how they lie.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: usize,
    columns: usize,
    /// Elements from one entry of a row to the next.
    inner: usize,
    /// Elements behind each row.
    gap: usize,
}

impl Shape {
    const fn rows(rows: usize, columns: usize, gap: usize) -> Self {
        Self { rows, columns, inner: 1, gap }
    }

    const fn axis(rows: usize, columns: usize, inner: usize) -> Self {
        Self { rows, columns, inner, gap: 0 }
    }

    fn elements(self) -> usize {
        self.rows * (self.columns + self.gap)
    }

    /// Where an entry of a row lies.
    fn place(self, row: usize, column: usize) -> usize {
        (row / self.inner * (self.columns + self.gap) + column) * self.inner + row % self.inner
    }

    fn entries(self) -> impl Iterator<Item = usize> {
        (0..self.rows).flat_map(move |row| (0..self.columns).map(move |column| self.place(row, column)))
    }

    fn call<T: Number>(self) -> Call<'static, T> {
        match self {
            Self { inner: 1, gap: 0, .. } => Call::new().columns(self.columns),
            Self { inner: 1, .. } => Call::new().layout(Layout::rows(self.columns).stride(self.columns + self.gap)),
            _ => Call::new().layout(Layout::axis(self.columns, self.inner)),
        }
    }
}

const SHAPES: [Shape; 17] = [
    Shape::rows(1, 1, 0),
    Shape::rows(70, 1, 0),
    Shape::rows(5, 3, 0),
    Shape::rows(9, 17, 0),
    Shape::rows(130, 20, 0),
    Shape::rows(3, 600, 0),
    Shape::rows(3, 1100, 0),
    Shape::rows(70, 2, 0),
    Shape::rows(70, 1, 2),
    Shape::rows(9, 17, 1),
    Shape::rows(130, 20, 12),
    Shape::rows(3, 1100, 5),
    Shape::axis(2, 3, 2),
    Shape::axis(21, 5, 7),
    Shape::axis(70, 2, 35),
    Shape::axis(1100, 3, 1100),
    Shape::axis(6, 1, 3),
];

/// Inputs and all that can be given by row, kept for the whole test.
struct Data<T: 'static> {
    shape: Shape,
    x: &'static [T],
    t: &'static [T],
    row_weights: &'static [T],
    column_weights: &'static [T],
    mask: &'static [bool],
    upstream: &'static [T],
}

impl<T: Number> Data<T> {
    fn new(shape: Shape) -> Self {
        let Shape { rows, columns, .. } = shape;
        let mut rng = Rng(rows as u64 * 31 + columns as u64);
        let mut draw = |n: usize, low, high| -> &'static [T] {
            (0..n).map(|_| T::of(rng.between(low, high))).collect::<Vec<_>>().leak()
        };
        let (x, t) = (draw(shape.elements(), -3.0, 0.0), draw(shape.elements(), 0.0, 1.0));
        let (row_weights, column_weights) = (draw(rows, -0.5, 2.0), draw(columns, 0.25, 2.0));
        let mask = (0..rows).map(|row| row % 4 != 1).collect::<Vec<_>>().leak();
        Self { shape, x, t, row_weights, column_weights, mask, upstream: draw(rows, -2.0, 2.0) }
    }

    fn call(&self, choice: Choice) -> Call<'static, T> {
        let call = self.shape.call().by_row(choice.by_row).upstream(-1.5);
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
        let shape @ Shape { rows, columns, .. } = data.shape;
        let share = if choice.by_row == ByRow::Mean { 1.0 / columns as f64 } else { 1.0 };
        let by_row = matches!(choice.weights, Some(Spread::Rows | Spread::Each));
        let row_weight = |row: usize| if by_row { data.row_weights[row].wide() } else { 1.0 };
        let by_column = choice.weights == Some(Spread::Columns);
        let column_weight = |j: usize| if by_column { data.column_weights[j].wide() } else { 1.0 };
        let kept = |row: usize| !choice.masked || data.mask[row];
        let loss = |row: usize| -> f64 {
            (0..columns).map(|j| values[shape.place(row, j)].wide() * column_weight(j)).sum::<f64>() * share
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
            // What lies in gaps keeps what it had.
            let mut times = vec![f64::NAN; grads.len()];
            for row in 0..rows {
                for column in 0..columns {
                    let at = shape.place(row, column);
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
    for (i, (got, wanted)) in got.iter().map(|got| got.wide()).zip(wanted).enumerate() {
        let same = got.is_nan() && wanted.is_nan();
        assert!(same || (got - wanted).abs() <= 16.0 * T::EPSILON * size, "{what}, {i}: {got} not {wanted}");
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

/// Each choice at one of the levels, at another one for each shape.
fn every_verb<T: Number, F: BothGrads<T> + Copy>(name: &str, make: Make<T, F>) {
    let levels: Vec<Level> = levels().collect();
    for (i, shape) in SHAPES.into_iter().enumerate() {
        let data = Data::<T>::new(shape);
        let n = shape.elements();
        let nan = T::of(f64::NAN);
        let (mut values, mut dx, mut dt) = (vec![nan; n], vec![nan; n], vec![nan; n]);
        make(Call::new()).each_and_grads(data.x, data.t, &mut values, Some(&mut dx), Some(&mut dt)).unwrap();
        for (choice, level) in choices().zip(levels.iter().cycle().skip(i)) {
            let wanted = Expected::new(&data, choice, &values, [&dx, &dt]);
            let what = format!("{name} {} {shape:?}, {choice:?} on {level:?}", T::NAME);
            let call = data.call(choice).level(*level);
            verbs(&data, make(call), &wanted, &what);
            accumulates(&data, make(call.accumulate()), &wanted, &what);
        }
    }
}

fn verbs<T: Number, F: BothGrads<T>>(data: &Data<T>, loss: F, wanted: &Expected, what: &str) {
    let (n, nan) = (data.shape.elements(), T::of(f64::NAN));
    let (mut each, mut dx, mut dt) = (vec![nan; data.shape.rows], vec![nan; n], vec![nan; n]);
    outcome::<T>(loss.value(data.x, data.t).unwrap(), wanted, what);
    loss.grad(data.x, data.t, &mut dx).unwrap();
    near(&dx, &wanted.grads[0], what);
    dx.fill(nan);
    outcome::<T>(loss.value_and_grad(data.x, data.t, &mut dx).unwrap(), wanted, what);
    near(&dx, &wanted.grads[0], what);
    data.shape.entries().for_each(|at| dx[at] = data.x[at]);
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
    let n = data.shape.elements();
    let (mut dx, mut dt) = (vec![T::of(2.0); n], vec![T::of(-1.0); n]);
    loss.value_and_grads(data.x, data.t, Some(&mut dx), Some(&mut dt)).unwrap();
    let plus = |grads: &[f64], start: f64| {
        grads.iter().map(|grad| if grad.is_nan() { start } else { start + grad }).collect::<Vec<_>>()
    };
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

/// All levels with a fused multiply-add have the same bits, where there are several.
fn levels_agree<T: Number, F: BothGrads<T> + Copy>(make: Make<T, F>) {
    for shape in SHAPES {
        let data = Data::<T>::new(shape);
        for choice in choices().step_by(7) {
            let mut of_levels = fused_levels()
                .into_iter()
                .map(|level| words_of_both(&make(data.call(choice).level(level)), data.x, data.t, shape.rows));
            let Some(first) = of_levels.next() else { return };
            assert!(of_levels.all(|words| words == first), "{shape:?}, {choice:?}");
        }
    }
}

#[test]
fn levels_have_the_same_bits() {
    levels_agree::<f32, KlDiv>(|how| KlDiv::new().with(how));
    levels_agree::<f64, KlDiv>(|how| KlDiv::new().with(how));
    levels_agree::<f32, BceWithLogits<'_, f32>>(|how| BceWithLogits::new().with(how));
    levels_agree::<f64, BceWithLogits<'_, f64>>(|how| BceWithLogits::new().with(how));
}

/// A row has the bits that it has alone, whatever others a tile holds with it.
fn alone<T: Number, F: BothGrads<T> + Copy>(make: Make<T, F>) {
    let weights = [None, Some(Spread::Columns)];
    for (columns, weights) in [1, 2, 15, 16, 17, 64, 70, 500, 1025].into_iter().zip(weights.into_iter().cycle()) {
        let data = Data::<T>::new(Shape::rows(67, columns, 0));
        for masked in [false, true] {
            let how = Choice { by_row: ByRow::Mean, weights, masked, upstream: false, divisor: None };
            let n = 67 * columns;
            let zeros = |n: usize| vec![T::of(0.0); n];
            let (mut each, mut dx, mut dt) = (zeros(67), zeros(n), zeros(n));
            let all = make(data.call(how));
            all.each_and_grads(data.x, data.t, &mut each, Some(&mut dx), Some(&mut dt)).unwrap();
            let one = make(data.call(Choice { masked: false, ..how }));
            for (row, each) in each.iter().enumerate().filter(|(row, _)| !masked || data.mask[*row]) {
                let at = row * columns..(row + 1) * columns;
                let (mut own, mut own_dx, mut own_dt) = (zeros(1), zeros(columns), zeros(columns));
                let (x, t) = (&data.x[at.clone()], &data.t[at.clone()]);
                one.each_and_grads(x, t, &mut own, Some(&mut own_dx), Some(&mut own_dt)).unwrap();
                assert!(
                    own[0] == *each && own_dx == dx[at.clone()] && own_dt == dt[at],
                    "{columns} columns, row {row}"
                );
            }
        }
    }
}

#[test]
fn rows_alone() {
    alone::<f32, BceWithLogits<'_, f32>>(|how| BceWithLogits::new().with(how));
    alone::<f64, BceWithLogits<'_, f64>>(|how| BceWithLogits::new().with(how));
}

//! Batches for losses of rows against rows: every level and verb against one evaluation of the oracle.

use super::expected::{Expected, Items, Output, Tolerances};
use super::placement::Placement;
use super::{Manner, Peaks, same_bits};
use lossfn::Level;
use lossfn_oracle::formula::Row;
use lossfn_oracle::inputs::{Shifted, offsets};
use lossfn_oracle::reduce::Divisor;
use lossfn_oracle::registry::{IGNORED, Inputs, PairSubject, PairsRow, RowInputs, Slices, Verb};
use lossfn_oracle::{Judged, Tolerance, Wide};

/// Rows with what belongs to them. What lies between the rows is NaN here, and must not matter.
pub(crate) struct PairsOfRows<'a, T: Judged> {
    pub(crate) loss: &'a PairsRow<T>,
    pub(crate) columns: usize,
    pub(crate) stride: usize,
    /// The length of the axis behind that of the columns: the rows are laid out with their entries that far apart.
    pub(crate) inner: usize,
    /// Where the slices start.
    pub(crate) offset: usize,
    /// One row after the other, without what lies between.
    pub(crate) x: Vec<T>,
    /// The same of the targets; one-hot rows where the loss takes classes.
    pub(crate) t: Vec<T>,
    pub(crate) classes: Vec<i64>,
    pub(crate) labels: Vec<i8>,
    pub(crate) class_weights: Vec<T>,
}

impl<T: PairSubject> PairsOfRows<'_, T> {
    fn count(&self) -> usize {
        self.x.len() / self.columns
    }

    fn is_ignored(&self, row: usize) -> bool {
        self.loss.sides.is_class() && self.classes[row] == IGNORED
    }

    fn truth(&self, row: usize) -> Row<T::Wide> {
        if self.is_ignored(row) {
            return Row::filled(T::Wide::ZERO, self.columns);
        }
        let at = row * self.columns..(row + 1) * self.columns;
        let class = self.classes.get(row).map_or(0, |class| usize::try_from(*class).unwrap_or_default());
        let (x, t, class_weights) = (&self.x[at.clone()], &self.t[at], &*self.class_weights);
        self.loss.truth(RowInputs { x, t, class, label: self.labels[row], class_weights })
    }

    /// Judges all that every verb returns and writes at every level, in each of these manners.
    pub(crate) fn judge(&self, manners: &[Manner<T>]) -> Result<Peaks, String> {
        let items = Items::of_rows((0..self.count()).map(|row| self.truth(row)));
        let mut peaks = Peaks::default();
        for manner in manners {
            peaks.absorb(self.judge_items(&items, manner)?);
        }
        Ok(peaks)
    }

    fn judge_items(&self, items: &Items<T::Wide>, manner: &Manner<T>) -> Result<Peaks, String> {
        let rows = 0..self.count();
        let counted: Vec<bool> = rows.clone().map(|row| !self.is_ignored(row)).collect();
        let weighs = self.loss.sides.is_class() && self.loss.weighted;
        let class_weight = |row: usize| match usize::try_from(self.classes.get(row).copied().unwrap_or(IGNORED)) {
            Ok(class) if weighs => self.class_weights[class].to_wide(),
            _ => T::Wide::ONE,
        };
        let within: Vec<T::Wide> = rows.clone().map(class_weight).collect();
        let of_loss = rows.filter(|row| counted[*row]).fold(T::Wide::ZERO, |sum, row| sum + within[row]);
        let tolerances = self.tolerances(manner);
        let expected = manner.reduced(Divisor::Fixed(of_loss.to_f64()), Some(&within), Some(&counted), |way| {
            Expected::new(self.loss.name, tolerances, items, manner, way)
        });
        let verbs = self.loss.verbs();
        expected.judge_all(verbs, |level, verb| self.run(manner, level, verb), |i| self.shown(i, manner))
    }

    fn shown(&self, i: usize, manner: &Manner<T>) -> String {
        let entry = if i < self.x.len() { format!("x {:?}, t {:?}", self.x[i], self.t[i]) } else { String::new() };
        let Self { columns, stride, inner, offset, .. } = self;
        format!(
            "entry {i} ({entry}) of rows of {columns} every {stride}, inner length {inner}, from {offset}, {manner}"
        )
    }

    fn tolerances(&self, manner: &Manner<T>) -> Tolerances {
        let accuracy = self.loss.accuracy;
        Tolerances {
            each: manner.weighed(accuracy.value),
            each_grad: manner.scaled(accuracy.slope, true),
            grad: manner.scaled(accuracy.slope, false),
            each_target_grad: manner.scaled(accuracy.target_slope, true),
            target_grad: manner.scaled(accuracy.target_slope, false),
        }
    }

    pub(crate) fn run(&self, manner: &Manner<T>, level: Level, verb: Verb) -> Result<Output<T>, String> {
        let Self { columns, stride, inner, .. } = *self;
        let place = Placement { columns, stride, inner };
        let (nan, untouched) = (T::from_f64(f64::NAN), T::from_f64(7.5));
        let shifted = |values: &[T], by: usize| Shifted::new(values, (self.offset + by) % (offsets().end() + 1));
        let (mut x, t) = (shifted(&place.lay_out(&self.x, nan), 0), shifted(&place.lay_out(&self.t, nan), 5));
        let mut each = shifted(&vec![nan; self.count()], 3);
        let blank = vec![untouched; self.count() * stride];
        let (mut grad, mut target_grad) = (shifted(&blank, 11), shifted(&blank, 7));
        let inputs = Inputs {
            layout: place.layout(),
            t: t.get(),
            classes: &self.classes,
            labels: &self.labels,
            class_weights: &self.class_weights,
        };
        let slices =
            Slices { x: x.get_mut(), each: each.get_mut(), grad: grad.get_mut(), target_grad: target_grad.get_mut() };
        let returned =
            self.loss.run(inputs, manner.call().level(level), verb, slices).map_err(|error| error.to_string())?;
        let in_place = verb == Verb::ValueAndGradInPlace;
        let between = |slice: &[T], filler: T| place.between(slice).all(|x| x.to_bits() == filler.to_bits());
        let intact = [&x, &t, &each, &grad, &target_grad].iter().all(|slice| slice.intact());
        if !intact || !between(x.get(), nan) || [&grad, &target_grad].iter().any(|to| !between(to.get(), untouched)) {
            return Err("wrote beside its rows".into());
        }
        if !in_place && !same_bits(x.get(), &place.lay_out(&self.x, nan)) {
            return Err("wrote to its input".into());
        }
        let rows = |from: &[T]| place.rows_of(from, self.count());
        let (grad, target_grad) = (rows(if in_place { x.get() } else { grad.get() }), rows(target_grad.get()));
        Ok(Output { returned, each: each.get().to_vec(), grad, target_grad })
    }
}

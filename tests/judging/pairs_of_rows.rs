//! Batches for losses of rows against rows: every level and verb against one evaluation of the oracle.

use super::buffers::Buffers;
use super::expected::{Expected, Items, Output, Tolerances};
use super::placement::Placement;
use super::{Manner, Peaks};
use lossfn::Level;
use lossfn_oracle::formula::Row;
use lossfn_oracle::reduce::Divisor;
use lossfn_oracle::registry::{IGNORED, Inputs, PairSubject, PairsRow, RowInputs, Verb};
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
        let mut buffers = Buffers::new(place, self.offset, &self.x, &self.t);
        let (t, slices) = buffers.slices();
        let inputs = Inputs {
            layout: place.layout(),
            t,
            classes: &self.classes,
            labels: &self.labels,
            class_weights: &self.class_weights,
        };
        let returned =
            self.loss.run(inputs, manner.call().level(level), verb, slices).map_err(|error| error.to_string())?;
        buffers.output(verb, returned)
    }
}

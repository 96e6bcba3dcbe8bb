//! Batches for losses of rows: every level and verb against one evaluation of the oracle.

use super::buffers::Buffers;
use super::expected::{Expected, Items, Output, Tolerances};
use super::placement::Placement;
use super::{Manner, Peaks};
use lossfn::Level;
use lossfn_oracle::formula::{Row, Target};
use lossfn_oracle::reduce::Divisor;
use lossfn_oracle::registry::{Accuracy, Given, RowTargets, Rowwise, Subject, Verb};
use lossfn_oracle::{Tolerance, Wide, widen};

/// The class of a row that is left out.
pub(crate) const IGNORED: i64 = -100;

/// Rows of logits with their targets. What lies between the rows is NaN here, and must not matter.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    pub(crate) loss: Rowwise,
    pub(crate) classes: usize,
    pub(crate) stride: usize,
    /// The length of the axis behind that of the classes: the rows are laid out with their classes that far apart.
    pub(crate) inner: usize,
    /// Where the slices start.
    pub(crate) offset: usize,
    /// One row after the other, without what lies between.
    pub(crate) x: Vec<T>,
    /// A class for each row, where the loss is given classes.
    pub(crate) class: Vec<i64>,
    /// A probability for each logit, where it is given those.
    pub(crate) probabilities: Vec<T>,
    pub(crate) class_weights: Vec<T>,
}

impl<T: Subject> Rows<T> {
    fn count(&self) -> usize {
        self.x.len() / self.classes
    }

    /// The targets of rows that follow one another.
    pub(crate) fn targets(&self) -> RowTargets<'_, T> {
        match self.loss.given {
            Given::Class => RowTargets::Classes(&self.class),
            Given::Probabilities => RowTargets::Probabilities(&self.probabilities),
        }
    }

    fn is_ignored(&self, row: usize) -> bool {
        self.loss.given == Given::Class && self.class[row] == IGNORED
    }

    /// The truth about every row.
    pub(crate) fn truth(&self) -> Vec<Row<T::Wide>> {
        let of_row = |(row, x): (usize, &[T])| {
            let probabilities = match self.loss.given {
                Given::Class => Vec::new(),
                Given::Probabilities => widen(&self.probabilities[row * self.classes..][..self.classes]),
            };
            let target = match self.loss.given {
                _ if self.is_ignored(row) => Target::Ignored,
                Given::Class => Target::Class(self.class[row] as usize),
                Given::Probabilities => Target::Soft(&probabilities),
            };
            self.loss.truth(x, &self.class_weights, target)
        };
        self.x.chunks(self.classes).enumerate().map(of_row).collect()
    }

    /// Judges all that every verb returns and writes at every level, in each of these manners.
    pub(crate) fn judge(&self, manners: &[Manner<T>]) -> Result<Peaks, String> {
        let items = Items { zero_wins: true, ..Items::of_rows(self.truth()) };
        let mut peaks = Peaks::default();
        for manner in manners {
            peaks.absorb(self.judge_items(&items, manner)?);
        }
        Ok(peaks)
    }

    fn judge_items(&self, items: &Items<T::Wide>, manner: &Manner<T>) -> Result<Peaks, String> {
        let counted: Vec<bool> = (0..self.count()).map(|row| !self.is_ignored(row)).collect();
        let class_weight = |row: usize| match self.loss.given {
            Given::Class if self.loss.weighted && counted[row] => {
                self.class_weights[self.class[row] as usize].to_wide()
            }
            _ => T::Wide::ONE,
        };
        let within: Vec<T::Wide> = (0..self.count()).map(class_weight).collect();
        let of_loss = (0..self.count()).filter(|row| counted[*row]).fold(T::Wide::ZERO, |sum, row| sum + within[row]);
        let tolerances = self.tolerances(manner);
        let expected = manner.reduced(Divisor::Fixed(of_loss.to_f64()), Some(&within), Some(&counted), |way| {
            Expected::new(self.loss.name, tolerances, items, manner, way)
        });
        expected.judge_all(
            self.loss.verbs(),
            |level, verb| self.run(manner, level, verb),
            |i| format!("entry {i}: {self}, {manner}"),
        )
    }

    /// A mean's divisor enters the one factor that every row's gradient is multiplied with, so that in f32, where that
    /// factor is made in f64, it costs nothing. Weights and upstream are rounded into it before.
    fn tolerances(&self, manner: &Manner<T>) -> Tolerances {
        let Accuracy { value, slope, target_slope } = self.loss.accuracy::<T>();
        let factor = if T::BITS == 32 { 1.01 } else { 3.0 };
        let scaled = |slope: Tolerance, each: bool| {
            let divided = T::BITS == 64 && !each && manner.divisor.is_some();
            let plain = manner.is_plain(true) && !divided && !self.loss.weighted;
            if plain { slope } else { Tolerance { ulp: slope.ulp + factor, ..slope } }
        };
        Tolerances {
            each: manner.weighed(value),
            each_grad: scaled(slope, true),
            grad: scaled(slope, false),
            each_target_grad: scaled(target_slope, true),
            target_grad: scaled(target_slope, false),
        }
    }

    fn placement(&self) -> Placement {
        Placement { columns: self.classes, stride: self.stride, inner: self.inner }
    }

    pub(crate) fn run(&self, manner: &Manner<T>, level: Level, verb: Verb) -> Result<Output<T>, String> {
        let place = self.placement();
        let mut buffers = Buffers::new(place, self.offset, &self.x, &self.probabilities);
        let (probabilities, slices) = buffers.slices();
        let targets = match self.loss.given {
            Given::Class => RowTargets::Classes(&self.class),
            Given::Probabilities => RowTargets::Probabilities(probabilities),
        };
        let how = manner.call().level(level);
        let returned = self
            .loss
            .run(place.layout(), &self.class_weights, how, verb, targets, slices)
            .map_err(|e| e.to_string())?;
        buffers.output(verb, returned)
    }
}

impl<T> core::fmt::Display for Rows<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let rows = self.x.len() / self.classes;
        let Self { classes, stride, inner, offset, .. } = self;
        write!(f, "{rows} rows of {classes} every {stride}, inner length {inner}, from {offset}")
    }
}

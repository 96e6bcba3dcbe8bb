//! Batches for elementwise losses: every level and verb against one evaluation of the oracle.

use super::buffers::Buffers;
use super::expected::{Expected, Items, Output, Tolerances};
use super::placement::Placement;
use super::{Manner, Peaks, manners, pairs_of, proptest_config};
use core::cell::RefCell;
use lossfn::Level;
use lossfn_oracle::formula::Element;
use lossfn_oracle::inputs::{lengths, offsets};
use lossfn_oracle::reduce::Divisor;
use lossfn_oracle::registry::{Row, Subject, Verb};
use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};

/// Predictions and targets of a loss.
pub(crate) struct Elements<'a, T: Subject> {
    row: &'a Row<T>,
    x: Vec<T>,
    t: Vec<T>,
    /// Where the slices start.
    offset: usize,
}

impl<'a, T: Subject> Elements<'a, T> {
    pub(crate) fn new(row: &'a Row<T>, pairs: &[(T, T)], offset: usize) -> Self {
        let (x, t) = pairs.iter().copied().unzip();
        Self { row, x, t, offset }
    }

    /// What the loss should make of them.
    fn truth(&self) -> Items<T::Wide> {
        let mut truth = Items { losses: Vec::new(), slopes: Vec::new(), target_slopes: Vec::new(), zero_wins: false };
        for Element { value, slope, target_slope } in self.x.iter().zip(&self.t).map(|(x, t)| self.row.truth(*x, *t)) {
            truth.losses.push(value);
            truth.slopes.push(slope);
            truth.target_slopes.push(target_slope);
        }
        truth
    }

    /// Judges all that every verb returns and writes at every level.
    pub(crate) fn judge(&self, manner: &Manner<T>) -> Result<Peaks, String> {
        let Row { name, accuracy, .. } = self.row;
        let tolerances = Tolerances {
            each: manner.weighed(accuracy.value),
            each_grad: manner.scaled(accuracy.slope, true),
            grad: manner.scaled(accuracy.slope, false),
            each_target_grad: manner.scaled(accuracy.target_slope, true),
            target_grad: manner.scaled(accuracy.target_slope, false),
        };
        let truth = self.truth();
        let expected =
            manner.reduced(Divisor::Elements, None, None, |way| Expected::new(name, tolerances, &truth, manner, way));
        let input = |i: usize| format!("x = {:?}, t = {:?}, {manner}", self.x[i], self.t[i]);
        expected.judge_all(self.row.verbs(), |level, verb| self.run(manner, level, verb), input)
    }

    pub(crate) fn run(&self, manner: &Manner<T>, level: Level, verb: Verb) -> Result<Output<T>, String> {
        let mut buffers = Buffers::new(Placement::ELEMENTS, self.offset, &self.x, &self.t);
        let (t, slices) = buffers.slices();
        let returned = self.row.run(manner.call().level(level), verb, t, slices).map_err(|e| e.to_string())?;
        buffers.output(verb, returned)
    }
}

/// Batches as a property test draws them: pairs, offset, manner.
fn batches<T: Subject>(row: &Row<T>, limit: usize) -> impl Strategy<Value = (Vec<(T, T)>, usize, Manner<T>)> {
    let pair = pairs_of::<T>(&row.domain);
    let lengths: Vec<usize> = lengths(limit).collect();
    select(lengths).prop_flat_map(move |length| (vec(pair.clone(), length), offsets(), manners(length, true)))
}

/// Property test of one loss: so many batches of lengths up to `limit`.
pub(crate) fn judge_batches<T: Subject>(row: &Row<T>, cases: usize, limit: usize) -> Result<Peaks, String> {
    let peaks = RefCell::new(Peaks::default());
    let outcome = TestRunner::new(proptest_config(cases)).run(&batches(row, limit), |(pairs, offset, manner)| {
        let judged = Elements::new(row, &pairs, offset).judge(&manner).map_err(TestCaseError::fail)?;
        peaks.borrow_mut().absorb(judged);
        Ok(())
    });
    outcome.map(|()| peaks.into_inner()).map_err(shown)
}

/// The reason names the worst element of the smallest batch that fails; its other elements say nothing.
pub(crate) fn shown<V: core::fmt::Debug>(failure: TestError<V>) -> String {
    match failure {
        TestError::Fail(reason, _) => reason.to_string(),
        TestError::Abort(reason) => format!("gave up: {reason}"),
    }
}

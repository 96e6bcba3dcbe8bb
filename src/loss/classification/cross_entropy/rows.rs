//! Which of the softmax kernels a row goes to, with which factors.

use super::CrossEntropy;
use super::targets::Classes;
use crate::Layout;
use crate::engine::axis;
use crate::engine::factors::Factors;
use crate::engine::pass::on_rows;
use crate::engine::rowwise::{self, Batch, Leaf, Rowwise, Shared};
use crate::engine::small::SmallCall;
use crate::engine::softmax::{
    Distributions, FEW, FewRows, GROUP, HardRows, IGNORED, Plan, SIDE_BY_SIDE, SMALL_GROUP, Short, ShortScratch,
    SoftRow, SoftTarget, WHOLE_GROUP, are_few, is_short, is_small, side_by_side,
};
use crate::engine::sum::Sum;
use crate::engine::{Args, Input, check, row};
use crate::lane::dispatch;
use crate::loss::classification::class_rows::{INSTEAD, leave_masked_out};
use crate::math::Float;
use crate::{Call, LossError, Outcome, Totals};

/// Classes up to which rows against distributions are faster side by side in lanes than one by one.
const BY_LANES: usize = 48;

/// The targets of a batch.
#[derive(Clone, Copy)]
pub(super) enum Targets<'a, T> {
    Classes(Classes<'a>),
    Probabilities(&'a [T]),
}

/// A loss and its targets.
pub(super) struct Rows<'a, T> {
    pub(super) loss: &'a CrossEntropy<'a, T>,
    pub(super) targets: Targets<'a, T>,
}

/// Checks and runs one call.
pub(super) fn run<T: Float>(
    loss: &CrossEntropy<'_, T>,
    how: &Call<'_, T>,
    mut args: Args<'_, T, ()>,
    targets: Targets<'_, T>,
) -> Result<Outcome, LossError> {
    super::check_options(loss)?;
    let layout = loss.layout;
    row::check_call(how, INSTEAD)?;
    let rows = match targets {
        Targets::Classes(classes) => classes.len(),
        Targets::Probabilities(_) => layout.rows_of(args.x.len())?,
    };
    let entries = layout.entries(rows)?;
    check::length("x", entries, args.x.len())?;
    let ignored = match targets {
        Targets::Classes(classes) => classes.check(layout.classes, loss.ignore_index, how.mask)?,
        Targets::Probabilities(t) => check::length("y", entries, t.len()).map(|()| 0)?,
    };
    args.check_outputs(rows, how.accumulate)?;
    let rows_of_loss = Rows { loss, targets };
    if cfg!(feature = "std")
        && (1..=FEW).contains(&rows)
        && ignored == 0
        && let Some(outcome) = rows_of_loss.few(how, &mut args, rows)
    {
        return Ok(outcome);
    }
    let mut shared = Shared::new(how, layout, rows)?;
    let (totals, of_loss) = if shared.factors.is_plain() && loss.class_weights.is_none() {
        let totals = Totals::of_ones(rows - ignored);
        (totals, totals.weight)
    } else {
        shared.factors.row_totals(rows, |row| rows_of_loss.counts(row))
    };
    if layout.goes_by_lanes(if rows_of_loss.is_hard() { 0 } else { BY_LANES }) {
        return axis::run(&rows_of_loss, how, &mut shared, args, of_loss, totals);
    }
    rowwise::run(&rows_of_loss, how, &mut shared, args, rows, of_loss, totals)
}

impl<T: Float> Rows<'_, T> {
    /// The classes of the rows from `first` on; [`IGNORED`] where a row is left out.
    pub(super) fn classes(&self, factors: &Factors<'_, T>, first: usize, to: &mut [usize]) {
        match self.targets {
            Targets::Classes(classes) => classes.fill(first, self.loss.ignore_index, to),
            Targets::Probabilities(_) => to.fill(0),
        }
        leave_masked_out(factors, first, to);
    }

    /// The weight that a row has for its class.
    fn class_weight(&self, class: usize) -> f64 {
        match (self.targets, self.loss.class_weights) {
            (Targets::Classes(_), Some(weights)) => weights[class].to_f64(),
            _ => 1.0,
        }
    }

    /// What a row that is not masked counts in the divisor of PyTorch's mean.
    fn counts(&self, row: usize) -> Option<f64> {
        let mut class = [0];
        if let Targets::Classes(classes) = self.targets {
            classes.fill(row, self.loss.ignore_index, &mut class);
        }
        (class[0] != IGNORED).then(|| self.class_weight(class[0]))
    }

    /// Runs a call of a few rows, of which none is ignored; `None`, and nothing is written, if it has options or takes
    /// more than the usual steps.
    fn few(&self, how: &Call<'_, T>, args: &mut Args<'_, T, ()>, rows: usize) -> Option<Outcome> {
        let Layout { classes, stride, inner } = self.loss.layout;
        let (&Input::Keep(x), Targets::Classes(targets)) = (&args.x, self.targets) else { return None };
        let one_vector_each = inner == 1 && classes <= T::LANES;
        if !one_vector_each || !self.is_hard() || self.loss.class_weights.is_some() {
            return None;
        }
        let call = SmallCall::new(how, &args.out, rows, x.len())?;
        let class = &mut [0; FEW][..rows];
        targets.fill(0, None, class);
        let (each, grad) = (args.out.each.as_deref_mut(), args.out.grad.as_deref_mut());
        let scale = call.scale;
        let sum = dispatch(call.token, FewRows { x, classes, stride, class, scale, each, grad })?;
        Some(call.outcome(how, sum))
    }

    pub(super) fn is_hard(&self) -> bool {
        self.loss.label_smoothing == 0.0 && matches!(self.targets, Targets::Classes(_))
    }

    /// Short rows, by the group.
    fn short<const E: usize>(&self, mut batch: Batch<'_, T>, scratch: &mut ShortScratch<T, E>) {
        let shared = batch.shared;
        let stride = shared.layout.stride;
        let rows = batch.rows;
        for start in (0..rows).step_by(GROUP) {
            let count = GROUP.min(rows - start);
            let ShortScratch { plan, e, group } = &mut *scratch;
            self.plan(&shared.factors, batch.first + start, count, plan);
            let entries = start * stride..(start + count) * stride;
            let kernel = Short {
                x: batch.x.part(entries.clone()),
                grad: batch.grad.as_deref_mut().map(|grad| &mut grad[entries]),
                rows: count,
                losses: &mut batch.losses[start..],
                classes: shared.layout.classes,
                stride,
                plan,
                accumulate: shared.accumulate,
                e,
            };
            dispatch(shared.token, (kernel, group));
        }
    }

    /// Whether all rows have the weight 1 and the same factors.
    pub(super) fn is_even(&self, factors: &Factors<'_, T>) -> bool {
        factors.is_plain() && (self.loss.class_weights.is_none() || !self.is_hard())
    }

    /// Fills in a plan of `count` rows from `first` on. The weight of a class is in their factors where it is one.
    pub(super) fn plan<const N: usize>(
        &self,
        factors: &Factors<'_, T>,
        first: usize,
        count: usize,
        plan: &mut Plan<T, N>,
    ) {
        self.classes(factors, first, &mut plan.class[..count]);
        plan.weight.fill(T::from_f64(1.0));
        plan.scale.fill(factors.scale);
        if self.is_even(factors) {
            return;
        }
        for i in (0..count).filter(|&i| plan.class[i] != IGNORED) {
            let own = if self.is_hard() { self.class_weight(plan.class[i]) } else { 1.0 };
            let weight = own * factors.weight(first + i).to_f64();
            plan.weight[i] = T::from_f64(weight);
            plan.scale[i] = factors.upstream(first + i) * weight;
        }
    }

    /// The target probabilities of one row.
    fn soft_target(&self, row: usize, class: usize) -> SoftTarget<'_, T> {
        let classes = self.loss.layout.classes;
        let given = match self.targets {
            Targets::Classes(_) => Err(class),
            Targets::Probabilities(t) => Ok(&t[row * self.loss.layout.stride..][..classes]),
        };
        SoftTarget { given, all: self.distributions() }
    }

    /// What all target probabilities share.
    pub(super) fn distributions(&self) -> Distributions<'_, T> {
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let add = self.loss.label_smoothing / self.loss.layout.classes as f64;
        Distributions {
            given: matches!(self.targets, Targets::Probabilities(_)),
            keep: 1.0 - self.loss.label_smoothing,
            add,
            weights: self.loss.class_weights.unwrap_or_default(),
        }
    }
}

impl<T: Float> Rowwise<T> for Rows<'_, T> {
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum {
        if self.is_hard() && is_short(leaf.classes()) && !are_few::<T>(leaf.rows(), leaf.classes()) {
            if is_small::<T>(leaf.rows(), leaf.classes()) {
                let mut scratch = ShortScratch::<T, SMALL_GROUP>::new();
                return leaf.batches(&mut |batch| self.short(batch, &mut scratch));
            }
            let mut scratch = ShortScratch::<T, WHOLE_GROUP>::new();
            return leaf.batches(&mut |batch| self.short(batch, &mut scratch));
        }
        if self.is_hard() {
            return leaf.batches(&mut |batch| self.hard(batch));
        }
        leaf.batches(&mut |batch| self.soft(batch))
    }
}

impl<T: Float> Rows<'_, T> {
    /// Rows that are not short, or few.
    fn hard(&self, mut batch: Batch<'_, T>) {
        let shared = batch.shared;
        let stride = shared.layout.stride;
        let together = side_by_side::<T>(shared.layout.classes);
        for start in (0..batch.rows).step_by(together) {
            let count = together.min(batch.rows - start);
            let mut plan = Plan::<T, SIDE_BY_SIDE>::new();
            self.plan(&shared.factors, batch.first + start, count, &mut plan);
            let entries = start * stride..(start + count) * stride;
            let mut rows = HardRows {
                x: batch.x.part(entries.clone()),
                grad: batch.grad.as_deref_mut().map(|grad| &mut grad[entries]),
                losses: &mut batch.losses[start..start + count],
                shared,
                plan: &plan,
            };
            on_rows(shared.token, shared.threads, &mut rows);
        }
    }

    /// Rows against distributions, one by one.
    fn soft(&self, mut batch: Batch<'_, T>) {
        let Shared { token, threads, layout, ref factors, accumulate, .. } = *batch.shared;
        for i in 0..batch.rows {
            let at = i * layout.stride;
            let entries = at..at + layout.classes;
            let mut x = batch.x.part(entries.clone());
            let grad = batch.grad.as_deref_mut().map(|grad| &mut grad[entries.clone()]);
            let target_grad = batch.target_grad.as_deref_mut().map(|grad| &mut grad[entries]);
            let row = batch.first + i;
            let mut class = [IGNORED];
            self.classes(factors, row, &mut class);
            let [class] = class;
            if class == IGNORED {
                for to in [x.place(grad), target_grad].into_iter().flatten().filter(|_| !accumulate) {
                    to.fill(T::default());
                }
                continue;
            }
            let target = self.soft_target(row, class);
            let weight = factors.weight(row);
            let scale = factors.upstream(row) * weight.to_f64();
            let row = SoftRow { x, grad, target_grad, target, weight, scale, accumulate, stride: layout.stride };
            batch.losses[i] = on_rows(token, threads, row);
        }
    }
}

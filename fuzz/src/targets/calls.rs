//! Any call at all.
//!
//! - It returns, with a result or an error: no panic, no overflow.
//! - An error leaves every output as it was.
//! - A result is the same, bit for bit, on every fused level and on the scalar model.
//! - The counts of a result are possible, and what lies between rows is not written.

use super::inputs::{Data, Inputs, Number};
use super::options::WithOptions;
use super::plan::{Divisor, Formula, Listed, Plan, Spread, Targets};
use crate::judging::levels;
use arbitrary::Unstructured;
use lossfn::{
    BceWithLogits, Call, CrossEntropy, Empty, Huber, Level, Loss, LossError, Mae, Mse, SmoothL1, Threads, Weights,
};
use lossfn_oracle::registry::{self, Returned, Slices};

/// Runs the call that the bytes describe.
pub(super) fn calls(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(plan) = Plan::read(&mut u) else { return };
    let mut data = Data::new(u.take_rest());
    if plan.single { check::<f32>(&plan, &mut data) } else { check::<f64>(&plan, &mut data) }
}

/// What a call returns and leaves.
pub(crate) struct Done<T> {
    result: Result<Returned, LossError>,
    x: Vec<T>,
    out: Vec<T>,
    dx: Vec<T>,
    dy: Vec<T>,
}

impl<T: Number> Done<T> {
    fn bits(&self) -> Vec<u64> {
        let Returned { value, totals } = self.result.as_ref().copied().unwrap_or_default();
        let totals = totals.map_or([0; 3], |it| [it.sum.bits(), it.weight.bits(), it.count]);
        let numbers = [&self.x, &self.out, &self.dx, &self.dy].into_iter().flatten().map(|x| x.bits());
        numbers.chain(totals).chain(value.map(Number::bits)).collect()
    }
}

fn check<T: Calls>(plan: &Plan, data: &mut Data) {
    let inputs = Inputs::<T>::new(plan, data);
    let level = plan.level.map(|byte| [Level::Base, Level::Avx2, Level::Avx512, Level::Model][usize::from(byte % 4)]);
    let done = T::call(plan, &inputs, level);
    match &done.result {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(done.bits(), inputs.outputs().bits(), "an output was touched: {plan:?}");
        }
        Ok(returned) => {
            check_result(plan, &inputs, &done, returned);
            if level.is_none_or(Level::is_fused) && Level::best().is_fused() {
                for level in levels().into_iter().filter(|level| level.is_fused()) {
                    let other = T::call(plan, &inputs, Some(level));
                    assert!(other.bits() == done.bits(), "{level:?} differs: {plan:?}");
                }
            }
        }
    }
}

fn check_result<T: Number>(plan: &Plan, inputs: &Inputs<T>, done: &Done<T>, returned: &Returned) {
    if let Some(totals) = returned.totals {
        assert!(totals.count <= inputs.x.len().max(inputs.y) as u64, "{plan:?}");
    }
    let stride = plan.stride().max(1);
    let is_padding = |i: &usize| i % stride >= plan.columns;
    for (now, before) in [(&done.x, &inputs.x), (&done.dx, &inputs.dx), (&done.dy, &inputs.dy)] {
        for i in (0..now.len()).filter(is_padding) {
            assert_eq!(now[i].bits(), before[i].bits(), "written between the rows: {plan:?}");
        }
    }
}

impl<T: Number> Inputs<T> {
    /// The outputs before the call.
    fn outputs(&self) -> Done<T> {
        let (x, out, dx, dy) = (self.x.clone(), self.out.clone(), self.dx.clone(), self.dy.clone());
        Done { result: Ok(Returned::default()), x, out, dx, dy }
    }

    fn how(&self, plan: &Plan, level: Option<Level>) -> Call<'_, T> {
        let mut how = Call::new().empty(if plan.zero_if_empty { Empty::Zero } else { Empty::Nan });
        how = match plan.divisor {
            Divisor::Sum => how.sum(),
            Divisor::OfLoss => how,
            Divisor::Elements => how.mean(lossfn::Divisor::Elements),
            Divisor::Rows => how.mean(lossfn::Divisor::Rows),
            Divisor::Counted => how.mean(lossfn::Divisor::Counted),
            Divisor::WeightSum => how.mean(lossfn::Divisor::WeightSum),
            Divisor::Fixed(number) => how.mean(lossfn::Divisor::Fixed(number.get())),
        };
        how = match plan.weights {
            Some(Spread::Each(_)) => how.weights(Weights::Each(&self.weights)),
            Some(Spread::Rows(_)) => how.weights(Weights::Rows(&self.weights)),
            Some(Spread::Columns(_)) => how.weights(Weights::Columns(&self.weights)),
            None => how,
        };
        how = if plan.mask.is_some() { how.mask(&self.mask) } else { how };
        how = if plan.upstream_each.is_some() { how.upstream_each(&self.upstream) } else { how };
        how = plan.say_columns.map_or(how, |columns| how.columns(columns.of(plan.columns)));
        if let Some(placement) = plan.placement.filter(|_| !plan.is_of_rows()) {
            how = how.layout(plan.layout());
            how = placement.by_row.map_or(how, |by_row| how.by_row(by_row));
        }
        how = plan.upstream.map_or(how, |upstream| how.upstream(upstream.get()));
        how = if plan.accumulate { how.accumulate() } else { how };
        how = if plan.serial { how.threads(Threads::Serial) } else { how };
        level.map_or(how, |level| how.level(level))
    }
}

impl<T> Done<T> {
    fn slices(&mut self) -> Slices<'_, T> {
        Slices { x: &mut self.x, each: &mut self.out, grad: &mut self.dx, target_grad: &mut self.dy }
    }
}

/// The verb of the plan.
pub(crate) fn verb<T: Number, Y, L: Loss<T, Y>>(plan: &Plan, inputs: &Inputs<T>, y: &[Y], loss: L) -> Done<T> {
    let mut done = inputs.outputs();
    let result = plan.verb.get().run(&loss, y, done.slices());
    Done { result, ..done }
}

fn listed<T: Number>(plan: &Plan, listed: Listed, inputs: &Inputs<T>, how: Call<'_, T>) -> Done<T> {
    let mut done = inputs.outputs();
    let (verb, slices) = (listed.verb(), done.slices());
    let result = if listed.is_of_rows {
        let layout = plan.layout();
        let Inputs { numbers: t, classes, labels, options: class_weights, .. } = inputs;
        let inputs = registry::Inputs { layout, t, classes, labels, class_weights };
        listed.pick(&T::pairs()).run(inputs, how, verb, slices)
    } else {
        listed.pick(&T::elementwise()).run(how, verb, &inputs.numbers, slices)
    };
    Done { result, ..done }
}

/// The element types with their losses.
trait Calls: WithOptions {
    fn call(plan: &Plan, inputs: &Inputs<Self>, level: Option<Level>) -> Done<Self>;
}

macro_rules! call {
    ($($t:ident),+) => {
        $(impl Calls for $t {
            fn call(plan: &Plan, inputs: &Inputs<$t>, level: Option<Level>) -> Done<$t> {
                let (how, y) = (inputs.how(plan, level), &inputs.numbers);
                if let Some(it) = plan.listed {
                    return listed(plan, it, inputs, how);
                }
                match plan.formula {
                    Formula::Mse => verb(plan, inputs, y, Mse::new().with(how)),
                    Formula::Mae => verb(plan, inputs, y, Mae::new().with(how)),
                    Formula::Huber(delta) => verb(plan, inputs, y, Huber::new(delta.get()).with(how)),
                    Formula::SmoothL1(beta) => verb(plan, inputs, y, SmoothL1::new(beta.get()).with(how)),
                    Formula::Bce { pos_weight, pos_weights } => {
                        let mut loss = BceWithLogits::new();
                        loss = pos_weight.map_or(loss, |weight| loss.pos_weight(weight.get()));
                        loss = if pos_weights.is_some() { loss.pos_weights(&inputs.options) } else { loss };
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Formula::CrossEntropy(rows) => {
                        let mut loss = CrossEntropy::new(plan.layout());
                        loss = if rows.class_weights.is_some() { loss.class_weights(&inputs.options) } else { loss };
                        loss = rows.smoothing.map_or(loss, |share| loss.label_smoothing(share.get()));
                        loss = match rows.ignore {
                            None => loss,
                            Some(None) => loss.no_ignore_index(),
                            Some(Some(index)) => loss.ignore_index(index),
                        };
                        by_targets!(plan, inputs, rows, loss.with(how))
                    }
                    Formula::With(options) => WithOptions::call_with(options, plan, inputs, how),
                }
            }
        })+
    };
}

/// Cross-entropy against targets of the type that the plan names.
macro_rules! by_targets {
    ($plan:ident, $inputs:ident, $rows:ident, $loss:expr) => {
        by_targets!(
            $plan, $inputs, $rows, $loss;
            I8 i8, I16 i16, I32 i32, I64 i64, Isize isize, U8 u8, U16 u16, U32 u32, U64 u64, Usize usize
        )
    };
    ($plan:ident, $inputs:ident, $rows:ident, $loss:expr; $($variant:ident $y:ty),+) => {
        match $rows.targets {
            Targets::Probabilities => verb($plan, $inputs, &$inputs.numbers, $loss),
            $(Targets::$variant => {
                let y: Vec<$y> = $inputs.classes.iter().map(|&class| class as $y).collect();
                verb($plan, $inputs, &y, $loss)
            })+
        }
    };
}
call!(f32, f64);

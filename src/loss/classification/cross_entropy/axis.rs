//! Rows that lanes take side by side: which of the softmax kernels positions go to, with which factors.

use super::rows::{Rows, Targets};
use crate::Layout;
use crate::engine::axis::{Axis, Positions, by_column, column_tile};
use crate::engine::factors::Factors;
use crate::engine::rowwise::Shared;
use crate::engine::softmax::{Distributions, Plan, Plans, Soft, SoftPlans, hard_positions, hard_tile};
use crate::engine::sum::Sum;
use crate::math::Float;

impl<T: Float> Axis<T> for Rows<'_, T> {
    fn tile(&self, layout: Layout) -> usize {
        if self.is_hard() {
            hard_tile::<T>(layout.classes)
        } else {
            column_tile::<T>(layout.classes, self.probabilities().is_some())
        }
    }

    fn positions(&self, shared: &Shared<'_, T>, leaf: Positions<'_, T>) -> Sum {
        let plans = Planned { rows: self, factors: &shared.factors };
        if self.is_hard() {
            hard_positions(shared, leaf, plans)
        } else {
            by_column(shared, leaf, self.probabilities(), Soft(plans))
        }
    }
}

impl<'a, T: Float> Rows<'a, T> {
    fn probabilities(&self) -> Option<&'a [T]> {
        match self.targets {
            Targets::Probabilities(t) => Some(t),
            Targets::Classes(_) => None,
        }
    }
}

/// The rows with what multiplies them.
#[derive(Clone, Copy)]
struct Planned<'a, T> {
    rows: &'a Rows<'a, T>,
    factors: &'a Factors<'a, T>,
}

impl<T: Float> Plans<T> for Planned<'_, T> {
    fn classes(&self, first: usize, to: &mut [usize]) {
        self.rows.classes(self.factors, first, to);
    }

    fn even(&self) -> Option<f64> {
        self.rows.is_even(self.factors).then_some(self.factors.scale)
    }

    fn plan(&self, first: usize, count: usize) -> Plan<T> {
        let mut plan = Plan::new();
        self.rows.plan(self.factors, first, count, &mut plan);
        plan
    }
}

impl<T: Float> SoftPlans<T> for Planned<'_, T> {
    fn distributions(&self) -> Distributions<'_, T> {
        self.rows.distributions()
    }
}

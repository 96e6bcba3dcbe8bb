//! Classes on an axis in the middle: which of the softmax kernels positions go to, with which factors.

use super::rows::Rows;
use crate::engine::axis::{Axis, Positions};
use crate::engine::factors::Factors;
use crate::engine::rowwise::{Layout, Shared};
use crate::engine::softmax::{Plan, Plans, hard_positions, hard_tile};
use crate::engine::sum::Sum;
use crate::math::Float;

impl<T: Float> Axis<T> for Rows<'_, T> {
    fn tile(&self, layout: Layout) -> usize {
        hard_tile::<T>(layout.classes)
    }

    fn positions(&self, shared: &Shared<'_, T>, leaf: Positions<'_, T>) -> Sum {
        let plans = Planned { rows: self, factors: &shared.factors };
        hard_positions(shared, leaf, plans)
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
        self.rows.plan(self.factors, first, count)
    }
}

//! One entry of each row.

use crate::engine::Input;
use crate::engine::axis::{Axis, Positions};
use crate::engine::factors::Factors;
use crate::engine::rowwise::{self, BATCH, Batch, Layout, Leaf, Rowwise, Shared};
use crate::engine::softmax::IGNORED;
use crate::engine::sum::Sum;
use crate::loss::classification::class_rows::{ClassRows, leave_masked_out};
use crate::math::Float;

pub(super) struct Rows<'a, T> {
    pub(super) targets: ClassRows<'a, T>,
}

impl<T: Float> Rows<'_, T> {
    /// The classes of the rows from `first` on; [`IGNORED`] where one is left out.
    fn classes(&self, factors: &Factors<'_, T>, first: usize, to: &mut [usize]) {
        self.targets.fill(first, to);
        leave_masked_out(factors, first, to);
    }

    /// The weighted loss of a row from the entry of its class, and the gradient there.
    fn item(&self, factors: &Factors<'_, T>, row: usize, class: usize, x: T) -> (T, T) {
        let own = self.targets.weight(class);
        let weight = own * factors.weight(row).to_f64();
        let is_nothing = own == 0.0 && !x.to_f64().is_nan();
        let loss = if is_nothing { T::default() } else { -x * T::from_f64(weight) };
        (loss, T::from_f64(-(factors.upstream(row) * weight)))
    }
}

impl<T: Float> Rowwise<T> for Rows<'_, T> {
    fn leaf(&self, leaf: Leaf<'_, T>) -> Sum {
        leaf.batches(&mut |batch| self.batch(batch))
    }
}

impl<T: Float> Rows<'_, T> {
    fn batch(&self, mut batch: Batch<'_, T>) {
        let Shared { layout: Layout { classes, stride, .. }, factors, accumulate, .. } = batch.shared;
        let mut indices = [IGNORED; BATCH];
        let indices = &mut indices[..batch.rows];
        self.classes(factors, batch.first, indices);
        for (i, &mut class) in indices.iter_mut().enumerate() {
            let at = i * stride..i * stride + classes;
            let x = batch.x.part(at.clone());
            let grad = batch.grad.as_deref_mut().map(|grad| &mut grad[at]);
            if class == IGNORED {
                clear(x, grad, *accumulate);
                continue;
            }
            let (loss, slope) = self.item(factors, batch.first + i, class, x[class]);
            batch.losses[i] = loss;
            if let Some(place) = clear(x, grad, *accumulate) {
                put(&mut place[class], slope, *accumulate);
            }
        }
    }
}

/// The place of a row's gradient, with zeros in it unless it is added to.
fn clear<'a, T: Float>(x: Input<'a, T>, grad: Option<&'a mut [T]>, accumulate: bool) -> Option<&'a mut [T]> {
    let place = match (grad, x) {
        (Some(grad), _) => grad,
        (None, Input::Replace(x)) => x,
        (None, Input::Keep(_)) => return None,
    };
    if !accumulate {
        place.fill(T::default());
    }
    Some(place)
}

fn put<T: Float>(to: &mut T, slope: T, accumulate: bool) {
    *to = if accumulate { *to + slope } else { slope };
}

impl<T: Float> Axis<T> for Rows<'_, T> {
    fn tile(&self, _: Layout) -> usize {
        BATCH
    }

    fn positions(&self, shared: &Shared<'_, T>, mut leaf: Positions<'_, T>) -> Sum {
        let mut sum = Sum::default();
        let len = leaf.len();
        for start in (0..len).step_by(BATCH) {
            let end = len.min(start + BATCH);
            let mut losses = [T::default(); BATCH];
            let losses = &mut losses[..end - start];
            let mut done = 0;
            while done < losses.len() {
                let mut rest = leaf.part(start + done..end);
                let run = rest.x.get().run();
                self.of_sample(shared, rest.part(0..run), &mut losses[done..done + run]);
                done += run;
            }
            sum.add(rowwise::add_up(shared.token, losses));
            if let Some(each) = &mut leaf.each {
                each[start..end].copy_from_slice(losses);
            }
        }
        sum
    }
}

impl<T: Float> Rows<'_, T> {
    /// At most [`BATCH`] positions of one sample.
    fn of_sample(&self, shared: &Shared<'_, T>, mut positions: Positions<'_, T>, losses: &mut [T]) {
        let mut indices = [IGNORED; BATCH];
        let indices = &mut indices[..losses.len()];
        self.classes(&shared.factors, positions.first, indices);
        let mut slopes = [T::default(); BATCH];
        for (i, &mut class) in indices.iter_mut().enumerate().filter(|(_, class)| **class != IGNORED) {
            let x = positions.x.get().row(class)[i];
            (losses[i], slopes[i]) = self.item(&shared.factors, positions.first + i, class, x);
        }
        let Some((mut place, accumulate)) = positions.grad_place(shared.accumulate) else { return };
        if !accumulate {
            (0..shared.layout.classes).for_each(|class| place.row(class).fill(T::default()));
        }
        for (i, &mut class) in indices.iter_mut().enumerate().filter(|(_, class)| **class != IGNORED) {
            put(&mut place.row(class)[i], slopes[i], accumulate);
        }
    }
}

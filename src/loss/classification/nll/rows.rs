//! One entry of each row.

use crate::Layout;
use crate::engine::axis::{Axis, Positions};
use crate::engine::factors::Factors;
use crate::engine::rowwise::{self, BATCH, Batch, Leaf, Rowwise, Shared};
use crate::engine::softmax::IGNORED;
use crate::engine::sum::Sum;
use crate::lane::{Isa, Kernel, Lane, dispatch};
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
        let Shared { token, layout: Layout { classes, stride, .. }, factors, accumulate, streams, .. } = *batch.shared;
        let mut indices = [IGNORED; BATCH];
        let indices = &mut indices[..batch.rows];
        self.classes(&factors, batch.first, indices);
        // All at once, so that many rows are waited for together, and before zeros may replace them.
        let mut entries = [T::default(); BATCH];
        for (i, &mut class) in indices.iter_mut().enumerate().filter(|(_, class)| **class != IGNORED) {
            entries[i] = batch.x[i * stride + class];
        }
        let mut place = batch.x.place(batch.grad.as_deref_mut());
        match &mut place {
            Some(place) if streams => dispatch(token, Zeros(place)),
            Some(place) if !accumulate => clear(place, classes, stride),
            _ => {}
        }
        for (i, &mut class) in indices.iter_mut().enumerate().filter(|(_, class)| **class != IGNORED) {
            let (loss, slope) = self.item(&factors, batch.first + i, class, entries[i]);
            batch.losses[i] = loss;
            if let Some(place) = &mut place {
                put(&mut place[i * stride + class], slope, accumulate);
            }
        }
    }
}

/// Puts zeros in rows, but not between them.
fn clear<T: Float>(place: &mut [T], classes: usize, stride: usize) {
    if classes == stride {
        return place.fill(T::default());
    }
    place.chunks_mut(stride).for_each(|row| row[..classes].fill(T::default()));
}

/// Puts zeros where no cache will hold them until they are read.
struct Zeros<'a, T>(&'a mut [T]);

impl<T: Float> Kernel for Zeros<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        if !I::STREAMS {
            return self.0.fill(T::default());
        }
        let (zero, stream) = (T::Lane::<I>::splat(isa, T::default()), isa.stream());
        let (chunks, rest) = T::chunks_mut(self.0);
        for chunk in chunks {
            zero.stream(chunk, &stream);
        }
        rest.fill(T::default());
    }
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

//! Rows against one class each.

use super::exp_sum::{ExpSum, SplitSum};
use super::{IGNORED, Plan, Shift, factors, largest, row_loss};
use crate::engine::Input;
use crate::engine::lane_sum::LaneSum;
use crate::engine::pass::{Largest, OnRows, Pass, Passes, Row, Scale};
use crate::engine::rowwise::Shared;
use crate::lane::{Element, Isa, Lane};
use crate::math::{Float, exp_scaled, weigh};

/// The most rows that share the steps from their sums to their losses, one in each lane.
pub(crate) const SIDE_BY_SIDE: usize = if cfg!(feature = "std") { f32::LANES } else { 1 };

/// Bytes of exponentials that the first-level cache holds until they are scaled.
const KEPT: usize = 1 << 14;

/// How many rows of so many classes share the steps from their sums to their losses: a row that takes them alone waits
/// for each of them. Where the stack is small, none do.
pub(crate) fn side_by_side<T: Float>(classes: usize) -> usize {
    (KEPT / (classes * size_of::<T>())).clamp(1, SIDE_BY_SIDE.min(T::LANES))
}

/// At most as many consecutive rows as go [`side_by_side`].
pub(crate) struct HardRows<'a, T> {
    pub(crate) x: Input<'a, T>,
    pub(crate) grad: Option<&'a mut [T]>,
    pub(crate) shared: &'a Shared<'a, T>,
    /// Of the rows: their weighted losses.
    pub(crate) losses: &'a mut [T],
    pub(crate) plan: &'a Plan<T, SIDE_BY_SIDE>,
}

/// What is known of the rows once they have been read.
struct Read<T> {
    others: [T; SIDE_BY_SIDE],
    /// What the rounding of the others took.
    lost: [T; SIDE_BY_SIDE],
    target: [T; SIDE_BY_SIDE],
    x_target: [T; SIDE_BY_SIDE],
    base: [T; SIDE_BY_SIDE],
    k: [T; SIDE_BY_SIDE],
}

impl<T: Float> OnRows for &mut HardRows<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, passes: Passes<I>) {
        let isa = passes.isa;
        let (rows, stride) = (self.losses.len().min(SIDE_BY_SIDE), self.shared.layout.stride);
        // Ones where there is no row: any finite quotients will do.
        let one = [T::from_f64(1.0); SIDE_BY_SIDE];
        let mut read = Read { others: one, lost: one, target: one, x_target: one, base: one, k: one };
        for i in 0..rows {
            let (class, accumulate) = (self.plan.class[i], self.shared.accumulate);
            let (x, y) = self.row(i);
            if class == IGNORED {
                if !accumulate {
                    y.fill(T::default());
                }
                continue;
            }
            let (shift, sums) = if x.is_empty() {
                read.x_target[i] = y[class];
                let shift = shift_of_replaced(passes, class, y, stride);
                let of_cached = ExpSum::of_cached(shift, Some(class), stride);
                (shift, passes.run(of_cached, Row { x: &[], t: &[], y, dt: &mut [] }))
            } else {
                // The exponentials are kept where they will be scaled, unless something else is there.
                let sums = exp_sums_of(passes, class, x, if accumulate { &mut [] } else { y });
                // Not before: the pass brings it to the cache.
                read.x_target[i] = x[class];
                sums
            };
            read.put(i, shift, sums);
        }
        let factor = read.finish(isa, self.plan, self.losses);
        let ahead = self.ahead(rows);
        for i in 0..rows {
            let (class, accumulate) = (self.plan.class[i], self.shared.accumulate);
            let factor = factor[i];
            let (x, y) = self.row(i);
            if class == IGNORED || y.is_empty() {
                continue;
            }
            // The target comes last: a vector that is loaded over a fresh scalar store waits for it.
            let mut of_target = -read.others[i] * factor;
            if accumulate {
                of_target = y[class] + of_target;
                let again = AddAgain { shift: read.shift(i), factor };
                passes.run(again, Row { x, t: &[], y: &mut *y, dt: &mut [] });
            } else {
                passes.run(Scale { factor, ahead }, Row { x: &[], t: &[], y: &mut *y, dt: &mut [] });
            }
            y[class] = of_target;
        }
    }
}

impl<T: Float> HardRows<'_, T> {
    /// Row `i`, as [`Input::with_place`] has it.
    #[inline(always)]
    fn row(&mut self, i: usize) -> (&[T], &mut [T]) {
        let start = i * self.shared.layout.stride;
        let at = start..start + self.shared.layout.classes;
        self.x.part(at.clone()).with_place(self.grad.as_deref_mut().map(|grad| &mut grad[at]))
    }

    /// Bytes, which wrap, from a gradient to the prediction so many rows further on, if they go side by side: for
    /// longer ones it costs as often as it gains.
    fn ahead(&self, rows: usize) -> Option<usize> {
        let (Input::Keep(x), Some(grad)) = (&self.x, &self.grad) else { return None };
        let bytes = rows * self.shared.layout.stride * size_of::<T>();
        let next = x.as_ptr().addr().wrapping_add(bytes);
        (self.shared.is_far && bytes <= KEPT).then(|| next.wrapping_sub(grad.as_ptr().addr()))
    }
}

impl<T: Float> Read<T> {
    #[inline(always)]
    fn put(&mut self, i: usize, shift: Shift<T>, SplitSum { others, target }: SplitSum<T>) {
        let (others, lost) = others.rounded();
        (self.others[i], self.lost[i], self.target[i]) = (others, lost, target);
        (self.base[i], self.k[i]) = (shift.base, shift.k);
    }

    fn shift(&self, i: usize) -> Shift<T> {
        Shift { base: self.base[i], k: self.k[i] }
    }

    /// The losses and the factors of the gradients, by the vector functions that all rows use.
    ///
    /// Inlined where there is room: else its vectors would lie on the stack below the passes.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn finish<I: Isa>(&self, isa: I, plan: &Plan<T, SIDE_BY_SIDE>, losses: &mut [T]) -> [T; SIDE_BY_SIDE] {
        let mut factor = self.others;
        factors(&plan.scale[..losses.len()], &self.others, &self.target, &mut factor);
        let others = LaneSum { high: lanes::<I, T>(isa, &self.others), low: lanes::<I, T>(isa, &self.lost) };
        let (target, x_target) = (lanes::<I, T>(isa, &self.target), lanes::<I, T>(isa, &self.x_target));
        let loss = row_loss(others, target, x_target, lanes::<I, T>(isa, &self.base), lanes::<I, T>(isa, &self.k));
        let mut weighted = self.others;
        let within = SIDE_BY_SIDE.min(T::LANES);
        weigh(lanes::<I, T>(isa, &plan.weight), loss).store_part(&mut weighted[..within]);
        for (i, loss) in losses.iter_mut().enumerate() {
            if plan.class[i] != IGNORED {
                *loss = weighted[i];
            }
        }
        factor
    }
}

/// A lane for each row.
#[inline(always)]
fn lanes<I: Isa, T: Float>(isa: I, of: &[T; SIDE_BY_SIDE]) -> T::Lane<I> {
    T::Lane::<I>::load_part(isa, &of[..SIDE_BY_SIDE.min(T::LANES)], T::from_f64(1.0))
}

/// The shift of a row, and the sums with it; the exponentials go to `y` if it is not empty.
#[inline(always)]
fn exp_sums_of<I: Isa, T: Float>(passes: Passes<I>, class: usize, x: &[T], y: &mut [T]) -> (Shift<T>, SplitSum<T>) {
    let shift = Shift::first();
    let sums = passes.run(ExpSum::new(shift, Some(class)), Row { x, t: &[], y, dt: &mut [] });
    if Shift::accepts(sums.total()) {
        return (shift, sums);
    }
    let shift = Shift::from_largest(
        passes.run_rarely(Largest { announces: true }, Row { x, t: &[], y: &mut [], dt: &mut [] }).0,
    );
    (shift, passes.run_rarely(ExpSum::new(shift, Some(class)), Row { x, t: &[], y, dt: &mut [] }))
}

/// The shift of a row whose exponentials will replace it: there is no second try, so it is found before.
#[inline(always)]
fn shift_of_replaced<I: Isa, T: Float>(passes: Passes<I>, class: usize, x: &[T], stride: usize) -> Shift<T> {
    let first = Shift::first();
    let largest = largest(passes, x, stride);
    if first.is_sure(largest, x.len()) {
        return first;
    }
    let row = Row { x, t: &[], y: &mut [], dt: &mut [] };
    let sums = passes.run_rarely(ExpSum::new(first, Some(class)), row);
    if Shift::accepts(sums.total()) { first } else { Shift::from_largest(largest) }
}

/// Adds the exponentials once more, times a factor, to a gradient.
#[derive(Clone, Copy)]
struct AddAgain<T> {
    shift: Shift<T>,
    factor: T,
}

impl<T: Float> Pass<T> for AddAgain<T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, _: usize) {
        let scaling = self.shift.scaling::<T::Lane<I>>(isa);
        let factor = T::Lane::<I>::splat(isa, self.factor);
        let lanes = T::LANES;
        let len = row.y.len();
        let mut start = 0;
        while start < len {
            let end = len.min(start + lanes);
            let x = T::Lane::<I>::load_part(isa, &row.x[start..end], T::default());
            let y = T::Lane::<I>::load_part(isa, &row.y[start..end], T::default());
            let e = exp_scaled::<T::Lane<I>, true>(x, scaling) * factor;
            (y + e).store_part(&mut row.y[start..end]);
            start = end;
        }
    }
}

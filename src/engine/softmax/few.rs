//! A few rows of a vector each against one class each, in one loop. The bits are those of
//! [`HardRows`](super::HardRows).

use super::{Shift, factors, near_loss};
use crate::engine::lane_sum::LaneSum;
use crate::lane::{Element, Isa, Kernel, Lane, Mask};
use crate::math::{Float, exp_scaled};

/// Rows of such a call, at most.
pub(crate) const FEW: usize = 4;
const _: () = assert!(!cfg!(feature = "std") || FEW <= f64::LANES, "a lane for each");

/// The rows: as many as `class` has entries, at least one and at most [`FEW`], none of them longer than a vector.
pub(crate) struct FewRows<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) classes: usize,
    pub(crate) stride: usize,
    pub(crate) class: &'a [usize],
    pub(crate) scale: f64,
    pub(crate) each: Option<&'a mut [T]>,
    pub(crate) grad: Option<&'a mut [T]>,
}

impl<T: Float> Kernel for FewRows<'_, T> {
    /// The sum of the losses, which is finite; `None`, and nothing is written, where a row asks for more than the usual
    /// steps.
    type Out = Option<f64>;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Option<f64> {
        let Self { x, classes, stride, class, scale, each, grad } = self;
        let rows = class.len().min(FEW);
        let scaling = Shift::first().scaling::<T::Lane<I>>(isa);
        let columns = T::Lane::<I>::counting(isa);
        // Ones where there is no row: any finite quotients will do.
        let one = columns.of(1.0);
        let (mut others, mut x_target) = (LaneSum { high: one, low: one }, one);
        let mut e = [one; FEW];
        let mut i = 0;
        while i < rows {
            let row = &x[i * stride..][..classes];
            let of_class = T::Lane::<I>::load_part(isa, row, T::from_f64(f64::NEG_INFINITY));
            e[i] = exp_scaled::<_, false>(of_class, scaling);
            let skipped = columns.same(T::Lane::<I>::splat(isa, T::from_i32(class[i] as i32)));
            let LaneSum { high, low } = LaneSum { high: e[i].without(skipped), low: one.of(0.0) }.sum(true);
            let own = columns.same(T::Lane::<I>::splat(isa, T::from_i32(i as i32)));
            others.high = T::Lane::<I>::pick(own, high, others.high);
            others.low = T::Lane::<I>::pick(own, low, others.low);
            x_target = T::Lane::<I>::pick(own, T::Lane::<I>::splat(isa, row[class[i]]), x_target);
            i += 1;
        }
        let target = exp_scaled::<_, false>(x_target, scaling);
        let others = others.rounded();
        let (loss, vanishing) = near_loss(others, target);
        let kept = T::Lane::<I>::first_lanes(isa, rows);
        let mend = (Shift::<T>::rejects(others.high + target) | vanishing) & kept;
        let loss = loss.keep(kept);
        if mend.any() {
            return None;
        }
        let sum = loss.sum().to_f64();
        if let Some(each) = each {
            loss.store_part(each);
        }
        let Some(grad) = grad else { return Some(sum) };
        let zero = T::chunk(T::default());
        let (mut high, mut of_target, mut factor) = (zero, zero, [T::default(); FEW]);
        others.high.store(&mut high);
        target.store(&mut of_target);
        factors(&[scale; FEW][..rows], high.as_ref(), of_target.as_ref(), &mut factor);
        i = 0;
        while i < rows {
            let to = &mut grad[i * stride..][..classes];
            (e[i] * T::Lane::<I>::splat(isa, factor[i])).store_part(to);
            to[class[i]] = -high.as_ref()[i] * factor[i];
            i += 1;
        }
        Some(sum)
    }
}

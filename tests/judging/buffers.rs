//! The slices of one call, and what the call must leave as it was.

use super::expected::Output;
use super::placement::Placement;
use super::same_bits;
use lossfn_oracle::Judged;
use lossfn_oracle::inputs::{Shifted, offsets};
use lossfn_oracle::registry::{Returned, Slices, Verb};

/// Rows and their targets laid out, each slice at its own distance from a boundary. NaN lies between what is read; what is
/// to be written holds a number, unreduced losses NaN.
pub(crate) struct Buffers<T> {
    place: Placement,
    /// The predictions as they were.
    given: Vec<T>,
    x: Shifted<T>,
    t: Shifted<T>,
    each: Shifted<T>,
    grad: Shifted<T>,
    target_grad: Shifted<T>,
}

impl<T: Judged> Buffers<T> {
    /// For rows that follow one another, and for targets that do or of which there are none.
    pub(crate) fn new(place: Placement, offset: usize, x: &[T], t: &[T]) -> Self {
        let shifted = |values: &[T], by: usize| Shifted::new(values, (offset + by) % (offsets().end() + 1));
        let nan = T::from_f64(f64::NAN);
        let given = place.lay_out(x, nan);
        let blank = vec![Self::untouched(); given.len()];
        Self {
            place,
            x: shifted(&given, 0),
            t: shifted(&place.lay_out(t, nan), 5),
            each: shifted(&vec![nan; x.len() / place.columns], 3),
            grad: shifted(&blank, 11),
            target_grad: shifted(&blank, 7),
            given,
        }
    }

    /// What gradients hold before the call.
    fn untouched() -> T {
        T::from_f64(7.5)
    }

    /// The targets, and what a verb reads and writes.
    pub(crate) fn slices(&mut self) -> (&[T], Slices<'_, T>) {
        let Self { x, t, each, grad, target_grad, .. } = self;
        let slices =
            Slices { x: x.get_mut(), each: each.get_mut(), grad: grad.get_mut(), target_grad: target_grad.get_mut() };
        (t.get(), slices)
    }

    /// What a call has written, or what it must not have written to.
    pub(crate) fn output(self, verb: Verb, returned: Returned) -> Result<Output<T>, String> {
        let Self { place, given, x, t, each, grad, target_grad } = self;
        let in_place = verb == Verb::ValueAndGradInPlace;
        let is = |filler: T| move |entry: &T| entry.to_bits() == filler.to_bits();
        let between = |slice: &Shifted<T>, filler: T| place.between(slice.get()).all(is(filler));
        let intact = [&x, &t, &each, &grad, &target_grad].iter().all(|slice| slice.intact());
        let kept = [&grad, &target_grad].iter().all(|to| between(to, Self::untouched()));
        if !intact || !kept || !between(&x, T::from_f64(f64::NAN)) {
            return Err("wrote beside its rows".into());
        }
        if !in_place && !same_bits(x.get(), &given) {
            return Err("wrote to its input".into());
        }
        let rows = |from: &Shifted<T>| place.rows_of(from.get(), each.get().len());
        let (grad, target_grad) = (rows(if in_place { &x } else { &grad }), rows(&target_grad));
        Ok(Output { returned, each: each.get().to_vec(), grad, target_grad })
    }
}

//! The values of [`Values`](super::Values) as proptest strategies, so that what fails also shrinks.

use core::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use super::{offsets, special};
use crate::judged::Judged;

/// Everyday numbers, special ones, and any bit pattern.
pub fn value<T: Judged>() -> impl Strategy<Value = T> {
    prop_oneof![
        6 => (-20.0..20.0).prop_map(T::from_f64),
        2 => select(special::<T>()),
        1 => any::<u64>().prop_map(T::from_bits),
    ]
}

/// Everyday numbers alone.
pub fn everyday<T: Judged>() -> impl Strategy<Value = T> {
    (-20.0..20.0).prop_map(T::from_f64)
}

/// A slice's values.
pub fn vector<T: Judged>(length: RangeInclusive<usize>) -> impl Strategy<Value = Vec<T>> {
    vec(value(), length)
}

/// Predictions and targets of one length, and the offset of their slices.
pub fn batch<T: Judged>(length: RangeInclusive<usize>) -> impl Strategy<Value = (Vec<T>, Vec<T>, usize)> {
    let sides = length.prop_flat_map(|length| (vec(value(), length), vec(value(), length)));
    (sides, offsets()).prop_map(|((x, t), offset)| (x, t, offset))
}

/// Rows of logits with a class for each, one after the other: logits, classes, row length.
pub fn rows<T: Judged>(
    rows: RangeInclusive<usize>,
    classes: RangeInclusive<usize>,
) -> impl Strategy<Value = (Vec<T>, Vec<usize>, usize)> {
    (rows, classes)
        .prop_flat_map(|(rows, classes)| (vec(value(), rows * classes), vec(0..classes, rows), Just(classes)))
}

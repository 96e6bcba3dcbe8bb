//! Softmax cross-entropy of any logits, against indices and probabilities, in rows at any stride and along an axis, by
//! every verb, at every level, against the textbook.

use super::draw::{is_double, manner, probability, score, strew, weight};
use crate::judging::logits::with_targets;
use crate::judging::rows::Rows;
use arbitrary::{Result, Unstructured};
use lossfn_oracle::inputs::offsets;
use lossfn_oracle::registry::{CROSS_ENTROPY, Subject};

pub(super) fn rowwise(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let _ =
        is_double(&mut u).and_then(|double| if double { judge::<f64>(&mut u, 4) } else { judge::<f32>(&mut u, 140) });
}

fn judge<T: Subject>(u: &mut Unstructured<'_>, most: usize) -> Result<()> {
    let loss = *u.choose(&CROSS_ENTROPY)?;
    let classes = u.int_in_range(1..=most)?;
    let count = u.int_in_range(0..=(most / classes).min(12))?;
    let (padding, offset) = (u.int_in_range(0..=3)?, u.int_in_range(offsets())?);
    let (along_axis, seed) = (count > 1 && u.arbitrary()?, u.arbitrary()?);
    let manner = manner(u, count, false)?;
    let x = (0..count * classes).map(|_| score(u)).collect::<Result<_>>()?;
    let mut rows = Rows { offset, ..with_targets::<T>(loss, classes, x, seed) };
    strew(u, &mut rows.probabilities, probability)?;
    strew(u, &mut rows.class_weights, weight)?;
    let rows = if along_axis { Rows { inner: count, ..rows } } else { Rows { stride: classes + padding, ..rows } };
    if let Err(fault) = rows.judge(&[manner]) {
        panic!("{} {}: {fault}", loss.name, T::NAME);
    }
    Ok(())
}

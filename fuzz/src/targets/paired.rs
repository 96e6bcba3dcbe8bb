//! Any loss of a row against a row, or of probabilities against a class, by every verb, at every level, against the
//! textbook.

use super::draw::{is_double, manner, probability, score, strew, weight};
use crate::judging::inside;
use crate::judging::pairs_of_rows::PairsOfRows;
use crate::judging::vectors::{Shape, rows_for};
use arbitrary::{Result, Unstructured};
use lossfn_oracle::Judged;
use lossfn_oracle::inputs::offsets;
use lossfn_oracle::registry::{PairSubject, Range, Sides};

pub(super) fn paired(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let _ =
        is_double(&mut u).and_then(|double| if double { judge::<f64>(&mut u, 4) } else { judge::<f32>(&mut u, 140) });
}

fn judge<T: PairSubject>(u: &mut Unstructured<'_>, most: usize) -> Result<()> {
    let losses = T::pairs();
    let loss = u.choose(&losses)?;
    let columns = u.int_in_range(1..=most)?;
    let rows = u.int_in_range(0..=(most / columns).min(12))?;
    let (padding, offset, seed) = (u.int_in_range(0..=3)?, u.int_in_range(offsets())?, u.arbitrary()?);
    let manner = manner(u, rows, false)?;
    let drawn = rows_for(loss, Shape { rows, columns }, seed);
    let mut batch = PairsOfRows { stride: columns + padding, offset, ..drawn };
    let is_distribution = matches!(loss.sides, Sides::Distributions | Sides::Classes);
    let is_guarded = loss.is_guarded();
    strew(u, &mut batch.x, |u| {
        let x = score(u)?;
        if is_distribution {
            return Ok(inside(Range::Probabilities, x, u.arbitrary()?));
        }
        // A vector whose norm is far below its guard has a subnormal cosine.
        Ok(if is_guarded { not_tiny(x) } else { x })
    })?;
    match loss.sides {
        // Of an embedding the sign of the cosine decides, which no kernel knows of vectors that are nearly orthogonal.
        // What is much smaller than the other entries, most of which are next to 1, may count as 0.
        Sides::Vectors if loss.name.starts_with("cosine_similarity") => {
            strew(u, &mut batch.t, |u| score(u).map(not_tiny))?
        }
        Sides::Hits | Sides::Distributions => strew(u, &mut batch.t, probability)?,
        // The rows of classes are these.
        Sides::Vectors | Sides::Classes | Sides::ClassesOfLogarithms => {}
    }
    strew(u, &mut batch.class_weights, weight)?;
    if rows > 1 && u.arbitrary()? {
        batch = PairsOfRows { stride: columns, inner: rows, ..batch };
    }
    if let Err(fault) = batch.judge(&[manner]) {
        panic!("{} {}: {fault}", loss.name, T::NAME);
    }
    Ok(())
}

/// The same number, or 1 for 0 and what is next to it.
fn not_tiny<T: Judged>(x: T) -> T {
    if x.to_f64().abs() < (T::MIN_EXPONENT as f64 / 2.0).exp2() { T::from_f64(1.0) } else { x }
}

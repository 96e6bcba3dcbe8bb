//! Any elementwise loss of any pairs of numbers that it takes, by every verb, at every level, against the textbook.

use super::draw::{is_double, manner, pair};
use crate::judging::Elements;
use arbitrary::{Result, Unstructured};
use lossfn_oracle::inputs::offsets;
use lossfn_oracle::registry::Subject;

pub(super) fn elementwise(data: &[u8]) {
    let mut u = Unstructured::new(data);
    // No case is what bytes that end too early come to.
    let _ =
        is_double(&mut u).and_then(|double| if double { judge::<f64>(&mut u, 2) } else { judge::<f32>(&mut u, 70) });
}

fn judge<T: Subject>(u: &mut Unstructured<'_>, most: usize) -> Result<()> {
    let rows = T::elementwise();
    let row = u.choose(&rows)?;
    let offset = u.int_in_range(offsets())?;
    let count = u.int_in_range(0..=most)?;
    let manner = manner(u, count, true)?;
    let pairs = (0..count).map(|_| pair(u, &row.domain)).collect::<Result<Vec<_>>>()?;
    if let Err(fault) = Elements::new(row, &pairs, offset).judge(&manner) {
        panic!("{} {}: {fault}", row.name, T::NAME);
    }
    Ok(())
}

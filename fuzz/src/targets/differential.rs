//! Any loss has the same bits on every level with a fused multiply-add, and on every level the same bits for any number
//! of threads.

use super::draw::{manner, pair};
use crate::judging::logits::{Shape as LogitShape, rows_of};
use crate::judging::pairs_of_rows::PairsOfRows;
use crate::judging::rows::Rows;
use crate::judging::vectors::{Shape, rows_for};
use crate::judging::{Elements, Manner, Output, drawn_pairs, levels};
use arbitrary::{Result, Unstructured};
use lossfn::Level;
use lossfn_oracle::inputs::{Values, offsets};
use lossfn_oracle::registry::{CROSS_ENTROPY, PairSubject};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::LazyLock;

/// The last is larger than a small machine.
static POOLS: LazyLock<[ThreadPool; 4]> =
    LazyLock::new(|| [1, 2, 3, 8].map(|n| ThreadPoolBuilder::new().num_threads(n).build().expect("threads")));

/// Entries from which on threads share the work.
const LARGE: usize = 1 << 17;

pub(super) fn differential(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let _ = u.arbitrary().and_then(|double| if double { compare::<f64>(&mut u) } else { compare::<f32>(&mut u) });
}

fn compare<T: PairSubject>(u: &mut Unstructured<'_>) -> Result<()> {
    let (large, offset, seed) = (!u.ratio(63, 64)?, u.int_in_range(offsets())?, u.arbitrary()?);
    let entries = u.int_in_range(1..=700)? + if large { LARGE } else { 0 };
    match u.int_in_range(0..=2_u8)? {
        0 => {
            let rows = T::elementwise();
            let row = u.choose(&rows)?;
            let manner = manner(u, entries, true)?;
            let verb = *u.choose(&row.verbs().collect::<Vec<_>>())?;
            let kind = *u.choose(&Values::EACH)?;
            let mut pairs = drawn_pairs(&row.domain, kind, entries, seed);
            pairs[0] = pair(u, &row.domain)?;
            let elements = Elements::new(row, &pairs, offset);
            same(&row.name, large, |level| elements.run(&manner, level, verb))
        }
        1 => {
            let loss = *u.choose(&CROSS_ENTROPY)?;
            let (classes, rows) = shape(u, entries)?;
            let (padding, along_axis) = (u.int_in_range(0..=3)?, rows > 1 && u.arbitrary()?);
            let verb = *u.choose(&loss.verbs().collect::<Vec<_>>())?;
            let manner = manner(u, rows, false)?;
            let drawn = rows_of::<T>(loss, LogitShape { rows, classes, spread: 3.0, shift: 0.0 }, seed);
            let batch = if along_axis {
                Rows { inner: rows, offset, ..drawn }
            } else {
                Rows { stride: classes + padding, offset, ..drawn }
            };
            same(loss.name, large, |level| batch.run(&manner, level, verb))
        }
        _ => {
            let losses = T::pairs();
            let loss = u.choose(&losses)?;
            let (columns, rows) = shape(u, entries)?;
            let padding = u.int_in_range(0..=3)?;
            let verb = *u.choose(&loss.verbs().collect::<Vec<_>>())?;
            let manner: Manner<T> = manner(u, rows, false)?;
            let drawn = rows_for(loss, Shape { rows, columns }, seed);
            let batch = if rows > 1 && u.arbitrary()? {
                PairsOfRows { inner: rows, offset, ..drawn }
            } else {
                PairsOfRows { stride: columns + padding, offset, ..drawn }
            };
            same(loss.name, large, |level| batch.run(&manner, level, verb))
        }
    }
    Ok(())
}

/// The columns and rows of so many entries, or a few less.
fn shape(u: &mut Unstructured<'_>, entries: usize) -> Result<(usize, usize)> {
    let columns = u.int_in_range(1..=entries)?;
    Ok((columns, entries / columns))
}

/// Small work has no threads to differ in.
fn same<T: PairSubject>(name: &str, large: bool, run: impl Fn(Level) -> Result<Output<T>, String> + Sync) {
    let pools = if large { &POOLS[..] } else { &POOLS[..1] };
    let mut fused = None;
    for level in levels() {
        let mut alone = None;
        for pool in pools {
            let got = pool.install(|| run(level)).map(|output| bits(&output));
            let got = got.unwrap_or_else(|fault| panic!("{name} {} on {level:?}: {fault}", T::NAME));
            let alone = &*alone.get_or_insert_with(|| got.clone());
            let threads = pool.current_num_threads();
            assert!(got == *alone, "{name} {} on {level:?} differs on {threads} threads", T::NAME);
        }
        if level.is_fused() {
            let first = &*fused.get_or_insert_with(|| alone.clone());
            assert!(alone == *first, "{name} {} on {level:?} differs from other fused levels", T::NAME);
        }
    }
}

/// All that a call returns and writes; NaN has many bits.
fn bits<T: PairSubject>(output: &Output<T>) -> Vec<u64> {
    let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
    let Output { returned, each, grad, target_grad } = output;
    let totals = returned.totals.map_or([0; 3], |totals| [bits(totals.sum), bits(totals.weight), totals.count]);
    let numbers = [each, grad, target_grad].into_iter().flatten().map(|x| bits(x.to_f64()));
    numbers.chain(totals).chain([bits(returned.value.unwrap_or_default())]).collect()
}

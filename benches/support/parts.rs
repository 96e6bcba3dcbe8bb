//! Plain loops and memory passes on all threads: the rows are cut into parts of one size.

use super::data::Batch;
use lossfn::Threads;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

/// Parts for each thread, so that a thread which is held up gives some away.
const PARTS: usize = 4;

/// Entries below which threads cost more than they gain: a pass over memory is then at its best on one.
const SMALL: usize = 1 << 17;

/// How many threads a call gets.
pub(crate) fn workers(threads: Threads) -> usize {
    let serial = threads == Threads::Serial || cfg!(not(feature = "rayon"));
    if serial { 1 } else { rayon::current_num_threads() }
}

pub(crate) fn name(threads: Threads) -> &'static str {
    if threads == Threads::Serial { "serial" } else { "all threads" }
}

/// The sum of what `work` gives for each part of the rows, which have so many entries and targets.
pub(crate) fn sum<T, Y>(
    threads: Threads,
    [columns, targets]: [usize; 2],
    batch: Batch<'_, T, Y>,
    work: impl Fn(Batch<'_, T, Y>) -> f64 + Sync,
) -> f64
where
    T: Send + Sync,
    Y: Sync,
{
    let workers = workers(threads);
    if workers == 1 || batch.x.len() < SMALL {
        return work(batch);
    }
    let rows = (batch.y.len() / targets).div_ceil(PARTS * workers).max(1);
    let inputs = batch.x.par_chunks(rows * columns).zip(batch.y.par_chunks(rows * targets));
    match batch.dx {
        None => inputs.map(|(x, y)| work(Batch { x, y, dx: None })).sum(),
        Some(dx) => {
            let parts = inputs.zip(dx.par_chunks_mut(rows * columns));
            parts.map(|((x, y), dx)| work(Batch { x, y, dx: Some(dx) })).sum()
        }
    }
}

/// Does `work` to each part of one array.
pub(crate) fn each<T: Send>(threads: Threads, array: &mut [T], work: impl Fn(&mut [T]) + Send + Sync) -> f64 {
    match workers(threads) {
        workers if workers == 1 || array.len() < SMALL => work(array),
        workers => {
            let part = array.len().div_ceil(PARTS * workers).max(1);
            array.par_chunks_mut(part).for_each(work);
        }
    }
    0.0
}

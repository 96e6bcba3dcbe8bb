//! Threads. The only file that names rayon.
//!
//! A job is a row of leaves. It is halved at a power of two until one leaf is left, and the results are merged on the
//! way back: the tree is the same for any number of threads, and so are the bits.

use crate::Threads;

/// A result whose parts can be put together.
pub(crate) trait Merge: Send {
    fn merge(self, next: Self) -> Self;
}

impl Merge for () {
    fn merge(self, (): Self) -> Self {}
}

/// Work that can be cut between leaves.
pub(crate) trait Job: Sized + Send {
    type Out: Merge;
    fn leaves(&self) -> usize;
    /// The first so many leaves, or as many as are left; the rest stays.
    fn split_off(&mut self, leaves: usize) -> Self;
    fn run(self) -> Self::Out;
}

/// Runs all leaves, in the pool of the caller if the work is large enough to be worth it.
pub(crate) fn run<J: Job>(mut job: J, threads: Threads, large: bool) -> J::Out {
    match job.leaves() {
        0 | 1 => job.run(),
        _ if large && threads == Threads::Auto && workers() > 1 => halve(job),
        leaves => one_by_one(&mut job, leaves),
    }
}

/// How many threads the pool of the caller has.
fn workers() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    return 1;
}

#[cfg(feature = "rayon")]
fn halve<J: Job>(mut job: J) -> J::Out {
    let leaves = job.leaves();
    if leaves <= 1 {
        return job.run();
    }
    let first = job.split_off(leaves.next_power_of_two() / 2);
    let (first, second) = rayon::join(|| halve(first), || halve(job));
    first.merge(second)
}
#[cfg(not(feature = "rayon"))]
fn halve<J: Job>(mut job: J) -> J::Out {
    let leaves = job.leaves();
    one_by_one(&mut job, leaves)
}

/// The same tree over so many leaves, which leaves them where they lie: each level of it takes little stack.
fn one_by_one<J: Job>(job: &mut J, leaves: usize) -> J::Out {
    if leaves <= 1 {
        return job.split_off(1).run();
    }
    let half = leaves.next_power_of_two() / 2;
    let first = one_by_one(job, half);
    first.merge(one_by_one(job, leaves - half))
}

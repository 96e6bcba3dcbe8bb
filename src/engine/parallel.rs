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
#[inline(always)]
pub(crate) fn run<J: Job>(mut job: J, threads: Threads, large: bool) -> J::Out {
    let leaves = job.leaves();
    if leaves <= 1 {
        return job.run();
    }
    #[cfg(feature = "rayon")]
    if large && threads == Threads::Auto && rayon::current_num_threads() > 1 {
        return halve(job);
    }
    let _ = (threads, large);
    one_by_one(&mut job, leaves)
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

/// The same tree of so many leaves. The job is cut in place, so that each level of the tree takes little stack.
fn one_by_one<J: Job>(job: &mut J, leaves: usize) -> J::Out {
    if leaves <= 1 {
        return job.split_off(1).run();
    }
    let half = leaves.next_power_of_two() / 2;
    let first = one_by_one(job, half);
    first.merge(one_by_one(job, leaves - half))
}

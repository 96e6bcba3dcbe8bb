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
    fn split_at(self, leaf: usize) -> (Self, Self);
    fn run(self) -> Self::Out;
}

/// Runs all leaves, in the pool of the caller if the work is large enough to be worth it.
pub(crate) fn run<J: Job>(job: J, threads: Threads, large: bool) -> J::Out {
    if large && threads == Threads::Auto && workers() > 1 { halve(job, join) } else { halve(job, one_by_one) }
}

/// How many threads the pool of the caller has.
fn workers() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    return 1;
}

fn halve<J: Job>(job: J, both: fn(J, J) -> (J::Out, J::Out)) -> J::Out {
    let leaves = job.leaves();
    if leaves <= 1 {
        return job.run();
    }
    let (first, second) = job.split_at(leaves.next_power_of_two() / 2);
    let (first, second) = both(first, second);
    first.merge(second)
}

fn join<J: Job>(first: J, second: J) -> (J::Out, J::Out) {
    #[cfg(feature = "rayon")]
    return rayon::join(|| halve(first, join), || halve(second, join));
    #[cfg(not(feature = "rayon"))]
    return one_by_one(first, second);
}

fn one_by_one<J: Job>(first: J, second: J) -> (J::Out, J::Out) {
    let first = halve(first, one_by_one);
    (first, halve(second, one_by_one))
}

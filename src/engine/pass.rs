//! Passes over one row of any length: a long row is cut into segments that threads share.

use super::parallel::{self, Job, Merge};
use crate::Threads;
use crate::lane::{Cache, FAR_AHEAD, Isa, Kernel, Lane, Token, dispatch};
use crate::math::Float;

/// Vectors that are never shared between threads.
const SEGMENT: usize = 1024;
/// Segments that are worth threads.
const LARGE: usize = 8;

/// The slices of one row. An empty one is not part of the pass; where `x` is, the pass reads `y`.
pub(crate) struct Row<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) t: &'a [T],
    pub(crate) y: &'a mut [T],
    /// Where a gradient of `t` goes.
    pub(crate) dt: &'a mut [T],
}

impl<T> Row<'_, T> {
    pub(crate) fn len(&self) -> usize {
        self.x.len().max(self.y.len())
    }
}

/// One pass over a row.
pub(crate) trait Pass<T>: Copy + Send + Sync {
    type Out: Merge;

    /// Runs over a segment that starts at column `at`.
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, at: usize) -> Self::Out;
}

/// Work on whole rows, by passes.
pub(crate) trait OnRows {
    type Out;

    fn run<I: Isa>(self, passes: Passes<I>) -> Self::Out;
}

/// Runs it at a level. Inlined: a frame of its own is stack that small machines lack.
#[inline(always)]
pub(crate) fn on_rows<R: OnRows>(token: Token, threads: Threads, rows: R) -> R::Out {
    dispatch(token, Dispatched { token, threads, rows })
}

struct Dispatched<R> {
    token: Token,
    threads: Threads,
    rows: R,
}

impl<R: OnRows> Kernel for Dispatched<R> {
    type Out = R::Out;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> R::Out {
        let Self { token, threads, rows } = self;
        rows.run(Passes { isa, token, threads })
    }
}

/// What passes over whole rows run with.
#[derive(Clone, Copy)]
pub(crate) struct Passes<I> {
    pub(crate) isa: I,
    pub(crate) token: Token,
    pub(crate) threads: Threads,
}

impl<I: Isa> Passes<I> {
    /// Runs a pass: here if the row is one segment, unless the stack is small or the code is to be.
    #[inline(always)]
    pub(crate) fn run<T: Float, P: Pass<T>>(self, pass: P, row: Row<'_, T>) -> P::Out {
        if const { cfg!(not(feature = "std")) || I::SMALL } || row.len() > SEGMENT * T::LANES {
            return segments(self.token, self.threads, pass, row);
        }
        pass.run(self.isa, row, 0)
    }

    /// The same for a pass that few rows need: it is compiled but once.
    #[inline(always)]
    pub(crate) fn run_rarely<T: Float, P: Pass<T>>(self, pass: P, row: Row<'_, T>) -> P::Out {
        segments(self.token, self.threads, pass, row)
    }
}

#[inline(never)]
fn segments<T: Float, P: Pass<T>>(token: Token, threads: Threads, pass: P, row: Row<'_, T>) -> P::Out {
    let large = row.len() >= LARGE * SEGMENT * T::LANES;
    parallel::run(Segments { token, pass, row, at: 0 }, threads, large)
}

struct Segments<'a, T, P> {
    token: Token,
    pass: P,
    row: Row<'a, T>,
    at: usize,
}

impl<T: Float, P: Pass<T>> Job for Segments<'_, T, P> {
    type Out = P::Out;

    fn leaves(&self) -> usize {
        self.row.len().div_ceil(SEGMENT * T::LANES)
    }

    fn split_off(&mut self, leaves: usize) -> Self {
        let columns = leaves * SEGMENT * T::LANES;
        let Self { token, pass, row: Row { x, t, y, dt }, at } = self;
        let row = Row {
            x: x.split_off(..columns.min(x.len())).unwrap_or_default(),
            t: t.split_off(..columns.min(t.len())).unwrap_or_default(),
            y: y.split_off_mut(..columns.min(y.len())).unwrap_or_default(),
            dt: dt.split_off_mut(..columns.min(dt.len())).unwrap_or_default(),
        };
        let first = Self { token: *token, pass: *pass, row, at: *at };
        *at += columns;
        first
    }

    fn run(self) -> P::Out {
        dispatch(self.token, self)
    }
}

impl<T: Float, P: Pass<T>> Kernel for Segments<'_, T, P> {
    type Out = P::Out;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> P::Out {
        self.pass.run(isa, self.row, self.at)
    }
}

/// The largest entry of the row; NaN entries are dropped.
#[derive(Clone, Copy)]
pub(crate) struct Largest {
    /// Whether what follows in the row is announced.
    pub(crate) announces: bool,
}

/// What [`Largest`] finds.
pub(crate) struct Maximum<T>(pub(crate) T);

impl<T: Float> Merge for Maximum<T> {
    fn merge(self, next: Self) -> Self {
        if next.0 > self.0 { next } else { self }
    }
}

impl<T: Float> Pass<T> for Largest {
    type Out = Maximum<T>;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, _: usize) -> Maximum<T> {
        let lowest = T::from_f64(f64::NEG_INFINITY);
        let mut largest = [T::Lane::<I>::splat(isa, lowest); 4];
        let (chunks, tail) = T::chunks(row.x);
        let (groups, rest) = chunks.as_chunks::<4>();
        for group in groups {
            for i in 0..4 {
                if self.announces {
                    isa.prefetch(&group[i], FAR_AHEAD, Cache::First);
                }
                largest[i] = largest[i].at_least(T::Lane::<I>::load(isa, &group[i]));
            }
        }
        for chunk in rest {
            largest[0] = largest[0].at_least(T::Lane::<I>::load(isa, chunk));
        }
        largest[1] = largest[1].at_least(T::Lane::<I>::load_part(isa, tail, lowest));
        let [a, b, c, d] = largest;
        Maximum(a.at_least(b).at_least(c.at_least(d)).largest())
    }
}

/// Multiplies the row with a factor.
#[derive(Clone, Copy)]
pub(crate) struct Scale<T> {
    pub(crate) factor: T,
    /// Bytes, which wrap, from what is scaled to what is announced meanwhile.
    pub(crate) ahead: Option<usize>,
}

impl<T: Float> Pass<T> for Scale<T> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I, row: Row<'_, T>, _: usize) {
        let factor = T::Lane::<I>::splat(isa, self.factor);
        let (chunks, tail) = T::chunks_mut(row.y);
        for chunk in chunks {
            if let Some(ahead) = self.ahead {
                isa.prefetch(&*chunk, ahead, Cache::Second);
            }
            (T::Lane::<I>::load(isa, chunk) * factor).store(chunk);
        }
        (T::Lane::<I>::load_part(isa, tail, T::default()) * factor).store_part(tail);
    }
}

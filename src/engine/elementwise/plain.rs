//! From the inputs to the gradient and the sum in registers.

use super::compiled::{Compiled, Few};
use super::{Elementwise, Eval};
use crate::engine::Input;
use crate::engine::sum::{BLOCK, BlockSum, Sum};
use crate::lane::{AHEAD, Cache, Isa, Kernel, Lane, Many, NEAR_AHEAD, Token, dispatch};
use crate::math::Float;
use core::ops::Range;

/// Elements, the place of their gradients, and what these are multiplied with.
pub(super) struct Plain<'a, T> {
    pub(super) x: Input<'a, T>,
    pub(super) t: &'a [T],
    pub(super) grad: Option<&'a mut [T]>,
    pub(super) factor: T,
    pub(super) want_value: bool,
    /// Whether the caches hold neither what is read, nor the gradient until it is read.
    pub(super) streams: bool,
}

/// The sum; the gradient goes to its place.
///
/// What happens once in a while happens here and in [`over`], between two runs of the loop: within, a call would cost it
/// its registers.
pub(super) fn run<T: Float, F: Elementwise<T>>(loss: F, token: Token, leaf: Plain<'_, T>) -> Sum {
    let Plain { x, t, mut grad, factor, want_value, streams } = leaf;
    let x = match x {
        Input::Replace(x) if cfg!(feature = "std") && grad.is_none() => {
            return over(loss, token, x, t, factor, streams);
        }
        Input::Replace(x) => &*x,
        Input::Keep(x) => x,
    };
    let whole = whole(x);
    let few = four(loss, token, &x[whole..], &t[whole..]);
    if let Some(grad) = &mut grad {
        few.put(factor, &mut grad[whole..]);
    }
    let rest = &T::flat(&few.values)[..x.len() - whole];
    let mut sum = Sum::default();
    let mut start = 0;
    loop {
        let grad = grad.as_deref_mut().map(|grad| &mut grad[start..]);
        let (x, t) = (&x[start..], &t[start..]);
        let leaf = Leaf { loss, x, t, grad, values: &mut [], factor, want_value, streams, rest, sum };
        match dispatch(token, leaf) {
            Run::Whole(sum) => return sum,
            Run::Overflow { before, block } => {
                sum = before;
                sum.add(wide_block(loss, token, &x[block.clone()], &t[block.clone()]));
                start += block.end;
            }
        }
    }
}

/// The same with gradients over the predictions, which are gone when the sum of their block is known: should that
/// overflow, it is made of the values, which are kept. Not inlined: other calls need no room for those.
#[inline(never)]
fn over<T: Float, F: Elementwise<T>>(loss: F, token: Token, x: &mut [T], t: &[T], factor: T, streams: bool) -> Sum {
    let whole = whole(x);
    let few = four(loss, token, &x[whole..], &t[whole..]);
    few.put(factor, &mut x[whole..]);
    let rest = &T::flat(&few.values)[..x.len() - whole];
    let mut values = [T::chunk(T::default()); BLOCK];
    let mut sum = Sum::default();
    let mut start = 0;
    loop {
        let (grad, t) = (Some(&mut x[start..]), &t[start..]);
        let leaf = Leaf { loss, x: &[], t, grad, values: &mut values, factor, want_value: true, streams, rest, sum };
        match dispatch(token, leaf) {
            Run::Whole(sum) => return sum,
            Run::Overflow { before, block } => {
                sum = before;
                let rest = if start + block.end == x.len() { rest } else { &[] };
                let values = &T::flat(&values)[..block.len() - rest.len()];
                sum.add(values.iter().chain(rest).fold(0.0, |sum, value| sum + value.to_f64()));
                start += block.end;
            }
        }
    }
}

/// The elements in whole groups of four vectors.
fn whole<T: Float>(x: &[T]) -> usize {
    x.len() / (4 * T::LANES) * (4 * T::LANES)
}

/// How far the loop came.
enum Run {
    /// To the end, with the sum of all.
    Whole(Sum),
    /// To a block whose sum overflows the element type: the sum before it, and where it is. Its gradients are written.
    Overflow { before: Sum, block: Range<usize> },
}

/// Values and derivatives of at most four vectors.
struct Four<T: Float> {
    values: [T::Chunk; 4],
    slopes: [T::Chunk; 4],
}

impl<T: Float> Four<T> {
    /// Writes the derivatives times a factor.
    fn put(&self, factor: T, to: &mut [T]) {
        for (to, &slope) in to.iter_mut().zip(T::flat(&self.slopes)) {
            *to = slope * factor;
        }
    }
}

#[inline(never)]
fn four<T: Float, F: Elementwise<T>>(loss: F, token: Token, x: &[T], t: &[T]) -> Four<T> {
    let mut four = Four { values: [T::chunk(T::default()); 4], slopes: [T::chunk(T::default()); 4] };
    if !x.is_empty() {
        let Four { values, slopes: grads } = &mut four;
        let ones = [T::chunk(T::from_f64(1.0)); 4];
        loss.evaluate(token, Few { x, t, columns: T::flat(&ones), values, grads, target_grads: &mut [] });
    }
    four
}

struct Leaf<'a, T: Float, F> {
    loss: F,
    /// Empty if the gradients go over them.
    x: &'a [T],
    t: &'a [T],
    grad: Option<&'a mut [T]>,
    /// Where the values of a block are kept whose predictions are written over.
    values: &'a mut [T::Chunk],
    factor: T,
    want_value: bool,
    streams: bool,
    /// The values of the elements that fill no group of four vectors.
    rest: &'a [T],
    /// Of what comes before.
    sum: Sum,
}

impl<T: Float, F: Elementwise<T>> Kernel for Leaf<'_, T, F> {
    type Out = Run;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> Run {
        let streams = I::STREAMS && self.streams;
        let Some(grad) = self.grad.take() else {
            return if streams {
                self.blocks::<I, true, false, false, true>(isa, None, &mut [])
            } else {
                self.blocks::<I, true, false, false, false>(isa, None, &mut [])
            };
        };
        if !self.values.is_empty() {
            return if streams {
                self.blocks::<I, true, true, true, true>(isa, None, grad)
            } else {
                self.blocks::<I, true, true, true, false>(isa, None, grad)
            };
        }
        if streams {
            return self.blocks::<I, true, true, false, true>(isa, Some(&isa.stream()), grad);
        }
        // The value of a light loss costs nothing beside the memory.
        if F::HEAVY && !self.want_value {
            return self.blocks::<I, false, true, false, false>(isa, None, grad);
        }
        self.blocks::<I, true, true, false, false>(isa, None, grad)
    }
}

impl<T: Float, F: Elementwise<T>> Leaf<'_, T, F> {
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn blocks<I: Isa, const VALUE: bool, const GRAD: bool, const OVER: bool, const FAR: bool>(
        self,
        isa: I,
        stream: Option<&I::Stream>,
        grad: &mut [T],
    ) -> Run {
        let Self { loss, x, t, values, factor, rest, mut sum, .. } = self;
        let factor = T::Lane::<I>::splat(isa, factor);
        let mut start = 0;
        while start < t.len() {
            let end = t.len().min(start + BLOCK * T::LANES);
            let (x, t) = (if OVER { &[] } else { &x[start..end] }, &t[start..end]);
            let grad = if GRAD { &mut grad[start..end] } else { &mut [] };
            let mut block = block::<I, T, F, GRAD, OVER, FAR>(isa, stream, loss, factor, x, t, grad, values);
            if VALUE {
                if !t.len().is_multiple_of(4 * T::LANES) {
                    block.push(isa, rest);
                }
                let total = block.total().to_f64();
                if !total.is_finite() {
                    return Run::Overflow { before: sum, block: start..end };
                }
                sum.add(total);
            }
            start = end;
        }
        Run::Whole(sum)
    }
}

/// The groups of four vectors of a block.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a closure or a struct would not stay in registers")]
fn block<I: Isa, T: Float, F: Elementwise<T>, const GRAD: bool, const OVER: bool, const FAR: bool>(
    isa: I,
    stream: Option<&I::Stream>,
    loss: F,
    factor: T::Lane<I>,
    x: &[T],
    t: &[T],
    grad: &mut [T],
    values: &mut [T::Chunk],
) -> BlockSum<T::Lane<I>> {
    let mut sum = BlockSum::new(isa);
    let (xs, ts) = (T::chunks(x).0.as_chunks::<4>().0, T::chunks(t).0.as_chunks::<4>().0);
    let grads = T::chunks_mut(grad).0.as_chunks_mut::<4>().0;
    let kept = values.as_chunks_mut::<4>().0;
    // As many as there are of all that is used, so that no index is checked in the loop.
    let groups =
        ts.len().min(if OVER { kept.len() } else { xs.len() }).min(if GRAD { grads.len() } else { usize::MAX });
    // A long formula leaves time between the stores, which else wait for what the first cache has under way.
    let (ahead, cache) = if F::HEAVY { (AHEAD, Cache::First) } else { (NEAR_AHEAD, Cache::Second) };
    let mut i = 0;
    while i < groups {
        let from = if OVER { &grads[i] } else { &xs[i] };
        let (mut x, mut t) = ([factor; 4], [factor; 4]);
        let mut k = 0;
        while k < 4 {
            if FAR {
                isa.prefetch(&from[k], ahead, cache);
                isa.prefetch(&ts[i][k], ahead, cache);
            }
            (x[k], t[k]) = (T::Lane::<I>::load(isa, &from[k]), T::Lane::<I>::load(isa, &ts[i][k]));
            k += 1;
        }
        let (values, slopes) = eval(loss, x, t);
        k = 0;
        while GRAD && k < 4 {
            let (grad, to) = (slopes[k] * factor, &mut grads[i][k]);
            match stream {
                Some(stream) => grad.stream(to, stream),
                None => grad.store(to),
            }
            if OVER {
                values[k].store(&mut kept[i][k]);
            }
            k += 1;
        }
        sum.add(values);
        i += 1;
    }
    sum
}

/// Values and derivatives of four vectors.
#[inline(always)]
fn eval<L: Lane, F: Elementwise<L::Elem>>(loss: F, x: [L; 4], t: [L; 4]) -> ([L; 4], [L; 4])
where
    L::Elem: Float,
{
    if F::HEAVY && <L::Isa as Isa>::TOGETHER {
        let Eval { value, slope, .. } = loss.eval(Many(x), Many(t));
        return (value.0, slope.0);
    }
    let (mut values, mut slopes) = (x, x);
    let mut k = 0;
    while k < 4 {
        let Eval { value, slope, .. } = loss.eval(x[k], t[k]);
        (values[k], slopes[k]) = (value, slope);
        k += 1;
    }
    (values, slopes)
}

/// The sum of a block that overflows the element type. Not inlined: it is rare, and needs room.
#[inline(never)]
fn wide_block<T: Float, F: Elementwise<T>>(loss: F, token: Token, x: &[T], t: &[T]) -> f64 {
    let mut total = 0.0;
    for (x, t) in x.chunks(4 * T::LANES).zip(t.chunks(4 * T::LANES)) {
        let values = four(loss, token, x, t).values;
        total = T::flat(&values)[..x.len()].iter().fold(total, |sum, value| sum + value.to_f64());
    }
    total
}

//! From the inputs to the gradient and the sum in registers.

use super::compiled::{Compiled, Few};
use super::{Elementwise, Eval};
use crate::engine::sum::{BLOCK, BlockSum, Sum};
use crate::lane::{AHEAD, Isa, Kernel, Lane, Token, dispatch};
use crate::math::Float;
use core::ops::Range;

/// Elements, the place of their gradients, and what these are multiplied with.
pub(super) struct Plain<'a, T> {
    pub(super) x: &'a [T],
    pub(super) t: &'a [T],
    pub(super) grad: Option<&'a mut [T]>,
    pub(super) factor: T,
    pub(super) want_value: bool,
    /// Whether no cache will hold the gradient until it is read.
    pub(super) streams: bool,
}

/// The sum; the gradient goes to its place.
///
/// What happens once in a while happens here, between two runs of the loop: within, a call would cost it its registers.
pub(super) fn run<T: Float, F: Elementwise<T>>(loss: F, token: Token, leaf: Plain<'_, T>) -> Sum {
    let Plain { x, t, mut grad, factor, want_value, streams } = leaf;
    let whole = x.len() / (4 * T::LANES) * (4 * T::LANES);
    let few = four(loss, token, &x[whole..], &t[whole..]);
    if let Some(grad) = &mut grad {
        for (to, &slope) in grad[whole..].iter_mut().zip(T::flat(&few.slopes)) {
            *to = slope * factor;
        }
    }
    let rest = &T::flat(&few.values)[..x.len() - whole];
    let mut sum = Sum::default();
    let mut start = 0;
    loop {
        let grad = grad.as_deref_mut().map(|grad| &mut grad[start..]);
        let leaf = Plain { x: &x[start..], t: &t[start..], grad, factor, want_value, streams };
        match dispatch(token, Leaf { loss, leaf, rest, sum }) {
            Run::Whole(sum) => return sum,
            Run::Overflow { before, block } => {
                let block = start + block.start..start + block.end;
                start = block.end;
                sum = before;
                sum.add(wide_block(loss, token, &x[block.clone()], &t[block]));
            }
        }
    }
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

fn four<T: Float, F: Elementwise<T>>(loss: F, token: Token, x: &[T], t: &[T]) -> Four<T> {
    let mut four = Four { values: [T::chunk(T::default()); 4], slopes: [T::chunk(T::default()); 4] };
    if !x.is_empty() {
        let Four { values, slopes: grads } = &mut four;
        let ones = [T::chunk(T::from_f64(1.0)); 4];
        loss.evaluate(token, Few { x, t, columns: T::flat(&ones), values, grads, target_grads: &mut [] });
    }
    four
}

struct Leaf<'a, T, F> {
    loss: F,
    leaf: Plain<'a, T>,
    /// The values of the elements that fill no group of four vectors.
    rest: &'a [T],
    /// Of what comes before.
    sum: Sum,
}

impl<T: Float, F: Elementwise<T>> Kernel for Leaf<'_, T, F> {
    type Out = Run;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> Run {
        let Some(grad) = self.leaf.grad.take() else {
            return self.blocks::<I, true, false>(isa, None, &mut []);
        };
        if I::STREAMS && self.leaf.streams {
            let stream = isa.stream();
            return self.blocks::<I, true, true>(isa, Some(&stream), grad);
        }
        // The value of a light loss costs nothing beside the memory.
        if F::HEAVY && !self.leaf.want_value {
            return self.blocks::<I, false, true>(isa, None, grad);
        }
        self.blocks::<I, true, true>(isa, None, grad)
    }
}

impl<T: Float, F: Elementwise<T>> Leaf<'_, T, F> {
    #[inline(always)]
    fn blocks<I: Isa, const VALUE: bool, const GRAD: bool>(
        self,
        isa: I,
        stream: Option<&I::Stream>,
        grad: &mut [T],
    ) -> Run {
        let Self { loss, leaf: Plain { x, t, factor, .. }, rest, mut sum } = self;
        let factor = T::Lane::<I>::splat(isa, factor);
        let mut start = 0;
        while start < x.len() {
            let end = x.len().min(start + BLOCK * T::LANES);
            let (x, t) = (&x[start..end], &t[start..end]);
            let grad = if GRAD { &mut grad[start..end] } else { &mut [] };
            let mut block = block::<I, T, F, GRAD>(isa, stream, loss, factor, x, t, grad);
            if VALUE {
                if !x.len().is_multiple_of(4 * T::LANES) {
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
fn block<I: Isa, T: Float, F: Elementwise<T>, const GRAD: bool>(
    isa: I,
    stream: Option<&I::Stream>,
    loss: F,
    factor: T::Lane<I>,
    x: &[T],
    t: &[T],
    grad: &mut [T],
) -> BlockSum<T::Lane<I>> {
    let mut sum = BlockSum::new(isa);
    let (xs, ts) = (T::chunks(x).0.as_chunks::<4>().0, T::chunks(t).0.as_chunks::<4>().0);
    let grads = T::chunks_mut(grad).0.as_chunks_mut::<4>().0;
    let mut i = 0;
    while i < xs.len().min(ts.len()) {
        let mut values = [factor; 4];
        let mut k = 0;
        while k < 4 {
            if stream.is_some() {
                isa.prefetch(&xs[i][k], AHEAD);
                isa.prefetch(&ts[i][k], AHEAD);
            }
            let (x, t) = (T::Lane::<I>::load(isa, &xs[i][k]), T::Lane::<I>::load(isa, &ts[i][k]));
            let Eval { value, slope, .. } = loss.eval(x, t);
            values[k] = value;
            if GRAD {
                let (grad, to) = (slope * factor, &mut grads[i][k]);
                match stream {
                    Some(stream) => grad.stream(to, stream),
                    None => grad.store(to),
                }
            }
            k += 1;
        }
        sum.add(values);
        i += 1;
    }
    sum
}

/// The sum of a block that overflows the element type.
fn wide_block<T: Float, F: Elementwise<T>>(loss: F, token: Token, x: &[T], t: &[T]) -> f64 {
    let mut total = 0.0;
    for (x, t) in x.chunks(4 * T::LANES).zip(t.chunks(4 * T::LANES)) {
        let values = four(loss, token, x, t).values;
        total = T::flat(&values)[..x.len()].iter().fold(total, |sum, value| sum + value.to_f64());
    }
    total
}

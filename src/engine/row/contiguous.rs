//! Rows whose entries lie side by side, one by one.

use super::{Entry, Passes, RowFormula, Rows, Terms};
use crate::Layout;
use crate::engine::Input;
use crate::engine::rowwise::{Batch, Shared};
use crate::engine::sum::{BlockSum, Sum};
use crate::lane::{Cache, Element, FAR_AHEAD, Isa, Kernel, Lane};
use crate::math::Float;
use core::ops::Range;

/// Vectors whose terms are added in the element type: a multiple of four.
const BLOCK: usize = 32;

pub(super) struct Contiguous<'a, T, F> {
    pub(super) rows: &'a Rows<'a, T, F>,
    pub(super) batch: Batch<'a, T>,
}

impl<T: Float, F: RowFormula<T>> Kernel for Contiguous<'_, T, F> {
    type Out = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let Rows { loss, t } = *self.rows;
        let Shared { layout: Layout { classes, stride, .. }, factors, accumulate, streams, .. } = *self.batch.shared;
        let stream = if I::STREAMS && streams { Some(isa.stream()) } else { None };
        for i in 0..self.batch.rows {
            let row = self.batch.first + i;
            let at = i * stride..i * stride + classes;
            let mut slices = Slices::<T::Lane<I>> {
                isa,
                x: self.batch.x.part(at.clone()),
                is_paired: F::PAIRED,
                t: t.map_or(&[], |t| &t[row * stride..][..classes]),
                weights: loss.weights(),
                grad: self.batch.grad.as_deref_mut().map(|grad| &mut grad[at.clone()]),
                target_grad: self.batch.target_grad.as_deref_mut().map(|grad| &mut grad[at]),
                factor: T::Lane::<I>::splat(isa, T::default()),
                accumulate,
                stream: stream.as_ref(),
            };
            let label = if factors.is_kept(row) { loss.label(row) } else { None };
            let Some(label) = label else {
                slices.zero();
                continue;
            };
            let weight = factors.weight(row);
            slices.factor = T::Lane::<I>::splat(isa, T::from_f64(factors.upstream(row) * weight.to_f64()));
            let value = loss.row(&mut slices, T::Lane::<I>::splat(isa, label));
            self.batch.losses[i] = (value * T::Lane::<I>::splat(isa, weight)).first();
        }
    }
}

/// One row. If it is not paired, the second row is zeros.
struct Slices<'a, L: Lane> {
    isa: L::Isa,
    x: Input<'a, L::Elem>,
    is_paired: bool,
    t: &'a [L::Elem],
    /// Of the columns; empty for ones.
    weights: &'a [L::Elem],
    grad: Option<&'a mut [L::Elem]>,
    target_grad: Option<&'a mut [L::Elem]>,
    factor: L,
    accumulate: bool,
    /// For gradients that go past the caches.
    stream: Option<&'a <L::Isa as Isa>::Stream>,
}

impl<L: Lane<Elem: Float>> Slices<'_, L> {
    /// The vector of entries from `start` on; 0 past the end.
    #[inline(always)]
    fn part(&self, start: usize) -> Entry<L> {
        let zero = L::Elem::default();
        let end = self.x.len().min(start + L::Elem::LANES);
        let x = L::load_part(self.isa, &self.x[start..end], zero);
        let t = if self.is_paired { L::load_part(self.isa, &self.t[start..end], zero) } else { x.of(0.0) };
        let weight = match self.weights.get(start..end) {
            Some(weights) => L::load_part(self.isa, weights, zero),
            None => x.of(1.0),
        };
        Entry { x, t, columns: L::counting(self.isa) + start as f64, weight }
    }

    /// Whole vectors of entries from `start` on.
    #[inline(always)]
    fn whole<const N: usize>(&self, start: usize) -> [Entry<L>; N] {
        let at = start..start + N * L::Elem::LANES;
        let zero = L::splat(self.isa, L::Elem::default());
        let x: [L; N] = load(self.isa, &self.x[at.clone()]);
        let t = if self.is_paired { load(self.isa, &self.t[at.clone()]) } else { [zero; N] };
        let weights = match self.weights.get(at) {
            Some(weights) => load(self.isa, weights),
            None => [zero + 1.0; N],
        };
        let mut entries = [Entry { x: zero, t: zero, columns: zero, weight: zero }; N];
        let mut i = 0;
        while i < N {
            let columns = L::counting(self.isa) + (start + i * L::Elem::LANES) as f64;
            entries[i] = Entry { x: x[i], t: t[i], columns, weight: weights[i] };
            i += 1;
        }
        entries
    }

    /// At most a vector of entries from `start` on; 0 past the end.
    #[inline(always)]
    fn some(&self, start: usize) -> Entry<L> {
        if start + L::Elem::LANES <= self.x.len() {
            let [entry] = self.whole::<1>(start);
            entry
        } else {
            self.part(start)
        }
    }

    /// The sums of the terms of a run of whole vectors, or of a part of one.
    #[inline(always)]
    fn block<Q: Terms<L, K>, const K: usize>(&self, terms: Q, at: Range<usize>) -> [BlockSum<L>; K] {
        let lanes = L::Elem::LANES;
        let mut block = [BlockSum::new(self.isa); K];
        let mut start = at.start;
        while !Q::ONE_BY_ONE && start + 4 * lanes <= at.end {
            add(&mut block, all(terms, self.whole::<4>(start)));
            start += 4 * lanes;
        }
        let nothing = [[L::splat(self.isa, L::Elem::default()); 4]; K];
        while start + lanes <= at.end {
            let mut rest = nothing;
            let mut i = 0;
            while i < 4 && start + lanes <= at.end {
                let [entry] = self.whole::<1>(start);
                set(&mut rest, i, terms.at(entry));
                start += lanes;
                i += 1;
            }
            add(&mut block, rest);
        }
        if start < at.end {
            let mut rest = nothing;
            let kept = L::first_lanes(self.isa, at.end - start);
            let mut found = terms.at(self.part(start));
            let mut k = 0;
            while k < K {
                found[k] = found[k].keep(kept);
                k += 1;
            }
            set(&mut rest, 0, found);
            add(&mut block, rest);
        }
        block
    }

    /// The gradient of a row that is left out. Not by [`Input::place`], for which the slices would be kept in memory: every
    /// row would take 15 % more instructions.
    #[inline(always)]
    fn zero(&mut self) {
        let in_place = match &mut self.x {
            Input::Replace(x) if self.grad.is_none() => Some(&mut **x),
            _ => None,
        };
        let grads = [self.grad.as_deref_mut(), self.target_grad.as_deref_mut()];
        let accumulate = self.accumulate;
        for grad in grads.into_iter().filter(|_| !accumulate).chain([in_place]).flatten() {
            grad.fill(L::Elem::default());
        }
    }

    /// Puts the gradients of the whole row where they belong. `TARGET` is whether there is a place for those of `t`, for
    /// which the terms are not computed else.
    #[inline(always)]
    fn put_all<Q: Terms<L, 2>, const TARGET: bool>(&mut self, slopes: Q) {
        let (lanes, len) = (L::Elem::LANES, self.x.len());
        let mut start = 0;
        while !Q::ONE_BY_ONE && start + 4 * lanes <= len {
            let slopes = all(slopes, self.whole::<4>(start));
            self.put::<TARGET, 4>(slopes, start..start + 4 * lanes);
            start += 4 * lanes;
        }
        while start < len {
            let slopes = slopes.at(self.some(start));
            self.put_some::<TARGET>(slopes, start);
            start += lanes;
        }
    }

    /// Puts the gradients of at most a vector, of which `x` and `t` have been read, where they belong.
    #[inline(always)]
    fn put_some<const TARGET: bool>(&mut self, [grad, target_grad]: [L; 2], start: usize) {
        let (end, len) = (start + L::Elem::LANES, self.x.len());
        if end <= len {
            self.put::<TARGET, 1>([[grad], [target_grad]], start..end);
        } else {
            self.put_part::<TARGET>([grad, target_grad], start..len);
        }
    }

    /// Puts the gradients of whole vectors, of which `x` and `t` have been read, where they belong.
    #[inline(always)]
    fn put<const TARGET: bool, const N: usize>(&mut self, [grads, target_grads]: [[L; N]; 2], at: Range<usize>) {
        let (factor, accumulate) = (self.factor, self.accumulate);
        if let (true, Some(to)) = (TARGET, &mut self.target_grad) {
            store(target_grads, factor, accumulate, self.stream, &mut to[at.clone()]);
        }
        if let Some(to) = &mut self.grad {
            store(grads, factor, accumulate, self.stream, &mut to[at]);
        } else if let Input::Replace(x) = &mut self.x {
            store(grads, factor, false, None, &mut x[at]);
        }
    }

    /// The same for a part of a vector.
    #[inline(always)]
    fn put_part<const TARGET: bool>(&mut self, [grad, target_grad]: [L; 2], at: Range<usize>) {
        let (factor, accumulate) = (self.factor, self.accumulate);
        if let (true, Some(to)) = (TARGET, &mut self.target_grad) {
            store_part(target_grad, factor, accumulate, &mut to[at.clone()]);
        }
        if let Some(to) = &mut self.grad {
            store_part(grad, factor, accumulate, &mut to[at]);
        } else if let Input::Replace(x) = &mut self.x {
            store_part(grad, factor, false, &mut x[at]);
        }
    }
}

/// `N` vectors from a slice of that length.
#[inline(always)]
fn load<L: Lane, const N: usize>(isa: L::Isa, from: &[L::Elem]) -> [L; N] {
    let mut vectors = [L::splat(isa, L::Elem::default()); N];
    if let Some(chunks) = L::Elem::chunks(from).0.first_chunk::<N>() {
        let mut i = 0;
        while i < N {
            isa.prefetch(&chunks[i], FAR_AHEAD, Cache::Second);
            vectors[i] = L::load(isa, &chunks[i]);
            i += 1;
        }
    }
    vectors
}

/// Writes gradients to a slice of their length, or adds them to it.
#[inline(always)]
fn store<L: Lane, const N: usize>(
    grads: [L; N],
    factor: L,
    accumulate: bool,
    stream: Option<&<L::Isa as Isa>::Stream>,
    to: &mut [L::Elem],
) {
    if let Some(chunks) = L::Elem::chunks_mut(to).0.first_chunk_mut::<N>() {
        let mut i = 0;
        while i < N {
            let grad = grads[i] * factor;
            if let Some(stream) = stream {
                grad.stream(&mut chunks[i], stream);
            } else {
                factor.isa().prefetch(&chunks[i], FAR_AHEAD, Cache::Second);
                (if accumulate { L::load(factor.isa(), &chunks[i]) + grad } else { grad }).store(&mut chunks[i]);
            }
            i += 1;
        }
    }
}

#[inline(always)]
fn store_part<L: Lane>(grad: L, factor: L, accumulate: bool, to: &mut [L::Elem]) {
    let grad = grad * factor;
    let grad = if accumulate { L::load_part(factor.isa(), to, L::Elem::default()) + grad } else { grad };
    grad.store_part(to);
}

/// The terms of all these entries, by term.
#[inline(always)]
fn all<L: Lane, const K: usize, const N: usize>(terms: impl Terms<L, K>, entries: [Entry<L>; N]) -> [[L; N]; K] {
    let mut all = [[entries[0].x; N]; K];
    let mut i = 0;
    while i < N {
        let found = terms.at(entries[i]);
        let mut k = 0;
        while k < K {
            all[k][i] = found[k];
            k += 1;
        }
        i += 1;
    }
    all
}

#[inline(always)]
fn set<L: Lane, const K: usize>(rest: &mut [[L; 4]; K], i: usize, found: [L; K]) {
    let mut k = 0;
    while k < K {
        rest[k][i] = found[k];
        k += 1;
    }
}

#[inline(always)]
fn add<L: Lane, const K: usize>(block: &mut [BlockSum<L>; K], terms: [[L; 4]; K]) {
    let mut k = 0;
    while k < K {
        block[k].add(terms[k]);
        k += 1;
    }
}

impl<L: Lane<Elem: Float>> Passes<L> for Slices<'_, L> {
    #[inline(always)]
    fn isa(&self) -> L::Isa {
        self.isa
    }

    #[inline(always)]
    fn wants_grads(&self) -> bool {
        self.grad.is_some() || self.target_grad.is_some() || matches!(self.x, Input::Replace(_))
    }

    #[inline(always)]
    fn wants_target_grads(&self) -> bool {
        self.target_grad.is_some()
    }

    #[inline(always)]
    fn sums<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K] {
        let len = self.x.len();
        let whole = len / L::Elem::LANES * L::Elem::LANES;
        let mut sums = [Sum::default(); K];
        let mut start = 0;
        while start < len {
            // What follows the last whole vector is added by itself.
            let end = if start < whole { whole.min(start + BLOCK * L::Elem::LANES) } else { len };
            let block = self.block(terms, start..end);
            let mut k = 0;
            while k < K {
                sums[k].add(block[k].total().to_f64());
                k += 1;
            }
            start = end;
        }
        let mut found = [L::splat(self.isa, L::Elem::default()); K];
        let mut k = 0;
        while k < K {
            found[k] = L::splat(self.isa, L::Elem::from_f64(sums[k].total()));
            k += 1;
        }
        found
    }

    #[inline(always)]
    fn largest<const K: usize>(&self, terms: impl Terms<L, K>) -> [L; K] {
        let lowest = L::splat(self.isa, L::Elem::from_f64(f64::NEG_INFINITY));
        let (lanes, len) = (L::Elem::LANES, self.x.len());
        let mut largest = [lowest; K];
        let mut start = 0;
        while start + lanes <= len {
            let [entry] = self.whole::<1>(start);
            let found = terms.at(entry);
            let mut k = 0;
            while k < K {
                largest[k] = largest[k].at_least(found[k]);
                k += 1;
            }
            start += lanes;
        }
        if start < len {
            let found = terms.at(self.part(start));
            let kept = L::first_lanes(self.isa, len - start);
            let mut k = 0;
            while k < K {
                largest[k] = largest[k].at_least(L::pick(kept, found[k], lowest));
                k += 1;
            }
        }
        let mut k = 0;
        while k < K {
            largest[k] = L::splat(self.isa, largest[k].largest());
            k += 1;
        }
        largest
    }

    #[inline(always)]
    fn grads(&mut self, slopes: impl Terms<L, 2>) {
        if self.is_paired && self.target_grad.is_some() {
            self.put_all::<_, true>(slopes);
        } else {
            self.put_all::<_, false>(slopes);
        }
    }
}

//! Positions against one class each.
//!
//! 1. Four classes at a time, a run of positions long: exponentials go to the scratch, their sum and the target's own
//!    exponential to rows of partial results. Sums take four terms to one, and keep beyond that what they round away.
//! 2. Loss and factor are vectors over positions.
//! 3. The gradient is the exponentials times the factor, written in the same runs.
//!
//! Where the exponentials of all classes have no room they are made again for the gradient.

use super::Plans;
use super::tile::Tile;
use crate::engine::axis::{Positions, Shape, Work};
use crate::engine::lane_sum::LaneSum;
use crate::engine::rowwise::Shared;
use crate::engine::softmax::{GROUP, IGNORED, Shift};
use crate::engine::sum::{self, Sum};
use crate::lane::{AHEAD, Cache, Isa, Kernel, Lane, Window, WindowMut, dispatch};
use crate::math::{Float, exp_scaled_each};

/// Vectors of a tile: shorter runs of memory cost more than exponentials that are made twice.
const FEWEST: usize = if cfg!(feature = "std") { 5 } else { 1 };

/// Positions of a tile.
pub(crate) fn hard_tile<T: Float>(classes: usize) -> usize {
    shape::<T>(classes).vectors * T::LANES
}

const fn shape<T: Float>(classes: usize) -> Shape {
    Shape::new(classes, 1, Tile::<T>::BESIDE, FEWEST, 4)
}

/// The sum of the weighted losses of the positions, which go to their places with their gradients.
#[cfg_attr(small_frames, inline(never))]
pub(crate) fn hard_positions<T: Float>(
    shared: &Shared<'_, T>,
    mut positions: Positions<'_, T>,
    plans: impl Plans<T>,
) -> Sum {
    let shape = shape::<T>(shared.layout.classes);
    let mut work = Work::new();
    dispatch(shared.token, Hard { positions: &mut positions, plans, shared, shape, work: &mut work })
}

struct Hard<'a, 'p, T: Float, P> {
    positions: &'a mut Positions<'p, T>,
    plans: P,
    shared: &'a Shared<'a, T>,
    shape: Shape,
    work: &'a mut Work<T>,
}

impl<T: Float, P: Plans<T>> Kernel for Hard<'_, '_, T, P> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Sum {
        let mut sum = Sum::default();
        let (len, width) = (self.positions.len(), self.shape.vectors * T::LANES);
        let Shared { accumulate, is_far, .. } = *self.shared;
        let mut start = 0;
        while start < len {
            let end = len.min(start + width);
            let mut tile = Tile::new(self.work, self.shape, (end - start).div_ceil(T::LANES), accumulate);
            sum.add(tile.run(isa, self.positions.part(start..end), self.plans, is_far));
            start = end;
        }
        sum
    }
}

impl<T: Float> Tile<'_, T> {
    /// The sum of the weighted losses of one tile.
    #[inline(always)]
    fn run<I: Isa>(&mut self, isa: I, mut positions: Positions<'_, T>, plans: impl Plans<T>, is_far: bool) -> f64 {
        let (first, len) = (positions.first, positions.len());
        self.classes(first, len, plans);
        // Tiles that are not kept come back to their logits before they write: what is fetched for the tiles that follow
        // would be gone by then.
        let is_fetched = is_far && self.shape.is_kept;
        let grad = positions.grad.as_ref().filter(|_| is_fetched).map(WindowMut::shared);
        self.exponentials(isa, positions.x.get(), grad);
        self.finish(isa, &positions, plans);
        self.write(isa, &mut positions);
        let loss = &T::flat(self.loss)[..len];
        if let Some(each) = positions.each {
            each.copy_from_slice(loss);
        }
        sum::block(isa, loss)
    }

    /// The classes as numbers of the lanes, which are few enough to be exact.
    #[inline(always)]
    fn classes(&mut self, first: usize, len: usize, plans: impl Plans<T>) {
        self.gaps = !len.is_multiple_of(T::LANES);
        for (i, to) in T::flat_mut(self.class).chunks_mut(GROUP).enumerate() {
            let mut class = [IGNORED; GROUP];
            let at = i * GROUP;
            plans.classes(first + at, &mut class[..to.len().min(len - at)]);
            for (to, class) in to.iter_mut().zip(class) {
                let is_ignored = class == IGNORED;
                self.gaps |= is_ignored;
                // As numbers of 32 bits, of which processors convert many at once.
                *to = T::from_i32(if is_ignored { -1 } else { class as i32 });
            }
        }
    }

    /// The exponentials of all entries, with their sums. Meanwhile the memory of `grad` is fetched for the tiles that
    /// follow: the loop that writes it has nothing else to do.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    fn exponentials<I: Isa>(&mut self, isa: I, x: Window<'_, T>, grad: Option<Window<'_, T>>) {
        let (zero, lanes) = (T::chunk(T::default()), T::LANES);
        for row in [&mut *self.others, &mut *self.lost, &mut *self.target] {
            row.fill(zero);
        }
        let mut class = 0;
        while class < self.shape.classes {
            let four = self.shape.classes - class >= 4;
            let mut v = 0;
            while v < self.vectors {
                let rest = v * lanes..x.len();
                let (x, grad) = (x.part(rest.clone()), grad.map(|grad| grad.part(rest)));
                v += if four {
                    self.span::<I, 4>(isa, x, grad, class, v)
                } else {
                    self.span::<I, 1>(isa, x, grad, class, v)
                };
            }
            class += if four { 4 } else { 1 };
        }
    }

    /// As many vectors from `v` on as are of one sample, of the classes from `first` on. Returns how many.
    #[inline(always)]
    fn span<I: Isa, const K: usize>(
        &mut self,
        isa: I,
        x: Window<'_, T>,
        grad: Option<Window<'_, T>>,
        first: usize,
        v: usize,
    ) -> usize {
        let whole = x.run() / T::LANES;
        let mut gathered;
        let xs: [&[T::Chunk]; K] = if whole > 0 {
            core::array::from_fn(|k| &T::chunks(x.row(first + k)).0[..whole])
        } else {
            let x = x.part(0..x.len().min(T::LANES));
            gathered = [[T::chunk(T::default())]; K];
            x.gather(first, gathered.each_mut().map(|row| row[0].as_mut()));
            core::array::from_fn(|k| &gathered[k][..])
        };
        let grads =
            grad.filter(|_| whole > 0).map(|grad| core::array::from_fn(|k| &T::chunks(grad.row(first + k)).0[..whole]));
        self.group(isa, xs, grads, first, v);
        whole.max(1)
    }

    /// The exponentials of some vectors of neighbouring classes.
    #[inline(always)]
    fn group<I: Isa, const K: usize>(
        &mut self,
        isa: I,
        xs: [&[T::Chunk]; K],
        grads: Option<[&[T::Chunk]; K]>,
        first: usize,
        v: usize,
    ) {
        let scaling = Shift::<T>::first().scaling::<T::Lane<I>>(isa);
        let n = xs[0].len();
        let slot = self.slot(first);
        let mut rows = self.e[slot..].chunks_exact_mut(self.vectors);
        let es: [&mut [T::Chunk]; K] = core::array::from_fn(|_| &mut rows.next().unwrap_or_default()[v..v + n]);
        let xs = xs.map(|row| &row[..n]);
        let grads = grads.map(|grads| grads.map(|row| &row[..n]));
        let (class, target) = (&self.class[v..v + n], &mut self.target[v..v + n]);
        let (high, low) = (&mut self.others[v..v + n], &mut self.lost[v..v + n]);
        let number = T::Lane::<I>::splat(isa, T::from_f64(first as f64));
        let mut i = 0;
        while i < n {
            let own = T::Lane::<I>::load(isa, &class[i]);
            let mut x = [number; K];
            let mut k = 0;
            while k < K {
                isa.prefetch(&xs[k][i], AHEAD, Cache::Second);
                if let Some(grads) = &grads {
                    isa.prefetch(&grads[k][i], AHEAD, Cache::Second);
                }
                x[k] = T::Lane::<I>::load(isa, &xs[k][i]);
                k += 1;
            }
            let e = exp_scaled_each::<_, false, K>(x, scaling);
            let (mut others, mut targets) = (e, e);
            k = 0;
            while k < K {
                e[k].store(&mut es[k][i]);
                targets[k] = e[k].keep(own.same(number + k as f64));
                others[k] = e[k] - targets[k];
                k += 1;
            }
            let mut sum = LaneSum { high: T::Lane::<I>::load(isa, &high[i]), low: T::Lane::<I>::load(isa, &low[i]) };
            sum.add(tree(others));
            sum.high.store(&mut high[i]);
            sum.low.store(&mut low[i]);
            (T::Lane::<I>::load(isa, &target[i]) + tree(targets)).store(&mut target[i]);
            i += 1;
        }
    }
}

/// The sum of one term or of four.
#[inline(always)]
fn tree<L: Lane, const K: usize>(terms: [L; K]) -> L {
    if K == 4 { (terms[0] + terms[1]) + (terms[2] + terms[3]) } else { terms[0] }
}

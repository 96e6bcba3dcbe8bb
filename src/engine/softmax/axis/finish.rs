//! From sums to losses and gradients.

use super::tile::Tile;
use super::{Plans, shifts};
use crate::engine::axis::{Positions, chunk, column};
use crate::engine::lane_sum::{LaneSum, RunningSum};
use crate::engine::softmax::{GROUP, Shift, factors, is_vanishing, row_loss};
use crate::lane::{Element, Isa, Lane, Mask, Window, WindowMut};
use crate::math::{Float, Scaling, exp_scaled, weigh};

impl<T: Float> Tile<'_, T> {
    /// Losses and factors of all positions.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    pub(super) fn finish<I: Isa>(&mut self, isa: I, positions: &Positions<'_, T>, plans: impl Plans<T>) {
        let x = positions.x.get();
        let even = plans.even();
        let scale = [even.unwrap_or_default(); f32::LANES];
        let mut plan = None;
        for v in 0..self.vectors {
            let at = v * T::LANES;
            let of_plan = at % GROUP;
            if even.is_none() && of_plan == 0 {
                plan = Some(plans.plan(positions.first + at, GROUP.min(x.len() - at)));
            }
            self.sums(isa, x.part(at..x.len().min(at + T::LANES)), v);
            if let Some(plan) = &plan {
                self.weighed(isa, v, &T::chunks(&plan.weight).0[of_plan / T::LANES]);
            }
            if positions.wants_grad() {
                let scale = plan.as_ref().map_or(&scale[..], |plan| &plan.scale[of_plan..]);
                self.factor(isa, v, &scale[..T::LANES]);
            }
        }
    }

    /// The loss of one vector, as yet without weights, where its sums are accepted; else it has new ones before.
    #[inline(always)]
    fn sums<I: Isa>(&mut self, isa: I, x: Window<'_, T>, v: usize) {
        let class = T::Lane::<I>::load(isa, &self.class[v]);
        let kept = class.of(0.0).le(class);
        let load = |row: &[T::Chunk]| T::Lane::<I>::load(isa, &row[v]);
        let sum = LaneSum { high: load(self.others), low: load(self.lost) };
        let (LaneSum { high: mut others, low: mut lost }, mut target) = (sum.rounded(), load(self.target));
        let (mut base, mut k) = (class.of(0.0), T::Lane::<I>::splat(isa, Shift::first().k));
        let rejected = kept & Shift::<T>::rejects(others + target);
        if rejected.any() {
            (LaneSum { high: others, low: lost }, target) = self.again(isa, x, v, [others, lost, target]);
            base = T::Lane::<I>::load(isa, &self.base[v]);
            k = T::Lane::<I>::load(isa, &self.k[v]);
        }
        // What is left out has no target, and asks for nothing.
        others = others.keep(kept);
        target = T::Lane::<I>::pick(kept, target, class.of(1.0));
        let mut x_target = T::chunk(T::default());
        if is_vanishing(others, target) {
            let class = self.class[v];
            for (i, to) in x_target.as_mut().iter_mut().enumerate().take(x.len()) {
                let class = class.as_ref()[i].to_f64();
                *to = if class < 0.0 { T::default() } else { x.part(i..i + 1).row(class as usize)[0] };
            }
        }
        let loss = row_loss(LaneSum { high: others, low: lost }, target, T::Lane::<I>::load(isa, &x_target), base, k);
        loss.keep(kept).store(&mut self.loss[v]);
        others.store(&mut self.others[v]);
        target.store(&mut self.target[v]);
    }

    /// New sums, from shifts of their own, for the lanes whose sums are not accepted.
    #[cold]
    #[inline(always)]
    fn again<I: Isa>(
        &mut self,
        isa: I,
        x: Window<'_, T>,
        v: usize,
        [others, lost, target]: [T::Lane<I>; 3],
    ) -> (LaneSum<T::Lane<I>>, T::Lane<I>) {
        let rejected = Shift::<T>::rejects(others + target);
        let mut largest = others.of(f64::NEG_INFINITY);
        for class in 0..self.shape.classes {
            largest = largest.at_least(column(isa, x, class));
        }
        self.shift(v, others + target, largest);
        let scaling = Scaling::each(isa, &self.base[v], &self.k[v]);
        let own = T::Lane::<I>::load(isa, &self.class[v]);
        let mut sum = RunningSum::new(others.of(0.0));
        let mut new_target = others.of(0.0);
        for class in 0..self.shape.classes {
            let e = exp_scaled::<T::Lane<I>, true>(column(isa, x, class), scaling);
            let is_own = own.same(own.of(class as f64));
            new_target = new_target + e.keep(is_own);
            sum.add(e.without(is_own));
            if self.shape.is_kept {
                let to = &mut self.e[class * self.vectors + v];
                T::Lane::<I>::pick(rejected, e, T::Lane::<I>::load(isa, to)).store(to);
            }
        }
        let sum = sum.sum().rounded();
        let high = T::Lane::<I>::pick(rejected, sum.high, others);
        let low = T::Lane::<I>::pick(rejected, sum.low, lost);
        (LaneSum { high, low }, T::Lane::<I>::pick(rejected, new_target, target))
    }

    /// The shifts of the lanes of one vector.
    #[inline(always)]
    fn shift<L: Lane<Elem = T>>(&mut self, v: usize, sum: L, largest: L) {
        if !self.shifted {
            let first = Shift::<T>::first();
            self.shifted = true;
            self.base.fill(T::chunk(first.base));
            self.k.fill(T::chunk(first.k));
        }
        [self.base[v], self.k[v]] = shifts(sum, largest);
    }

    /// The weighted loss.
    #[inline(always)]
    fn weighed<I: Isa>(&mut self, isa: I, v: usize, weight: &T::Chunk) {
        let class = T::Lane::<I>::load(isa, &self.class[v]);
        let loss = weigh(T::Lane::<I>::load(isa, weight), T::Lane::<I>::load(isa, &self.loss[v]));
        loss.keep(class.of(0.0).le(class)).store(&mut self.loss[v]);
    }

    /// The factor of the gradient, and what stands in for the exponential of the target.
    #[inline(always)]
    fn factor<I: Isa>(&mut self, isa: I, v: usize, scale: &[f64]) {
        let class = T::Lane::<I>::load(isa, &self.class[v]);
        let kept = class.of(0.0).le(class);
        factors(scale, self.others[v].as_ref(), self.target[v].as_ref(), self.factor[v].as_mut());
        T::Lane::<I>::load(isa, &self.factor[v]).keep(kept).store(&mut self.factor[v]);
        (-T::Lane::<I>::load(isa, &self.others[v])).store(&mut self.others[v]);
    }

    /// The gradient, where there is a place for it.
    #[cfg_attr(not(small_frames), inline(always))]
    #[cfg_attr(small_frames, inline(never))]
    pub(super) fn write<I: Isa>(&mut self, isa: I, positions: &mut Positions<'_, T>) {
        if !positions.wants_grad() {
            return;
        }
        let mut class = 0;
        while class < self.shape.classes {
            let four = self.shape.classes - class >= 4;
            if !self.shape.is_kept {
                self.refill(isa, positions.x.get(), class, if four { 4 } else { 1 });
            }
            let Some((mut to, accumulate)) = positions.grad_place(self.accumulate) else { return };
            self.accumulate = accumulate;
            let mut v = 0;
            while v < self.vectors {
                let rest = to.part(v * T::LANES..to.shared().len());
                v += match (four, self.gaps || accumulate) {
                    (true, false) => self.put_span::<I, 4, true>(isa, rest, class, v),
                    (true, true) => self.put_span::<I, 4, false>(isa, rest, class, v),
                    (false, _) => self.put_span::<I, 1, false>(isa, rest, class, v),
                };
            }
            class += if four { 4 } else { 1 };
        }
    }

    /// The exponentials of some classes once more.
    #[inline(always)]
    fn refill<I: Isa>(&mut self, isa: I, x: Window<'_, T>, first: usize, count: usize) {
        let lanes = T::LANES;
        for k in 0..count {
            let mut v = 0;
            while v < self.vectors {
                let rest = x.part(v * lanes..x.len());
                let whole = rest.run() / lanes;
                let gathered;
                let xs: &[T::Chunk] = if whole > 0 {
                    &T::chunks(rest.row(first + k)).0[..whole]
                } else {
                    gathered = [chunk(rest.part(0..rest.len().min(lanes)), first + k)];
                    &gathered
                };
                self.refill_span(isa, xs, k, v);
                v += xs.len();
            }
        }
    }

    /// Some vectors of one class.
    #[inline(always)]
    fn refill_span<I: Isa>(&mut self, isa: I, xs: &[T::Chunk], k: usize, v: usize) {
        let es = &mut self.e[k * self.vectors + v..][..xs.len()];
        if !self.shifted {
            let scaling = Shift::<T>::first().scaling::<T::Lane<I>>(isa);
            for (x, e) in xs.iter().zip(es) {
                exp_scaled::<T::Lane<I>, false>(T::Lane::<I>::load(isa, x), scaling).store(e);
            }
            return;
        }
        for (i, (x, e)) in xs.iter().zip(es).enumerate() {
            let scaling = Scaling::each(isa, &self.base[v + i], &self.k[v + i]);
            exp_scaled::<T::Lane<I>, true>(T::Lane::<I>::load(isa, x), scaling).store(e);
        }
    }

    /// Writes as many vectors from `v` on as are of one sample, of the classes from `first` on. Returns how many.
    #[inline(always)]
    fn put_span<I: Isa, const K: usize, const PLAIN: bool>(
        &self,
        isa: I,
        mut to: WindowMut<'_, T>,
        first: usize,
        v: usize,
    ) -> usize {
        let whole = to.shared().run() / T::LANES;
        let len = to.len().min(T::LANES);
        let mut gathered = [[T::chunk(T::default())]; K];
        if whole == 0 && self.accumulate {
            for (k, row) in gathered.iter_mut().enumerate() {
                to.part(0..len).shared().copy_row(first + k, row[0].as_mut());
            }
        }
        let rows: [&mut [T::Chunk]; K] = if whole > 0 {
            to.rows::<K>(first).map(|row| &mut T::chunks_mut(row).0[..whole])
        } else {
            gathered.each_mut().map(|row| &mut row[..])
        };
        self.put::<I, K, PLAIN>(isa, rows, first, v);
        if whole == 0 {
            let mut to = to.part(0..len);
            for (k, row) in gathered.iter().enumerate() {
                to.paste_row(first + k, &row[0].as_ref()[..len]);
            }
        }
        whole.max(1)
    }

    /// Writes some vectors of neighbouring classes.
    #[inline(always)]
    fn put<I: Isa, const K: usize, const PLAIN: bool>(&self, isa: I, to: [&mut [T::Chunk]; K], first: usize, v: usize) {
        let n = to[0].len();
        let to = to.map(|row| &mut row[..n]);
        let mut rows = self.e[self.slot(first)..].chunks_exact(self.vectors);
        let es: [&[T::Chunk]; K] = core::array::from_fn(|_| &rows.next().unwrap_or_default()[v..v + n]);
        let (class, instead) = (&self.class[v..v + n], &self.others[v..v + n]);
        let factor = &self.factor[v..v + n];
        let number = T::Lane::<I>::splat(isa, T::from_f64(first as f64));
        let zero = T::Lane::<I>::splat(isa, T::default());
        let mut i = 0;
        while i < n {
            let own = T::Lane::<I>::load(isa, &class[i]);
            let instead = T::Lane::<I>::load(isa, &instead[i]);
            let factor = T::Lane::<I>::load(isa, &factor[i]);
            let mut k = 0;
            while k < K {
                let e = T::Lane::<I>::load(isa, &es[k][i]);
                let mut grad = T::Lane::<I>::pick(own.same(number + k as f64), instead, e) * factor;
                if !PLAIN {
                    let before = if self.accumulate { T::Lane::<I>::load(isa, &to[k][i]) } else { zero };
                    let sum = if self.accumulate { before + grad } else { grad };
                    grad = T::Lane::<I>::pick(zero.le(own), sum, before);
                }
                grad.store(&mut to[k][i]);
                k += 1;
            }
            i += 1;
        }
    }
}

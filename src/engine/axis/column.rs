//! Formulas that go over all classes of one vector of positions, several times.
//!
//! The entries of a tile are copied to the scratch, row by row; formulas read them there and leave their gradients in
//! their stead, which are then written row by row. Where a tile finds no room, entries come from the slices each time.

use super::Positions;
use super::work::{LITTLE, MIDDLING, Shape, WORK, Work, chunk, column};
use crate::Layout;
use crate::engine::rowwise::Shared;
use crate::engine::sum::{self, Sum};
use crate::lane::{Isa, Kernel, Lane, Token, Window, WindowMut, dispatch};
use crate::math::Float;

/// A loss of a vector of positions.
pub(crate) trait ByColumn<T: Float>: Copy + Send + Sync {
    /// The labels of the positions from `first` on, and 1 for each that counts, 0 for each that is left out.
    fn labels(&self, first: usize, label: &mut [T], kept: &mut [T]);

    /// The weighted losses of the vector whose first position is `first`.
    fn column<I: Isa>(&self, column: &mut Column<'_, T, I>, first: usize, label: T::Lane<I>) -> T::Lane<I>;
}

/// Rows of a tile beside those of the classes.
const BESIDE: usize = 3;

fn shape(classes: usize, has_target: bool) -> Shape {
    Shape::new(classes, if has_target { 2 } else { 1 }, BESIDE, 1, 0)
}

/// Positions of a tile.
pub(crate) fn column_tile<T: Float>(classes: usize, has_target: bool) -> usize {
    shape(classes, has_target).vectors * T::LANES
}

/// The sum of the weighted losses of the positions, which go to their places with their gradients. `t` is the second
/// row of every row, if it has one.
pub(crate) fn by_column<T: Float>(
    shared: &Shared<'_, T>,
    mut positions: Positions<'_, T>,
    t: Option<&[T]>,
    formula: impl ByColumn<T>,
) -> Sum {
    let Layout { classes, stride, inner } = shared.layout;
    let range = positions.first..positions.first + positions.len();
    let t = t.map(|t| Window::new(t, classes, stride, inner).part(range));
    let shape = shape(classes, t.is_some());
    let rows = shape.rows(1 + usize::from(t.is_some()), BESIDE);
    let vectors = positions.len().div_ceil(T::LANES);
    let (token, accumulate) = (shared.token, shared.accumulate);
    let tiles = Tiles { positions: &mut positions, t, formula, shape, accumulate, work: &mut [] };
    match vectors.saturating_mul(rows) {
        needed if needed <= LITTLE => within::<T, LITTLE>(token, tiles),
        needed if needed <= MIDDLING => within::<T, MIDDLING>(token, tiles),
        _ => within::<T, WORK>(token, tiles),
    }
}

/// Runs in so many vectors of scratch. Not inlined: only one of them is to lie on the stack.
#[inline(never)]
fn within<T: Float, const N: usize>(token: Token, tiles: Tiles<'_, '_, T, impl ByColumn<T>>) -> Sum {
    let mut work = Work::<T, N>::new();
    run(token, Tiles { work: &mut work.0, ..tiles })
}

#[inline(never)]
fn run<T: Float>(token: Token, tiles: Tiles<'_, '_, T, impl ByColumn<T>>) -> Sum {
    dispatch(token, tiles)
}

struct Tiles<'a, 'p, T: Float, F> {
    positions: &'a mut Positions<'p, T>,
    t: Option<Window<'a, T>>,
    formula: F,
    shape: Shape,
    accumulate: bool,
    work: &'a mut [T::Chunk],
}

impl<T: Float, F: ByColumn<T>> Kernel for Tiles<'_, '_, T, F> {
    type Out = Sum;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) -> Sum {
        let mut sum = Sum::default();
        let (len, width) = (self.positions.len(), self.shape.vectors * T::LANES);
        let mut start = 0;
        while start < len {
            let end = len.min(start + width);
            sum.add(self.tile(isa, start, end));
            start = end;
        }
        sum
    }
}

impl<T: Float, F: ByColumn<T>> Tiles<'_, '_, T, F> {
    #[inline(always)]
    fn tile<I: Isa>(&mut self, isa: I, start: usize, end: usize) -> f64 {
        let Shape { classes, is_kept, .. } = self.shape;
        let len = end - start;
        let vectors = (end - start).div_ceil(T::LANES);
        let mut positions = self.positions.part(start..end);
        let first = positions.first;
        let t = self.t.map(|t| t.part(start..end));
        let entries = if is_kept { classes * vectors } else { 0 };
        let (xs, rest) = self.work.split_at_mut(entries);
        let (ts, rest) = rest.split_at_mut(if t.is_some() { entries } else { 0 });
        let (label, rest) = rest.split_at_mut(vectors);
        let (kept, rest) = rest.split_at_mut(vectors);
        let loss = &mut rest[..vectors];
        kept.fill(T::chunk(T::default()));
        self.formula.labels(first, &mut T::flat_mut(label)[..len], &mut T::flat_mut(kept)[..len]);
        if is_kept {
            fill(positions.x.get(), xs, vectors);
            if let Some(t) = t {
                fill(t, ts, vectors);
            }
        }
        for v in 0..vectors {
            let lanes = v * T::LANES..len.min((v + 1) * T::LANES);
            let mut column = Column {
                isa,
                x: &mut *xs,
                t: &mut *ts,
                at: v,
                vectors,
                classes,
                from: t.map(|t| t.part(lanes.clone())),
                kept: kept[v],
                factor: T::Lane::<I>::splat(isa, T::default()),
                accumulate: self.accumulate,
                positions: positions.part(lanes.clone()),
            };
            let label = T::Lane::<I>::load(isa, &label[v]);
            let found = self.formula.column(&mut column, first + lanes.start, label);
            found.keep(counts(T::Lane::<I>::load(isa, &kept[v]))).store(&mut loss[v]);
        }
        if is_kept {
            if let Some(mut to) = positions.target_grad.as_mut().map(|to| to.part(0..len)) {
                empty(&mut to, ts, kept, self.accumulate);
            }
            if let Some((mut to, accumulate)) = positions.grad_place(self.accumulate) {
                empty(&mut to, xs, kept, accumulate);
            }
        }
        let loss = &T::flat(loss)[..len];
        if let Some(each) = positions.each {
            each.copy_from_slice(loss);
        }
        sum::block(isa, loss)
    }
}

/// The lanes that count.
#[inline(always)]
fn counts<L: Lane>(kept: L) -> L::Mask {
    kept.of(0.5).lt(kept)
}

/// Copies all rows to the scratch.
fn fill<T: Float>(from: Window<'_, T>, to: &mut [T::Chunk], vectors: usize) {
    let by_position = from.position(0).is_some();
    for (class, to) in to.chunks_exact_mut(vectors).enumerate() {
        if let Some(last) = to.last_mut() {
            *last = T::chunk(T::default());
        }
        if !by_position {
            from.copy_row(class, T::flat_mut(to));
        }
    }
    let (width, to) = (vectors * T::LANES, T::flat_mut(to));
    for position in 0..from.len() {
        let Some(entries) = from.position(position) else { break };
        for (x, to) in entries.iter().zip(to.chunks_exact_mut(width)) {
            to[position] = *x;
        }
    }
}

/// Writes all rows from the scratch.
fn empty<T: Float>(to: &mut WindowMut<'_, T>, from: &[T::Chunk], kept: &[T::Chunk], accumulate: bool) {
    let len = to.len();
    if to.position(0).is_some() {
        return empty_by_position(to, T::flat(from), T::flat(kept), accumulate);
    }
    let all = T::flat(kept)[..len].iter().all(|kept| kept.to_f64() > 0.5);
    for (class, from) in from.chunks_exact(kept.len()).enumerate() {
        if all && !accumulate {
            to.paste_row(class, T::flat(from));
            continue;
        }
        for (v, from) in from.iter().enumerate() {
            let mut to = to.part(v * T::LANES..len.min((v + 1) * T::LANES));
            put(&mut to, class, *from, &kept[v], accumulate);
        }
    }
}

/// The same where the entries of a position lie side by side.
fn empty_by_position<T: Float>(to: &mut WindowMut<'_, T>, from: &[T], kept: &[T], accumulate: bool) {
    let width = kept.len();
    for (position, kept) in kept.iter().enumerate() {
        let Some(entries) = to.position(position) else { break };
        let columns = entries.iter_mut().zip(from.chunks_exact(width));
        match (kept.to_f64() > 0.5, accumulate) {
            (true, true) => columns.for_each(|(to, from)| *to = *to + from[position]),
            (true, false) => columns.for_each(|(to, from)| *to = from[position]),
            (false, true) => {}
            (false, false) => entries.fill(T::default()),
        }
    }
}

/// Writes or adds one vector of gradients; those of what is left out are 0, or stay.
#[inline(never)]
fn put<T: Float>(to: &mut WindowMut<'_, T>, class: usize, mut grads: T::Chunk, kept: &T::Chunk, accumulate: bool) {
    let before = if accumulate { chunk(to.shared(), class) } else { T::chunk(T::default()) };
    for ((grad, &before), kept) in grads.as_mut().iter_mut().zip(before.as_ref()).zip(kept.as_ref()) {
        let counts = kept.to_f64() > 0.5;
        *grad = match (counts, accumulate) {
            (true, true) => before + *grad,
            (true, false) => *grad,
            (false, _) => before,
        };
    }
    to.paste_row(class, grads.as_ref());
}

/// One vector of positions with all its classes.
pub(crate) struct Column<'a, T: Float, I: Isa> {
    pub(crate) isa: I,
    x: &'a mut [T::Chunk],
    t: &'a mut [T::Chunk],
    /// Its vector of the tile.
    at: usize,
    vectors: usize,
    pub(crate) classes: usize,
    from: Option<Window<'a, T>>,
    kept: T::Chunk,
    /// A formula's own factor of the gradients.
    pub(crate) factor: T::Lane<I>,
    accumulate: bool,
    positions: Positions<'a, T>,
}

impl<T: Float, I: Isa> Column<'_, T, I> {
    /// The number of positions.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// The entries of a class: those of the second row are 0 if there is none.
    #[inline(always)]
    pub(crate) fn entry(&self, class: usize) -> (T::Lane<I>, T::Lane<I>) {
        let zero = T::Lane::<I>::splat(self.isa, T::default());
        let at = class * self.vectors + self.at;
        if self.x.is_empty() {
            let t = self.from.map_or(zero, |t| column(self.isa, t, class));
            return (column(self.isa, self.positions.x.get(), class), t);
        }
        let t = if self.t.is_empty() { zero } else { T::Lane::<I>::load(self.isa, &self.t[at]) };
        (T::Lane::<I>::load(self.isa, &self.x[at]), t)
    }

    /// Whether anybody wants derivatives with respect to the first row, to the second.
    #[inline(always)]
    pub(crate) fn wants(&self) -> [bool; 2] {
        [self.positions.wants_grad(), self.positions.target_grad.is_some()]
    }

    /// Leaves the gradients of a class, whose entries are not read again.
    #[inline(always)]
    pub(crate) fn put(&mut self, class: usize, [grad, target_grad]: [T::Lane<I>; 2]) {
        let at = class * self.vectors + self.at;
        if !self.x.is_empty() {
            grad.store(&mut self.x[at]);
            if let Some(t) = self.t.get_mut(at) {
                target_grad.store(t);
            }
            return;
        }
        let mut chunks = [T::chunk(T::default()); 2];
        grad.store(&mut chunks[0]);
        target_grad.store(&mut chunks[1]);
        if let Some(to) = &mut self.positions.target_grad {
            put(to, class, chunks[1], &self.kept, self.accumulate);
        }
        if let Some((mut to, accumulate)) = self.positions.grad_place(self.accumulate) {
            put(&mut to, class, chunks[0], &self.kept, accumulate);
        }
    }
}

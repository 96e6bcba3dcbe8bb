//! Weights, masks and upstream gradients: what multiplies a loss or its gradient, whatever the loss is.

use super::sum::Sum;
use crate::lane::{Element, Isa, Kernel, Token, dispatch};
use crate::math::Float;
use crate::{Call, LossError, Totals, Weights};

/// Entries that items share: item `i` has entry `i / step`, around and around.
#[derive(Clone, Copy)]
struct Spread<'a, U> {
    entries: &'a [U],
    step: usize,
}

impl<U: Copy> Spread<'_, U> {
    fn at(&self, item: usize) -> U {
        self.entries[item / self.step % self.entries.len()]
    }

    /// How many of so many items share an entry.
    fn shared(&self, items: usize) -> usize {
        items / self.entries.len().max(1)
    }

    /// The entries of the items from `start` on: `room` has as many as are asked for, and is used if they do not lie
    /// side by side.
    #[inline(always)]
    fn of_items<'r>(&'r self, start: usize, room: &'r mut [U]) -> &'r [U] {
        let n = room.len();
        match self.entries.get(start..start + n) {
            Some(entries) if self.step == 1 => entries,
            _ => {
                self.fill(start, room);
                room
            }
        }
    }

    /// The entries of the items from `start` on.
    #[inline(always)]
    fn fill(&self, start: usize, mut to: &mut [U]) {
        if let [same] = *self.entries {
            return to.fill(same);
        }
        let mut entry = start / self.step % self.entries.len();
        let mut left = self.step - start % self.step;
        while !to.is_empty() {
            let filled = if self.step == 1 {
                let run = to.len().min(self.entries.len() - entry);
                to[..run].copy_from_slice(&self.entries[entry..entry + run]);
                entry += run;
                run
            } else {
                let run = to.len().min(left);
                to[..run].fill(self.entries[entry]);
                entry += 1;
                left = self.step;
                run
            };
            entry %= self.entries.len();
            to = &mut to[filled..];
        }
    }
}

/// The sum of the weights of the items that the mask keeps.
struct KeptWeight<'a, T> {
    weights: Spread<'a, T>,
    mask: Option<Spread<'a, bool>>,
    items: usize,
}

/// How many entries of a mask keep their items.
struct KeptCount<'a>(&'a [bool]);

impl Kernel for KeptCount<'_> {
    type Out = usize;

    #[inline(always)]
    fn run<I: Isa>(self, _: I) -> usize {
        self.0.iter().map(|kept| usize::from(*kept)).sum()
    }
}

/// Weights that are added without keeping what their sum rounds away, and as many beside a mask.
const TOGETHER: usize = 1024;
const MASKED: usize = if cfg!(feature = "std") { 128 } else { 32 };

impl<T: Float> Kernel for KeptWeight<'_, T> {
    type Out = f64;

    #[inline(always)]
    fn run<I: Isa>(self, _: I) -> f64 {
        let Self { weights, mask, items } = self;
        let mut sum = Sum::default();
        let Some(mask) = mask else {
            for entries in weights.entries.chunks(TOGETHER) {
                sum.add(sum_of(entries));
            }
            #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
            let shared = weights.shared(items) as f64;
            return sum.total() * shared;
        };
        let (mut laid_out, mut of_kept, mut kept) = ([T::default(); MASKED], [T::default(); MASKED], [true; MASKED]);
        for start in (0..items).step_by(MASKED) {
            let n = MASKED.min(items - start);
            let weights = weights.of_items(start, &mut laid_out[..n]);
            let kept = mask.of_items(start, &mut kept[..n]);
            for (to, (weight, kept)) in of_kept.iter_mut().zip(weights.iter().zip(kept)) {
                *to = if *kept { *weight } else { T::default() };
            }
            sum.add(sum_of(&of_kept[..n]));
        }
        sum.total()
    }
}

/// The sum of a few entries, eight at a time.
#[inline(always)]
fn sum_of<T: Float>(entries: &[T]) -> f64 {
    let mut parts = [0.0; 8];
    let (groups, rest) = entries.as_chunks::<8>();
    for group in groups {
        let mut i = 0;
        while i < 8 {
            parts[i] += group[i].to_f64();
            i += 1;
        }
    }
    for (part, entry) in parts.iter_mut().zip(rest) {
        *part += entry.to_f64();
    }
    parts.iter().sum()
}

/// The factors of one call, checked. An item is an element, or a row for losses of rows.
#[derive(Clone, Copy)]
pub(crate) struct Factors<'a, T> {
    weights: Option<Spread<'a, T>>,
    mask: Option<Spread<'a, bool>>,
    upstream: Option<Spread<'a, T>>,
    /// Items of one row.
    pub(crate) columns: usize,
    /// Items from one of a row to the next.
    pub(crate) inner: usize,
    /// What every gradient is multiplied with.
    pub(crate) scale: f64,
}

impl<'a, T: Float> Factors<'a, T> {
    /// Checks the lengths of all that is given by item, row or column.
    #[inline(always)]
    pub(crate) fn new(how: &Call<'a, T>, items: usize, columns: Option<usize>) -> Result<Self, LossError> {
        let inner = how.layout.map_or(1, |layout| layout.inner);
        Self::by(how, how.weights, items, row_length(how, items, columns, inner)?, inner)
    }

    /// The same for losses of rows, which know how long these are: the call's columns are not asked, nor are weights of
    /// columns, which are the loss's own matter.
    pub(crate) fn of_rows(how: &Call<'a, T>, rows: usize) -> Result<Self, LossError> {
        Self::by(how, how.weights.filter(|weights| !matches!(weights, Weights::Columns(_))), rows, 1, 1)
    }

    #[inline(always)]
    fn by(
        how: &Call<'a, T>,
        weights: Option<Weights<'a, T>>,
        items: usize,
        columns: usize,
        inner: usize,
    ) -> Result<Self, LossError> {
        let rows = items / columns;
        let weights = match weights {
            Some(Weights::Each(w)) => Some(spread("weights", w, items, 1)?),
            Some(Weights::Rows(w)) => Some(spread_rows("row weights", w, rows, columns, inner)?),
            Some(Weights::Columns(w)) => Some(spread("column weights", w, columns, inner)?),
            None => None,
        };
        Ok(Self {
            weights,
            mask: by_item_or_row("the mask", how.mask, items, columns, inner)?,
            upstream: by_item_or_row("the upstream gradient", how.upstream_each, items, columns, inner)?,
            columns,
            inner,
            scale: how.upstream,
        })
    }

    /// Whether all items have the same factors.
    pub(crate) fn is_plain(&self) -> bool {
        self.weights.is_none() && self.mask.is_none() && self.upstream.is_none()
    }

    pub(crate) fn is_masked(&self) -> bool {
        self.mask.is_some()
    }

    pub(crate) fn is_kept(&self, item: usize) -> bool {
        self.mask.is_none_or(|mask| mask.at(item))
    }

    pub(crate) fn weight(&self, item: usize) -> T {
        self.weights.map_or(T::from_f64(1.0), |weights| weights.at(item))
    }

    /// The factor of an item's gradient beside its weight.
    pub(crate) fn upstream(&self, item: usize) -> f64 {
        self.upstream.map_or(self.scale, |upstream| upstream.at(item).to_f64() * self.scale)
    }

    /// How many items are counted, and the sum of their weights.
    pub(crate) fn totals(&self, token: Token, items: usize) -> Totals {
        let kept = |mask: Spread<'_, bool>| dispatch(token, KeptCount(mask.entries)) * mask.shared(items);
        let count = self.mask.map_or(items, kept);
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let each_one = || count as f64;
        let weigh = |weights| dispatch(token, KeptWeight { weights, mask: self.mask, items });
        Totals { sum: 0.0, weight: self.weights.map_or_else(each_one, weigh), count: count as u64 }
    }

    /// Totals of the rows that count, and the divisor of a mean of the loss's own, to which a row adds what `counts`
    /// says; a row of which it says nothing is left out.
    pub(crate) fn row_totals(&self, rows: usize, counts: impl Fn(usize) -> Option<f64>) -> (Totals, f64) {
        let mut totals = Totals::default();
        let (mut weight, mut of_loss) = (Sum::default(), Sum::default());
        for row in (0..rows).filter(|&row| self.is_kept(row)) {
            if let Some(own) = counts(row) {
                totals.count += 1;
                weight.add(own * self.weight(row).to_f64());
                of_loss.add(own);
            }
        }
        totals.weight = weight.total();
        (totals, of_loss.total())
    }

    /// Multiplies the values of the items from `start` on with their weights, and zeros what is masked.
    #[inline(always)]
    pub(crate) fn weigh(&self, start: usize, values: &mut [T], scratch: &mut Scratch<T>) {
        let n = values.len();
        let kept = self.mask.as_ref().map(|mask| mask.of_items(start, &mut scratch.mask[..n]));
        if self.weights.is_none() && kept.is_none() {
            return;
        }
        // From memory even if they are ones: a product with a constant 1 would be left out, see `multiply`.
        let one = Spread { entries: &[T::from_f64(1.0)], step: 1 };
        let weights = self.weights.unwrap_or(one);
        let weights = weights.of_items(start, &mut T::flat_mut(&mut scratch.weights)[..n]);
        multiply(values, weights.iter().copied(), kept);
    }

    /// Multiplies the gradients of the items from `start` on with all their factors, and zeros what is masked.
    #[inline(always)]
    pub(crate) fn scale(&self, start: usize, grads: &mut [T], scratch: &mut Scratch<T>) {
        let (n, scale) = (grads.len(), self.scale);
        let kept = self.mask.as_ref().map(|mask| mask.of_items(start, &mut scratch.mask[..n]));
        let weights = self.weights.as_ref();
        let weights = weights.map(|weights| weights.of_items(start, &mut T::flat_mut(&mut scratch.weights)[..n]));
        let upstream = self.upstream.as_ref();
        let upstream = upstream.map(|upstream| upstream.of_items(start, &mut T::flat_mut(&mut scratch.upstream)[..n]));
        match (weights, upstream) {
            (None, None) => multiply(grads, core::iter::repeat_n(T::from_f64(scale), n), kept),
            (Some(factors), None) | (None, Some(factors)) => {
                multiply(grads, factors.iter().map(|factor| T::from_f64(scale * factor.to_f64())), kept);
            }
            (Some(weights), Some(upstream)) => {
                let pairs = weights.iter().zip(upstream);
                let factor = |(weight, upstream): (&T, &T)| T::from_f64(scale * upstream.to_f64() * weight.to_f64());
                multiply(grads, pairs.map(factor), kept);
            }
        }
    }
}

/// Multiplies items with their factors, and zeros what is not kept. Both at once: to zero alone would become stores of
/// some elements, which are slow on some processors.
#[inline(always)]
fn multiply<T: Float>(items: &mut [T], factors: impl Iterator<Item = T>, kept: Option<&[bool]>) {
    let Some(kept) = kept else {
        for (item, factor) in items.iter_mut().zip(factors) {
            *item = *item * factor;
        }
        return;
    };
    for ((item, factor), kept) in items.iter_mut().zip(factors).zip(kept) {
        let product = *item * factor;
        *item = if *kept { product } else { T::default() };
    }
}

/// Vectors whose factors are laid out at a time: as many as fit the stack of a small machine without `std`.
pub(crate) const TILE: usize = if cfg!(feature = "std") { super::sum::BLOCK } else { 4 };

/// The factors of one tile.
pub(crate) struct Scratch<T: Float> {
    weights: [T::Chunk; TILE],
    upstream: [T::Chunk; TILE],
    mask: [bool; f32::LANES * TILE],
}

impl<T: Float> Scratch<T> {
    /// Not inlined: so it is built in its place, not beside it.
    #[inline(never)]
    pub(crate) fn new() -> Self {
        let zero = T::chunk(T::default());
        Self { weights: [zero; TILE], upstream: [zero; TILE], mask: [true; f32::LANES * TILE] }
    }

    /// Puts the entries of the items from `start` on where [`columns`](Self::columns) finds them; `inner` items share one.
    #[inline(always)]
    pub(crate) fn lay_out_columns(&mut self, columns: &[T], inner: usize, start: usize, n: usize) {
        let to = &mut T::flat_mut(&mut self.weights)[..n];
        match columns {
            [same] => to.fill(*same),
            columns => Spread { entries: columns, step: inner }.fill(start, to),
        }
    }

    /// What was laid out last.
    #[inline(always)]
    pub(crate) fn columns(&self) -> &[T] {
        T::flat(&self.weights)
    }

    /// So many of those, and room for as many factors.
    #[inline(always)]
    pub(crate) fn columns_and_scales(&mut self, n: usize) -> (&[T], &mut [T]) {
        (&T::flat(&self.weights)[..n], &mut T::flat_mut(&mut self.upstream)[..n])
    }
}

fn spread<'a, U>(
    what: &'static str,
    entries: &'a [U],
    expected: usize,
    step: usize,
) -> Result<Spread<'a, U>, LossError> {
    let found = entries.len();
    if expected == found { Ok(Spread { entries, step }) } else { Err(LossError::Weights { what, expected, found }) }
}

/// One entry for each row. Rows of an axis lie in one another: what there is one of for each does not go around in turn.
fn spread_rows<'a, U>(
    what: &'static str,
    entries: &'a [U],
    rows: usize,
    columns: usize,
    inner: usize,
) -> Result<Spread<'a, U>, LossError> {
    if inner != 1 && entries.len() == rows {
        let instead = "reduce the rows by `by_row`, or give one for each element";
        return Err(LossError::Unsupported { what: "one factor for each row of an axis", instead });
    }
    spread(what, entries, rows, columns)
}

fn by_item_or_row<'a, U>(
    what: &'static str,
    entries: Option<&'a [U]>,
    items: usize,
    columns: usize,
    inner: usize,
) -> Result<Option<Spread<'a, U>>, LossError> {
    let rows = items / columns;
    match entries {
        Some(entries) if entries.len() == items => spread(what, entries, items, 1).map(Some),
        Some(entries) if entries.len() == rows => spread_rows(what, entries, rows, columns, inner).map(Some),
        Some(entries) => spread(what, entries, items, 1).map(Some),
        None => Ok(None),
    }
}

/// The row length that the caller gives, or that the weights imply; 1, which refuses them, if row weights imply none.
fn row_length<T: Float>(
    how: &Call<'_, T>,
    items: usize,
    columns: Option<usize>,
    inner: usize,
) -> Result<usize, LossError> {
    let columns = match (how.layout.map(|layout| layout.classes).or(columns), how.weights) {
        (Some(columns), _) => columns,
        (None, Some(Weights::Columns(w))) => w.len(),
        (None, Some(Weights::Rows(w))) if !w.is_empty() && items.is_multiple_of(w.len()) => (items / w.len()).max(1),
        _ => 1,
    };
    if columns == 0 && items > 0 {
        return Err(LossError::NoClasses);
    }
    let columns = columns.max(1);
    let sample = columns.checked_mul(inner).ok_or(LossError::Overflow { rows: inner, stride: columns })?;
    if items.is_multiple_of(sample) { Ok(columns) } else { Err(LossError::Rows { elements: items, columns: sample }) }
}

//! Weights, masks, upstream gradients and divisors: what multiplies a loss or its gradient, whatever the loss is.

use super::check;
use super::sum::Sum;
use crate::lane::Element;
use crate::math::Float;
use crate::reduction::ratio;
use crate::{Call, Divisor, LossError, Outcome, Reduction, Totals, Weights};

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

/// The sum of the entries, eight at a time.
fn sum_of<T: Float>(entries: &[T]) -> f64 {
    let mut sum = Sum::default();
    for block in entries.chunks(1024) {
        let mut parts = [0.0; 8];
        for group in block.chunks(8) {
            for (part, entry) in parts.iter_mut().zip(group) {
                *part += entry.to_f64();
            }
        }
        sum.add(parts.iter().sum());
    }
    sum.total()
}

/// The sum of the weights of the items that the mask keeps, and their number.
fn kept_weight<T: Float>(weights: Spread<'_, T>, mask: Spread<'_, bool>, items: usize) -> (f64, usize) {
    let (mut sum, mut count) = (Sum::default(), 0);
    let (mut laid_out, mut kept) = ([T::default(); 32], [true; 32]);
    for start in (0..items).step_by(laid_out.len()) {
        let n = laid_out.len().min(items - start);
        weights.fill(start, &mut laid_out[..n]);
        mask.fill(start, &mut kept[..n]);
        for (weight, &kept) in laid_out[..n].iter_mut().zip(&kept) {
            *weight = if kept { *weight } else { T::default() };
            count += usize::from(kept);
        }
        sum.add(sum_of(&laid_out[..n]));
    }
    (sum.total(), count)
}

/// The factors of one call, checked. An item is an element, or a row for losses of rows.
#[derive(Clone, Copy)]
pub(crate) struct Factors<'a, T> {
    weights: Option<Spread<'a, T>>,
    mask: Option<Spread<'a, bool>>,
    upstream: Option<Spread<'a, T>>,
    /// Items of one row.
    pub(crate) columns: usize,
    /// What every gradient is multiplied with.
    pub(crate) scale: f64,
}

impl<'a, T: Float> Factors<'a, T> {
    /// Checks the lengths of all that is given by item, row or column.
    pub(crate) fn new(how: &Call<'a, T>, items: usize, columns: Option<usize>) -> Result<Self, LossError> {
        Self::by(how, how.weights, items, row_length(how, items, columns)?)
    }

    /// The same for losses of rows, which know how long these are: the call's columns are not asked, nor are weights of
    /// columns, which are the loss's own matter.
    pub(crate) fn of_rows(how: &Call<'a, T>, rows: usize) -> Result<Self, LossError> {
        Self::by(how, how.weights.filter(|weights| !matches!(weights, Weights::Columns(_))), rows, 1)
    }

    fn by(how: &Call<'a, T>, weights: Option<Weights<'a, T>>, items: usize, columns: usize) -> Result<Self, LossError> {
        let rows = items / columns;
        let weights = match weights {
            Some(Weights::Each(w)) => Some(spread("weights", w, items, 1)?),
            Some(Weights::Rows(w)) => Some(spread("row weights", w, rows, columns)?),
            Some(Weights::Columns(w)) => Some(spread("column weights", w, columns, 1)?),
            None => None,
        };
        Ok(Self {
            weights,
            mask: by_item_or_row("the mask", how.mask, items, columns)?,
            upstream: by_item_or_row("the upstream gradient", how.upstream_each, items, columns)?,
            columns,
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
    pub(crate) fn totals(&self, items: usize) -> Totals {
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let wide = |count: usize| count as f64;
        let (weight, count) = match (self.weights, self.mask) {
            (None, None) => (wide(items), items),
            (Some(weights), None) => (sum_of(weights.entries) * wide(weights.shared(items)), items),
            (None, Some(mask)) => {
                let kept = mask.entries.iter().filter(|&&kept| kept).count() * mask.shared(items);
                (wide(kept), kept)
            }
            (Some(weights), Some(mask)) => kept_weight(weights, mask, items),
        };
        Totals { sum: 0.0, weight, count: count as u64 }
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
        if let Some(weights) = self.weights {
            let laid_out = &mut T::flat_mut(&mut scratch.weights)[..values.len()];
            weights.fill(start, laid_out);
            for (value, &weight) in values.iter_mut().zip(&*laid_out) {
                *value = *value * weight;
            }
        }
        self.zero_masked(start, values, scratch);
    }

    /// Multiplies the gradients of the items from `start` on with all their factors, and zeros what is masked.
    #[inline(always)]
    pub(crate) fn scale(&self, start: usize, grads: &mut [T], scratch: &mut Scratch<T>) {
        let one = Spread { entries: &[T::from_f64(1.0)], step: 1 };
        if self.weights.is_some() || self.upstream.is_some() {
            let n = grads.len();
            let weights = &mut T::flat_mut(&mut scratch.weights)[..n];
            let upstream = &mut T::flat_mut(&mut scratch.upstream)[..n];
            self.weights.unwrap_or(one).fill(start, weights);
            self.upstream.unwrap_or(one).fill(start, upstream);
            for ((grad, &weight), &upstream) in grads.iter_mut().zip(&*weights).zip(&*upstream) {
                *grad = *grad * T::from_f64(self.scale * upstream.to_f64() * weight.to_f64());
            }
        } else {
            let scale = T::from_f64(self.scale);
            for grad in grads.iter_mut() {
                *grad = *grad * scale;
            }
        }
        self.zero_masked(start, grads, scratch);
    }

    #[inline(always)]
    fn zero_masked(&self, start: usize, items: &mut [T], scratch: &mut Scratch<T>) {
        if let Some(mask) = self.mask {
            mask.fill(start, &mut scratch.mask[..items.len()]);
            for (item, &kept) in items.iter_mut().zip(&scratch.mask) {
                *item = if kept { *item } else { T::default() };
            }
        }
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

    /// Puts the entries of the items from `start` on where [`columns`](Self::columns) finds them.
    #[inline(always)]
    pub(crate) fn lay_out_columns(&mut self, columns: &[T], start: usize, n: usize) {
        let to = &mut T::flat_mut(&mut self.weights)[..n];
        match columns {
            [same] => to.fill(*same),
            columns => Spread { entries: columns, step: 1 }.fill(start, to),
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

/// What the value is divided by, and the factor of the gradients that follows; `None` for a mean over nothing.
pub(crate) struct Reduced {
    divisor: Option<f64>,
    pub(crate) scale: Option<f64>,
}

impl Reduced {
    /// `of_loss` is the divisor that the loss calls its own.
    pub(crate) fn new<T: Float>(
        how: &Call<'_, T>,
        totals: &Totals,
        items: usize,
        rows: usize,
        of_loss: f64,
    ) -> Result<Self, LossError> {
        let Reduction::Mean(divisor) = how.reduction else {
            return Ok(Self { divisor: None, scale: Some(how.upstream) });
        };
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let divisor = match divisor {
            Divisor::OfLoss => of_loss,
            Divisor::Elements => items as f64,
            Divisor::Rows => rows as f64,
            Divisor::Counted => totals.count as f64,
            Divisor::WeightSum => totals.weight,
            Divisor::Fixed(fixed) => {
                check::option("divisor", fixed, fixed >= 0.0 && fixed.is_finite(), "finite and not negative")?;
                fixed
            }
        };
        Ok(Self { divisor: Some(divisor), scale: (divisor != 0.0).then(|| how.upstream / divisor) })
    }

    pub(crate) fn outcome<T: Float>(&self, how: &Call<'_, T>, totals: Totals) -> Outcome {
        let value = self.divisor.map_or(totals.sum, |divisor| ratio(totals.sum, divisor, how.empty));
        Outcome { value, totals }
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

fn by_item_or_row<'a, U>(
    what: &'static str,
    entries: Option<&'a [U]>,
    items: usize,
    columns: usize,
) -> Result<Option<Spread<'a, U>>, LossError> {
    let rows = items / columns;
    match entries {
        Some(entries) if entries.len() == rows => spread(what, entries, rows, columns).map(Some),
        Some(entries) => spread(what, entries, items, 1).map(Some),
        None => Ok(None),
    }
}

/// The row length that the caller gives, or that the weights imply.
fn row_length<T: Float>(how: &Call<'_, T>, items: usize, columns: Option<usize>) -> Result<usize, LossError> {
    let columns = match (how.columns.or(columns), how.weights) {
        (Some(columns), _) => columns,
        (None, Some(Weights::Columns(w))) => w.len(),
        (None, Some(Weights::Rows(w))) if !w.is_empty() => (items / w.len()).max(1),
        _ => 1,
    };
    if columns == 0 && items > 0 {
        return Err(LossError::NoClasses);
    }
    let columns = columns.max(1);
    if items.is_multiple_of(columns) { Ok(columns) } else { Err(LossError::Rows { elements: items, columns }) }
}

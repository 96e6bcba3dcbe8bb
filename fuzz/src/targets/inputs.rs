//! The slices of a call, from the bytes that its plan leaves.

use super::plan::{Formula, Length, Plan, Spread, Targets};
use lossfn_oracle::registry::PairSubject;

/// The longest slice.
const MOST: usize = 8000;

/// `f32` or `f64`.
pub(crate) trait Number: PairSubject {
    fn of(x: f64) -> Self;
    fn any(bits: u64) -> Self;
    /// The bits, with one pattern for all NaN.
    fn bits(self) -> u64;
}

macro_rules! number {
    ($($t:ident),+) => {
        $(impl Number for $t {
            fn of(x: f64) -> Self {
                x as $t
            }
            fn any(bits: u64) -> Self {
                $t::from_bits(bits as _)
            }
            fn bits(self) -> u64 {
                (if self.is_nan() { $t::NAN } else { self }).to_bits().into()
            }
        })+
    };
}
number!(f32, f64);

/// Bytes again and again.
pub(crate) struct Data<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Data<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// No byte is the same on every round.
    fn next(&mut self) -> u8 {
        let round = self.at / self.bytes.len().max(1);
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or(7);
        self.at += 1;
        byte.wrapping_add((round.wrapping_mul(151) >> 1) as u8)
    }

    fn bits(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.next()))
    }

    /// Ordinary numbers, probabilities, special values and any bits.
    fn number<T: Number>(&mut self) -> T {
        let special = [0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 3e38, 1e-40];
        let byte = self.next();
        match byte % 16 {
            0..=9 => T::of(f64::from(self.next()) / 8.0 - 16.0),
            10..=12 => T::of(f64::from(self.next()) / 255.0),
            13 => T::of(special[usize::from(byte >> 5)]),
            _ => T::any(self.bits()),
        }
    }

    fn numbers<T: Number>(&mut self, n: usize) -> Vec<T> {
        (0..n).map(|_| self.number()).collect()
    }

    fn mask(&mut self, n: usize) -> Vec<bool> {
        (0..n).map(|_| !self.next().is_multiple_of(4)).collect()
    }

    fn label(&mut self) -> i8 {
        [1, -1, 0][usize::from(self.next()) % 3]
    }

    /// Classes, some ignored, and if `wild` a few that are none.
    fn class(&mut self, classes: usize, wild: bool) -> i64 {
        let byte = self.next();
        if byte.is_multiple_of(8) {
            -100
        } else if wild && byte % 64 == 1 {
            self.bits() as i64
        } else {
            i64::from(self.next()) % classes.clamp(1, 100) as i64
        }
    }
}

/// The slices of a call.
pub(crate) struct Inputs<T> {
    pub(crate) x: Vec<T>,
    /// The targets that are numbers, or classes; and how many losses there are if they fit.
    pub(crate) numbers: Vec<T>,
    pub(crate) classes: Vec<i64>,
    pub(crate) y: usize,
    pub(crate) out: Vec<T>,
    pub(crate) dx: Vec<T>,
    /// The gradient of the target.
    pub(crate) dy: Vec<T>,
    pub(crate) labels: Vec<i8>,
    pub(crate) weights: Vec<T>,
    pub(crate) mask: Vec<bool>,
    pub(crate) upstream: Vec<T>,
    /// The weights of classes or columns that are the loss's own.
    pub(crate) options: Vec<T>,
}

impl<T: Number> Inputs<T> {
    pub(crate) fn new(plan: &Plan, data: &mut Data<'_>) -> Self {
        let of = |length: Length, right: usize| length.of(right).min(MOST);
        let (of_rows, by_row, stride) = (plan.is_of_rows(), plan.is_by_row(), plan.stride());
        let (mut options, mut classes, mut wild) = (None, false, false);
        match (plan.listed, plan.formula) {
            (Some(listed), _) => {
                options = listed.is_of_rows.then_some(Length::Right);
                classes = listed.is_of_rows && listed.pick(&T::pairs()).sides.is_class();
            }
            (None, Formula::Bce { pos_weights, .. }) => options = pos_weights,
            (None, Formula::CrossEntropy(rows)) => {
                options = rows.class_weights;
                classes = !matches!(rows.targets, Targets::Probabilities);
                wild = rows.wild;
            }
            (None, Formula::With(with)) => {
                options = with.class_weights();
                classes = with.classes().is_some();
                wild = with.classes() == Some(true);
            }
            _ => {}
        }
        // At most this many entries, so that runs are quick.
        let rows = plan.rows.min(6000_usize.checked_div(stride).unwrap_or(plan.rows));
        // An axis has as many rows for each sample.
        let inner = plan.placement.map_or(1, |placement| placement.inner).max(1);
        let rows = rows / inner * inner;
        let entries = rows.saturating_mul(stride);
        let items = if by_row { rows } else { entries };
        let spread = |spread: Spread| match spread {
            Spread::Each(length) => of(length, items),
            Spread::Rows(length) => of(length, rows),
            Spread::Columns(length) => of(length, plan.columns),
        };
        let item_or_row = |(length, by_item): (Length, bool)| of(length, if by_item { items } else { rows });
        let y = of(plan.y, if classes { rows } else { entries });
        Self {
            x: data.numbers(of(plan.x, entries)),
            numbers: if classes { Vec::new() } else { data.numbers(y) },
            classes: if classes { (0..y).map(|_| data.class(plan.columns, wild)).collect() } else { Vec::new() },
            y,
            out: data.numbers(of(plan.out, items)),
            dx: data.numbers(of(plan.dx, entries)),
            dy: data.numbers(if plan.listed.is_some() { of(plan.dx, entries) } else { 0 }),
            labels: (0..of(plan.y, if of_rows { rows } else { 0 })).map(|_| data.label()).collect(),
            weights: data.numbers(plan.weights.map_or(0, spread)),
            mask: data.mask(plan.mask.map_or(0, item_or_row)),
            upstream: data.numbers(plan.upstream_each.map_or(0, item_or_row)),
            options: data.numbers(options.map_or(0, |length| of(length, plan.columns))),
        }
    }
}

//! A call as the fuzzer writes it.

use super::options::Options;
use arbitrary::{Arbitrary, Unstructured};
use lossfn::{ByRow, Layout};
use lossfn_oracle::registry;

/// A length: nearly always the right one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Right,
    Off(i8),
    Any(u8),
    Nothing,
}

impl<'a> Arbitrary<'a> for Length {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(u)? {
            0..=248 => Self::Right,
            249..=252 => Self::Off(u.arbitrary()?),
            253..=254 => Self::Any(u.arbitrary()?),
            255 => Self::Nothing,
        })
    }
}

impl Length {
    pub(crate) fn of(self, right: usize) -> usize {
        match self {
            Self::Right => right,
            Self::Off(by) => right.saturating_add_signed(isize::from(by) / 32),
            Self::Any(n) => usize::from(n),
            Self::Nothing => 0,
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Formula {
    Mse,
    Mae,
    Huber(Number),
    SmoothL1(Number),
    Bce {
        pos_weight: Option<Number>,
        pos_weights: Option<Length>,
    },
    CrossEntropy(Rows),
    #[arbitrary(skip)]
    With(Options),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// More than the row length, or any number.
    pub(crate) gap: Option<Size>,
    pub(crate) class_weights: Option<Length>,
    pub(crate) smoothing: Option<Number>,
    pub(crate) ignore: Option<Option<i64>>,
    pub(crate) targets: Targets,
    /// Whether there may be targets that are no class.
    pub(crate) wild: bool,
}

/// A loss of the oracle's registry, in place of the formula, with a verb in place of the plan's.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Whether it is one of rows.
    pub(crate) is_of_rows: bool,
    pub(crate) index: u8,
    pub(crate) verb: u8,
    pub(crate) gap: Option<Size>,
}

impl Listed {
    /// One of these.
    pub(crate) fn pick<R>(self, rows: &[R]) -> &R {
        &rows[usize::from(self.index) % rows.len()]
    }

    /// One of the verbs, those that the loss may lack included.
    pub(crate) fn verb(self) -> registry::Verb {
        let verbs = [&registry::Verb::ALL[..], &registry::Verb::BOTH].concat();
        verbs[usize::from(self.verb) % verbs.len()]
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Targets {
    Probabilities,
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
}

/// An option: often an ordinary one.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Number {
    Half,
    One,
    Zero,
    Any(f64),
}

impl Number {
    pub(crate) fn get(self) -> f64 {
        match self {
            Self::Half => 0.5,
            Self::One => 1.0,
            Self::Zero => 0.0,
            Self::Any(x) => x,
        }
    }
}

/// A row length, or what a stride has more than it: mostly a small one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    Small(u8),
    Medium(u16),
    Any(usize),
}

impl<'a> Arbitrary<'a> for Size {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(u)? {
            0..=180 => Self::Small(u.arbitrary()?),
            181..=250 => Self::Medium(u.arbitrary()?),
            251.. => Self::Any(u.arbitrary()?),
        })
    }
}

impl Size {
    pub(crate) fn get(self) -> usize {
        match self {
            Self::Small(n) => usize::from(n) % 24,
            Self::Medium(n) => usize::from(n) % 700,
            Self::Any(n) => n,
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Spread {
    Each(Length),
    Rows(Length),
    Columns(Length),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Divisor {
    Sum,
    OfLoss,
    Elements,
    Rows,
    Counted,
    WeightSum,
    Fixed(Number),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Verb {
    Value,
    Grad,
    ValueAndGrad,
    InPlace,
    Each,
    EachAndGrad,
}

impl Verb {
    pub(crate) fn get(self) -> registry::Verb {
        match self {
            Self::Value => registry::Verb::Value,
            Self::Grad => registry::Verb::Grad,
            Self::ValueAndGrad => registry::Verb::ValueAndGrad,
            Self::InPlace => registry::Verb::ValueAndGradInPlace,
            Self::Each => registry::Verb::Each,
            Self::EachAndGrad => registry::Verb::EachAndGrad,
        }
    }
}

/// How the rows lie, and whether a loss of elements is reduced by them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    pub(crate) by_row: Option<ByRow>,
    pub(crate) gap: usize,
    pub(crate) inner: usize,
}

impl Placement {
    /// By two bytes.
    fn of(kind: u8, size: u8) -> Option<Self> {
        let size = usize::from(size) % 7;
        let (by_row, gap, inner) = match kind % 16 {
            0 => (Some(ByRow::Sum), 0, 1),
            1 => (Some(ByRow::Mean), size, 1),
            2 => (Some(ByRow::Sum), 0, size),
            3 => (Some(ByRow::Mean), 0, size + 1),
            4 => (None, 0, size + 1),
            5 => (None, size, 1),
            _ => return None,
        };
        Some(Self { by_row, gap, inner })
    }
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) formula: Formula,
    pub(crate) verb: Verb,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) say_columns: Option<Length>,
    pub(crate) x: Length,
    pub(crate) y: Length,
    pub(crate) out: Length,
    pub(crate) dx: Length,
    pub(crate) divisor: Divisor,
    pub(crate) zero_if_empty: bool,
    pub(crate) weights: Option<Spread>,
    pub(crate) mask: Option<(Length, bool)>,
    pub(crate) upstream: Option<Number>,
    pub(crate) upstream_each: Option<(Length, bool)>,
    pub(crate) accumulate: bool,
    pub(crate) serial: bool,
    pub(crate) level: Option<u8>,
    pub(crate) single: bool,
    pub(crate) listed: Option<Listed>,
    pub(crate) placement: Option<Placement>,
}

impl Plan {
    pub(crate) fn read(u: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        let mut plan = Self {
            formula: u.arbitrary()?,
            verb: u.arbitrary()?,
            rows: usize::from(u.arbitrary::<u8>()?) % 80,
            columns: u.arbitrary::<Size>()?.get(),
            say_columns: u.arbitrary()?,
            x: u.arbitrary()?,
            y: u.arbitrary()?,
            out: u.arbitrary()?,
            dx: u.arbitrary()?,
            divisor: u.arbitrary()?,
            zero_if_empty: u.arbitrary()?,
            weights: u.arbitrary()?,
            mask: u.arbitrary()?,
            upstream: u.arbitrary()?,
            upstream_each: u.arbitrary()?,
            accumulate: u.arbitrary()?,
            serial: u.arbitrary()?,
            level: u.arbitrary()?,
            single: u.arbitrary()?,
            listed: u.arbitrary()?,
            placement: None,
        };
        // The bytes that come next are data, too: so older seeds keep what follows.
        let rest = u.peek_bytes(u.len()).unwrap_or_default();
        if let &[kind, size, options, ..] = rest {
            if plan.listed.is_none() && matches!(options % 8, 3 | 6) {
                plan.formula = Formula::With(Unstructured::new(rest).arbitrary()?);
            }
            // A gap of its own leaves no room for an axis.
            plan.placement = Placement::of(kind, size).filter(|_| plan.gap().is_none());
        }
        Ok(plan)
    }

    /// Whether the loss is one of rows.
    pub(crate) fn is_of_rows(&self) -> bool {
        match (self.listed, self.formula) {
            (Some(listed), _) => listed.is_of_rows,
            (None, Formula::With(options)) => options.is_of_rows(),
            (None, formula) => matches!(formula, Formula::CrossEntropy(_)),
        }
    }

    /// Whether each row has one loss.
    pub(crate) fn is_by_row(&self) -> bool {
        self.is_of_rows() || self.placement.is_some_and(|placement| placement.by_row.is_some())
    }

    /// What a loss of rows has between them, if it says so.
    fn gap(&self) -> Option<Size> {
        match (self.listed, self.formula) {
            (Some(listed), _) if listed.is_of_rows => listed.gap,
            (None, Formula::CrossEntropy(rows)) => rows.gap,
            _ => None,
        }
    }

    /// How far apart the rows are.
    pub(crate) fn stride(&self) -> usize {
        match self.gap() {
            None => self.columns.saturating_add(self.placement.map_or(0, |placement| placement.gap)),
            Some(Size::Any(stride)) => stride,
            Some(gap) => self.columns.saturating_add(gap.get()),
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        let layout = Layout::axis(self.columns, self.placement.map_or(1, |placement| placement.inner));
        if self.stride() == self.columns { layout } else { layout.stride(self.stride()) }
    }
}

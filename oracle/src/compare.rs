//! The comparator: how far a result is from the truth, and whether that is near enough.
//!
//! The truth is a wide number, so the distance is a real number of ULPs, measured at the truth in the judged type.
//! NaN agrees with NaN alone and an infinity with itself alone; nothing is compared by subtraction before that is
//! settled, because a difference with NaN or between infinities satisfies any test that is written as "not too far".

mod worst;

pub use worst::{Case, Worst};

use crate::judged::Judged;
use crate::wide::Wide;

/// What a result should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth<W> {
    /// The true value.
    pub value: W,
    /// Magnitude of the larger term of the last difference, where that difference can cancel; else 0. Errors are
    /// measured in ULPs of this term where it is larger than the value.
    pub scale: W,
}

impl<W: Wide> Truth<W> {
    /// A value that no cancellation excuses.
    pub fn new(value: W) -> Self {
        Self { value, scale: W::ZERO }
    }

    /// The same value, measured in ULPs of the largest of the `terms` whose sum or difference it is.
    #[must_use]
    pub fn over(self, terms: impl IntoIterator<Item = W>) -> Self {
        let larger = |a: W, b: W| if b.abs() > a { b.abs() } else { a };
        Self { scale: terms.into_iter().fold(self.scale, larger), ..self }
    }

    /// The magnitude whose ULP is the unit of distance.
    fn yardstick(&self) -> W {
        let own = self.value.abs();
        if self.scale.is_finite() && self.scale > own { self.scale } else { own }
    }
}

impl<W: Wide> From<W> for Truth<W> {
    fn from(value: W) -> Self {
        Self::new(value)
    }
}

/// How far from the truth a result may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// ULPs of the truth, or of the truth's scale.
    pub ulp: f64,
    /// Largest magnitude accepted where exactly 0 is expected.
    pub floor: f64,
    /// Results may be 0 where the truth's magnitude is below this.
    pub flush: f64,
    /// Whether a zero must have the sign of the truth.
    pub signed_zero: bool,
}

impl Tolerance {
    /// Within so many ULPs, exact zeros, either sign of zero.
    pub const fn ulp(ulp: f64) -> Self {
        Self { ulp, floor: 0.0, flush: 0.0, signed_zero: false }
    }

    /// Accepts this magnitude where exactly 0 is expected.
    #[must_use]
    pub const fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Accepts 0 where the truth is smaller than this.
    #[must_use]
    pub const fn flush(self, flush: f64) -> Self {
        Self { flush, ..self }
    }

    /// Tells +0 from −0.
    #[must_use]
    pub const fn signed_zero(self) -> Self {
        Self { signed_zero: true, ..self }
    }
}

/// In what way a result is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// NaN where a number is expected.
    Nan,
    /// A number where NaN is expected.
    NotNan,
    /// An infinity where a finite number, or the other infinity, is expected.
    Infinite,
    /// A finite number where an infinity is expected.
    Finite,
    /// Not 0 where exactly 0 is expected.
    NotZero,
    /// The zero of the other sign.
    SignOfZero,
    /// Too many ULPs away.
    Ulp,
    /// Slices of different lengths.
    Length,
}

/// A result that is not near enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// In what way.
    pub kind: Kind,
    /// How many ULPs away; infinite where that has no meaning.
    pub ulp: f64,
}

impl Fault {
    const fn beyond_measure(kind: Kind) -> Self {
        Self { kind, ulp: f64::INFINITY }
    }
}

/// The distance in ULPs of a result that is near enough.
///
/// # Errors
/// A [`Fault`] where it is not.
pub fn judge<T: Judged, W: Wide>(got: T, truth: Truth<W>, tolerance: &Tolerance) -> Result<f64, Fault> {
    let (got, wanted) = (got.to_wide::<W>(), truth.value);
    match (got.is_nan(), wanted.is_nan()) {
        (true, true) => return Ok(0.0),
        (true, false) => return Err(Fault::beyond_measure(Kind::Nan)),
        (false, true) => return Err(Fault::beyond_measure(Kind::NotNan)),
        (false, false) => {}
    }
    let overflows = wanted.abs() >= T::overflow();
    if !got.is_finite() {
        let same = overflows && got.is_negative() == wanted.is_negative();
        return if same { Ok(0.0) } else { Err(Fault::beyond_measure(Kind::Infinite)) };
    }
    if !wanted.is_finite() {
        return Err(Fault::beyond_measure(Kind::Finite));
    }
    judge_finite::<T, W>(got, truth, tolerance)
}

fn judge_finite<T: Judged, W: Wide>(got: W, truth: Truth<W>, tolerance: &Tolerance) -> Result<f64, Fault> {
    let wanted = truth.value;
    let ulp = ((got - wanted).abs() / spacing::<T, W>(truth)).to_f64();
    if got == W::ZERO {
        if tolerance.signed_zero && got.is_negative() != wanted.is_negative() {
            return Err(Fault { kind: Kind::SignOfZero, ulp });
        }
        if wanted.abs() < W::from_f64(tolerance.flush) {
            return Ok(0.0);
        }
    } else if wanted == W::ZERO && truth.scale == W::ZERO {
        let accepted = got.abs() <= W::from_f64(tolerance.floor);
        return if accepted { Ok(0.0) } else { Err(Fault { kind: Kind::NotZero, ulp }) };
    }
    if ulp <= tolerance.ulp { Ok(ulp) } else { Err(Fault { kind: Kind::Ulp, ulp }) }
}

/// The spacing at the truth's yardstick. Terms of a difference may be beyond the type, where the spacing goes on growing.
fn spacing<T: Judged, W: Wide>(truth: Truth<W>) -> W {
    let yardstick = truth.yardstick();
    let is_beyond = truth.scale.abs() > truth.value.abs() && yardstick.is_finite() && yardstick >= T::overflow();
    if is_beyond { W::exp2i(yardstick.exponent() - (T::PRECISION - 1)) } else { T::ulp(yardstick) }
}

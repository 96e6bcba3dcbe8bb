//! What the targets draw from their bytes. Bytes that are missing count as 0.

use crate::judging::{Manner, edges, inside, manner::Weighed};
use arbitrary::{Result, Unstructured};
use lossfn::Divisor;
use lossfn_oracle::Judged;
use lossfn_oracle::inputs::{near, special};
use lossfn_oracle::registry::{At, Domain, Range, Subject};

/// Whether the case is one of doubles: seldom, because the oracle takes a thousand times as long for them.
pub(super) fn is_double(u: &mut Unstructured<'_>) -> Result<bool> {
    Ok(!u.ratio(31, 32)?)
}

/// An ordinary number, a special one, or any bits.
pub(super) fn number<T: Judged>(u: &mut Unstructured<'_>) -> Result<T> {
    Ok(match u.int_in_range(0..=3_u8)? {
        0 | 1 => T::from_f64(f64::from(u.arbitrary::<i16>()?) / 1024.0),
        2 => *u.choose(&special())?,
        _ => T::from_bits(u.arbitrary()?),
    })
}

/// The same, 16 times smaller where it is so large that a loss could overflow before its weights come.
pub(super) fn score<T: Judged>(u: &mut Unstructured<'_>) -> Result<T> {
    let x: T = number(u)?;
    Ok(if x.to_f64().abs() > T::MAX.to_f64() / 16.0 { T::from_f64(x.to_f64() / 16.0) } else { x })
}

/// A probability: none, all, a share, or NaN.
pub(super) fn probability<T: Judged>(u: &mut Unstructured<'_>) -> Result<T> {
    let share = weight(u)?;
    Ok(*u.choose(&[share, share, T::from_f64(0.0), T::from_f64(f64::NAN)])?)
}

/// A class weight that makes nothing overflow, and no gradient lose digits; not 0, since a mean over weights of 0 is
/// none.
pub(super) fn weight<T: Judged>(u: &mut Unstructured<'_>) -> Result<T> {
    let plain = f64::from(u.int_in_range(1..=u16::MAX)?) / 65536.0;
    Ok(T::from_f64(*u.choose(&[plain, plain, plain, 1.0, 1e-6])?))
}

/// Puts some of these at places of their own.
pub(super) fn strew<T>(
    u: &mut Unstructured<'_>,
    to: &mut [T],
    draw: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<()> {
    if !to.is_empty() {
        for _ in 0..u.int_in_range(0..=3)? {
            let at = u.choose_index(to.len())?;
            to[at] = draw(u)?;
        }
    }
    Ok(())
}

fn number_of<T: Judged>(u: &mut Unstructured<'_>, range: Range) -> Result<T> {
    if u.ratio(1, 4)? { u.choose(&edges(range)).copied() } else { Ok(inside(range, number(u)?, u.arbitrary()?)) }
}

/// A prediction with its target, at times within two steps of a kink.
pub(super) fn pair<T: Judged>(u: &mut Unstructured<'_>, domain: &Domain) -> Result<(T, T)> {
    let t: T = number_of(u, domain.targets)?;
    if domain.kinks.is_empty() || u.ratio(2, 3)? {
        return Ok((number_of(u, domain.predictions)?, t));
    }
    let kink = *u.choose(&domain.kinks)?;
    let kink = if domain.at == At::Inputs { kink } else { t.to_f64() + kink };
    Ok((*u.choose(&near(kink))?, t))
}

/// A way to call a loss of so many items.
pub(super) fn manner<T: Subject>(u: &mut Unstructured<'_>, items: usize, are_elements: bool) -> Result<Manner<T>> {
    use Divisor::{Counted, Elements, Fixed, OfLoss, Rows, WeightSum};
    let divisors = [OfLoss, Elements, Rows, Counted, WeightSum, Fixed(7.0)];
    let weighed = [Weighed::No, Weighed::Each, Weighed::Rows, Weighed::Columns];
    let weighed = *u.choose(&weighed[..if are_elements { 4 } else { 3 }])?;
    let divisor = if u.arbitrary()? { Some(*u.choose(&divisors)?) } else { None };
    let upstream = *u.choose(&[1.0, 0.3, -2.0])?;
    let columns = u.int_in_range(1..=if are_elements { 7 } else { 1 })?;
    Ok(Manner { divisor, upstream, ..Manner::new(items, weighed, columns, u.arbitrary()?) })
}

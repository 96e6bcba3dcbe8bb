//! Labels of two classes.

use crate::Layout;
use crate::lane::Lane;
use crate::math::Float;

/// How a hinge loss reads its targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Labels {
    /// As they are: -1 and 1.
    #[default]
    AsGiven,
    /// 0 and 1, which become -1 and 1 by `2t - 1`.
    ZeroOne,
    /// As Keras: [`ZeroOne`](Self::ZeroOne) if every target of the call is 0 or 1, masked ones included, else
    /// [`AsGiven`](Self::AsGiven). This is the one option for which targets are read before the first loss.
    Auto,
}

impl Labels {
    /// What `Auto` means for these targets.
    #[must_use]
    pub(super) fn decided<T: Float>(self, targets: &[T], layout: Option<Layout>) -> Self {
        if self != Self::Auto {
            return self;
        }
        let (zero, one) = (T::default(), T::from_f64(1.0));
        let are = |chunk: &[T]| chunk.iter().fold(true, |all, t| all & ((*t == zero) | (*t == one)));
        let all = |targets: &[T]| targets.chunks(1024).all(are);
        let zero_one = match layout {
            // What lies between rows is no target.
            Some(Layout { classes, stride, .. }) if stride > classes => {
                targets.chunks(stride).all(|row| all(&row[..classes.min(row.len())]))
            }
            _ => all(targets),
        };
        if zero_one { Self::ZeroOne } else { Self::AsGiven }
    }

    /// The label of -1 or 1 of a target, and what it moves by with the target.
    #[inline(always)]
    pub(super) fn read<L: Lane<Elem: Float>>(self, t: L) -> (L, f64) {
        let (factor, term) = if self == Self::ZeroOne { (2.0, -1.0) } else { (1.0, 0.0) };
        (t.mul_add(t.of(factor), t.of(term)), factor)
    }
}

/// The shares of yes and no of a target from 0 to 1, of which a share is spread over both.
#[inline(always)]
pub(super) fn smoothed<L: Lane>(t: L, share: f64) -> [L; 2] {
    let (yes, no) = (t, t.of(1.0) - t);
    if share > 0.0 {
        let (kept, spread) = (t.of(1.0 - share), t.of(share / 2.0));
        return [yes.mul_add(kept, spread), no.mul_add(kept, spread)];
    }
    [yes, no]
}

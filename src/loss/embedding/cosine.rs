//! The cosine of two rows, and its derivatives.
//!
//! 1. The three sums `x·t`, `x·x` and `t·t` come from one pass. They are accepted if they are in a range where nothing
//!    that matters was flushed or overflowed, which those of ordinary vectors are.
//! 2. Otherwise the pass runs again with each row scaled by the power of two that brings its largest entry, or what
//!    guards the norm if that is more, next to 1, which rounds nothing: vectors of norm 1e-30 and 1e+30 have their
//!    cosine too. Very long ones are brought next to 2^12, so that their small entries stay normal numbers.
//! 3. `cos = x·t / √(x·x t·t)`, one root for both norms.

use crate::LossError;
use crate::engine::check;
use crate::engine::row::{Entry, Passes, Terms, scale_to_one};
use crate::lane::{Element, Lane, Mask};
use crate::math::{Float, nan_of};

/// What a framework does to the square of a norm so that a vector of zeros does not divide by 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Guard {
    /// The least it may be.
    pub(super) floor: f64,
    /// What is added to it.
    pub(super) added: f64,
}

impl Guard {
    /// The element type has both.
    pub(super) fn check<T: Float>(self) -> Result<(), LossError> {
        check::option("floor", self.floor, check::fits::<T>(self.floor), check::FITS)?;
        check::option("epsilon", self.added, check::fits::<T>(self.added), check::FITS)
    }

    /// The guarded square of a scaled norm, and whether it is not the floor.
    #[inline(always)]
    fn over<L: Lane>(self, square: L, scale: L) -> (L, L::Mask) {
        let floor = scale * self.floor * scale;
        let square = square + scale * self.added * scale;
        (square.at_least(floor), floor.le(square))
    }

    /// A number not far from the root of what it guards with.
    const fn root(self) -> f64 {
        let square = if self.floor > self.added { self.floor } else { self.added };
        // Half the exponent is near enough: the scale is a power of two.
        if square > 0.0 { f64::from_bits((square.to_bits() >> 1) + (0x3ff0_0000_0000_0000 >> 1)) } else { 0.0 }
    }
}

/// Squares of norms that need no scaling, `2^-60` to `2^60`.
const ACCEPTED: (f64, f64) = (8.673_617_379_884_035e-19, 1.152_921_504_606_847e18);
/// Products `x·t` whose terms may have lost digits, `2^-90`: only in nearly orthogonal vectors, or those of zeros.
const LEAST_DOT: f64 = 8.077_935_669_463_161e-28;

/// The cosine of a row, and what its derivatives are made of.
#[derive(Clone, Copy)]
pub(super) struct Cosine<L> {
    pub(super) cosine: L,
    scales: [L; 2],
    /// The part of the scales that derivatives are multiplied with when they are made.
    late: [L; 2],
    /// `1 / √(x·x t·t)`, for the derivatives with respect to `x` and to `t`.
    cross: [L; 2],
    /// `cos / x·x` and `cos / t·t`, likewise; 0 where the floor holds the norm.
    own: [L; 2],
    /// What the derivatives are multiplied with.
    factor: L,
}

impl<L: Lane<Elem: Float>> Cosine<L> {
    #[inline(always)]
    pub(super) fn new(row: &impl Passes<L>, guard: Guard) -> Self {
        let one = L::splat(row.isa(), L::Elem::from_f64(1.0));
        let (mut scales, mut is_scaled) = ([one; 2], false);
        loop {
            let (found, [dot, x, t]) = Self::scaled(row, guard, scales);
            let rejected = outside(x) | outside(t) | dot.abs().lt(dot.of(LEAST_DOT));
            if is_scaled || !rejected.any() {
                return found;
            }
            let [x, t] = row.largest(Sizes);
            let root = x.of(guard.root());
            let (x_scale, t_scale) = (scale_of(x.at_least(root)), scale_of(t.at_least(root)));
            // Lanes that are other rows keep what they have.
            scales = [L::pick(rejected, x_scale, one), L::pick(rejected, t_scale, one)];
            is_scaled = true;
        }
    }

    /// The cosine with the rows scaled, their product, and the squares of their norms.
    #[inline(always)]
    fn scaled(row: &impl Passes<L>, guard: Guard, scales: [L; 2]) -> (Self, [L; 3]) {
        let [dot, x, t] = row.sums(Products { scales });
        let zero = dot.of(0.0);
        let ((x, x_above), (t, t_above)) = (guard.over(x, scales[0]), guard.over(t, scales[1]));
        let root = (x * t).sqrt();
        // The product with a vector of zeros is 0, or NaN: so is all that follows from it.
        let is_zero = x.same(zero) | t.same(zero);
        let cosine = (dot / root).at_most(x.of(1.0)).at_least(x.of(-1.0));
        let cosine = L::pick(is_zero, dot, cosine);
        let cross = nan_of(cosine, L::pick(is_zero, dot, x.of(1.0) / root));
        let (own_x, own_t) = ((cosine / x).keep(x_above), (cosine / t).keep(t_above));
        let (own_x, own_t) = (L::pick(is_zero, dot, own_x), L::pick(is_zero, dot, own_t));
        let ([x_soon, x_late], [t_soon, t_late]) = (parts(scales[0]), parts(scales[1]));
        let (cross, own) = ([cross * x_soon, cross * t_soon], [own_x * x_soon, own_t * t_soon]);
        (Self { cosine, scales, late: [x_late, t_late], cross, own, factor: x.of(1.0) }, [dot, x, t])
    }

    /// The derivatives of `factor` times the cosine; 0 for a factor of 0.
    #[inline(always)]
    pub(super) fn times(self, factor: L) -> Self {
        Self { factor, ..self }
    }
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Cosine<L> {
    #[inline(always)]
    fn at(&self, Entry { x, t, .. }: Entry<L>) -> [L; 2] {
        let [x_scale, t_scale] = self.scales;
        let (x, t) = (x * x_scale, t * t_scale);
        let towards_t = x.neg_mul_add(self.own[0], t * self.cross[0]);
        let towards_x = t.neg_mul_add(self.own[1], x * self.cross[1]);
        [self.scale(towards_t, self.late[0]), self.scale(towards_x, self.late[1])]
    }
}

impl<L: Lane<Elem: Float>> Cosine<L> {
    #[inline(always)]
    fn scale(&self, slope: L, scale: L) -> L {
        (slope * scale * self.factor).without(self.factor.same(slope.of(0.0)))
    }
}

/// The power of two that a row with this largest entry is scaled with.
#[inline(always)]
fn scale_of<L: Lane<Elem: Float>>(largest: L) -> L {
    let (scale, _) = scale_to_one(largest);
    L::pick(largest.of(ACCEPTED.1).lt(largest), scale * 4096.0, scale)
}

/// A scale as a product. The first part is of coefficients, before anything is rounded. A small one, and one of more
/// than 2^60, come after the difference: the coefficients would vanish, and terms that cancel would overflow.
#[inline(always)]
fn parts<L: Lane>(scale: L) -> [L; 2] {
    let one = scale.of(1.0);
    let is_late = scale.lt(one) | scale.of(ACCEPTED.1).lt(scale);
    [L::pick(is_late, one, scale), L::pick(is_late, scale, one)]
}

/// Whether the square of a norm asks for scaling. NaN does.
#[inline(always)]
fn outside<L: Lane>(square: L) -> L::Mask {
    square.lt(square.of(ACCEPTED.0)) | square.of(ACCEPTED.1).lt(square) | square.is_nan()
}

/// The products of the scaled entries.
#[derive(Clone, Copy)]
struct Products<L> {
    scales: [L; 2],
}

impl<L: Lane> Terms<L, 3> for Products<L> {
    #[inline(always)]
    fn at(&self, Entry { x, t, .. }: Entry<L>) -> [L; 3] {
        let (x, t) = (x * self.scales[0], t * self.scales[1]);
        [x * t, x * x, t * t]
    }
}

#[derive(Clone, Copy)]
struct Sizes;

impl<L: Lane> Terms<L, 2> for Sizes {
    #[inline(always)]
    fn at(&self, Entry { x, t, .. }: Entry<L>) -> [L; 2] {
        [x.abs(), t.abs()]
    }
}

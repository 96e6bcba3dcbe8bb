//! Several vectors as one: a formula goes through them step by step. A processor looks only so far ahead, and where each
//! step waits for the one before, it runs dry within a single vector.

use super::{Element, Lane, Mask, operators::unrolled};
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Sub};

/// `N` vectors. What loads, stores or sums a vector is of the first alone, and formulas do none of that.
#[derive(Clone, Copy)]
pub(crate) struct Many<L, const N: usize>(pub(crate) [L; N]);

/// Their masks. `any` is whether one of all is set.
#[derive(Clone, Copy)]
pub(crate) struct Masks<M, const N: usize>([Apart<M>; N]);

/// A mask in a place of its own: four of the 16 bits that AVX-512 has, side by side, would be moved as one number, packed
/// and unpacked, even where all is inlined.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Apart<M>(M);

/// `$like` with an expression in `i` in each place `i`. No closure, which need not be inlined.
macro_rules! each {
    ($like:expr, $i:ident => $expression:expr) => {{
        let mut all = $like;
        unrolled!($i < N; 0 1 2 3 4 5 6 7 => all[$i] = $expression);
        all
    }};
}

macro_rules! operator {
    ($trait:ident, $method:ident $(, $constant:ident)?) => {
        impl<L: Lane, const N: usize> $trait for Many<L, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(each!(self.0, i => self.0[i].$method(other.0[i])))
            }
        }
        $(impl<L: Lane, const N: usize> $trait<$constant> for Many<L, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: $constant) -> Self {
                Self(each!(self.0, i => self.0[i].$method(other)))
            }
        })?
    };
}
operator!(Add, add, f64);
operator!(Sub, sub, f64);
operator!(Mul, mul, f64);
operator!(Div, div);

macro_rules! of_masks {
    ($trait:ident, $method:ident) => {
        impl<M: Mask, const N: usize> $trait for Masks<M, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(each!(self.0, i => Apart(self.0[i].0.$method(other.0[i].0))))
            }
        }
    };
}
of_masks!(BitAnd, bitand);
of_masks!(BitOr, bitor);

impl<L: Lane, const N: usize> Neg for Many<L, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(each!(self.0, i => -self.0[i]))
    }
}

impl<M: Mask, const N: usize> Mask for Masks<M, N> {
    #[inline(always)]
    fn any(self) -> bool {
        let mut any = self.0[0].0;
        unrolled!(i < N; 0 1 2 3 4 5 6 7 => any = any | self.0[i].0);
        any.any()
    }
}

macro_rules! unary {
    ($($method:ident)+) => {$(
        #[inline(always)]
        fn $method(self) -> Self {
            Self(each!(self.0, i => self.0[i].$method()))
        }
    )+};
}

macro_rules! binary {
    ($($method:ident)+) => {$(
        #[inline(always)]
        fn $method(self, other: Self) -> Self {
            Self(each!(self.0, i => self.0[i].$method(other.0[i])))
        }
    )+};
}

macro_rules! ternary {
    ($($method:ident)+) => {$(
        #[inline(always)]
        fn $method(self, a: Self, b: Self) -> Self {
            Self(each!(self.0, i => self.0[i].$method(a.0[i], b.0[i])))
        }
    )+};
}

macro_rules! compare {
    ($($method:ident)+) => {$(
        #[inline(always)]
        fn $method(self, other: Self) -> Self::Mask {
            Masks(each!([Apart(self.0[0].$method(other.0[0])); N], i => Apart(self.0[i].$method(other.0[i]))))
        }
    )+};
}

impl<L: Lane, const N: usize> Lane for Many<L, N> {
    type Elem = L::Elem;
    type Isa = L::Isa;
    type Mask = Masks<L::Mask, N>;

    #[inline(always)]
    fn isa(self) -> L::Isa {
        self.0[0].isa()
    }
    #[inline(always)]
    fn splat(isa: L::Isa, x: L::Elem) -> Self {
        Self([L::splat(isa, x); N])
    }
    #[inline(always)]
    fn load(isa: L::Isa, from: &<L::Elem as Element>::Chunk) -> Self {
        Self([L::load(isa, from); N])
    }
    #[inline(always)]
    fn store(self, to: &mut <L::Elem as Element>::Chunk) {
        self.0[0].store(to);
    }

    ternary!(mul_add neg_mul_add);
    unary!(abs sqrt);
    binary!(copysign at_most at_least ln_limits);
    compare!(lt le same);

    #[inline(always)]
    fn is_nan(self) -> Self::Mask {
        Masks(each!([Apart(self.0[0].is_nan()); N], i => Apart(self.0[i].is_nan())))
    }
    #[inline(always)]
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(each!(yes.0, i => L::pick(mask.0[i].0, yes.0[i], no.0[i])))
    }
    #[inline(always)]
    fn keep(self, mask: Self::Mask) -> Self {
        Self(each!(self.0, i => self.0[i].keep(mask.0[i].0)))
    }
    #[inline(always)]
    fn without(self, mask: Self::Mask) -> Self {
        Self(each!(self.0, i => self.0[i].without(mask.0[i].0)))
    }
    #[inline(always)]
    fn pow2(biased: Self) -> Self {
        Self(each!(biased.0, i => L::pow2(biased.0[i])))
    }
    #[inline(always)]
    fn ldexp(self, n: Self) -> Self {
        Self(each!(self.0, i => self.0[i].ldexp(n.0[i])))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let (mut mantissa, mut exponent) = (self.0, self.0);
        unrolled!(i < N; 0 1 2 3 4 5 6 7 => (mantissa[i], exponent[i]) = self.0[i].split());
        (Self(mantissa), Self(exponent))
    }
    #[inline(always)]
    fn halves(self, other: Self, half: usize) -> [Self; 2] {
        let [kept, moved] = self.0[0].halves(other.0[0], half);
        [Self([kept; N]), Self([moved; N])]
    }
    #[inline(always)]
    fn sum(self) -> L::Elem {
        self.0[0].sum()
    }
}

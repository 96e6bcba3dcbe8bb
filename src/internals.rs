//! Lane operations and elementary functions by name, over slices, at any level: for tests, benches and fuzzers.

use crate::lane::{Element, Isa, Kernel, Lane, Model, Token, dispatch};
use crate::math::Float;
use crate::{Level, LossError, Real, math};

/// Bytes of a vector.
pub const VECTOR_BYTES: usize = crate::lane::VECTOR_BYTES;

/// An elementary function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the function that documents it")]
pub enum Function {
    Exp,
    Ln,
    Log1p,
    Log1pHalf,
    Log1pDown,
    Log1pUp,
    Expm1,
    Sigmoid,
    Softplus,
    LogSigmoid,
    Tanh,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Exp,
        Self::Ln,
        Self::Log1p,
        Self::Log1pHalf,
        Self::Log1pDown,
        Self::Log1pUp,
        Self::Expm1,
        Self::Sigmoid,
        Self::Softplus,
        Self::LogSigmoid,
        Self::Tanh,
    ];
}

/// An operation of the lanes, of three operands `a`, `b`, `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the operation that documents it")]
pub enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    MulAdd,
    NegMulAdd,
    Abs,
    Sqrt,
    Copysign,
    Max,
    Min,
    AtMost,
    AtLeast,
    /// 1 where `a < b`, else +0; and so on.
    Lt,
    Le,
    Same,
    IsNan,
    /// `b` where `a < c`, else `a`.
    Pick,
    /// `a` where `a < b`, else +0; and the other way round.
    Keep,
    Without,
    /// The sum of the vector's `a`, in every lane.
    Sum,
    /// The largest lane of the vector's `a` that is not NaN, in every lane.
    Largest,
    /// Lane `i` is `x[i] + x[i ^ n]`, with `x` being `a` where the bit `n` of `i` is 0, else `b`.
    Fold1,
    Fold2,
    Fold4,
    /// Folds beyond half of a vector are of its half.
    Fold8,
    /// `a * 2^b`.
    Ldexp,
    /// `m` of `a = m 2^k`.
    Mantissa,
    /// `k` of `a = m 2^k`.
    Exponent,
    /// `a - q b` for `q = a / b` as it is rounded, for quotients below 2^60.
    Remainder,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Neg,
        Self::MulAdd,
        Self::NegMulAdd,
        Self::Abs,
        Self::Sqrt,
        Self::Copysign,
        Self::Max,
        Self::Min,
        Self::AtMost,
        Self::AtLeast,
        Self::Lt,
        Self::Le,
        Self::Same,
        Self::IsNan,
        Self::Pick,
        Self::Keep,
        Self::Without,
        Self::Sum,
        Self::Largest,
        Self::Fold1,
        Self::Fold2,
        Self::Fold4,
        Self::Fold8,
        Self::Ldexp,
        Self::Mantissa,
        Self::Exponent,
        Self::Remainder,
    ];
}

/// All levels that the losses of this build have, the scalar model included if it was asked for.
pub fn levels() -> impl Iterator<Item = Level> {
    Level::available().chain(cfg!(feature = "model").then_some(Level::Model))
}

/// The level that the others are compared with: the model, or the best there is in a build without it.
#[must_use]
pub fn reference() -> Level {
    if cfg!(feature = "model") { Level::Model } else { Level::best() }
}

/// Runs a kernel at any level; the model of so small a one is always there.
fn run<K: Kernel>(level: Level, kernel: K) -> Result<K::Out, LossError> {
    if level == Level::Model { Ok(kernel.run(Model)) } else { Ok(dispatch(Token::of(level)?, kernel)) }
}

struct Operate<'a, T> {
    operation: Operation,
    operands: [&'a [T]; 3],
    to: &'a mut [T],
}

impl<T: Float> Kernel for Operate<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let zero = T::default();
        let mut at = 0;
        for to in self.to.chunks_mut(T::LANES) {
            let end = at + to.len();
            let a = T::Lane::<I>::load_part(isa, &self.operands[0][at..end], zero);
            let b = T::Lane::<I>::load_part(isa, &self.operands[1][at..end], zero);
            let c = T::Lane::<I>::load_part(isa, &self.operands[2][at..end], zero);
            at = end;
            operate(self.operation, a, b, c).store_part(to);
        }
    }
}

#[inline(always)]
fn operate<L: Lane>(operation: Operation, a: L, b: L, c: L) -> L {
    let one = a.of(1.0);
    match operation {
        Operation::Add => a + b,
        Operation::Sub => a - b,
        Operation::Mul => a * b,
        Operation::Div => a / b,
        Operation::Neg => -a,
        Operation::MulAdd => a.mul_add(b, c),
        Operation::NegMulAdd => a.neg_mul_add(b, c),
        Operation::Abs => a.abs(),
        Operation::Sqrt => a.sqrt(),
        Operation::Copysign => a.copysign(b),
        Operation::Max => a.max(b),
        Operation::Min => a.min(b),
        Operation::AtMost => a.at_most(b),
        Operation::AtLeast => a.at_least(b),
        Operation::Lt => one.keep(a.lt(b)),
        Operation::Le => one.keep(a.le(b)),
        Operation::Same => one.keep(a.same(b)),
        Operation::IsNan => one.keep(a.is_nan()),
        Operation::Pick => L::pick(a.lt(c), b, a),
        Operation::Keep => a.keep(a.lt(b)),
        Operation::Without => a.without(a.lt(b)),
        Operation::Fold1 => a.fold(b, 1),
        Operation::Fold2 => a.fold(b, 2.min(L::Elem::LANES / 2)),
        Operation::Fold4 => a.fold(b, 4.min(L::Elem::LANES / 2)),
        Operation::Fold8 => a.fold(b, L::Elem::LANES / 2),
        Operation::Sum => L::splat(a.isa(), a.sum()),
        Operation::Largest => L::splat(a.isa(), a.largest()),
        Operation::Ldexp => a.ldexp(b),
        Operation::Mantissa => a.split().0,
        Operation::Exponent => a.split().1,
        Operation::Remainder => math::remainder(a, a / b, b),
    }
}

struct Map<'a, T> {
    function: Function,
    x: &'a [T],
    to: &'a mut [T],
}

impl<T: Float> Kernel for Map<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let lanes = T::LANES;
        let len = self.x.len().min(self.to.len());
        for (x, to) in self.x[..len].chunks(lanes).zip(self.to[..len].chunks_mut(lanes)) {
            let x = T::Lane::<I>::load_part(isa, x, T::default());
            let y = match self.function {
                Function::Exp => math::exp(x),
                Function::Ln => math::ln(x),
                Function::Log1p => math::log1p(x),
                Function::Log1pHalf => math::log1p_half(x),
                Function::Log1pDown => math::log1p_down(x),
                Function::Log1pUp => math::log1p_up(x),
                Function::Expm1 => math::expm1(x),
                Function::Sigmoid => math::sigmoid(x),
                Function::Softplus => math::softplus(x),
                Function::LogSigmoid => math::log_sigmoid(x),
                Function::Tanh => math::tanh(x),
            };
            y.store_part(to);
        }
    }
}

/// `to[i] = function(x[i])` over the shorter of the two.
///
/// # Errors
/// A level that is missing.
pub fn map<T: Internal>(level: Level, function: Function, x: &[T], to: &mut [T]) -> Result<(), LossError> {
    T::map(level, function, x, to)
}

/// `to[i] = operation(a[i], b[i], c[i])`. The operands must be as long as `to`.
///
/// # Errors
/// A level that is missing, an operand that is too short.
pub fn lanes<T: Internal>(
    level: Level,
    operation: Operation,
    operands: [&[T]; 3],
    to: &mut [T],
) -> Result<(), LossError> {
    for operand in operands {
        crate::engine::check::length("operand", to.len(), operand.len())?;
    }
    T::lanes(level, operation, operands, to)
}

/// The element types, for [`map`] and [`lanes`].
pub trait Internal: Real {
    /// See [`map`].
    ///
    /// # Errors
    /// A level that is missing.
    fn map(level: Level, function: Function, x: &[Self], to: &mut [Self]) -> Result<(), LossError>;

    /// See [`lanes`].
    ///
    /// # Errors
    /// A level that is missing.
    fn lanes(level: Level, operation: Operation, operands: [&[Self]; 3], to: &mut [Self]) -> Result<(), LossError>;
}

macro_rules! internal {
    ($($t:ty),+) => {
        $(impl Internal for $t {
            fn map(level: Level, function: Function, x: &[$t], to: &mut [$t]) -> Result<(), LossError> {
                run(level, Map { function, x, to })
            }

            fn lanes(
                level: Level,
                operation: Operation,
                operands: [&[$t]; 3],
                to: &mut [$t],
            ) -> Result<(), LossError> {
                run(level, Operate { operation, operands, to })
            }
        })+
    };
}
internal!(f32, f64);

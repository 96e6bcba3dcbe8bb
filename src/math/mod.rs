//! Elementary functions over any lane, each with one contract: types, domain, largest error, special values.
//!
//! Errors are in ULP of the element type, against the true value, subnormal results included; for `f32` they are
//! measured over every bit pattern. "Fused" is any level with a fused multiply-add, "unfused" one without.

mod constants;
mod exp;
mod expm1;
mod limits;
mod log;
mod logistic;
mod remainder;

pub(crate) use constants::Float;
pub(crate) use exp::{Scaling, exp, exp_down, exp_scaled, exp_scaled_each};
pub(crate) use expm1::expm1;
#[cfg(feature = "internals")]
pub(crate) use expm1::tanh;
pub(crate) use limits::{nan_of, weigh};
pub(crate) use log::{ln, ln_normal, ln_ratio, log1p, log1p_down, log1p_finite, log1p_half, log1p_up};
pub(crate) use logistic::{Logistic, logistic};
#[cfg(feature = "internals")]
pub(crate) use logistic::{log_sigmoid, sigmoid, softplus};
pub(crate) use remainder::remainder;

use crate::lane::Lane;

/// `c[0] + c[1] x + c[2] x² + …`
#[inline(always)]
fn horner<L: Lane<Elem: Float>>(x: L, c: &[f64]) -> L {
    let mut i = c.len() - 1;
    let mut sum = x.of(c[i]);
    while i > 0 {
        i -= 1;
        sum = sum.mul_add(x, x.of(c[i]));
    }
    sum
}

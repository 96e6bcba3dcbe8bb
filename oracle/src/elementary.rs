//! Functions of one number that kernels approximate, beyond those every [`Wide`] has. Each is written so that nothing
//! overflows and nothing cancels at any finite argument.

use crate::wide::Wide;

/// What the logistic loss needs of one logit, from one exponential and one logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic<W> {
    /// σ(x).
    pub sigmoid: W,
    /// 1 − σ(x) = σ(−x).
    pub complement: W,
    /// ln(1 + e^x).
    pub softplus: W,
    /// ln(1 + e^−x).
    pub softplus_neg: W,
}

/// All four at once.
pub fn logistic<W: Wide>(x: W) -> Logistic<W> {
    let decay = (-x.abs()).exp();
    let small = decay.ln_1p();
    let (near, far) = (W::ONE / (W::ONE + decay), decay / (W::ONE + decay));
    if x < W::ZERO {
        Logistic { sigmoid: far, complement: near, softplus: small, softplus_neg: small - x }
    } else {
        Logistic { sigmoid: near, complement: far, softplus: small + x, softplus_neg: small }
    }
}

/// 1 / (1 + e^−x).
pub fn sigmoid<W: Wide>(x: W) -> W {
    let decay = (-x.abs()).exp();
    let numerator = if x < W::ZERO { decay } else { W::ONE };
    numerator / (W::ONE + decay)
}

/// ln(1 + e^x).
pub fn softplus<W: Wide>(x: W) -> W {
    let small = (-x.abs()).exp().ln_1p();
    if x > W::ZERO { x + small } else { small }
}

/// ln σ(x).
pub fn log_sigmoid<W: Wide>(x: W) -> W {
    -softplus(-x)
}

/// (e^x − e^−x) / (e^x + e^−x).
pub fn tanh<W: Wide>(x: W) -> W {
    let twice = x.abs() + x.abs();
    let below = (-twice).exp_m1();
    let magnitude = -below / (below + W::ONE + W::ONE);
    if x.is_negative() { -magnitude } else { magnitude }
}

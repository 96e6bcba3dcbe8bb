//! What the elementary functions promise: how far off they may be, where, and against what.

use lossfn::Level;
use lossfn::internals::Function;
use lossfn_oracle::{Judged, Tolerance, Wide, elementary};

/// The documented error of a function at a level.
pub(crate) fn tolerance(function: Function, level: Level) -> Tolerance {
    let of_one_reduction =
        matches!(function, Function::Exp | Function::Ln | Function::Log1p | Function::Log1pHalf | Function::Log1pDown);
    let ulp = match (of_one_reduction, level.is_fused()) {
        (true, true) => 1.0,
        (true, false) => 1.25,
        (false, _) if function == Function::Log1pUp => 1.25,
        (false, true) => 2.5,
        (false, false) => 3.0,
    };
    Tolerance::ulp(ulp).signed_zero()
}

/// The function in a wider type.
pub(crate) fn truth<W: Wide>(function: Function, x: W) -> W {
    match function {
        Function::Exp => x.exp(),
        Function::Ln => x.ln(),
        Function::Log1p | Function::Log1pHalf | Function::Log1pDown | Function::Log1pUp => x.ln_1p(),
        Function::Expm1 => x.exp_m1(),
        Function::Sigmoid => elementary::sigmoid(x),
        Function::Softplus => elementary::softplus(x),
        Function::LogSigmoid => elementary::log_sigmoid(x),
        Function::Tanh => elementary::tanh(x),
    }
}

/// Whether the function promises anything there. All but three are total, NaN being a result like any other.
pub(crate) fn in_domain<T: Judged>(function: Function, x: T) -> bool {
    let x = x.to_f64();
    match function {
        Function::Log1pUp => x.is_nan() || (x.is_sign_positive() && x <= 1.0),
        // At -0 the sign of these depends on the level.
        Function::Log1pDown => x.is_nan() || x.to_bits() == 0 || (-0.5..0.0).contains(&x),
        Function::Log1pHalf => x.is_nan() || (x.abs() <= 0.5 && x.to_bits() != (-0.0_f64).to_bits()),
        _ => true,
    }
}

/// Where the kernels change from one way to another.
pub(crate) fn thresholds(function: Function) -> Vec<f64> {
    use core::f64::consts::{LN_2, LOG2_E};
    let halves = (-8..=8).map(|n| (f64::from(n) + 0.5) * LN_2);
    match function {
        Function::Exp | Function::Expm1 | Function::Sigmoid => halves
            .chain([-746.0, -745.2, -708.4, 709.8, 710.0, -104.0, -103.98, -87.34, 88.73, 89.0, -18.0, -38.0])
            .collect(),
        Function::Tanh => halves.map(|x| x / 2.0).chain([9.0, 9.02, 18.0, 19.07, 38.0]).collect(),
        Function::Softplus | Function::LogSigmoid => {
            halves.chain([LN_2, 16.6, -16.6, -87.34, -103.98, 36.7, -36.7, -708.4, -745.2, LOG2_E]).collect()
        }
        Function::Ln => vec![0.75, 1.0, 1.5, 3.0, 0.375, 4.0 / 3.0],
        Function::Log1p => vec![-1.0, -0.25, 0.0, 0.5, 2.0, 33_554_432.0, 18_014_398_509_481_984.0, -0.625],
        Function::Log1pUp => vec![0.0, 0.5, 1.0],
        Function::Log1pDown => vec![-0.5, -0.25, 0.0],
        Function::Log1pHalf => vec![-0.5, -0.25, 0.0, 0.5],
    }
}

//! Losses of the ratio of prediction and target.

use super::Elementwise;
use crate::dual::Dual;
use crate::wide::Wide;

/// 100·|x − t|/max(|t|, floor); 0 where both are 0.
#[derive(Clone, Copy, Debug)]
pub struct Mape {
    /// The least that the error is divided by; below it the divisor is a constant.
    pub floor: f64,
}

impl Elementwise for Mape {
    const NAME: &'static str = "mape";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { floor: to(self.floor) }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let floor = Dual::from_f64(self.floor);
        let (error, size) = ((x - t).abs(W::ZERO), t.abs(W::ZERO));
        let base = if size.value >= floor.value { size } else { floor };
        if error.value == W::ZERO { Dual::constant(W::ZERO) } else { Dual::from_f64(100.0) * error / base }
    }

    /// Of 100·|1 − x/t|, where nothing cancels as t moves.
    fn target_slope<W: Wide>(&self, x: W, t: W) -> W {
        let loss = self.formula(Dual::constant(x), Dual::variable(t));
        if t != W::ZERO && t.abs() >= W::from_f64(self.floor) && x != t && !loss.value.is_nan() {
            let ratio = Dual::constant(x) / Dual::variable(t);
            return ((Dual::constant(W::ONE) - ratio).abs(W::ZERO) * Dual::from_f64(100.0)).slope;
        }
        loss.slope
    }
}

/// (ln(1 + x) − ln(1 + t))² with x and t of at least the floor.
#[derive(Clone, Copy, Debug)]
pub struct Msle {
    /// The least that x and t may be; below it they are constants.
    pub floor: f64,
}

impl Elementwise for Msle {
    const NAME: &'static str = "msle";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { floor: to(self.floor) }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let floor = W::from_f64(self.floor);
        let held = |x: Dual<W>| if x.value < floor { Dual::constant(floor) } else { x };
        let (x, t) = (held(x), held(t));
        let one = Dual::constant(W::ONE);
        let (a, b) = (x + one, t + one);
        let near = a.value + a.value > b.value && b.value + b.value > a.value;
        let ratio = if near { ((x - t) / b).ln_1p() } else { x.ln_1p() - t.ln_1p() };
        ratio * ratio
    }
}

#[cfg(test)]
mod tests {
    use super::{Mape, Msle};
    use crate::formula::Elementwise;

    const INF: f64 = f64::INFINITY;

    fn at(loss: impl Elementwise, x: f64, t: f64) -> (f64, f64, f64) {
        let truth = loss.at(x, t);
        (truth.value.value, truth.slope.value, truth.target_slope.value)
    }

    #[test]
    fn percentages() {
        let exact = Mape { floor: 0.0 };
        assert_eq!(at(exact, 3.0, 2.0), (50.0, 50.0, -75.0));
        assert_eq!(at(exact, -1.0, -2.0), (50.0, 50.0, -25.0));
        assert_eq!(at(exact, 2.0, 2.0), (0.0, 0.0, 0.0));
        assert_eq!(at(exact, 1.0, 0.0), (INF, INF, -INF));
        assert_eq!(at(exact, 0.0, 0.0), (0.0, 0.0, 0.0));
        assert_eq!(at(Mape { floor: 0.5 }, 1.0, 0.25), (150.0, 200.0, -200.0));
    }

    #[test]
    fn logarithms() {
        let exact = Msle { floor: -INF };
        let ln_2 = core::f64::consts::LN_2;
        assert_eq!(at(exact, 1.0, 0.0).0, ln_2 * ln_2);
        assert_eq!(at(exact, 1.0, 0.0).1, ln_2);
        assert_eq!(at(exact, INF, 0.0), (INF, 0.0, -INF));
        assert_eq!(at(exact, -1.0, 0.0), (INF, -INF, INF));
        assert!(at(exact, -1.5, 0.0).0.is_nan());
        assert_eq!(at(Msle { floor: 1e-7 }, -3.0, 1e-8), (0.0, 0.0, 0.0));
    }
}

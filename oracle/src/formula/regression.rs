//! Losses of the error e = x − t.

use super::Elementwise;
use crate::dual::Dual;
use crate::wide::Wide;

/// e².
#[derive(Clone, Copy, Debug)]
pub struct Mse;

impl Elementwise for Mse {
    const NAME: &'static str = "mse";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let e = x - t;
        e * e
    }
}

/// |e|.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mae {
    /// The slope at e = 0: 0 as in PyTorch and TensorFlow, 1 as in JAX.
    pub slope_at_zero: f64,
}

impl Elementwise for Mae {
    const NAME: &'static str = "mae";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        (x - t).abs(W::from_f64(self.slope_at_zero))
    }
}

/// e²/2 where |e| ≤ δ, δ(|e| − δ/2) beyond. The slopes meet at δ, so no convention is needed.
#[derive(Clone, Copy, Debug)]
pub struct Huber {
    /// Where the parabola ends; > 0.
    pub delta: f64,
}

impl Elementwise for Huber {
    const NAME: &'static str = "huber";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { delta: to(self.delta) }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let (half, delta) = (Dual::from_f64(0.5), Dual::from_f64(self.delta));
        let e = x - t;
        let distance = e.abs(W::ZERO);
        if distance.value <= delta.value { half * e * e } else { delta * (distance - half * delta) }
    }
}

/// Huber over its own β: e²/2β where |e| ≤ β, |e| − β/2 beyond.
#[derive(Clone, Copy, Debug)]
pub struct SmoothL1 {
    /// Where the parabola ends; at 0 there is none, and this is [`Mae`].
    pub beta: f64,
}

impl Elementwise for SmoothL1 {
    const NAME: &'static str = "smooth_l1";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { beta: to(self.beta) }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        if self.beta == 0.0 {
            return Mae::default().formula(x, t);
        }
        Huber { delta: self.beta }.formula(x, t) / Dual::from_f64(self.beta)
    }
}

/// ln cosh e: ln(1 + (cosh e − 1)) near 0, where a cosh would lose digits, and |e| + ln((1 + e^−2|e|)/2) beyond.
#[derive(Clone, Copy, Debug)]
pub struct LogCosh;

impl Elementwise for LogCosh {
    const NAME: &'static str = "log_cosh";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let (one, half) = (Dual::constant(W::ONE), Dual::from_f64(0.5));
        let distance = (x - t).abs(W::ZERO);
        if distance.value < W::ONE {
            let decay = (-distance).exp_m1();
            return (half * decay * decay / (one + decay)).ln_1p();
        }
        distance + (half * (-(distance + distance)).exp_m1()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::{Huber, Mae, Mse, SmoothL1};
    use crate::formula::{Elementwise, Reference};
    use crate::wide::{Big, Wide};

    fn at(loss: impl Elementwise, x: f64, t: f64) -> (f64, f64) {
        let narrow = loss.at(x, t);
        let wide = loss.at(Big::from_f64(x), Big::from_f64(t));
        assert_eq!(wide.value.value.to_f64().to_bits(), narrow.value.value.to_bits(), "{x} {t}");
        assert_eq!(wide.slope.value.to_f64().to_bits(), narrow.slope.value.to_bits(), "{x} {t}");
        (narrow.value.value, narrow.slope.value)
    }

    #[test]
    fn textbook_values() {
        assert_eq!(at(Mse, 3.0, 1.0), (4.0, 4.0));
        assert_eq!(at(Mae::default(), 3.0, 5.0), (2.0, -1.0));
        assert_eq!(at(Mae::default(), 3.0, 3.0), (0.0, 0.0));
        assert_eq!(at(Mae { slope_at_zero: 1.0 }, 3.0, 3.0), (0.0, 1.0));
        assert_eq!(at(Huber { delta: 1.0 }, 0.5, 0.0), (0.125, 0.5));
        assert_eq!(at(Huber { delta: 1.0 }, 1.0, 0.0), (0.5, 1.0));
        assert_eq!(at(Huber { delta: 0.5 }, -2.0, 0.0), (0.875, -0.5));
        assert_eq!(at(SmoothL1 { beta: 0.5 }, 2.0, 0.0), (1.75, 1.0));
        assert_eq!(at(SmoothL1 { beta: 0.0 }, 2.0, 2.0), (0.0, 0.0));
    }

    #[test]
    fn infinite_errors_keep_finite_slopes() {
        let inf = f64::INFINITY;
        assert_eq!(at(Mse, inf, 0.0), (inf, inf));
        assert_eq!(at(Mae::default(), -inf, 0.0), (inf, -1.0));
        assert_eq!(at(Huber { delta: 2.0 }, inf, 0.0), (inf, 2.0));
        assert_eq!(at(SmoothL1 { beta: 2.0 }, 0.0, inf), (inf, -1.0));
    }

    #[test]
    fn nan_is_not_hidden() {
        fn nan(loss: impl Elementwise) {
            for (x, t) in [(f64::NAN, 0.0), (0.0, f64::NAN), (f64::INFINITY, f64::INFINITY)] {
                let truth = loss.at(x, t);
                assert!(truth.value.value.is_nan() && truth.slope.value.is_nan());
            }
        }
        nan(Mse);
        nan(Mae::default());
        nan(Huber { delta: 1.0 });
        nan(SmoothL1 { beta: 1.0 });
        nan(SmoothL1 { beta: 0.0 });
    }

    #[test]
    fn kernels_see_rounded_parameters() {
        fn slope<T: crate::Judged>(loss: &dyn Reference<T>, x: T) -> f64 {
            loss.truth(x, T::from_f64(0.0)).slope.value.to_f64()
        }
        assert_eq!(slope::<f32>(&Huber { delta: 0.1 }, 7.0), f64::from(0.1_f32));
        assert_eq!(slope::<f64>(&Huber { delta: 0.1 }, 7.0), 0.1);
        assert_eq!(slope::<f32>(&SmoothL1 { beta: 1e-60 }, -7.0), -1.0, "1e-60 is 0 in f32");
        assert_eq!(<Mse as Reference<f32>>::name(&Mse), "mse");
    }

    #[test]
    fn targets_pull_the_other_way() {
        assert_eq!(Mse.target_slope(3.0, 1.0), -4.0);
        assert_eq!(Huber { delta: 1.0 }.target_slope(3.0, 1.0), -1.0);
    }
}

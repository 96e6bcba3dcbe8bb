//! Binary cross-entropy of a probability.

use super::Elementwise;
use super::bce::smoothed;
use crate::dual::Dual;
use crate::wide::Wide;

/// −t·ln(c+o) − (1−t)·ln(1−c+o) with c = x held to [lower, upper], and 0·∞ = 0.
#[derive(Clone, Copy, Debug)]
pub struct Bce {
    /// The least that c may be.
    pub lower: f64,
    /// The most that c may be.
    pub upper: f64,
    /// o.
    pub offset: f64,
    /// The least that a logarithm may be. The slope knows nothing of it: PyTorch's is no derivative of its value.
    pub log_floor: f64,
    /// The least that x(1−x) may be where PyTorch's slope divides by it.
    pub slope_floor: f64,
    /// The share of the target that is spread over both sides.
    pub smoothing: f64,
}

impl Default for Bce {
    fn default() -> Self {
        let (lower, upper) = (f64::NEG_INFINITY, f64::INFINITY);
        Self { lower, upper, offset: 0.0, log_floor: lower, slope_floor: 0.0, smoothing: 0.0 }
    }
}

impl Bce {
    /// PyTorch's.
    pub fn torch() -> Self {
        Self { log_floor: -100.0, slope_floor: 1e-12, ..Self::default() }
    }

    /// Keras's, with the offset of its second version or without.
    pub fn keras(offset: f64) -> Self {
        Self { lower: 1e-7, upper: 1.0 - 1e-7, offset, ..Self::default() }
    }

    /// ln(c+o) and ln(1−c+o).
    fn logs<W: Wide>(&self, x: Dual<W>) -> [Dual<W>; 2] {
        let (lower, upper) = (W::from_f64(self.lower), W::from_f64(self.upper));
        let clipped = match x {
            x if x.value < lower => Dual::constant(lower),
            x if x.value > upper => Dual::constant(upper),
            x => x,
        };
        let offset = Dual::from_f64(self.offset);
        [(clipped + offset).ln(), (offset - clipped).ln_1p()]
    }
}

impl Elementwise for Bce {
    const NAME: &'static str = "bce";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        let Self { lower, upper, offset, log_floor, slope_floor, smoothing } = self;
        let [lower, upper, offset, log_floor, slope_floor] = [lower, upper, offset, log_floor, slope_floor].map(to);
        Self { lower, upper, offset, log_floor, slope_floor, smoothing }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let [t, rest] = smoothed(t, self.smoothing);
        let [yes, no] = self.logs(x);
        let loss = -(t.weigh(yes) + rest.weigh(no));
        let floor = W::from_f64(self.log_floor);
        let held = |log: Dual<W>| if log.value < floor { floor } else { log.value };
        let value = -(t.value.weigh(held(yes)) + rest.value.weigh(held(no)));
        let product = x.value * (W::ONE - x.value);
        let floor = W::from_f64(self.slope_floor);
        let inside = x.value > W::ZERO && x.value < W::ONE && self.smoothing == 0.0 && self.offset == 0.0;
        let slope = match x.slope {
            // The least loss that there is, whatever the roundings of the two terms.
            _ if inside && x.slope != W::ZERO && x.value == t.value => W::ZERO,
            moves if moves == W::ZERO || self.slope_floor == 0.0 => loss.slope,
            // By definition, not by derivation.
            _ if product < floor => (x.value - t.value) / floor,
            _ => (x.value - t.value) / product,
        };
        Dual { value, slope: if value.is_nan() { W::NAN } else { slope } }
    }

    /// (1−t)/(1−c) and t/c, where either has its share of the other.
    fn slope_terms<W: Wide>(&self, x: W, t: W, slope: W) -> Vec<W> {
        if (self.smoothing == 0.0 && self.offset == 0.0) || slope == W::ZERO {
            return Vec::new();
        }
        let [t, rest] = smoothed(Dual::constant(t), self.smoothing);
        self.logs(Dual::variable(x)).into_iter().zip([t, rest]).map(|(log, t)| log.slope.weigh(t.value)).collect()
    }

    fn target_terms<W: Wide>(&self, x: W, _t: W) -> Vec<W> {
        self.logs(Dual::constant(x)).map(|log| log.value).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::Bce;
    use crate::formula::Elementwise;

    const INF: f64 = f64::INFINITY;

    fn at(loss: Bce, x: f64, t: f64) -> (f64, f64, f64) {
        let truth = loss.at(x, t);
        (truth.value.value, truth.slope.value, truth.target_slope.value)
    }

    #[test]
    fn limits_of_certain_predictions() {
        assert_eq!(at(Bce::default(), 0.0, 0.0), (0.0, 1.0, INF));
        assert_eq!(at(Bce::default(), 1.0, 1.0), (0.0, -1.0, -INF));
        assert_eq!(at(Bce::default(), 0.0, 1.0), (INF, -INF, INF));
        assert_eq!(at(Bce::default(), 1.0, 0.0), (INF, INF, -INF));
        assert!(at(Bce::default(), 1.5, 0.0).0.is_nan() && at(Bce::default(), -0.5, 1.0).1.is_nan());
    }

    #[test]
    fn frameworks() {
        assert_eq!(at(Bce::torch(), 0.0, 1.0), (100.0, -1e12, INF));
        assert_eq!(at(Bce::torch(), 0.0, 0.0), (0.0, 0.0, INF));
        let (value, slope, _) = at(Bce::keras(0.0), 0.0, 1.0);
        assert!((value - 16.118).abs() < 1e-3 && slope == 0.0);
        let (value, slope, _) = at(Bce::keras(1e-7), 0.0, 1.0);
        assert!((value - 15.4249).abs() < 1e-4 && slope == 0.0);
    }
}

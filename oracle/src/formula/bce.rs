//! Binary cross-entropy of a logit.

use super::Elementwise;
use crate::dual::Dual;
use crate::wide::Wide;

/// −w·t·ln σ(x) − (1−t)·ln(1 − σ(x)), with 0·∞ = 0.
#[derive(Clone, Copy, Debug)]
pub struct BceWithLogits {
    /// w, the weight of the positive side.
    pub pos_weight: f64,
    /// The share of the target that is spread over both sides.
    pub smoothing: f64,
}

impl Default for BceWithLogits {
    fn default() -> Self {
        Self { pos_weight: 1.0, smoothing: 0.0 }
    }
}

impl BceWithLogits {
    fn terms<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> [Dual<W>; 2] {
        let (yes, no) = x.surprises();
        let weight = Dual::from_f64(self.pos_weight);
        let [t, rest] = smoothed(t, self.smoothing);
        [(weight * t).weigh(yes), rest.weigh(no)]
    }
}

/// t and 1 − t, each with its share of α: t(1−α) + α/2. No digit of either is lost.
pub(super) fn smoothed<W: Wide>(t: Dual<W>, smoothing: f64) -> [Dual<W>; 2] {
    let (share, half) = (Dual::from_f64(smoothing), Dual::from_f64(smoothing / 2.0));
    let one = Dual::constant(W::ONE);
    [t, one - t].map(|t| t * (one - share) + half)
}

impl Elementwise for BceWithLogits {
    const NAME: &'static str = "bce_with_logits";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { pos_weight: to(self.pos_weight), ..self }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let [yes, no] = self.terms(x, t);
        yes + no
    }

    /// Targets outside [0, 1] are legal, and make the two terms differ in sign.
    fn value_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        if t >= W::ZERO && t <= W::ONE {
            return Vec::new();
        }
        self.terms(Dual::constant(x), Dual::constant(t)).map(|term| term.value).to_vec()
    }

    /// σ(x)·(1 + (w−1)t) and w·t, unless the target is hard: then one of the two textbook terms is 0.
    fn slope_terms<W: Wide>(&self, _x: W, t: W, slope: W) -> Vec<W> {
        if self.smoothing == 0.0 && (t == W::ZERO || t == W::ONE) {
            return Vec::new();
        }
        let right = W::from_f64(self.pos_weight) * smoothed(Dual::constant(t), self.smoothing)[0].value;
        vec![slope + right, right]
    }

    /// With both sides alike the loss is that of a certain yes plus (1−t)·x, whose derivative has nothing to cancel.
    fn target_slope<W: Wide>(&self, x: W, t: W) -> W {
        let (x, t) = (Dual::constant(x), Dual::variable(t));
        if self.pos_weight == 1.0 {
            return (x.surprises().0.weigh(Dual::constant(W::ZERO)) + smoothed(t, self.smoothing)[1].weigh(x)).slope;
        }
        self.formula(x, t).slope
    }

    /// The two textbook terms, unless they differ by x alone or one of them is 0.
    fn target_terms<W: Wide>(&self, x: W, _t: W) -> Vec<W> {
        let (yes, no) = Dual::constant(x).surprises();
        let kept = W::ONE - W::from_f64(self.smoothing);
        match self.pos_weight {
            0.0 | 1.0 => Vec::new(),
            weight => vec![kept * W::from_f64(weight) * yes.value, kept * no.value],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BceWithLogits;
    use crate::formula::Elementwise;
    use crate::wide::{Big, Wide};

    const INF: f64 = f64::INFINITY;

    fn at(pos_weight: f64, x: f64, t: f64) -> (f64, f64) {
        let truth = BceWithLogits { pos_weight, smoothing: 0.0 }.at(Big::from_f64(x), Big::from_f64(t));
        (truth.value.value.to_f64(), truth.slope.value.to_f64())
    }

    #[test]
    fn limits_at_infinite_logits() {
        assert_eq!(at(3.0, INF, 1.0), (0.0, 0.0));
        assert_eq!(at(3.0, -INF, 0.0), (0.0, 0.0));
        assert_eq!(at(3.0, -INF, 1.0), (INF, -3.0));
        assert_eq!(at(3.0, INF, 0.0), (INF, 1.0));
        assert_eq!(at(1.0, INF, 0.5), (INF, 0.5));
    }

    #[test]
    fn no_digit_is_lost_on_the_right_side() {
        assert_eq!(at(1.0, 15.0, 1.0), (3.059_022_737_137_205e-7, -3.059_022_269_256_247e-7));
        assert_eq!(at(1.0, 0.0, 1.0), (core::f64::consts::LN_2, -0.5));
        assert_eq!(at(1.0, 800.0, 0.0), (800.0, 1.0));
    }

    #[test]
    fn positive_weight_and_its_target_slope() {
        assert_eq!(at(3.0, 0.3, 0.5), (1.258_710_488_937_054_2, -0.351_114_966_376_682_05));
        let towards_target =
            BceWithLogits { pos_weight: 3.0, smoothing: 0.0 }.target_slope(Big::from_f64(0.3), Big::from_f64(0.5));
        assert_eq!(towards_target.to_f64(), 0.808_710_488_937_054_2);
    }

    #[test]
    fn scales_name_the_larger_term_of_what_can_cancel() {
        let scales = |x: f64, t: f64| {
            let truth = BceWithLogits { pos_weight: 3.0, smoothing: 0.0 }.at(x, t);
            (truth.value.scale, truth.slope.scale)
        };
        assert_eq!(scales(0.0, 1.0), (0.0, 0.0), "hard targets have no excuse");
        assert_eq!(scales(0.0, 0.0), (0.0, 0.0), "hard targets have no excuse");
        assert_eq!(scales(0.0, 0.5), (0.0, 1.5), "w·t over σ(x)·(1 + (w−1)t) = 1");
        assert_eq!(scales(800.0, 0.5), (0.0, 2.0), "σ(x)·(1 + (w−1)t) over w·t");
        assert_eq!(scales(0.0, 2.0).0, 6.0 * core::f64::consts::LN_2, "targets outside [0, 1]");
    }

    #[test]
    fn nan_is_not_hidden() {
        for (x, t) in [(f64::NAN, 0.0), (f64::NAN, 1.0), (0.0, f64::NAN)] {
            let (value, slope) = at(1.0, x, t);
            assert!(value.is_nan() && slope.is_nan(), "{x} {t}");
        }
    }
}

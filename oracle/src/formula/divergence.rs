//! The Kullback-Leibler divergence, element by element.

use super::Elementwise;
use crate::dual::Dual;
use crate::wide::Wide;

/// t·(ln t − x), where 0 has nothing to pay.
#[derive(Clone, Copy, Debug)]
pub struct KlDiv;

impl Elementwise for KlDiv {
    const NAME: &'static str = "kl_div";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        t.weigh(ruled_out(t, x.value == -W::INFINITY, t.ln() - x))
    }

    fn value_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        vec![t.weigh(t.ln()), t.weigh(x)]
    }

    fn target_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        vec![t.ln(), W::ONE, x]
    }
}

/// ln(t/x) of a probability t that the prediction rules out is infinite, at t = 0 too: the derivative is that to the
/// right.
fn ruled_out<W: Wide>(t: Dual<W>, at: bool, gap: Dual<W>) -> Dual<W> {
    if at && t.value >= W::ZERO { Dual { value: W::INFINITY, slope: gap.slope } } else { gap }
}

/// e^t·(t − x), where a t of −∞ has nothing to pay.
#[derive(Clone, Copy, Debug)]
pub struct LogKlDiv;

impl Elementwise for LogKlDiv {
    const NAME: &'static str = "kl_div of logarithms";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let nothing = t.value == -W::INFINITY && !x.value.is_nan();
        if nothing { Dual::constant(W::ZERO) } else { t.exp().weigh(t - x) }
    }

    fn value_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        vec![t.exp().weigh(t), t.exp().weigh(x)]
    }

    fn target_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        [t, W::ONE, x].map(|term| t.exp().weigh(term)).to_vec()
    }
}

/// t·ln(t/x) with t and x held to [lower, upper], where 0 has nothing to pay.
#[derive(Clone, Copy, Debug)]
pub struct KlDivOfProbabilities {
    /// The least that t and x may be; −∞ for what is not clipped.
    pub lower: f64,
}

impl KlDivOfProbabilities {
    fn clipped<W: Wide>(&self, x: Dual<W>) -> Dual<W> {
        let lower = W::from_f64(self.lower);
        match x {
            x if x.value < lower => Dual::constant(lower),
            x if x.value > W::ONE && lower.is_finite() => Dual::constant(W::ONE),
            // A zero of either sign is 0.
            x => x + Dual::constant(W::ZERO),
        }
    }

    fn ln_ratio<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let near = t.value + t.value > x.value && x.value + x.value > t.value;
        let gap = if near { ((t - x) / x).ln_1p() } else { t.ln() - x.ln() };
        ruled_out(t, x.value == W::ZERO, gap)
    }
}

impl Elementwise for KlDivOfProbabilities {
    const NAME: &'static str = "kl_div of probabilities";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { lower: to(self.lower) }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let (x, t) = (self.clipped(x), self.clipped(t));
        t.weigh(self.ln_ratio(x, t))
    }

    fn target_terms<W: Wide>(&self, x: W, t: W) -> Vec<W> {
        let [x, t] = [x, t].map(|x| self.clipped(Dual::constant(x)));
        let clipped = self.clipped(Dual::variable(t.value)).slope == W::ZERO;
        if clipped { Vec::new() } else { vec![self.ln_ratio(x, t).value, W::ONE] }
    }
}

#[cfg(test)]
mod tests {
    use super::{KlDiv, KlDivOfProbabilities, LogKlDiv};
    use crate::formula::Elementwise;

    const INF: f64 = f64::INFINITY;
    const OF_PROBABILITIES: KlDivOfProbabilities = KlDivOfProbabilities { lower: -INF };

    fn at(loss: impl Elementwise, x: f64, t: f64) -> (f64, f64, f64) {
        let truth = loss.at(x, t);
        (truth.value.value, truth.slope.value, truth.target_slope.value)
    }

    #[test]
    fn nothing_has_nothing_to_pay() {
        assert_eq!(at(KlDiv, -1.0, 0.0), (0.0, 0.0, -INF));
        assert_eq!(at(KlDiv, -INF, 0.0), (0.0, 0.0, INF));
        assert_eq!(at(KlDiv, -INF, 0.5), (INF, -0.5, INF));
        assert_eq!(at(LogKlDiv, -INF, -INF), (0.0, 0.0, 0.0));
        assert_eq!(at(OF_PROBABILITIES, 0.5, 0.0), (0.0, 0.0, -INF));
        assert_eq!(at(OF_PROBABILITIES, 0.0, 0.0), (0.0, 0.0, INF));
        assert_eq!(at(OF_PROBABILITIES, 0.0, 0.5), (INF, -INF, INF));
    }

    #[test]
    fn one_divergence_in_three_forms() {
        let (x, t) = (0.3_f64, 0.2_f64);
        let forms = [at(KlDiv, x.ln(), t).0, at(LogKlDiv, x.ln(), t.ln()).0, at(OF_PROBABILITIES, x, t).0];
        assert!(forms.iter().all(|form| (form - t * (t / x).ln()).abs() < 1e-15), "{forms:?}");
        assert_eq!(at(OF_PROBABILITIES, x, t).1, -t / x);
    }

    #[test]
    fn no_digit_is_lost_between_near_probabilities() {
        let t = 0.5 + f64::EPSILON;
        assert!((at(OF_PROBABILITIES, 0.5, t).0 / f64::EPSILON - 1.0).abs() < 1e-15);
    }

    #[test]
    fn clipped() {
        let keras = KlDivOfProbabilities { lower: 1e-7 };
        assert!((at(keras, 0.5, 0.0).0 + 1.542_495e-6).abs() < 1e-12);
        assert_eq!((at(keras, 0.0, 0.5).1, at(keras, 1.0, 0.5).1, at(keras, 1.5, 0.5).1), (0.0, -0.5, 0.0));
    }
}

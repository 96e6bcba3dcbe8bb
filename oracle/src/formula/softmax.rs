//! The softmax of one row, with nothing cancelled: −ln p and 1 − p are as precise as p.

use crate::wide::Wide;

/// The softmax of a row of logits.
#[derive(Clone, Debug)]
pub struct Softmax<W> {
    logits: Vec<W>,
    /// e^(x − top); 1 at `at`.
    powers: Vec<W>,
    at: usize,
    /// Sum of the powers, the one at `at` left out.
    others: W,
    /// ln of the sum of all powers.
    log_sum: W,
}

impl<W: Wide> Softmax<W> {
    /// `None` where there is none: no logits, a NaN, a +∞, or nothing but −∞.
    pub fn new(logits: &[W]) -> Option<Self> {
        let top = logits.iter().copied().reduce(W::max)?;
        if !top.is_finite() {
            return None;
        }
        let at = logits.iter().position(|x| *x == top)?;
        let powers: Vec<W> = logits.iter().map(|x| (*x - top).exp()).collect();
        let rest = powers.iter().enumerate().filter(|(j, _)| *j != at);
        let others = rest.fold(W::ZERO, |sum, (_, power)| sum + *power);
        Some(Self { logits: logits.to_vec(), powers, at, others, log_sum: others.ln_1p() })
    }

    /// p_j.
    pub fn probability(&self, j: usize) -> W {
        self.powers[j] / (W::ONE + self.others)
    }

    /// 1 − p_j. Only the top class can have p near 1, and its complement is the sum of the others.
    pub fn complement(&self, j: usize) -> W {
        let rest = if j == self.at { self.others } else { W::ONE + self.others - self.powers[j] };
        rest / (W::ONE + self.others)
    }

    /// −ln p_j, as a sum of two terms that are not negative.
    pub fn surprise(&self, j: usize) -> W {
        self.logits[self.at] - self.logits[j] + self.log_sum
    }
}

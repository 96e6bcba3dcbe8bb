//! Losses with a margin. What they are at its edge is a convention, so each takes it as a parameter.

use super::Elementwise;
use crate::dual::Dual;
use crate::wide::Wide;

/// max(0, `lacking`), with the share `tie` of the slope at 0.
fn positive<W: Wide>(lacking: Dual<W>, tie: f64) -> Dual<W> {
    match lacking.value {
        x if x < W::ZERO => Dual::constant(W::ZERO),
        x if x == W::ZERO => Dual { value: W::ZERO, slope: lacking.slope * W::from_f64(tie) },
        _ => lacking,
    }
}

/// 1 − t′x with t′ = t, or 2t − 1.
fn lacking<W: Wide>(x: Dual<W>, t: Dual<W>, zero_one: bool) -> Dual<W> {
    let one = Dual::constant(W::ONE);
    let label = if zero_one { t + t - one } else { t };
    one - label.weigh(x)
}

/// max(0, 1 − t′x).
#[derive(Clone, Copy, Debug, Default)]
pub struct Hinge {
    /// Whether labels are 0 and 1.
    pub zero_one: bool,
    /// The share of the slope at t′x = 1.
    pub tie: f64,
}

impl Elementwise for Hinge {
    const NAME: &'static str = "hinge";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        positive(lacking(x, t, self.zero_one), self.tie)
    }
}

/// max(0, 1 − t′x)².
#[derive(Clone, Copy, Debug, Default)]
pub struct SquaredHinge {
    /// Whether labels are 0 and 1.
    pub zero_one: bool,
}

impl Elementwise for SquaredHinge {
    const NAME: &'static str = "squared_hinge";

    fn rounded(self, _: fn(f64) -> f64) -> Self {
        self
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let lacking = positive(lacking(x, t, self.zero_one), 0.0);
        lacking * lacking
    }
}

/// x for a target of 1, max(0, margin − x) for one of −1, NaN for any other, or the sum of both.
#[derive(Clone, Copy, Debug)]
pub struct HingeEmbedding {
    /// How far apart is far enough.
    pub margin: f64,
    /// Whether other targets take the sum.
    pub both: bool,
}

impl Elementwise for HingeEmbedding {
    const NAME: &'static str = "hinge_embedding";

    fn rounded(self, to: fn(f64) -> f64) -> Self {
        Self { margin: to(self.margin), ..self }
    }

    fn formula<W: Wide>(&self, x: Dual<W>, t: Dual<W>) -> Dual<W> {
        let margin = Dual::from_f64(self.margin);
        let gap = positive(margin - x, 0.0);
        match t.value {
            _ if x.value.is_nan() => Dual { value: W::NAN, slope: W::NAN },
            t if t == W::ONE => x,
            t if t == -W::ONE => gap,
            // x + max(0, margin − x), where an infinite x leaves something.
            t if self.both && !t.is_nan() => {
                if x.value < margin.value {
                    margin
                } else {
                    x
                }
            }
            _ => Dual { value: W::NAN, slope: W::NAN },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hinge, HingeEmbedding, SquaredHinge};
    use crate::formula::Elementwise;

    fn at(loss: impl Elementwise, x: f64, t: f64) -> (f64, f64, f64) {
        let truth = loss.at(x, t);
        (truth.value.value, truth.slope.value, truth.target_slope.value)
    }

    #[test]
    fn textbook_values() {
        assert_eq!(at(Hinge::default(), 0.25, 1.0), (0.75, -1.0, -0.25));
        assert_eq!(at(Hinge::default(), 2.0, 1.0), (0.0, 0.0, 0.0));
        assert_eq!(at(Hinge { zero_one: true, tie: 0.0 }, 0.25, 0.0), (1.25, 1.0, -0.5));
        assert_eq!(at(SquaredHinge::default(), 0.5, -1.0), (2.25, 3.0, -1.5));
        assert_eq!(at(HingeEmbedding { margin: 1.0, both: false }, 0.25, -1.0).0, 0.75);
        assert_eq!(at(HingeEmbedding { margin: 1.0, both: true }, 0.25, 0.0).0, 1.0);
        assert!(at(HingeEmbedding { margin: 1.0, both: false }, 0.25, 0.0).0.is_nan());
    }

    #[test]
    fn conventions_at_the_margin() {
        for tie in [0.0, 0.5, 1.0] {
            assert_eq!(at(Hinge { zero_one: false, tie }, 1.0, 1.0), (0.0, -tie, -tie));
        }
        assert_eq!(at(HingeEmbedding { margin: 1.0, both: false }, 1.0, -1.0).1, 0.0);
    }
}

//! Losses of a row of scores or probabilities against a distribution over classes.

use super::pairs::{Pairs, Row, dual_sum, sum};
use crate::compare::Truth;
use crate::dual::Dual;
use crate::wide::Wide;

/// max(0, neg − pos + 1) with pos = Σ tⱼxⱼ and neg = max (1 − tⱼ)xⱼ, with 0·∞ = 0. Classes that share the maximum share
/// its derivative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoricalHinge {
    /// Whether classes with a target of 1 take part in the maximum.
    pub with_target_slot: bool,
    /// The share of the derivative where neg − pos + 1 is 0.
    pub tie: f64,
}

impl CategoricalHinge {
    fn takes_part<W: Wide>(&self, t: W) -> bool {
        self.with_target_slot || t != W::ONE
    }

    /// The derivative of max(0, x).
    fn active<W: Wide>(&self, x: W) -> W {
        match x {
            x if x > W::ZERO => W::ONE,
            x if x < W::ZERO => W::ZERO,
            x if x == W::ZERO => W::from_f64(self.tie),
            _ => W::NAN,
        }
    }
}

impl Pairs for CategoricalHinge {
    fn formula<W: Wide>(&self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W> {
        let one = Dual::constant(W::ONE);
        let pos = dual_sum(x.iter().zip(t).map(|(x, t)| t.weigh(*x)));
        let slots = x.iter().zip(t).filter(|(_, t)| self.takes_part(t.value)).map(|(x, t)| (one - *t).weigh(*x));
        let slots: Vec<Dual<W>> = slots.collect();
        let most = slots.iter().fold(-W::INFINITY, |most, slot| most.max(slot.value));
        let tops: Vec<W> = slots.iter().filter(|slot| slot.value == most).map(|slot| slot.slope).collect();
        if most == -W::INFINITY && !pos.value.is_nan() {
            return Dual::constant(W::ZERO);
        }
        let share = W::ONE / W::from_f64(tops.len().max(1) as f64);
        let loss = Dual { value: most, slope: sum(tops) * share } - pos + one;
        let active = self.active(loss.value);
        Dual { value: if loss.value < W::ZERO { W::ZERO } else { loss.value }, slope: active.weigh(loss.slope) }
    }

    fn row<W: Wide>(&self, x: &[W], t: &[W]) -> Row<W> {
        let hits: Vec<W> = x.iter().zip(t).map(|(x, t)| t.weigh(*x)).collect();
        let pos = sum(hits.iter().copied());
        let slot = |(x, t): (&W, &W)| if self.takes_part(*t) { (W::ONE - *t).weigh(*x) } else { -W::INFINITY };
        let slots: Vec<W> = x.iter().zip(t).map(slot).collect();
        let neg = slots.iter().fold(-W::INFINITY, |most, slot| most.max(*slot));
        // Without a rival nothing can be too near, not even an impossible target.
        let loss = if neg == -W::INFINITY { neg } else { neg - pos + W::ONE };
        if loss.is_nan() || pos.is_nan() {
            return Row::filled(W::NAN, x.len());
        }
        let active = self.active(loss);
        if active == W::ZERO {
            return Row::filled(W::ZERO, x.len());
        }
        let ties = slots.iter().filter(|slot| **slot == neg).count();
        let share = |j: usize| if slots[j] == neg { active / W::from_f64(ties as f64) } else { W::ZERO };
        let slope = |j: usize| {
            let (up, down) = ((W::ONE - t[j]) * share(j), t[j] * active);
            Truth::new(up - down).over([up, down])
        };
        let target_slope = |j: usize| Truth::new(-(share(j).weigh(x[j]) + x[j] * active));
        // One hit is exact, and then so is the sign of the loss.
        let one_hot = hits.iter().filter(|hit| **hit != W::ZERO).count() <= 1 && t.iter().all(|t| *t * *t == *t);
        let terms = if one_hot { Vec::new() } else { hits.iter().map(|hit| hit.abs()).collect() };
        let scale = if one_hot { W::ZERO } else { W::ONE.max(neg.abs()).max(sum(terms)) };
        Row {
            loss: Truth::new(loss).over([scale]),
            gradient: (0..x.len()).map(slope).collect(),
            target_gradient: (0..x.len()).map(target_slope).collect(),
        }
    }
}

/// −w x of the class, from log-probabilities; loss and gradient.
pub fn nll<W: Wide>(x: &[W], class: usize, weight: W) -> Row<W> {
    let mut row = Row::filled(W::ZERO, x.len());
    row.loss = (-weight.weigh(x[class])).into();
    row.gradient[class] = (-weight).into();
    row
}

/// Where probabilities are clipped to [ε, 1 − ε].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// Nowhere.
    None,
    /// After the row is divided by its sum.
    Normalized(f64),
    /// Before.
    Given(f64),
}

/// −Σ wⱼ t′ⱼ ln qⱼ with q = x/Σx and t′ = (1−α)·t + α/C, and 0·∞ = 0.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoricalCrossEntropy {
    /// w, one weight for each class; 1 where there are none.
    pub weights: Option<Vec<f64>>,
    /// α.
    pub smoothing: f64,
    /// Where probabilities are clipped.
    pub clip: Clip,
    /// 1 − ε as the judged type holds it.
    pub upper: f64,
}

impl CategoricalCrossEntropy {
    fn weight<W: Wide>(&self, j: usize) -> W {
        self.weights.as_ref().map_or(W::ONE, |weights| W::from_f64(weights[j]))
    }

    fn keep<W: Wide>(&self) -> W {
        W::ONE - W::from_f64(self.smoothing)
    }

    /// An entry as the loss sees it, and whether it is no constant.
    fn given<W: Wide>(&self, x: W) -> (W, bool) {
        let Clip::Given(epsilon) = self.clip else { return (x, true) };
        let (low, high) = (W::from_f64(epsilon), W::from_f64(self.upper));
        match x {
            x if x < low => (low, false),
            x if x > high => (high, false),
            x => (x, true),
        }
    }

    /// −ln q as the loss sees it, and whether it is no constant.
    fn surprise<W: Wide>(&self, surprise: W) -> (W, bool) {
        let Clip::Normalized(epsilon) = self.clip else { return (surprise, true) };
        let rest = W::ONE - W::from_f64(self.upper);
        let (low, high) = (-(-rest).ln_1p(), -W::from_f64(epsilon).ln());
        match surprise {
            surprise if surprise < low => (low, false),
            surprise if surprise > high => (high, false),
            surprise => (surprise, true),
        }
    }
}

impl Pairs for CategoricalCrossEntropy {
    fn formula<W: Wide>(&self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W> {
        let clipped = |x: &Dual<W>| match self.given(x.value) {
            (_, true) => *x,
            (bound, false) => Dual::constant(bound),
        };
        let x: Vec<Dual<W>> = x.iter().map(clipped).collect();
        let total = dual_sum(x.iter().copied());
        let add = Dual::from_f64(self.smoothing) / Dual::from_f64(x.len() as f64);
        let term = |(j, (x, t)): (usize, (&Dual<W>, &Dual<W>))| {
            let surprise = -(*x / total).ln();
            let surprise = match self.surprise(surprise.value) {
                (_, true) => surprise,
                (bound, false) => Dual::constant(bound),
            };
            (Dual::constant(self.weight(j)) * (Dual::constant(self.keep()) * *t + add)).weigh(surprise)
        };
        dual_sum(x.iter().zip(t).enumerate().map(term))
    }

    fn row<W: Wide>(&self, x: &[W], t: &[W]) -> Row<W> {
        let (given, moves): (Vec<W>, Vec<bool>) = x.iter().map(|x| self.given(*x)).unzip();
        let total = sum(given.iter().copied());
        if total == W::ZERO || !total.is_finite() {
            return Row::filled(W::NAN, x.len());
        }
        let top = (0..x.len()).fold(0, |top, j| if given[j] > given[top] { j } else { top });
        let rest = sum((0..x.len()).filter(|j| *j != top).map(|j| given[j]));
        let others = |j: usize| if j == top { rest } else { total - given[j] };
        let surprise = |j: usize| if j == top { (rest / given[j]).ln_1p() } else { (total / given[j]).ln() };
        let (surprises, unclipped): (Vec<W>, Vec<bool>) = (0..x.len()).map(|j| self.surprise(surprise(j))).unzip();
        let add = W::from_f64(self.smoothing) / W::from_f64(x.len() as f64);
        let mass = |j: usize| self.weight::<W>(j) * (self.keep::<W>() * t[j] + add);
        let masses: Vec<W> = (0..x.len()).map(mass).collect();
        let seen = |j: usize| if unclipped[j] { masses[j] } else { W::ZERO };
        let all = sum((0..x.len()).map(seen));
        let slope = |j: usize| {
            if !moves[j] {
                return Truth::new(W::ZERO);
            }
            let (mass, x) = (seen(j), given[j]);
            let pull = if mass == W::ZERO { W::ZERO } else { mass / x };
            if mass == all {
                // All mass is here: one term is left, which does not cancel.
                return Truth::new(-(pull.weigh(others(j) / total)));
            }
            Truth::new(all / total - pull).over([all / total, pull])
        };
        // NaN in a mass is NaN in the whole row, even where the entry is clipped.
        let is_nan = masses.iter().any(|mass| mass.is_nan());
        Row {
            loss: sum((0..x.len()).map(|j| masses[j].weigh(surprises[j]))).into(),
            gradient: (0..x.len()).map(|j| if is_nan { Truth::new(W::NAN) } else { slope(j) }).collect(),
            target_gradient: (0..x.len())
                .map(|j| (self.weight::<W>(j) * self.keep()).weigh(surprises[j]).into())
                .collect(),
        }
    }
}

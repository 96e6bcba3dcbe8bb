//! Cosines of rows.

use super::pairs::{Pairs, Row, dual_sum, sum};
use crate::compare::Truth;
use crate::dual::Dual;
use crate::wide::Wide;

/// Σ xⱼtⱼ / (‖x‖‖t‖), 0 where a vector is 0, with what a framework does to the squares of the norms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cosine {
    /// The least that the square of a norm may be; it is a constant below.
    pub floor: f64,
    /// What is added to it.
    pub added: f64,
}

/// The cosine of a row, and what its derivatives are made of.
struct Angle<W> {
    cosine: W,
    /// Σ |xⱼtⱼ| / (‖x‖‖t‖): what the cosine is a sum of.
    spread: W,
    /// 1 / (‖x‖‖t‖).
    cross: W,
    /// 1 / ‖x‖² and 1 / ‖t‖², 0 where the norm is a constant.
    own: [W; 2],
}

impl Cosine {
    /// The square of a norm, guarded, and whether it is no constant.
    fn square<W: Wide>(self, x: &[W]) -> (W, bool) {
        let square = sum(x.iter().map(|x| *x * *x)) + W::from_f64(self.added);
        let floor = W::from_f64(self.floor);
        if square < floor { (floor, false) } else { (square, true) }
    }

    fn angle<W: Wide>(self, x: &[W], t: &[W]) -> Angle<W> {
        let ((x_square, x_moves), (t_square, t_moves)) = (self.square(x), self.square(t));
        let dot = sum(x.iter().zip(t).map(|(x, t)| *x * *t));
        let spread = sum(x.iter().zip(t).map(|(x, t)| (*x * *t).abs()));
        if x_square == W::ZERO || t_square == W::ZERO {
            return Angle { cosine: dot, spread, cross: dot, own: [dot; 2] };
        }
        let cross = W::ONE / (x_square.sqrt() * t_square.sqrt());
        let own = |square, moves| if moves { W::ONE / square } else { W::ZERO };
        let own = [own(x_square, x_moves), own(t_square, t_moves)];
        Angle { cosine: dot * cross, spread: spread * cross, cross, own }
    }

    fn formula<W: Wide>(self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W> {
        let square = |x: &[Dual<W>]| {
            let square = dual_sum(x.iter().map(|x| *x * *x)) + Dual::from_f64(self.added);
            if square.value < W::from_f64(self.floor) { Dual::from_f64(self.floor) } else { square }
        };
        let dot = dual_sum(x.iter().zip(t).map(|(x, t)| *x * *t));
        let (x_square, t_square) = (square(x), square(t));
        if x_square.value == W::ZERO || t_square.value == W::ZERO {
            return Dual::constant(dot.value);
        }
        dot / (x_square.sqrt() * t_square.sqrt())
    }
}

impl<W: Wide> Angle<W> {
    /// A loss whose derivative by the cosine is `factor`.
    fn row(&self, loss: Truth<W>, factor: W, x: &[W], t: &[W]) -> Row<W> {
        let slope = |from: W, towards: W, own: W| {
            if factor == W::ZERO {
                return Truth::new(W::ZERO);
            }
            let (pull, back) = (towards * self.cross, from * own);
            Truth::new(factor * (pull - self.cosine * back)).over([pull, self.spread * back])
        };
        let gradient = |x: &[W], t: &[W], own| x.iter().zip(t).map(|(x, t)| slope(*x, *t, own)).collect();
        Row { loss, gradient: gradient(x, t, self.own[0]), target_gradient: gradient(t, x, self.own[1]) }
    }
}

/// −cos(x, t).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CosineSimilarity(pub Cosine);

impl Pairs for CosineSimilarity {
    fn formula<W: Wide>(&self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W> {
        -self.0.formula(x, t)
    }

    fn row<W: Wide>(&self, x: &[W], t: &[W]) -> Row<W> {
        let angle = self.0.angle(x, t);
        angle.row(Truth::new(-angle.cosine).over([angle.spread]), -W::ONE, x, t)
    }
}

/// 1 − cos(x, t) for a label of 1, max(0, cos(x, t) − margin) for one of −1; any other is the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineEmbedding {
    /// How norms are guarded.
    pub cosine: Cosine,
    /// The label of the row.
    pub label: f64,
    /// The margin.
    pub margin: f64,
}

impl Pairs for CosineEmbedding {
    fn formula<W: Wide>(&self, x: &[Dual<W>], t: &[Dual<W>]) -> Dual<W> {
        let cosine = self.cosine.formula(x, t);
        let beyond = cosine - Dual::from_f64(self.margin);
        match self.label {
            1.0 => Dual::constant(W::ONE) - cosine,
            -1.0 if beyond.value <= W::ZERO => Dual::constant(W::ZERO),
            -1.0 => beyond,
            label => Dual { value: W::from_f64(label), slope: W::from_f64(label) },
        }
    }

    fn row<W: Wide>(&self, x: &[W], t: &[W]) -> Row<W> {
        let angle = self.cosine.angle(x, t);
        let margin = W::from_f64(self.margin);
        let beyond = angle.cosine - margin;
        match self.label {
            1.0 => angle.row(Truth::new(W::ONE - angle.cosine).over([W::ONE, angle.spread]), -W::ONE, x, t),
            -1.0 if beyond <= W::ZERO => Row::filled(W::ZERO, x.len()),
            -1.0 => angle.row(Truth::new(beyond).over([margin, angle.spread]), W::ONE, x, t),
            label => Row::filled(W::from_f64(label), x.len()),
        }
    }
}

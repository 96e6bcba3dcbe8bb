//! Cross-entropy of a row of logits.

use super::Softmax;
use super::pairs::{Row, sum};
use crate::compare::Truth;
use crate::dual::Dual;
use crate::wide::Wide;

/// −Σ wⱼ t′ⱼ ln pⱼ with p = softmax(x) and t′ = (1−α)·t + α/C, and 0·∞ = 0.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'a, W> {
    /// w, one weight for each class; 1 where there are none.
    pub weights: Option<&'a [W]>,
    /// α.
    pub smoothing: W,
}

impl<W: Wide> Default for CrossEntropy<'_, W> {
    fn default() -> Self {
        Self { weights: None, smoothing: W::ZERO }
    }
}

/// What a row should be.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a, W> {
    /// One class.
    Class(usize),
    /// A probability for each class.
    Soft(&'a [W]),
    /// Nothing: loss and gradient are 0 whatever the logits.
    Ignored,
}

impl<W: Wide> CrossEntropy<'_, W> {
    /// Loss and gradients in closed form: duals would take a pass for each class. A class is a target like another, all
    /// of whose probability is there.
    ///
    /// # Panics
    /// If weights, probabilities or the class do not fit the row.
    pub fn row(&self, logits: &[W], target: Target<'_, W>) -> Row<W> {
        let Some(mass) = self.mass(target, logits.len()) else {
            return Row::filled(W::ZERO, logits.len());
        };
        let Some(softmax) = Softmax::new(logits) else {
            return Row::filled(W::NAN, logits.len());
        };
        let (loss, gradient) = match target {
            Target::Class(class) if self.smoothing == W::ZERO => hard(&softmax, class, mass[class], logits.len()),
            _ => soft(&softmax, &mass),
        };
        let target_slope = |j: usize| ((W::ONE - self.smoothing) * self.weight(j)).weigh(softmax.surprise(j)).into();
        Row { loss, gradient, target_gradient: (0..logits.len()).map(target_slope).collect() }
    }

    /// The formula as written, in duals: what proves the closed form.
    ///
    /// # Panics
    /// If weights, probabilities or the class do not fit the row.
    pub fn formula(&self, logits: &[Dual<W>], target: Target<'_, W>) -> Dual<W> {
        let zero = Dual::constant(W::ZERO);
        let Some(mass) = self.mass(target, logits.len()) else { return zero };
        let top = logits.iter().map(|x| x.value).reduce(W::max).map_or(zero, Dual::constant);
        let sum = logits.iter().fold(zero, |sum, x| sum + (*x - top).exp());
        let log_sum = sum.ln() + top;
        let terms = logits.iter().zip(mass).map(|(x, mass)| Dual::constant(mass).weigh(log_sum - *x));
        terms.fold(zero, |sum, term| sum + term)
    }

    /// wⱼ t′ⱼ for each class; `None` for an ignored row.
    fn mass(&self, target: Target<'_, W>, classes: usize) -> Option<Vec<W>> {
        let probability = |j: usize| match target {
            Target::Class(class) if class == j => W::ONE,
            Target::Soft(probabilities) => probabilities[j],
            _ => W::ZERO,
        };
        match target {
            Target::Ignored => return None,
            Target::Class(class) => assert!(class < classes, "class {class} of {classes}"),
            Target::Soft(probabilities) => assert_eq!(probabilities.len(), classes, "probabilities"),
        }
        let (keep, each) = (W::ONE - self.smoothing, self.smoothing / W::from_f64(classes as f64));
        assert!(self.weights.is_none_or(|weights| weights.len() == classes), "weights");
        Some((0..classes).map(|j| self.weight(j) * (keep * probability(j) + each)).collect())
    }

    fn weight(&self, j: usize) -> W {
        self.weights.map_or(W::ONE, |weights| weights[j])
    }
}

/// One class has all the mass: nothing cancels.
fn hard<W: Wide>(softmax: &Softmax<W>, class: usize, mass: W, classes: usize) -> (Truth<W>, Vec<Truth<W>>) {
    let slope = |j| if j == class { -softmax.complement(j) } else { softmax.probability(j) };
    (mass.weigh(softmax.surprise(class)).into(), (0..classes).map(|j| (mass * slope(j)).into()).collect())
}

/// The gradient is pⱼ Σ m − mⱼ, which cancels where the prediction is right.
fn soft<W: Wide>(softmax: &Softmax<W>, mass: &[W]) -> (Truth<W>, Vec<Truth<W>>) {
    let total = sum(mass.iter().copied());
    let terms: Vec<W> = mass.iter().enumerate().map(|(j, mass)| mass.weigh(softmax.surprise(j))).collect();
    let slope = |(j, mass): (usize, &W)| {
        let pull = softmax.probability(j) * total;
        Truth::new(pull - *mass).over([pull, *mass])
    };
    (Truth::new(sum(terms.iter().copied())).over(terms), mass.iter().enumerate().map(slope).collect())
}

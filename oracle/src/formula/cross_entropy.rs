//! Cross-entropy of a row of logits.

use super::Softmax;
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

/// The truth about one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<W> {
    /// The loss.
    pub loss: Truth<W>,
    /// Its derivative by each logit.
    pub gradient: Vec<Truth<W>>,
}

impl<W: Wide> Row<W> {
    fn filled(value: W, classes: usize) -> Self {
        Self { loss: value.into(), gradient: vec![value.into(); classes] }
    }
}

impl<W: Wide> CrossEntropy<'_, W> {
    /// Loss and gradient in closed form: duals would take a pass for each class.
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
        match target {
            Target::Class(class) if self.smoothing == W::ZERO => hard(&softmax, class, mass[class], logits.len()),
            _ => soft(&softmax, &mass),
        }
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
        let smoothed = (0..classes).map(|j| keep * probability(j) + each);
        Some(match self.weights {
            None => smoothed.collect(),
            Some(weights) => {
                assert_eq!(weights.len(), classes, "weights");
                smoothed.zip(weights).map(|(t, weight)| *weight * t).collect()
            }
        })
    }
}

/// One class has all the mass: nothing cancels.
fn hard<W: Wide>(softmax: &Softmax<W>, class: usize, mass: W, classes: usize) -> Row<W> {
    let slope = |j| if j == class { -softmax.complement(j) } else { softmax.probability(j) };
    Row {
        loss: mass.weigh(softmax.surprise(class)).into(),
        gradient: (0..classes).map(|j| (mass * slope(j)).into()).collect(),
    }
}

/// The gradient is pⱼ Σ m − mⱼ, which cancels where the prediction is right.
fn soft<W: Wide>(softmax: &Softmax<W>, mass: &[W]) -> Row<W> {
    let sum = |terms: &[W]| terms.iter().fold(W::ZERO, |sum, term| sum + *term);
    let total = sum(mass);
    let terms: Vec<W> = mass.iter().enumerate().map(|(j, mass)| mass.weigh(softmax.surprise(j))).collect();
    let slope = |(j, mass): (usize, &W)| {
        let pull = softmax.probability(j) * total;
        Truth::new(pull - *mass).over([pull, *mass])
    };
    Row { loss: Truth::new(sum(&terms)).over(terms), gradient: mass.iter().enumerate().map(slope).collect() }
}

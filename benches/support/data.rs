//! The data: allocated and touched once for each shape, from a fixed seed.

use super::scalar::Scalar;

/// What is asked of a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Value,
    ValueAndGrad,
}

impl Verb {
    pub(crate) const ALL: [Self; 2] = [Self::Value, Self::ValueAndGrad];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::ValueAndGrad => "value+grad",
        }
    }
}

/// What predictions are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictions {
    Logits,
    Probabilities,
}

/// Predictions, targets, and the place of the gradient.
pub(crate) struct Data<T, Y> {
    pub(crate) x: Vec<T>,
    pub(crate) y: Vec<Y>,
    pub(crate) dx: Vec<T>,
    predictions: Predictions,
}

/// The same for one call.
pub(crate) struct Batch<'a, T, Y> {
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [Y],
    pub(crate) dx: Option<&'a mut [T]>,
}

impl<T, Y> Data<T, Y> {
    pub(crate) fn batch(&mut self, verb: Verb) -> Batch<'_, T, Y> {
        let dx = (verb == Verb::ValueAndGrad).then_some(self.dx.as_mut_slice());
        Batch { x: &self.x, y: &self.y, dx }
    }

    /// Puts the predictions where a gradient in place is about to be written over them.
    pub(crate) fn restore(&mut self)
    where
        T: Copy,
    {
        self.dx.copy_from_slice(&self.x);
    }

    /// Bytes of the arrays that a loss reads and writes, each counted once.
    pub(crate) fn bytes(&self, verb: Verb) -> usize {
        let written = if verb == Verb::ValueAndGrad { size_of_val(&*self.dx) } else { 0 };
        size_of_val(&*self.x) + size_of_val(&*self.y) + written
    }
}

impl<T: Scalar> Data<T, T> {
    /// Logits in `[-4, 4)` and targets in `[0, 1)`: on both sides of every bend.
    pub(crate) fn elements(len: usize) -> Self {
        let mut random = Random::new();
        let x = (0..len).map(|_| T::of(random.logit())).collect();
        let y = (0..len).map(|_| T::of(random.unit())).collect();
        Self { x, y, dx: vec![T::of(1.0); len], predictions: Predictions::Logits }
    }

    /// Makes the predictions what a loss takes: probabilities are not quite 0 or 1.
    pub(crate) fn suit(&mut self, predictions: Predictions) {
        let (factor, term) = match predictions {
            same if same == self.predictions => return,
            Predictions::Logits => (1.0 / 0.124, -0.5 / 0.124),
            Predictions::Probabilities => (0.124, 0.5),
        };
        let (factor, term) = (T::of(factor), T::of(term));
        self.x.iter_mut().for_each(|x| *x = *x * factor + term);
        self.predictions = predictions;
    }
}

impl<T: Scalar> Data<T, u32> {
    /// Rows of logits in `[-4, 4)`, each with a class.
    pub(crate) fn rows(rows: usize, classes: usize) -> Self {
        let mut random = Random::new();
        let x = (0..rows * classes).map(|_| T::of(random.logit())).collect();
        let y = (0..rows).map(|_| (random.unit() * classes as f64) as u32).collect();
        Self { x, y, dx: vec![T::of(1.0); rows * classes], predictions: Predictions::Logits }
    }
}

/// The generator `SplitMix64`.
struct Random(u64);

impl Random {
    const fn new() -> Self {
        Self(20_260_301)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// In `[0, 1)`, with 24 bits: `f32` holds it without rounding.
    const fn unit(&mut self) -> f64 {
        (self.next() >> 40) as f64 / 16_777_216.0
    }

    const fn logit(&mut self) -> f64 {
        self.unit() * 8.0 - 4.0
    }
}

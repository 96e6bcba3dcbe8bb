//! The training loop, and where the library sits in it: the caller owns every buffer, one call writes the gradient of
//! the batch mean, and the totals of the batches add up to the exact mean of the epoch.

use crate::adam::{Adam, cosine};
use crate::args::Options;
use crate::cli::Error;
use crate::data::{CLASSES, Digits, PIXELS};
use crate::mlp::Mlp;
use fastrand::Rng;
use lossfn::{CrossEntropy, Empty, Loss, Totals};

const WEIGHT_DECAY: f32 = 0.01;

/// What a pass over a data set adds up to.
#[derive(Default)]
pub(crate) struct Tally {
    totals: Totals,
    /// A row for each digit as it was written, a column for each digit as it was read.
    pub(crate) confusion: [[u32; CLASSES]; CLASSES],
}

impl Tally {
    fn add(&mut self, totals: Totals, logits: &[f32], labels: &[u8]) {
        self.totals += totals;
        for (row, &label) in logits.chunks_exact(CLASSES).zip(labels) {
            let best = (0..CLASSES).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            self.confusion[usize::from(label)][best.unwrap_or(0)] += 1;
        }
    }

    /// The mean loss. The last batch is shorter: a mean of batch means would count its images too much, merged totals
    /// do not.
    pub(crate) fn loss(&self) -> f64 {
        self.totals.mean(Empty::Nan)
    }

    pub(crate) fn wrong(&self) -> u64 {
        let right: u32 = (0..CLASSES).map(|class| self.confusion[class][class]).sum();
        self.totals.count - u64::from(right)
    }

    pub(crate) fn accuracy(&self) -> f64 {
        1.0 - self.wrong() as f64 / self.totals.count as f64
    }
}

/// A model, its optimiser, and the buffers of one batch.
pub(crate) struct Trainer {
    loss: CrossEntropy<'static, f32>,
    model: Mlp,
    adam: Adam,
    rng: Rng,
    batch: usize,
    learning_rate: f32,
    steps: (usize, usize),
    order: Vec<usize>,
    images: Vec<f32>,
    labels: Vec<u8>,
    logits: Vec<f32>,
    d_logits: Vec<f32>,
}

impl Trainer {
    pub(crate) fn new(options: &Options, rows: usize, mut rng: Rng) -> Self {
        let batch = options.batch.min(rows);
        let model = Mlp::new(options.hidden, batch, &mut rng);
        Self {
            loss: CrossEntropy::new(CLASSES).label_smoothing(options.label_smoothing),
            adam: Adam::new(model.parameters.len(), WEIGHT_DECAY),
            model,
            rng,
            batch,
            learning_rate: options.learning_rate,
            steps: (0, options.epochs * rows.div_ceil(batch)),
            order: (0..rows).collect(),
            images: vec![0.0; batch * PIXELS],
            labels: vec![0; batch],
            logits: vec![0.0; batch * CLASSES],
            d_logits: vec![0.0; batch * CLASSES],
        }
    }

    /// One pass over the shuffled training set, a step of the optimiser for each batch.
    pub(crate) fn epoch(&mut self, set: &Digits) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        self.rng.shuffle(&mut self.order);
        for members in self.order.chunks(self.batch) {
            let rows = members.len();
            let (images, labels) = (&mut self.images[..rows * PIXELS], &mut self.labels[..rows]);
            for ((image, label), &index) in images.chunks_exact_mut(PIXELS).zip(&mut *labels).zip(members) {
                image.copy_from_slice(set.image(index));
                *label = set.labels[index];
            }
            let (logits, d_logits) = (&mut self.logits[..rows * CLASSES], &mut self.d_logits[..rows * CLASSES]);
            self.model.forward(images, logits);
            let outcome = self.loss.value_and_grad(logits, labels, d_logits)?;
            self.model.backward(images, d_logits);
            let rate = self.learning_rate * cosine(self.steps.0 as f32 / self.steps.1 as f32);
            self.adam.step(&mut self.model.parameters, &self.model.gradient, rate);
            self.steps.0 += 1;
            tally.add(outcome.totals, logits, labels);
        }
        Ok(tally)
    }

    /// One pass over a set without learning from it.
    pub(crate) fn evaluate(&mut self, set: &Digits) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        for (images, labels) in set.images.chunks(self.batch * PIXELS).zip(set.labels.chunks(self.batch)) {
            let logits = &mut self.logits[..labels.len() * CLASSES];
            self.model.forward(images, logits);
            let outcome = self.loss.value(logits, labels)?;
            tally.add(outcome.totals, logits, labels);
        }
        Ok(tally)
    }
}

//! A perceptron with one hidden ReLU layer. Its parameters are one flat slice, which the optimiser walks in one loop.

use crate::data::{CLASSES, PIXELS};
use crate::dense;
use fastrand::Rng;

/// The model, its gradients, and the activations of one batch. All memory is taken at the start.
pub(crate) struct Mlp {
    width: usize,
    pub(crate) parameters: Vec<f32>,
    pub(crate) gradient: Vec<f32>,
    hidden: Vec<f32>,
    d_hidden: Vec<f32>,
}

impl Mlp {
    /// He's initialisation: uniform weights of variance 2 / inputs, biases of zero.
    pub(crate) fn new(width: usize, batch: usize, rng: &mut Rng) -> Self {
        let mut parameters = vec![0.0; (PIXELS + 1) * width + (width + 1) * CLASSES];
        let [w_1, _, w_2, _] = layers(&mut parameters, width);
        for (w, inputs) in [(w_1, PIXELS), (w_2, width)] {
            let bound = (6.0 / inputs as f32).sqrt();
            w.fill_with(|| bound * (2.0 * rng.f32() - 1.0));
        }
        let activations = vec![0.0; batch * width];
        Self { width, gradient: parameters.clone(), parameters, hidden: activations.clone(), d_hidden: activations }
    }

    /// Writes the logits of a batch, and keeps its activations for [`backward`](Self::backward).
    pub(crate) fn forward(&mut self, images: &[f32], logits: &mut [f32]) {
        let hidden = &mut self.hidden[..images.len() / PIXELS * self.width];
        let [w_1, b_1, w_2, b_2] = layers(&mut self.parameters, self.width);
        dense::forward(images, w_1, b_1, hidden);
        hidden.iter_mut().for_each(|x| *x = x.max(0.0));
        dense::forward(hidden, w_2, b_2, logits);
    }

    /// Writes the gradient of the parameters, given that of the logits of the last batch.
    pub(crate) fn backward(&mut self, images: &[f32], d_logits: &[f32]) {
        let active = images.len() / PIXELS * self.width;
        let (hidden, d_hidden) = (&self.hidden[..active], &mut self.d_hidden[..active]);
        let [_, _, w_2, _] = layers(&mut self.parameters, self.width);
        let [d_w_1, d_b_1, d_w_2, d_b_2] = layers(&mut self.gradient, self.width);
        dense::backward_weights(hidden, d_logits, d_w_2, d_b_2);
        dense::backward_input(d_logits, w_2, d_hidden, CLASSES);
        for (d, &x) in d_hidden.iter_mut().zip(hidden) {
            *d = if x > 0.0 { *d } else { 0.0 };
        }
        dense::backward_weights(images, d_hidden, d_w_1, d_b_1);
    }
}

/// Weights and biases of the two layers, from the flat slice.
fn layers(flat: &mut [f32], width: usize) -> [&mut [f32]; 4] {
    let (w_1, rest) = flat.split_at_mut(PIXELS * width);
    let (b_1, rest) = rest.split_at_mut(width);
    let (w_2, b_2) = rest.split_at_mut(width * CLASSES);
    [w_1, b_1, w_2, b_2]
}

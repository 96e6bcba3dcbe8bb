//! Adam with decoupled weight decay, over one flat slice of parameters.

use core::f32::consts::PI;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The moments of one set of parameters.
pub(crate) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    decay_1: f32,
    decay_2: f32,
    weight_decay: f32,
}

impl Adam {
    pub(crate) fn new(parameters: usize, weight_decay: f32) -> Self {
        let zeros = vec![0.0; parameters];
        Self { first: zeros.clone(), second: zeros, decay_1: 1.0, decay_2: 1.0, weight_decay }
    }

    /// Moves the parameters against the gradient.
    pub(crate) fn step(&mut self, parameters: &mut [f32], gradient: &[f32], learning_rate: f32) {
        self.decay_1 *= BETA_1;
        self.decay_2 *= BETA_2;
        // The moments start at zero: these factors undo the bias, without one division for each parameter.
        let rate = learning_rate / (1.0 - self.decay_1);
        let unbias = 1.0 / (1.0 - self.decay_2);
        let shrink = 1.0 - learning_rate * self.weight_decay;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((p, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *m += (1.0 - BETA_1) * (g - *m);
            *v += (1.0 - BETA_2) * (g * g - *v);
            *p = *p * shrink - rate * *m / ((*v * unbias).sqrt() + EPSILON);
        }
    }
}

/// The share of the learning rate left at `done` (0 to 1) of the training: half a cosine from 1 to 0, so that the last
/// steps settle.
pub(crate) fn cosine(done: f32) -> f32 {
    0.5 * (1.0 + (PI * done).cos())
}

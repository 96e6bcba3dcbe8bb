//! A linear model fitted by Adam under any loss of the library: only the loss differs from fit to fit.

use crate::adam::{Adam, cosine};
use crate::cli::Error;
use crate::data::Scale;
use lossfn::Loss;

/// How long and how fast to descend.
#[derive(Clone, Copy)]
pub(crate) struct Descent {
    pub(crate) steps: usize,
    pub(crate) learning_rate: f32,
}

/// Predicts targets, in their own unit, from rows of features.
pub(crate) struct Linear {
    /// One weight for each feature, then the intercept.
    parameters: Vec<f32>,
    unit: Scale,
}

impl Linear {
    /// Fits on rows of `features`, one for each target.
    pub(crate) fn fit(
        loss: &impl Loss<f32>,
        features: &[f32],
        targets: &[f32],
        descent: Descent,
    ) -> Result<Self, Error> {
        let unit = Scale::robust(targets);
        let scaled: Vec<f32> = targets.iter().map(|&target| unit.apply(target)).collect();
        let columns = features.len() / targets.len();
        let mut parameters = vec![0.0; columns + 1];
        let mut gradient = parameters.clone();
        let mut adam = Adam::new(parameters.len(), 0.0);
        let (mut predicted, mut d_predicted) = (scaled.clone(), scaled.clone());
        for step in 0..descent.steps {
            predict(&parameters, features, &mut predicted);
            let outcome = loss.value_and_grad(&predicted, &scaled, &mut d_predicted)?;
            if !outcome.value.is_finite() {
                return Err(Error::Diverged);
            }
            backward(features, &d_predicted, &mut gradient);
            let rate = descent.learning_rate * cosine(step as f32 / descent.steps as f32);
            adam.step(&mut parameters, &gradient, rate);
        }
        Ok(Self { parameters, unit })
    }

    /// The predictions for rows of `features`.
    pub(crate) fn predict(&self, features: &[f32]) -> Vec<f32> {
        let mut predicted = vec![0.0; features.len() / (self.parameters.len() - 1)];
        predict(&self.parameters, features, &mut predicted);
        predicted.iter_mut().for_each(|value| *value = self.unit.undo(*value));
        predicted
    }
}

fn predict(parameters: &[f32], features: &[f32], predicted: &mut [f32]) {
    let (intercept, weights) = parameters.split_last().unwrap_or((&0.0, &[]));
    for (value, row) in predicted.iter_mut().zip(features.chunks_exact(weights.len())) {
        *value = intercept + row.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>();
    }
}

/// The gradient of the parameters from that of the predictions.
fn backward(features: &[f32], d_predicted: &[f32], gradient: &mut [f32]) {
    gradient.fill(0.0);
    let columns = gradient.len() - 1;
    for (d, row) in d_predicted.iter().zip(features.chunks_exact(columns)) {
        gradient.iter_mut().zip(row.iter().chain(&[1.0])).for_each(|(g, x)| *g += d * x);
    }
}

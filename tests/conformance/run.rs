//! A case through the losses that stand for it.

use crate::case::{Case, Outputs};
use crate::manner::{Manner, last, layout};
use lossfn::{
    Bce, BceWithLogits, BothGrads, ByRow, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineEmbedding,
    CosineSimilarity, CrossEntropy, Hinge, HingeEmbedding, Huber, KlDiv, Loss, LossError, Mae, Mape, Mse, Msle, Nll,
    SmoothL1, SquaredHinge,
};

/// The verbs of one call.
struct Buffers<T> {
    x: Vec<T>,
    each: Vec<T>,
    dx: Vec<T>,
    dt: Vec<T>,
}

macro_rules! runner {
    ($float:ident, $run:ident) => {
        pub(crate) fn $run(case: &Case) -> Result<Outputs, LossError> {
            let keras = |by_row| Manner::<$float>::keras(case, by_row);
            let torch = |weighs_classes| Manner::<$float>::torch(case, weighs_classes);
            let of_torch = case.framework == "torch";
            let of_elements = |by_row| if of_torch { torch(false) } else { keras(Some(by_row)) };
            let of_rows = || if of_torch { torch(true) } else { keras(None) };
            let (mean, sum) = (of_elements(ByRow::Mean), of_elements(ByRow::Sum));
            let tf23 = case.framework == "tf_keras";
            /// The preset of the case's framework.
            macro_rules! preset {
                ($loss:expr) => {
                    if tf23 { $loss.tf23() } else { $loss.keras() }
                };
            }
            /// The loss in a manner, whose target has a gradient, or has none, or is either.
            macro_rules! both {
                ($manner:expr, $loss:expr) => {{
                    let manner = &$manner;
                    $run::both(case, manner.is_each(), &$loss.with(manner.call()))
                }};
            }
            macro_rules! one {
                ($manner:expr, $loss:expr, $t:expr) => {{
                    let manner = &$manner;
                    $run::one(case, manner.is_each(), &$loss.with(manner.call()), $t)
                }};
            }
            macro_rules! rows {
                ($manner:expr, $loss:expr) => {{
                    let manner = &$manner;
                    $run::rows(case, manner.is_each(), &$loss.with(manner.call()))
                }};
            }
            let smoothing = case.option("label_smoothing").unwrap_or(0.0);
            let weights: Vec<$float> = case.input("weight").into_iter().map(|w| w as $float).collect();
            let ignored = case.option("ignore_index").or(case.option("ignore_class")).map(|index| index as i64);
            let margin = case.option("margin");
            let from_logits = case.flag("from_logits");
            match case.name.as_str() {
                "L1Loss" | "l1_loss" => both!(mean, Mae::new().torch()),
                "MSELoss" | "mse_loss" => both!(mean, Mse::new().torch()),
                "SmoothL1Loss" | "smooth_l1_loss" => {
                    both!(mean, SmoothL1::new(case.option("beta").unwrap_or(1.0)).torch())
                }
                "HuberLoss" | "huber_loss" => {
                    both!(mean, Huber::new(case.option("delta").unwrap_or(1.0)).torch())
                }
                "BCELoss" | "binary_cross_entropy" => both!(mean, Bce::new().torch()),
                "BCEWithLogitsLoss" | "binary_cross_entropy_with_logits" => $run::with_logits(case, &mean),
                "KLDivLoss" | "kl_div" => {
                    let loss = KlDiv::new().torch();
                    both!(mean, if case.flag("log_target") { loss.log_target() } else { loss })
                }
                "HingeEmbeddingLoss" | "hinge_embedding_loss" => {
                    one!(mean, HingeEmbedding::new(margin.unwrap_or(1.0)).torch(), &$run::target(case))
                }
                "CosineEmbeddingLoss" | "cosine_embedding_loss" => {
                    let labels = case.input("labels");
                    let loss = CosineEmbedding::new(layout(case), &labels).margin(margin.unwrap_or(0.0));
                    both!(of_rows(), loss.torch())
                }
                "NLLLoss" | "nll_loss" => {
                    let loss = Nll::new(layout(case)).torch();
                    let loss = if weights.is_empty() { loss } else { loss.class_weights(&weights) };
                    let loss = ignored.map_or(loss, |index| loss.ignore_index(index));
                    one!(of_rows(), loss, &$run::classes(case))
                }
                "CrossEntropyLoss" | "cross_entropy" => {
                    let loss = CrossEntropy::new(layout(case)).torch().label_smoothing(smoothing);
                    let loss = if weights.is_empty() { loss } else { loss.class_weights(&weights) };
                    let loss = ignored.map_or(loss, |index| loss.ignore_index(index));
                    rows!(of_rows(), loss)
                }
                "BinaryCrossentropy" | "binary_crossentropy" if from_logits => {
                    both!(mean, preset!(BceWithLogits::new()).label_smoothing(smoothing))
                }
                "BinaryCrossentropy" | "binary_crossentropy" => {
                    both!(mean, preset!(Bce::new()).label_smoothing(smoothing))
                }
                "CategoricalCrossentropy"
                | "categorical_crossentropy"
                | "SparseCategoricalCrossentropy"
                | "sparse_categorical_crossentropy" => {
                    if from_logits {
                        let loss = preset!(CrossEntropy::new(layout(case))).label_smoothing(smoothing);
                        rows!(of_rows(), ignored.map_or(loss, |index| loss.ignore_index(index)))
                    } else {
                        let loss = preset!(CategoricalCrossEntropy::new(layout(case))).label_smoothing(smoothing);
                        let loss = if case.on_torch { loss.clip(Clip::Normalized(1e-7)) } else { loss };
                        rows!(of_rows(), ignored.map_or(loss, |index| loss.ignore_index(index)))
                    }
                }
                "KLDivergence" | "KLD" | "kld" | "kl_divergence" | "kullback_leibler_divergence" => {
                    both!(sum, preset!(KlDiv::new()))
                }
                "MeanAbsoluteError" | "MAE" | "mae" | "mean_absolute_error" => {
                    both!(mean, preset!(Mae::new()))
                }
                "MeanAbsolutePercentageError" | "MAPE" | "mape" | "mean_absolute_percentage_error" => {
                    both!(mean, preset!(Mape::new()))
                }
                "MeanSquaredError" | "MSE" | "mse" | "mean_squared_error" => {
                    both!(mean, preset!(Mse::new()))
                }
                "MeanSquaredLogarithmicError" | "MSLE" | "msle" | "mean_squared_logarithmic_error" => {
                    both!(mean, preset!(Msle::new()))
                }
                "Huber" | "huber" => {
                    both!(mean, preset!(Huber::new(case.option("delta").unwrap_or(1.0))))
                }
                "Hinge" | "hinge" if case.on_torch => both!(mean, Hinge::new().keras().tie(0.5)),
                "Hinge" | "hinge" => both!(mean, preset!(Hinge::new())),
                "SquaredHinge" | "squared_hinge" => both!(mean, preset!(SquaredHinge::new())),
                "CategoricalHinge" | "categorical_hinge" if case.on_torch => {
                    both!(of_rows(), CategoricalHinge::new(last(case)).keras().tie(0.5))
                }
                "CategoricalHinge" | "categorical_hinge" => {
                    both!(of_rows(), preset!(CategoricalHinge::new(last(case))))
                }
                "CosineSimilarity" | "cosine_similarity" => {
                    both!(of_rows(), preset!(CosineSimilarity::new(layout(case))))
                }
                name => panic!("no loss stands for {name}"),
            }
        }

        mod $run {
            use super::*;

            pub(super) fn target(case: &Case) -> Vec<$float> {
                case.input("t").into_iter().map(|t| t as $float).collect()
            }

            pub(super) fn classes(case: &Case) -> Vec<i64> {
                case.input("t").into_iter().map(|t| t as i64).collect()
            }

            fn buffers(case: &Case) -> Buffers<$float> {
                let x: Vec<$float> = case.input("x").into_iter().map(|x| x as $float).collect();
                let (dx, dt) = (vec![9.0; x.len()], vec![9.0; x.len()]);
                Buffers { each: vec![9.0; case.truth.value.len()], x, dx, dt }
            }

            fn outputs(buffers: &Buffers<$float>, value: Option<f64>, has_target: bool) -> Outputs {
                let wide = |values: &[$float]| values.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
                Outputs {
                    value: value.map_or_else(|| wide(&buffers.each), |value| vec![value]),
                    dx: wide(&buffers.dx),
                    dt: if has_target { wide(&buffers.dt) } else { Vec::new() },
                }
            }

            pub(super) fn both(
                case: &Case,
                is_each: bool,
                loss: &impl BothGrads<$float>,
            ) -> Result<Outputs, LossError> {
                let (t, mut buffers) = (target(case), buffers(case));
                let Buffers { x, each, dx, dt } = &mut buffers;
                let value = if is_each {
                    loss.each_and_grads(x, &t, each, Some(dx), Some(dt)).map(|_| None)?
                } else {
                    Some(loss.value_and_grads(x, &t, Some(dx), Some(dt))?.value)
                };
                Ok(outputs(&buffers, value, !case.f64.dt.is_empty()))
            }

            pub(super) fn one<Y>(
                case: &Case,
                is_each: bool,
                loss: &impl Loss<$float, Y>,
                t: &[Y],
            ) -> Result<Outputs, LossError> {
                let mut buffers = buffers(case);
                let Buffers { x, each, dx, .. } = &mut buffers;
                let value = if is_each {
                    loss.each_and_grad(x, t, each, dx).map(|_| None)?
                } else {
                    Some(loss.value_and_grad(x, t, dx)?.value)
                };
                Ok(outputs(&buffers, value, false))
            }

            pub(super) fn rows(
                case: &Case,
                is_each: bool,
                loss: &(impl BothGrads<$float> + Loss<$float, i64>),
            ) -> Result<Outputs, LossError> {
                if case.is_index { one(case, is_each, loss, &classes(case)) } else { both(case, is_each, loss) }
            }

            pub(super) fn with_logits(case: &Case, manner: &Manner<$float>) -> Result<Outputs, LossError> {
                let weights: Vec<$float> = case.input("pos_weight").into_iter().map(|w| w as $float).collect();
                let loss = BceWithLogits::new().torch();
                let loss = match weights.as_slice() {
                    [] => loss,
                    [weight] => loss.pos_weight(f64::from(*weight)),
                    weights => loss.pos_weights(weights),
                };
                both(case, manner.is_each(), &loss.with(manner.call()))
            }
        }
    };
}
runner!(f32, single);
runner!(f64, double);

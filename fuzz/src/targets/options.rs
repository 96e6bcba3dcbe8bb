//! The losses that have options besides those of the formulas, with any value of them.

use super::calls::{Done, verb};
use super::inputs::{Inputs, Number};
use super::plan::{Length, Number as Value, Plan};
use arbitrary::Arbitrary;
use lossfn::{
    Bce, BceWithLogits, Call, CategoricalCrossEntropy, CategoricalHinge, CosineEmbedding, CosineSimilarity, Hinge,
    HingeEmbedding, KlDiv, Mape, Msle, Nll, SquaredHinge,
};

/// What is `None` is left as it is by default.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Options {
    Bce {
        clip: Option<Value>,
        log_floor: Option<Value>,
        log_offset: Option<Value>,
        slope_floor: Option<Value>,
        label_smoothing: Option<Value>,
    },
    BceWithLogits {
        pos_weight: Option<Value>,
        label_smoothing: Option<Value>,
    },
    Hinge {
        labels: Option<Labels>,
        tie: Option<Value>,
    },
    SquaredHinge {
        labels: Option<Labels>,
    },
    HingeEmbedding {
        margin: Value,
        both: bool,
    },
    KlDiv {
        of_probabilities: bool,
        log_target: bool,
        clip: Option<Value>,
    },
    Mape {
        floor: Option<Value>,
    },
    Msle {
        floor: Option<Value>,
    },
    CosineSimilarity {
        floor: Option<Value>,
    },
    CosineEmbedding {
        margin: Option<Value>,
        epsilon: Option<Value>,
        zero: bool,
    },
    CategoricalHinge {
        tie: Option<Value>,
        without_target_slot: bool,
    },
    /// Against classes, of which some may be none, or against probabilities.
    CategoricalCrossEntropy {
        wild: Option<bool>,
        clip: Option<Clip>,
        label_smoothing: Option<Value>,
        class_weights: Option<Length>,
        ignore_index: Option<i64>,
    },
    Nll {
        wild: bool,
        class_weights: Option<Length>,
        ignore_index: Option<Option<i64>>,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Labels {
    AsGiven,
    ZeroOne,
    Auto,
}

impl From<Labels> for lossfn::Labels {
    fn from(labels: Labels) -> Self {
        match labels {
            Labels::AsGiven => Self::AsGiven,
            Labels::ZeroOne => Self::ZeroOne,
            Labels::Auto => Self::Auto,
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Clip {
    None,
    Given(Value),
    Normalized(Value),
}

impl From<Clip> for lossfn::Clip {
    fn from(clip: Clip) -> Self {
        match clip {
            Clip::None => Self::None,
            Clip::Given(by) => Self::Given(by.get()),
            Clip::Normalized(by) => Self::Normalized(by.get()),
        }
    }
}

impl Options {
    /// Whether the loss is one of rows.
    pub(crate) fn is_of_rows(self) -> bool {
        matches!(
            self,
            Self::CosineSimilarity { .. }
                | Self::CosineEmbedding { .. }
                | Self::CategoricalHinge { .. }
                | Self::CategoricalCrossEntropy { .. }
                | Self::Nll { .. }
        )
    }

    /// Whether the targets are classes, and then whether some of them may be none.
    pub(crate) fn classes(self) -> Option<bool> {
        match self {
            Self::CategoricalCrossEntropy { wild, .. } => wild,
            Self::Nll { wild, .. } => Some(wild),
            _ => None,
        }
    }

    pub(crate) fn class_weights(self) -> Option<Length> {
        match self {
            Self::CategoricalCrossEntropy { class_weights, .. } | Self::Nll { class_weights, .. } => class_weights,
            _ => None,
        }
    }
}

/// The loss with an option, if there is a value for it.
fn set<L, V>(loss: L, value: Option<V>, option: impl FnOnce(L, V) -> L) -> L {
    match value {
        Some(value) => option(loss, value),
        None => loss,
    }
}

/// The element types with the losses.
pub(crate) trait WithOptions: Number {
    fn call_with(options: Options, plan: &Plan, inputs: &Inputs<Self>, how: Call<'_, Self>) -> Done<Self>;
}

macro_rules! with_options {
    ($($t:ident),+) => {
        $(impl WithOptions for $t {
            fn call_with(options: Options, plan: &Plan, inputs: &Inputs<$t>, how: Call<'_, $t>) -> Done<$t> {
                let (y, layout) = (&inputs.numbers, plan.layout());
                let number = |value: Option<Value>| value.map(Value::get);
                match options {
                    Options::Bce { clip, log_floor, log_offset, slope_floor, label_smoothing } => {
                        let loss = set(Bce::new(), number(clip), Bce::clip);
                        let loss = set(loss, number(log_floor), Bce::log_floor);
                        let loss = set(loss, number(log_offset), Bce::log_offset);
                        let loss = set(loss, number(slope_floor), Bce::slope_floor);
                        verb(plan, inputs, y, set(loss, number(label_smoothing), Bce::label_smoothing).with(how))
                    }
                    Options::BceWithLogits { pos_weight, label_smoothing } => {
                        let loss = set(BceWithLogits::new(), number(pos_weight), BceWithLogits::pos_weight);
                        let loss = set(loss, number(label_smoothing), BceWithLogits::label_smoothing);
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::Hinge { labels, tie } => {
                        let loss = set(Hinge::new(), labels.map(Into::into), Hinge::labels);
                        verb(plan, inputs, y, set(loss, number(tie), Hinge::tie).with(how))
                    }
                    Options::SquaredHinge { labels } => {
                        let loss = set(SquaredHinge::new(), labels.map(Into::into), SquaredHinge::labels);
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::HingeEmbedding { margin, both } => {
                        let loss = HingeEmbedding::new(margin.get());
                        let loss = if both { loss.other_labels_add_both() } else { loss };
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::KlDiv { of_probabilities, log_target, clip } => {
                        let loss = if of_probabilities { KlDiv::new().of_probabilities() } else { KlDiv::new() };
                        let loss = if log_target { loss.log_target() } else { loss };
                        verb(plan, inputs, y, set(loss, number(clip), KlDiv::clip).with(how))
                    }
                    Options::Mape { floor } => {
                        verb(plan, inputs, y, set(Mape::new(), number(floor), Mape::floor).with(how))
                    }
                    Options::Msle { floor } => {
                        verb(plan, inputs, y, set(Msle::new(), number(floor), Msle::floor).with(how))
                    }
                    Options::CosineSimilarity { floor } => {
                        let loss = set(CosineSimilarity::new(layout), number(floor), CosineSimilarity::floor);
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::CosineEmbedding { margin, epsilon, zero } => {
                        let loss = CosineEmbedding::new(layout, &inputs.labels);
                        let loss = set(loss, number(margin), CosineEmbedding::margin);
                        let loss = set(loss, number(epsilon), CosineEmbedding::epsilon);
                        let loss = if zero { loss.other_labels_are_zero() } else { loss };
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::CategoricalHinge { tie, without_target_slot } => {
                        let loss = set(CategoricalHinge::new(layout), number(tie), CategoricalHinge::tie);
                        let loss = if without_target_slot { loss.without_target_slot() } else { loss };
                        verb(plan, inputs, y, loss.with(how))
                    }
                    Options::CategoricalCrossEntropy { wild, clip, label_smoothing, class_weights, ignore_index } => {
                        let loss = CategoricalCrossEntropy::new(layout);
                        let loss = set(loss, clip.map(Into::into), CategoricalCrossEntropy::clip);
                        let loss = set(loss, number(label_smoothing), CategoricalCrossEntropy::label_smoothing);
                        let loss = set(loss, class_weights, |loss, _| loss.class_weights(&inputs.options));
                        let loss = set(loss, ignore_index, CategoricalCrossEntropy::ignore_index).with(how);
                        match wild {
                            Some(_) => verb(plan, inputs, &inputs.classes, loss),
                            None => verb(plan, inputs, y, loss),
                        }
                    }
                    Options::Nll { class_weights, ignore_index, .. } => {
                        let loss = set(Nll::new(layout), class_weights, |loss, _| loss.class_weights(&inputs.options));
                        let loss = set(loss, ignore_index, |loss, index| match index {
                            Some(index) => loss.ignore_index(index),
                            None => loss.no_ignore_index(),
                        });
                        verb(plan, inputs, &inputs.classes, loss.with(how))
                    }
                }
            }
        })+
    };
}
with_options!(f32, f64);

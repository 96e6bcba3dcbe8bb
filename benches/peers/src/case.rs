//! What is measured: a loss of a shape, and its data.

use crate::support::data::Data;
use core::fmt;
use serde_json::Value;

/// The kind of loss, and how its data are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Logits against a class, which are the entries of the second axis.
    CrossEntropy,
    Mse,
    Huber,
    BceWithLogits,
    CosineEmbedding,
    KlDiv,
}

pub(crate) struct Case {
    pub(crate) kind: Kind,
    name: String,
    pub(crate) shape: Vec<usize>,
}

/// Predictions and targets as flat arrays; classes where the loss takes those.
pub(crate) struct Inputs {
    pub(crate) x: Vec<f32>,
    pub(crate) targets: Vec<f32>,
    pub(crate) classes: Vec<u32>,
}

impl Case {
    /// Those of the file that the Python peers read too.
    pub(crate) fn all() -> Vec<Self> {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../cases.json")).expect("the file is a JSON list");
        cases.iter().map(|case| Self::read(case).expect("each has a loss and a shape")).collect()
    }

    fn read(case: &Value) -> Option<Self> {
        let name = case["loss"].as_str()?;
        let kind = match name {
            "CrossEntropy" => Kind::CrossEntropy,
            "Mse" => Kind::Mse,
            "Huber" => Kind::Huber,
            "BceWithLogits" => Kind::BceWithLogits,
            "CosineEmbedding" => Kind::CosineEmbedding,
            "KlDiv" => Kind::KlDiv,
            _ => return None,
        };
        let shape = case["shape"].as_array()?.iter().map(|len| len.as_u64().map(|len| len as usize));
        Some(Self { kind, name: name.to_owned(), shape: shape.collect::<Option<_>>()? })
    }

    /// A hundredth of the rows, which shows that it runs and nothing else.
    pub(crate) fn shrink(&mut self) {
        self.shape[0] = self.shape[0].div_ceil(100);
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The number of rows, or of elements where there are none.
    pub(crate) fn rows(&self) -> usize {
        self.shape[0]
    }

    pub(crate) fn columns(&self) -> usize {
        self.shape.get(1).copied().unwrap_or(1)
    }

    /// How far apart the entries of a row are.
    pub(crate) fn inner(&self) -> usize {
        self.shape.iter().skip(2).product()
    }

    pub(crate) fn inputs(&self) -> Inputs {
        let len = self.shape.iter().product();
        if self.kind == Kind::CrossEntropy {
            let Data { x, y, .. } = Data::<f32, u32>::rows(len / self.columns(), self.columns());
            return Inputs { x, targets: Vec::new(), classes: y };
        }
        let Data { x, mut y, .. } = Data::<f32, f32>::elements(len);
        if self.kind == Kind::BceWithLogits {
            // Not all peers take targets between the two.
            y.iter_mut().for_each(|y| *y = y.round());
        }
        Inputs { x, targets: y, classes: Vec::new() }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape: Vec<_> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{}-{}", self.name, shape.join("x"))
    }
}

//! The recorded cases, as `README.md` beside this file describes them.

use serde_json::{Map, Value};

/// Values and gradients, as recorded or as computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outputs {
    pub(crate) value: Vec<f64>,
    pub(crate) dx: Vec<f64>,
    /// Empty where the target has no gradient.
    pub(crate) dt: Vec<f64>,
}

impl Outputs {
    pub(crate) fn parts(&self) -> [(&'static str, &[f64]); 3] {
        [("value", &self.value), ("dx", &self.dx), ("dt", &self.dt)]
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) framework: String,
    /// Whether Keras ran on PyTorch.
    pub(crate) on_torch: bool,
    pub(crate) name: String,
    pub(crate) options: Map<String, Value>,
    pub(crate) shape: Vec<usize>,
    pub(crate) axis: Option<usize>,
    pub(crate) is_index: bool,
    pub(crate) inputs: Map<String, Value>,
    pub(crate) shapes: Map<String, Value>,
    pub(crate) f64: Outputs,
    pub(crate) f32: Outputs,
    pub(crate) truth: Outputs,
    pub(crate) scale: Outputs,
    /// Why a constant of the framework is another one in f32, if it is.
    pub(crate) other_f32: Option<String>,
}

/// All lines of a file.
pub(crate) fn read(framework: &str) -> Vec<Case> {
    let path = format!("{}/tests/conformance/cases/{framework}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path}: {fault}"));
    text.lines().map(|line| Case::parse(line).unwrap_or_else(|| panic!("{path}: {line}"))).collect()
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        // A scale that is the value itself.
        None if value.is_null() => 0.0,
        _ => value.as_f64().or(value.as_bool().map(|flag| f64::from(u8::from(flag)))).expect("a number"),
    }
}

fn numbers(map: &Map<String, Value>, key: &str) -> Vec<f64> {
    let list = map.get(key).and_then(Value::as_array);
    list.map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

fn outputs(line: &Value, key: &str) -> Option<Outputs> {
    let map = line.get(key)?.as_object()?;
    Some(Outputs { value: numbers(map, "value"), dx: numbers(map, "dx"), dt: numbers(map, "dt") })
}

fn sizes(value: &Value) -> Vec<usize> {
    let sizes = value.as_array().map(|list| list.iter().filter_map(Value::as_u64).map(|size| size as usize).collect());
    sizes.unwrap_or_default()
}

impl Case {
    fn parse(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
        let map = |key: &str| line.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        let (f64, f32) = (outputs(&line, "f64")?, outputs(&line, "f32")?);
        Some(Self {
            id: text("id")?,
            framework: text("framework")?,
            on_torch: text("backend").as_deref() == Some("torch"),
            name: text("name")?,
            options: map("options"),
            shape: sizes(line.get("shape")?),
            axis: line.get("axis").and_then(Value::as_u64).map(|axis| axis as usize),
            is_index: text("target").as_deref() == Some("index"),
            inputs: map("inputs"),
            shapes: map("shapes"),
            truth: outputs(&line, "truth").unwrap_or_else(|| f64.clone()),
            scale: outputs(&line, "scale").unwrap_or_default(),
            other_f32: text("deviates_f32"),
            f64,
            f32,
        })
    }

    /// An input; empty where the case has none.
    pub(crate) fn input(&self, key: &str) -> Vec<f64> {
        numbers(&self.inputs, key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.inputs.contains_key(key)
    }

    pub(crate) fn shape_of(&self, key: &str) -> Vec<usize> {
        self.shapes.get(key).map_or_else(|| self.shape.clone(), sizes)
    }

    pub(crate) fn option(&self, key: &str) -> Option<f64> {
        self.options.get(key).map(number)
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.options.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.options.get(key).and_then(Value::as_str)
    }
}

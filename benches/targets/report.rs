//! What was found: printed as it comes, and kept for the record.

use crate::support::timing::Spread;
use serde_json::{Map, Value, json};

/// What a figure must be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// The fact that tells what the same work reaches where memory is no bound.
pub(crate) const IN_CACHE: &str = "in the caches";

pub(crate) struct Report {
    markdown: String,
    machine: Value,
    figures: Vec<Value>,
    part: &'static str,
    goals: usize,
    missed: Vec<String>,
}

impl Report {
    pub(crate) fn new(machine: &str) -> Self {
        let facts: Vec<_> = machine.lines().map(|line| line.trim_start_matches("- ")).collect();
        let mut report = Self {
            markdown: String::new(),
            machine: facts.into(),
            figures: Vec::new(),
            part: "",
            goals: 0,
            missed: Vec::new(),
        };
        report.say("# Targets of speed");
        report.say(machine.trim_end());
        report
    }

    /// Begins a part with a table.
    pub(crate) fn part(&mut self, part: &'static str, about: &str, columns: &[&str]) {
        self.part = part;
        self.say(&format!("## {part}"));
        self.say(about);
        self.line(&format!("| {} |", columns.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(columns.len())));
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    /// Notes a figure, and gives the text of its cell. `facts` tell what it is of.
    pub(crate) fn figure(&mut self, facts: &[(&str, Value)], found: Spread, goal: Option<Goal>) -> String {
        let facts: Map<_, _> = facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
        let (least, largest) = found.bounds();
        let mut figure = json!({ "part": self.part, "median": found.median, "least": least, "largest": largest });
        let mark = goal.map(|goal| self.judge(&mut figure, &facts, found.median, goal));
        let fields = figure.as_object_mut().expect("it was made as one");
        fields.extend(facts);
        self.figures.push(figure);
        format!("{found}{}", mark.unwrap_or_default())
    }

    fn judge(&mut self, figure: &mut Value, facts: &Map<String, Value>, found: f64, goal: Goal) -> String {
        let (sign, bound, met) = match goal {
            Goal::AtLeast(bound) => ('≥', bound, found >= bound),
            Goal::AtMost(bound) => ('≤', bound, found <= bound),
        };
        figure["goal"] = bound.into();
        figure["met"] = met.into();
        self.goals += 1;
        if !met {
            let named = facts.iter().filter(|(name, _)| !["seconds", IN_CACHE].contains(&name.as_str()));
            let texts = named.map(|(_, fact)| fact.as_str().map_or_else(|| fact.to_string(), str::to_owned));
            let what = texts.collect::<Vec<_>>().join(", ");
            let in_cache = facts.get(IN_CACHE).and_then(Value::as_f64);
            let in_cache = in_cache.map_or_else(String::new, |share| format!("; in the caches {share:.2}"));
            self.missed.push(format!("- {}, {what}: {found:.2}, not {sign} {bound:.2}{in_cache}", self.part));
        }
        format!(" {sign} {bound:.2} {}", if met { '✓' } else { '✗' })
    }

    /// Says how many goals were met, and which were not.
    pub(crate) fn conclude(&mut self) {
        let met = self.goals - self.missed.len();
        self.say(&format!("## Result\n\n{met} of {} targets are met.", self.goals));
        let missed = self.missed.join("\n");
        self.line(&missed);
    }

    /// A paragraph.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.markdown.is_empty() {
            self.line("");
        }
        self.line(text);
        self.line("");
    }

    fn line(&mut self, text: &str) {
        // No two empty lines in a row.
        if text.is_empty() && (self.markdown.is_empty() || self.markdown.ends_with("\n\n")) {
            return;
        }
        println!("{text}");
        self.markdown.push_str(text);
        self.markdown.push('\n');
    }

    pub(crate) fn figures(&self) -> &[Value] {
        &self.figures
    }

    pub(crate) fn markdown(&self) -> &str {
        &self.markdown
    }

    pub(crate) fn json(&self) -> String {
        // A figure a line, so that a change of one shows as one.
        let figures: Vec<_> = self.figures.iter().map(|figure| format!("  {figure}")).collect();
        format!("{{\n \"machine\": {},\n \"figures\": [\n{}\n ]\n}}\n", self.machine, figures.join(",\n"))
    }
}

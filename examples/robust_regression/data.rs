//! The diabetes study: parsed from the embedded file, split, standardised, and a share of its targets falsified.

use crate::cli::Error;
use fastrand::Rng;

pub(crate) const FEATURES: usize = 10;
/// The column of the body mass index.
pub(crate) const BMI: usize = 2;
const HELD_OUT: f64 = 0.25;
const FILE: &str = "examples/data/diabetes.csv";
const TEXT: &str = include_str!("../data/diabetes.csv");

/// Features in rows of [`FEATURES`], one target for each.
#[derive(Clone, Default)]
pub(crate) struct Patients {
    pub(crate) features: Vec<f32>,
    pub(crate) targets: Vec<f32>,
}

/// Subtracted from a value, and divided by.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) centre: f32,
    pub(crate) spread: f32,
}

/// Both sets with standardised features and targets in their own unit.
pub(crate) struct Study {
    pub(crate) train: Patients,
    pub(crate) test: Patients,
    pub(crate) bmi: Scale,
}

impl Patients {
    pub(crate) fn len(&self) -> usize {
        self.targets.len()
    }

    /// One feature of all patients.
    pub(crate) fn column(&self, column: usize) -> Vec<f32> {
        self.features.chunks_exact(FEATURES).map(|row| row[column]).collect()
    }

    fn standardise(&mut self, scales: &[Scale]) {
        for row in self.features.chunks_exact_mut(FEATURES) {
            row.iter_mut().zip(scales).for_each(|(x, scale)| *x = scale.apply(*x));
        }
    }
}

impl Scale {
    pub(crate) fn apply(self, value: f32) -> f32 {
        (value - self.centre) / self.spread
    }

    pub(crate) fn undo(self, value: f32) -> f32 {
        value * self.spread + self.centre
    }

    /// Mean and standard deviation.
    fn moments(values: &[f32]) -> Self {
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let centre = mean(values);
        let squares: Vec<f32> = values.iter().map(|x| (x - centre).powi(2)).collect();
        Self { centre, spread: mean(&squares).sqrt() }
    }

    /// Median and median absolute deviation, the latter in the size of a standard deviation: outliers must not set
    /// the unit in which a loss tells them from the rest.
    pub(crate) fn robust(values: &[f32]) -> Self {
        let centre = median(values.to_vec());
        Self { centre, spread: 1.4826 * median(values.iter().map(|x| (x - centre).abs()).collect()) }
    }
}

fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The study, split by the generator.
pub(crate) fn load(rng: &mut Rng) -> Result<Study, Error> {
    let mut lines: Vec<(usize, &str)> = TEXT.lines().enumerate().skip(1).collect();
    rng.shuffle(&mut lines);
    let (test, train) = lines.split_at((lines.len() as f64 * HELD_OUT).round() as usize);
    let (mut train, mut test) = (parse(train)?, parse(test)?);
    let scales: Vec<Scale> = (0..FEATURES).map(|column| Scale::moments(&train.column(column))).collect();
    train.standardise(&scales);
    test.standardise(&scales);
    Ok(Study { train, test, bmi: scales[BMI] })
}

fn parse(lines: &[(usize, &str)]) -> Result<Patients, Error> {
    let mut patients = Patients::default();
    for (index, line) in lines {
        let values: Option<Vec<f32>> = line.split(',').map(|field| field.parse().ok()).collect();
        match values.as_deref() {
            Some([features @ .., target]) if features.len() == FEATURES => {
                patients.features.extend_from_slice(features);
                patients.targets.push(*target);
            }
            _ => return Err(Error::Data { file: FILE, line: index + 1 }),
        }
    }
    Ok(patients)
}

/// Adds 300 to 600 points to the targets of a share of the patients, and returns which. They are drawn from the lighter
/// half, as if one ward had used another scale: outliers of one kind tilt a fit, outliers at random only lift it.
pub(crate) fn falsify(patients: &mut Patients, share: f64, rng: &mut Rng) -> Vec<usize> {
    let bmi = patients.column(BMI);
    let middle = median(bmi.clone());
    let lighter = (0..patients.len()).filter(|&index| bmi[index] <= middle);
    let chosen = rng.choose_multiple(lighter, (patients.len() as f64 * share).round() as usize);
    for &index in &chosen {
        patients.targets[index] += 300.0 * (1.0 + rng.f32());
    }
    chosen
}

//! Fits a linear model to a medical study whose targets are falsified for one patient in ten, under squared, absolute,
//! Huber and smooth-L1 loss. Prints the error on clean patients, and draws what each loss makes of the outliers.
//!
//! `cargo run --release --example robust_regression -- --help`

#[path = "../support/adam.rs"]
mod adam;
mod args;
#[path = "../support/chart.rs"]
mod chart;
#[path = "../support/cli.rs"]
mod cli;
mod data;
mod fit;
mod plot;

use args::Options;
use chart::{INK, PALETTE};
use cli::Error;
use data::{BMI, Patients, Study};
use fastrand::Rng;
use fit::{Descent, Linear};
use lossfn::{Huber, Loss, Mae, Mse, SmoothL1};
use plot::{Line, Points, Scatter};
use plotters::style::RGBColor;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::exit(run(&mut io::stdout()))
}

fn run(out: &mut impl Write) -> Result<(), Error> {
    let Some(options) = args::parse()? else { return Ok(out.write_all(args::HELP.as_bytes())?) };
    let mut rng = Rng::with_seed(options.seed);
    let study = data::load(&mut rng)?;
    let mut falsified = study.train.clone();
    let outliers = data::falsify(&mut falsified, options.outliers, &mut rng);
    let fits = fits(&study, &falsified, &options)?;
    if !options.quiet {
        table(out, &study, outliers.len(), &fits)?;
    }
    let [svg, png] = chart::save(&scatter(&study, &falsified, &outliers, &fits), &options.out, "fits")?;
    Ok(writeln!(out, "picture: {} and {}", svg.display(), png.display())?)
}

/// The models that a loss leads to, and how they are drawn.
struct Fit {
    name: String,
    colour: RGBColor,
    dashed: bool,
    by_bmi: Linear,
    by_all: Linear,
}

impl Fit {
    fn new(name: &str, (colour, dashed): (RGBColor, bool), [by_bmi, by_all]: [Linear; 2]) -> Self {
        Self { name: name.to_owned(), colour, dashed, by_bmi, by_all }
    }
}

fn fits(study: &Study, falsified: &Patients, options: &Options) -> Result<[Fit; 5], Error> {
    let descent = Descent { steps: options.steps, learning_rate: options.learning_rate };
    let (huber, smooth) = (Huber::new(options.delta), SmoothL1::new(options.beta));
    let huber_name = format!("Huber, delta {}", options.delta);
    let smooth_name = format!("SmoothL1, beta {}", options.beta);
    Ok([
        Fit::new("Mse, true targets", (INK, true), fit(&Mse::new(), &study.train, descent)?),
        Fit::new("Mse", (PALETTE[1], false), fit(&Mse::new(), falsified, descent)?),
        Fit::new(&huber_name, (PALETTE[0], false), fit(&huber, falsified, descent)?),
        Fit::new(&smooth_name, (PALETTE[2], false), fit(&smooth, falsified, descent)?),
        Fit::new("Mae", (PALETTE[3], true), fit(&Mae::new(), falsified, descent)?),
    ])
}

/// Fits with one feature and with all.
fn fit(loss: &impl Loss<f32>, patients: &Patients, descent: Descent) -> Result<[Linear; 2], Error> {
    Ok([
        Linear::fit(loss, &patients.column(BMI), &patients.targets, descent)?,
        Linear::fit(loss, &patients.features, &patients.targets, descent)?,
    ])
}

fn table(out: &mut impl Write, study: &Study, outliers: usize, fits: &[Fit]) -> Result<(), Error> {
    let (patients, held_out) = (study.train.len(), study.test.len());
    writeln!(out, "fitted to {patients} patients, {outliers} of them with a falsified target")?;
    writeln!(out, "error on {held_out} held-out patients with true targets, in points of disease progression\n")?;
    writeln!(out, "                      body mass index     all ten features")?;
    writeln!(out, "loss                     MAE     RMSE        MAE     RMSE")?;
    for fit in fits {
        let by_bmi = errors(&fit.by_bmi, &study.test.column(BMI), &study.test.targets)?;
        let by_all = errors(&fit.by_all, &study.test.features, &study.test.targets)?;
        writeln!(out, "{:<20} {by_bmi}   {by_all}", fit.name)?;
    }
    Ok(writeln!(out)?)
}

/// Mean absolute and root mean squared error, as two cells of the table.
fn errors(model: &Linear, features: &[f32], targets: &[f32]) -> Result<String, Error> {
    let predicted = model.predict(features);
    let absolute = Mae::new().value(&predicted, targets)?.value;
    let squared = Mse::new().value(&predicted, targets)?.value;
    Ok(format!("{absolute:>7.1}  {:>7.1}", squared.sqrt()))
}

fn scatter(study: &Study, falsified: &Patients, outliers: &[usize], fits: &[Fit]) -> Scatter {
    let bmi = falsified.column(BMI);
    let point = |x: f32, y: f32| (f64::from(study.bmi.undo(x)), f64::from(y));
    let points = |wanted: bool| -> Points {
        let indices = (0..bmi.len()).filter(|index| outliers.contains(index) == wanted);
        indices.map(|index| point(bmi[index], falsified.targets[index])).collect()
    };
    let ends = bmi.iter().fold([f32::MAX, f32::MIN], |[low, high], &x| [low.min(x), high.max(x)]);
    let line = |fit: &Fit| Line {
        name: fit.name.clone(),
        colour: fit.colour,
        dashed: fit.dashed,
        ends: ends.into_iter().zip(fit.by_bmi.predict(&ends)).map(|(x, y)| point(x, y)).collect(),
    };
    let share = 100.0 * outliers.len() as f64 / falsified.len() as f64;
    Scatter {
        title: format!("Four losses, {share:.0} % of the targets falsified"),
        patients: points(false),
        falsified: points(true),
        lines: fits.iter().map(line).collect(),
    }
}

//! Trains a perceptron on 1,797 handwritten digits: a plain-Rust model whose loss and gradient come from
//! `CrossEntropy`. Prints the course of the training and a confusion matrix, and draws the curves.
//!
//! `cargo run --release --example train_digits -- --help`

#[path = "../support/adam.rs"]
mod adam;
mod args;
#[path = "../support/chart.rs"]
mod chart;
#[path = "../support/cli.rs"]
mod cli;
mod data;
mod dense;
mod mlp;
mod plot;
mod report;
mod train;

use args::Options;
use cli::Error;
use data::{CLASSES, Digits, PIXELS};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use plot::Curves;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;
use train::{Tally, Trainer};

fn main() -> ExitCode {
    cli::exit(run(&mut io::stdout()))
}

fn run(out: &mut impl Write) -> Result<(), Error> {
    let Some(options) = args::parse()? else { return Ok(out.write_all(args::HELP.as_bytes())?) };
    let mut rng = Rng::with_seed(options.seed);
    let (mut train, mut held_out) = data::split(&data::load()?, &mut rng);
    data::centre(&mut train, &mut held_out);
    if !options.quiet {
        writeln!(
            out,
            "{} digits to train on, {} held out; layers {PIXELS}-{}-{CLASSES}\n",
            train.len(),
            held_out.len(),
            options.hidden
        )?;
    }
    let start = Instant::now();
    let mut trainer = Trainer::new(&options, train.len(), rng);
    let course = epochs(&mut trainer, &train, &held_out, &options, out)?;
    let seconds = start.elapsed().as_secs_f64();
    let Some((_, last)) = course.last() else { return Ok(()) };
    if !options.quiet {
        report::confusion(out, last)?;
    }
    writeln!(
        out,
        "held-out accuracy {:.2} % ({} of {} wrong) after {} epochs in {seconds:.2} s",
        100.0 * last.accuracy(),
        last.wrong(),
        held_out.len(),
        course.len()
    )?;
    let [svg, png] = chart::save(&Curves { course: &course, loss: &loss_name(&options) }, &options.out, "curves")?;
    Ok(writeln!(out, "curves: {} and {}", svg.display(), png.display())?)
}

/// Trains, and returns the tallies of training and held-out set for every epoch.
fn epochs(
    trainer: &mut Trainer,
    train: &Digits,
    held_out: &Digits,
    options: &Options,
    out: &mut impl Write,
) -> Result<Vec<(Tally, Tally)>, Error> {
    let mut course = Vec::with_capacity(options.epochs);
    let bar = progress_bar(options);
    if !options.quiet {
        report::head(out)?;
    }
    for epoch in 1..=options.epochs {
        let learned = trainer.epoch(train)?;
        let tested = trainer.evaluate(held_out)?;
        if !(learned.loss() + tested.loss()).is_finite() {
            return Err(Error::Diverged);
        }
        if !options.quiet && report::listed(epoch, options.epochs) {
            bar.suspend(|| report::line(out, epoch, &learned, &tested))?;
        }
        bar.inc(1);
        course.push((learned, tested));
    }
    Ok(course)
}

fn progress_bar(options: &Options) -> ProgressBar {
    if options.quiet || !options.progress {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} epoch {pos} of {len}, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(options.epochs as u64).with_style(style).with_finish(ProgressFinish::AndClear)
}

fn loss_name(options: &Options) -> String {
    match options.label_smoothing {
        0.0 => "cross-entropy".to_owned(),
        share => format!("cross-entropy, labels smoothed by {share}"),
    }
}

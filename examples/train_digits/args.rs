//! The command line.

use crate::cli::{Error, count, number, positive, seed};
use lexopt::prelude::*;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Trains a perceptron on handwritten digits with the cross-entropy of this library.

Usage: train_digits [OPTIONS]

  --epochs N           passes over the training set         [40]
  --hidden N           width of the hidden layer            [256]
  --batch N            images in a step of the optimiser    [32]
  --learning-rate X    of Adam; falls to 0 along a cosine   [0.003]
  --label-smoothing X  share spread over all classes        [0.1]
  --seed N             of split, initialisation and shuffle [1]
  --out FOLDER         where the curves go                  [target/train_digits]
  --no-progress        no progress bar
  --quiet              only the result
  --help               this text
";

pub(crate) struct Options {
    pub(crate) epochs: usize,
    pub(crate) hidden: usize,
    pub(crate) batch: usize,
    pub(crate) learning_rate: f32,
    pub(crate) label_smoothing: f64,
    pub(crate) seed: u64,
    pub(crate) out: PathBuf,
    pub(crate) progress: bool,
    pub(crate) quiet: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            epochs: 40,
            hidden: 256,
            batch: 32,
            learning_rate: 0.003,
            label_smoothing: 0.1,
            seed: 1,
            out: PathBuf::from("target/train_digits"),
            progress: true,
            quiet: false,
        }
    }
}

/// The options; none where the help text was asked for.
pub(crate) fn parse() -> Result<Option<Options>, Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("epochs") => options.epochs = count(&mut parser, "epochs", 100_000)?,
            Long("hidden") => options.hidden = count(&mut parser, "hidden", 8192)?,
            Long("batch") => options.batch = count(&mut parser, "batch", 1_000_000)?,
            Long("learning-rate") => options.learning_rate = positive(&mut parser, "learning-rate")?,
            Long("label-smoothing") => {
                let valid = |x: &f64| (0.0..1.0).contains(x);
                options.label_smoothing = number(&mut parser, "label-smoothing", "from 0 to below 1", valid)?;
            }
            Long("seed") => options.seed = seed(&mut parser)?,
            Long("out") => options.out = parser.value()?.into(),
            Long("no-progress") => options.progress = false,
            Long("quiet") => options.quiet = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

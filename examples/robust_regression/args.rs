//! The command line.

use crate::cli::{Error, count, number, positive, seed};
use lexopt::prelude::*;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Fits a linear model to data with outliers under four losses of this library, and shows what the choice costs.

Usage: robust_regression [OPTIONS]

  --outliers X       share of the training targets to falsify  [0.1]
  --delta X          where Huber turns linear, and             [1]
  --beta X           where SmoothL1 does, in robust standard
                     deviations of the targets                 [0.25]
  --steps N          of gradient descent                       [1500]
  --learning-rate X  of Adam; falls to 0 along a cosine        [0.05]
  --seed N           of split and outliers                     [1]
  --out FOLDER       where the picture goes                    [target/robust_regression]
  --quiet            no table
  --help             this text
";

pub(crate) struct Options {
    pub(crate) outliers: f64,
    pub(crate) delta: f64,
    pub(crate) beta: f64,
    pub(crate) steps: usize,
    pub(crate) learning_rate: f32,
    pub(crate) seed: u64,
    pub(crate) out: PathBuf,
    pub(crate) quiet: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            outliers: 0.1,
            delta: 1.0,
            beta: 0.25,
            steps: 1500,
            learning_rate: 0.05,
            seed: 1,
            out: PathBuf::from("target/robust_regression"),
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
            Long("outliers") => {
                let valid = |x: &f64| (0.0..=0.4).contains(x);
                options.outliers = number(&mut parser, "outliers", "from 0 to 0.4", valid)?;
            }
            Long("delta") => options.delta = positive(&mut parser, "delta")?,
            Long("beta") => options.beta = positive(&mut parser, "beta")?,
            Long("steps") => options.steps = count(&mut parser, "steps", 1_000_000)?,
            Long("learning-rate") => options.learning_rate = positive(&mut parser, "learning-rate")?,
            Long("seed") => options.seed = seed(&mut parser)?,
            Long("out") => options.out = parser.value()?.into(),
            Long("quiet") => options.quiet = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

//! What the command lines of the examples have in common: options with a rule, one error type, exit codes.

use core::fmt;
use core::str::FromStr;
use lossfn::LossError;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why an example stopped.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line is wrong.
    Usage(String),
    /// A line of the embedded data is not what it should be.
    Data { file: &'static str, line: usize },
    /// The library refused a call.
    Loss(LossError),
    /// The loss left the numbers.
    Diverged,
    /// Standard output is gone.
    Output(io::Error),
    /// The figure cannot be drawn.
    Drawing(String),
    /// A file or folder cannot be written.
    File { path: PathBuf, reason: String },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message} (--help lists the options)"),
            Self::Data { file, line } => write!(f, "line {line} of {file} is damaged"),
            Self::Loss(error) => write!(f, "{error}"),
            Self::Diverged => write!(f, "the training diverged: lower --learning-rate"),
            Self::Output(error) => write!(f, "cannot print: {error}"),
            Self::Drawing(reason) => write!(f, "cannot draw the figure: {reason}"),
            Self::File { path, reason } => write!(f, "cannot write {}: {reason}", path.display()),
        }
    }
}

impl core::error::Error for Error {}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<LossError> for Error {
    fn from(error: LossError) -> Self {
        Self::Loss(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Reports an error in one line. A wrong command line exits with 2, anything else with 1.
pub(crate) fn exit(result: Result<(), Error>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    match error {
        Error::Usage(_) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    }
}

/// The value of the option `name`, if it is a number for which `valid` holds.
pub(crate) fn number<T: FromStr>(
    parser: &mut lexopt::Parser,
    name: &str,
    rule: &str,
    valid: impl Fn(&T) -> bool,
) -> Result<T, Error> {
    let value = parser.value()?;
    let text = value.to_string_lossy();
    text.parse().ok().filter(valid).ok_or_else(|| Error::Usage(format!("--{name} is `{text}`: it must be {rule}")))
}

/// The value of the option `name`, if it is a whole number from 1 to `most`.
pub(crate) fn count(parser: &mut lexopt::Parser, name: &str, most: usize) -> Result<usize, Error> {
    number(parser, name, &format!("a whole number from 1 to {most}"), |n| (1..=most).contains(n))
}

/// The value of the option `name`, if it is a finite number above 0.
pub(crate) fn positive<T: FromStr + Copy + Into<f64>>(parser: &mut lexopt::Parser, name: &str) -> Result<T, Error> {
    number(parser, name, "a number above 0", |&x: &T| x.into() > 0.0 && x.into().is_finite())
}

/// The value of the option `name`, if it is a seed.
pub(crate) fn seed(parser: &mut lexopt::Parser) -> Result<u64, Error> {
    number(parser, "seed", "a whole number from 0 to 2^64 - 1", |_| true)
}

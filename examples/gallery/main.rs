//! Draws every loss and its gradient over its input, one picture for each family of losses.
//!
//! `cargo run --release --example gallery -- --help`

#[path = "../support/chart.rs"]
mod chart;
#[expect(dead_code, reason = "the other examples use the rest of it")]
#[path = "../support/cli.rs"]
mod cli;
mod curve;
mod families;
mod plot;

use cli::Error;
use lexopt::prelude::*;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Draws every loss of this library and its gradient, one picture for each family, as SVG and PNG.

Usage: gallery [OPTIONS]

  --out FOLDER  where the pictures go  [target/gallery]
  --help        this text
";

fn main() -> ExitCode {
    cli::exit(run(&mut io::stdout()))
}

fn run(out: &mut impl Write) -> Result<(), Error> {
    let mut folder = PathBuf::from("target/gallery");
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("out") => folder = parser.value()?.into(),
            Long("help") | Short('h') => return Ok(out.write_all(HELP.as_bytes())?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    for family in families::all()? {
        let [svg, png] = chart::save(&family, &folder, family.stem)?;
        writeln!(out, "{:<28} {} and {}", family.title, svg.display(), png.display())?;
    }
    Ok(())
}

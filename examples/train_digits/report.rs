//! What the terminal shows.

use crate::cli::Error;
use crate::data::CLASSES;
use crate::train::Tally;
use std::io::Write;

/// Lines of the epoch table, whatever the number of epochs.
const LINES: usize = 15;

/// Whether the table has a line for this epoch: the first, the last, and evenly spaced ones between.
pub(crate) fn listed(epoch: usize, epochs: usize) -> bool {
    epoch == 1 || epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(LINES))
}

pub(crate) fn head(out: &mut impl Write) -> Result<(), Error> {
    writeln!(out, "         training           held out")?;
    Ok(writeln!(out, "epoch    loss  accuracy     loss  accuracy")?)
}

pub(crate) fn line(out: &mut impl Write, epoch: usize, train: &Tally, held_out: &Tally) -> Result<(), Error> {
    let [learned, tested] =
        [train, held_out].map(|tally| format!("{:>6.4}  {:>6.2} %", tally.loss(), 100.0 * tally.accuracy()));
    Ok(writeln!(out, "{epoch:>5}  {learned}   {tested}")?)
}

/// A row for each digit as it was written, a column for each digit as it was read; a dot is a zero.
pub(crate) fn confusion(out: &mut impl Write, tally: &Tally) -> Result<(), Error> {
    let columns: String = (0..CLASSES).map(|class| format!("{class:>4}")).collect();
    writeln!(out, "\nwritten   read as\n       {columns}   right")?;
    for (class, row) in tally.confusion.iter().enumerate() {
        let cells = row.iter().map(|&n| if n == 0 { format!("{:>4}", '.') } else { format!("{n:>4}") });
        let right = 100.0 * f64::from(row[class]) / f64::from(row.iter().sum::<u32>());
        writeln!(out, "{class:>7}{}  {right:>5.1} %", cells.collect::<String>())?;
    }
    Ok(())
}

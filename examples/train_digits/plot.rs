//! Loss and accuracy against the epoch, side by side.

use crate::chart::{Axes, Canvas, Drawn, Figure, PALETTE};
use crate::train::Tally;
use plotters::chart::SeriesLabelPosition;
use plotters::prelude::DrawingBackend;

/// The tallies of training set and held-out set for each epoch, and what the loss is.
pub(crate) struct Curves<'a> {
    pub(crate) course: &'a [(Tally, Tally)],
    pub(crate) loss: &'a str,
}

impl Figure for Curves<'_> {
    const SIZE: (u32, u32) = (1100, 460);

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn<(), B> {
        let percent = |tally: &Tally| 100.0 * tally.accuracy();
        let (left, right) = canvas.area.split_horizontally(Self::SIZE.0 / 2 * canvas.zoom);
        let [left, right] = [left, right].map(|area| Canvas { area, zoom: canvas.zoom });
        self.panel(&left, ("Loss", self.loss), SeriesLabelPosition::UpperRight, Tally::loss)?;
        self.panel(&right, ("Accuracy", "digits read right, %"), SeriesLabelPosition::LowerRight, percent)
    }
}

impl Curves<'_> {
    fn panel<B: DrawingBackend>(
        &self,
        canvas: &Canvas<B>,
        (title, unit): (&str, &str),
        legend: SeriesLabelPosition,
        value: impl Fn(&Tally) -> f64,
    ) -> Drawn<(), B> {
        let train: Vec<f64> = self.course.iter().map(|(train, _)| value(train)).collect();
        let held_out: Vec<f64> = self.course.iter().map(|(_, held_out)| value(held_out)).collect();
        let (low, high) = train.iter().chain(&held_out).fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        let air = 0.04 * (high - low).max(1e-3);
        let x = ("epoch", 0.0..self.course.len() as f64 + 0.5);
        let mut plot = canvas.axes(&Axes { title, x, y: (unit, low - air..high + air) })?;
        for (name, colour, values) in [("training", PALETTE[0], train), ("held out", PALETTE[1], held_out)] {
            let points = (1..).map(f64::from).zip(values).collect();
            canvas.curve(&mut plot, name, colour, points)?;
        }
        canvas.legend(&mut plot, legend)
    }
}

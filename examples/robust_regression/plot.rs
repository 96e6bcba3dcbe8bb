//! The patients, the falsified targets, and the line of every fit.

use crate::chart::{Axes, Canvas, Drawn, Figure, INK, Plot};
use plotters::chart::SeriesLabelPosition;
use plotters::prelude::*;

/// Lengths of a dash and of a gap.
const DASH: (u32, u32) = (9, 6);
const GREY: RGBColor = RGBColor(165, 165, 165);

/// Leaves room for the legend above the true targets.
const LOWEST_TOP: f64 = 650.0;

pub(crate) type Points = Vec<(f64, f64)>;

/// A straight line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) colour: RGBColor,
    pub(crate) dashed: bool,
    pub(crate) ends: Points,
}

/// Body mass index against progression.
pub(crate) struct Scatter {
    pub(crate) title: String,
    pub(crate) patients: Points,
    pub(crate) falsified: Points,
    pub(crate) lines: Vec<Line>,
}

impl Figure for Scatter {
    const SIZE: (u32, u32) = (1000, 640);

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn<(), B> {
        let all = || self.patients.iter().chain(&self.falsified);
        let (low, high) = all().fold((f64::MAX, f64::MIN), |(low, high), point| (low.min(point.0), high.max(point.0)));
        let top = all().map(|point| point.1).fold(0.0, f64::max);
        let mut plot = canvas.axes(&Axes {
            title: &self.title,
            x: ("body mass index, kg/m²", low - 0.5..high + 0.5),
            y: ("disease progression after one year, points", 0.0..1.04 * top.max(LOWEST_TOP)),
        })?;
        self.markers(canvas, &mut plot)?;
        for line in &self.lines {
            match line.dashed {
                true => dashed(canvas, &mut plot, line)?,
                false => canvas.curve(&mut plot, &line.name, line.colour, line.ends.clone())?,
            }
        }
        canvas.legend(&mut plot, SeriesLabelPosition::UpperRight)
    }
}

impl Scatter {
    fn markers<B: DrawingBackend>(&self, canvas: &Canvas<B>, plot: &mut Plot<'_, B>) -> Drawn<(), B> {
        let (dot, cross, middle) = (canvas.px(3), canvas.px(4), canvas.px(11) as i32);
        let thick = INK.stroke_width(canvas.px(2));
        plot.draw_series(self.patients.iter().map(|&at| Circle::new(at, dot, GREY.filled())))?
            .label("patients")
            .legend(move |(x, y)| Circle::new((x + middle, y), dot, GREY.filled()));
        if self.falsified.is_empty() {
            return Ok(());
        }
        plot.draw_series(self.falsified.iter().map(|&at| Cross::new(at, cross, thick)))?
            .label("falsified targets")
            .legend(move |(x, y)| Cross::new((x + middle, y), cross, thick));
        Ok(())
    }
}

fn dashed<B: DrawingBackend>(canvas: &Canvas<B>, plot: &mut Plot<'_, B>, line: &Line) -> Drawn<(), B> {
    let style = line.colour.stroke_width(canvas.px(2));
    let (dash, gap) = (canvas.px(DASH.0), canvas.px(DASH.1));
    plot.draw_series(DashedLineSeries::new(line.ends.clone(), dash, gap, style))?.label(&line.name).legend(
        move |(x, y)| {
            let end = x + (2 * dash + gap) as i32;
            plotters::element::DashedPathElement::new([(x, y), (end, y)], dash, gap, style)
        },
    );
    Ok(())
}

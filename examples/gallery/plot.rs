//! Losses on the left, gradients on the right.

use crate::chart::{Axes, Canvas, Drawn, Figure, PALETTE};
use crate::curve::Curve;
use core::ops::Range;
use plotters::chart::SeriesLabelPosition;
use plotters::prelude::DrawingBackend;

/// One picture.
pub(crate) struct Family {
    pub(crate) stem: &'static str,
    pub(crate) title: &'static str,
    /// What the losses are drawn over.
    pub(crate) input: &'static str,
    pub(crate) range: Range<f64>,
    /// What is shown of losses and of gradients.
    pub(crate) heights: [Range<f64>; 2],
    pub(crate) legends: [SeriesLabelPosition; 2],
    pub(crate) curves: Vec<Curve>,
}

impl Figure for Family {
    const SIZE: (u32, u32) = (1200, 500);

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn<(), B> {
        let (left, right) = canvas.area.split_horizontally(Self::SIZE.0 / 2 * canvas.zoom);
        let [left, right] = [left, right].map(|area| Canvas { area, zoom: canvas.zoom });
        self.panel(&left, 0, self.title, "loss", |curve| &curve.loss)?;
        self.panel(&right, 1, "and their gradients", "gradient", |curve| &curve.slope)
    }
}

impl Family {
    fn panel<B: DrawingBackend>(
        &self,
        canvas: &Canvas<B>,
        side: usize,
        title: &str,
        unit: &str,
        points: impl Fn(&Curve) -> &[(f64, f64)],
    ) -> Drawn<(), B> {
        let height = &self.heights[side];
        let axes = Axes { title, x: (self.input, self.range.clone()), y: (unit, height.clone()) };
        let mut plot = canvas.axes(&axes)?;
        for (curve, colour) in self.curves.iter().zip(PALETTE.into_iter().cycle()) {
            for (i, part) in visible(points(curve), height).into_iter().enumerate() {
                let name = if i == 0 { curve.name.as_str() } else { "" };
                canvas.curve(&mut plot, name, colour, part)?;
            }
        }
        canvas.legend(&mut plot, self.legends[side].clone())
    }
}

/// The runs of points inside the picture; a curve that leaves it is cut there.
fn visible(points: &[(f64, f64)], height: &Range<f64>) -> Vec<Vec<(f64, f64)>> {
    let inside = |y: f64| height.start <= y && y <= height.end;
    points.chunk_by(|a, b| inside(a.1) == inside(b.1)).filter(|run| inside(run[0].1)).map(<[_]>::to_vec).collect()
}

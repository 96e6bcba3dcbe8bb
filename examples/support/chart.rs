//! Figures as SVG and PNG, in one look. The font is embedded, so that no system font is needed.

use crate::cli::Error;
use core::ops::Range;
use plotters::chart::SeriesLabelPosition;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// The name that the embedded font is registered under. In an SVG file it stands for a font of the viewer.
const FAMILY: &str = "sans-serif";
static FONT: &[u8] = include_bytes!("font/DejaVuSans-latin.ttf");

/// Pixels of the PNG file for one of the SVG file.
const ZOOM: u32 = 2;

/// Text and axes.
pub(crate) const INK: RGBColor = RGBColor(45, 45, 45);

/// Colours of Okabe and Ito, which people with colour-blindness can tell apart: blue, vermilion, green, purple, orange,
/// sky blue.
pub(crate) const PALETTE: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// What can be drawn. Lengths are in units of the SVG file.
pub(crate) trait Figure {
    const SIZE: (u32, u32);

    fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> Drawn<(), B>;
}

pub(crate) type Drawn<T, B> = Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;
pub(crate) type Plot<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A part of the figure, and the pixels for each unit of length.
pub(crate) struct Canvas<B: DrawingBackend> {
    pub(crate) area: DrawingArea<B, Shift>,
    pub(crate) zoom: u32,
}

/// A title, and a label and a range for both axes.
pub(crate) struct Axes<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: (&'a str, Range<f64>),
    pub(crate) y: (&'a str, Range<f64>),
}

impl<B: DrawingBackend> Canvas<B> {
    /// A length in pixels.
    pub(crate) fn px(&self, units: u32) -> u32 {
        units * self.zoom
    }

    fn text(&self, units: u32) -> TextStyle<'static> {
        (FAMILY, self.px(units)).into_font().color(&INK)
    }

    /// Title, grid and axes.
    pub(crate) fn axes(&self, axes: &Axes<'_>) -> Drawn<Plot<'_, B>, B> {
        let mut plot = ChartBuilder::on(&self.area)
            .margin(self.px(14))
            .caption(axes.title, self.text(22))
            .x_label_area_size(self.px(46))
            .y_label_area_size(self.px(62))
            .build_cartesian_2d(axes.x.1.clone(), axes.y.1.clone())?;
        let (x_tick, y_tick) = (tick(&axes.x.1), tick(&axes.y.1));
        plot.configure_mesh()
            // Never more labels than whole numbers: there is no half epoch.
            .x_labels(((axes.x.1.end - axes.x.1.start) as usize).clamp(2, 10))
            .x_desc(axes.x.0)
            .y_desc(axes.y.0)
            .axis_desc_style(self.text(18))
            .label_style(self.text(16))
            .axis_style(INK.stroke_width(self.zoom))
            .bold_line_style(BLACK.mix(0.12).stroke_width(self.zoom))
            .x_label_formatter(&x_tick)
            .y_label_formatter(&y_tick)
            .light_line_style(TRANSPARENT)
            .set_all_tick_mark_size(self.px(4))
            .draw()?;
        Ok(plot)
    }

    /// A curve with an entry in the legend. A single point, which is no line, becomes a dot.
    pub(crate) fn curve(
        &self,
        plot: &mut Plot<'_, B>,
        name: &str,
        colour: RGBColor,
        points: Vec<(f64, f64)>,
    ) -> Drawn<(), B> {
        let (style, length) = (colour.stroke_width(self.px(2)), self.px(22) as i32);
        let radius = if points.len() == 1 { self.px(3) } else { 0 };
        let series = plot.draw_series(LineSeries::new(points, style.filled()).point_size(radius))?;
        // A further part of a curve has no name, and no line in the legend.
        if !name.is_empty() {
            series.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + length, y)], style));
        }
        Ok(())
    }

    pub(crate) fn legend<'a>(&self, plot: &mut Plot<'a, B>, position: SeriesLabelPosition) -> Drawn<(), B>
    where
        B: 'a,
    {
        plot.configure_series_labels()
            .position(position)
            .margin(self.px(12))
            .legend_area_size(self.px(30))
            .label_font(self.text(17))
            .background_style(WHITE.mix(0.9))
            .border_style(BLACK.mix(0.25))
            .draw()
    }
}

/// Writes `stem.svg` and `stem.png` into `folder`, which is made where it is missing.
pub(crate) fn save<F: Figure>(figure: &F, folder: &Path, stem: &str) -> Result<[PathBuf; 2], Error> {
    let failed = |path: &Path, reason: &dyn ToString| Error::File { path: path.to_owned(), reason: reason.to_string() };
    if register_font(FAMILY, FontStyle::Normal, FONT).is_err() {
        return Err(Error::Drawing("the embedded font is damaged".to_owned()));
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let [svg, png] = ["svg", "png"].map(|extension| folder.join(stem).with_extension(extension));
    let mut text = String::new();
    render(figure, SVGBackend::with_string(&mut text, F::SIZE), 1)?;
    fs::write(&svg, text).map_err(|error| failed(&svg, &error))?;
    let (width, height) = (F::SIZE.0 * ZOOM, F::SIZE.1 * ZOOM);
    let mut pixels = vec![0; (width * height * 3) as usize];
    render(figure, BitMapBackend::with_buffer(&mut pixels, (width, height)), ZOOM)?;
    write_png(&png, (width, height), &pixels).map_err(|error| failed(&png, &error))?;
    Ok([svg, png])
}

fn write_png(path: &Path, (width, height): (u32, u32), pixels: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

fn render<B: DrawingBackend>(figure: &impl Figure, backend: B, zoom: u32) -> Result<(), Error> {
    let canvas = Canvas { area: backend.into_drawing_area(), zoom };
    let drawn = canvas.area.fill(&WHITE).and_then(|()| figure.draw(&canvas)).and_then(|()| canvas.area.present());
    drawn.map_err(|error| Error::Drawing(error.to_string()))
}

/// Writes the numbers of an axis with as many decimals as its range needs, and no needless zeros.
fn tick(range: &Range<f64>) -> impl Fn(&f64) -> String + use<> {
    let decimals = (1.0 - (range.end - range.start).log10()).ceil().clamp(1.0, 9.0) as usize;
    move |value| format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

//! A loss and its gradient along a line through its input.

use core::ops::Range;
use lossfn::{Loss, LossError};

/// Points of a curve. An odd number, so that the middle of the range, where kinks are, is one of them.
pub(crate) const POINTS: usize = 801;

/// A named loss: where it was called, what it was, and its derivative.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) loss: Vec<(f64, f64)>,
    pub(crate) slope: Vec<(f64, f64)>,
}

/// Evenly spaced points of a range.
fn points(range: &Range<f64>) -> Vec<f64> {
    let step = (range.end - range.start) / (POINTS - 1) as f64;
    (0..POINTS).map(|i| range.start + step * i as f64).collect()
}

/// A loss of elements over its prediction, against one target.
pub(crate) fn of_element(
    name: &str,
    loss: &impl Loss<f64>,
    target: f64,
    range: &Range<f64>,
) -> Result<Curve, LossError> {
    let x = points(range);
    let (mut each, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    loss.each_and_grad(&x, &vec![target; x.len()], &mut each, &mut slope)?;
    Ok(Curve::new(name, &x, each, slope))
}

/// A loss of rows whose row is a function of one number; `row` gives the row and its derivative.
pub(crate) fn of_row<Y: Copy, const C: usize>(
    name: &str,
    loss: &impl Loss<f64, Y>,
    target: &[Y],
    range: &Range<f64>,
    row: fn(f64) -> [[f64; C]; 2],
) -> Result<Curve, LossError> {
    let s = points(range);
    let rows: Vec<[[f64; C]; 2]> = s.iter().map(|&s| row(s)).collect();
    let x: Vec<f64> = rows.iter().flat_map(|[x, _]| *x).collect();
    let (mut each, mut gradient) = (vec![0.0; s.len()], vec![0.0; x.len()]);
    loss.each_and_grad(&x, &target.repeat(s.len()), &mut each, &mut gradient)?;
    let along = |([_, direction], gradient): (&[[f64; C]; 2], &[f64])| {
        direction.iter().zip(gradient).map(|(direction, gradient)| direction * gradient).sum()
    };
    let slope = rows.iter().zip(gradient.chunks(C)).map(along).collect();
    Ok(Curve::new(name, &s, each, slope))
}

impl Curve {
    fn new(name: &str, x: &[f64], loss: Vec<f64>, slope: Vec<f64>) -> Self {
        let pairs = |y: Vec<f64>| x.iter().copied().zip(y).filter(|(_, y)| y.is_finite()).collect();
        Self { name: name.to_owned(), loss: pairs(loss), slope: pairs(slope) }
    }
}

//! Cross-entropy of rows whose exponentials are of very different sizes: where sums, and the ratio of the others to the
//! target, round most. `cargo test --test far_apart -- --nocapture` prints the largest errors.

mod support;

use lossfn::{Call, CrossEntropy, Level, Loss};
use lossfn_oracle::{Tolerance, Worst};
use support::Rng;

/// A few rows of a kind, with their classes.
struct Rows {
    classes: usize,
    x: Vec<f32>,
    y: Vec<u32>,
}

const ROWS: usize = 64;

impl Rows {
    /// Logits are one of a few steps below a common one, or anywhere above it; one of them is far above.
    fn new(rng: &mut Rng, classes: usize) -> Self {
        let mut rows = Self { classes, x: vec![0.0; ROWS * classes], y: vec![0; ROWS] };
        for (x, y) in rows.x.chunks_mut(classes).zip(&mut rows.y) {
            let mut pick = |n: f64| rng.between(0.0, n) as usize;
            let (spread, top, own) =
                ([0.0, 1.0, 4.0, 10.0, 17.0][pick(5.0)], pick(classes as f64), pick(classes as f64));
            let base = rng.between(-10.0, 10.0);
            for x in &mut *x {
                let kind = rng.between(0.0, 4.0);
                let apart = if kind < 1.0 { kind * spread } else { (1.0 - kind).ceil() * 0.5 * spread };
                *x = (base + apart) as f32;
            }
            x[top] += rng.between(0.0, 17.0) as f32;
            *y = own as u32;
            if rng.between(0.0, 1.0) < 0.5 {
                (x[0], *y) = ((base + rng.between(0.0, 20.0)) as f32, 0);
            }
        }
        rows
    }

    fn judge(&self, level: Level, loss: &mut Worst, slope: &mut Worst) {
        let (mut each, mut grad) = (vec![f32::NAN; ROWS], vec![f32::NAN; self.x.len()]);
        let how = Call::new().level(level);
        CrossEntropy::new(self.classes)
            .with(how)
            .each_and_grad(&self.x, &self.y, &mut each, &mut grad)
            .expect("a call");
        for (row, x) in self.x.chunks(self.classes).enumerate() {
            let own = self.y[row] as usize;
            let ratios: Vec<f64> = x.iter().map(|&other| (f64::from(other) - f64::from(x[own])).exp()).collect();
            let others: f64 =
                ratios.iter().enumerate().filter(|(class, _)| *class != own).map(|(_, ratio)| ratio).sum();
            let shown = || format!("{level:?}, {} classes, target {own} of {x:?}", self.classes);
            loss.check(row, each[row], others.ln_1p(), shown);
            for (class, ratio) in ratios.iter().enumerate() {
                let truth = if class == own { -others } else { *ratio } / (1.0 + others);
                slope.check(class, grad[row * self.classes + class], truth, shown);
            }
        }
    }
}

/// Short rows of one vector and of several, and long ones of one block and of several.
#[test]
fn every_entry_is_within_its_bound() {
    for level in Level::available() {
        for classes in [2, 3, 10, 16, 17, 33, 64, 111, 128, 129, 200, 500, 1000, 4000] {
            let mut rng = Rng(classes as u64);
            let mut loss = Worst::new("the loss", Tolerance::ulp(4.0));
            let mut slope = Worst::new("the gradient", Tolerance::ulp(6.0).flush(f64::from(f32::MIN_POSITIVE)));
            for _ in 0..support::scaled(20_000) / classes + 4 {
                Rows::new(&mut rng, classes).judge(level, &mut loss, &mut slope);
            }
            let worst = |worst: &Worst| worst.case().map_or(0.0, |case| case.ulp);
            println!("{level:?}, {classes} classes: loss {:.2} ULP, gradient {:.2}", worst(&loss), worst(&slope));
            loss.assert();
            slope.assert();
        }
    }
}

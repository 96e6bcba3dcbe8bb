//! What both programs without std check: `tests/no_std` on Linux and the firmware in `tests/cortex_m`.

use core::fmt::Write;
use lossfn::{BothGrads, Call, CrossEntropy, Huber, Loss, LossError, Mse};

type Check = fn() -> Result<bool, LossError>;

const CHECKS: [(&str, Check); 5] = [
    ("Mse", mse),
    ("Huber", huber),
    ("CrossEntropy", cross_entropy),
    ("rows of 1003 classes", wide_rows),
    ("a refusal", refusal),
];

/// 0, or the number of the first check that failed.
pub(crate) fn run(console: &mut impl Write) -> i32 {
    for (number, (name, check)) in (1..).zip(CHECKS) {
        if check() != Ok(true) {
            // The number says it too.
            let _ = writeln!(console, "check {number}, {name}: FAILED");
            return number;
        }
    }
    let of_distributions = distributions();
    if of_distributions != Ok(OF_DISTRIBUTIONS) {
        let _ = writeln!(console, "distributions: FAILED, {of_distributions:#018x?}, not {OF_DISTRIBUTIONS:#018x?}");
        return 1 + CHECKS.len() as i32;
    }
    let trained = training();
    if trained != Ok(TRAINED) {
        let _ = writeln!(console, "training: FAILED, {trained:#018x?}, not {TRAINED:#018x?}");
        return 2 + CHECKS.len() as i32;
    }
    let (count, last) = (CHECKS.len() + 2, f64::from_bits(TRAINED.last));
    let _ = writeln!(console, "checks: {count} passed; trained to a loss of {last:.9}");
    0
}

fn near(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance
}

fn all_near(got: &[f32], expected: &[f64]) -> bool {
    got.len() == expected.len() && got.iter().zip(expected).all(|(&g, &e)| near(f64::from(g), e, 1e-7))
}

fn mse() -> Result<bool, LossError> {
    let mut d = [0.0_f64; 3];
    let value = Mse::new().value_and_grad(&[1.0, 2.0, 4.0], &[0.0, 2.0, 1.0], &mut d)?.value;
    Ok(near(value, 10.0 / 3.0, 1e-15) && near(d[0], 2.0 / 3.0, 1e-15) && d[1] == 0.0 && near(d[2], 2.0, 1e-15))
}

fn huber() -> Result<bool, LossError> {
    let mut d = [0.0_f32; 4];
    let value = Huber::new(1.0).value_and_grad(&[1.5, 2.0, 4.0, -2.0], &[1.0, 2.0, 1.0, 0.0], &mut d)?.value;
    Ok(near(value, 1.031_25, 1e-7) && all_near(&d, &[0.125, 0.0, 0.25, -0.25]))
}

/// `ln(1 + e^-1 + e^-2)` and `ln 3`, and their gradients.
fn cross_entropy() -> Result<bool, LossError> {
    let mut d = [0.0_f32; 6];
    let labels: [u8; 2] = [2, 0];
    let value = CrossEntropy::new(3).value_and_grad(&[1.0, 2.0, 3.0, 0.0, 0.0, 0.0], &labels, &mut d)?.value;
    let expected = [0.045_015_286_6, 0.122_364_235_5, -0.167_379_522_1, -1.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0];
    Ok(near(value, 0.753_109_126_556, 1e-7) && all_near(&d, &expected))
}

/// A row of 1003 equal logits: `ln 1003`, however far from 0 they are.
fn wide_rows() -> Result<bool, LossError> {
    let logits = [-300.0_f32; 1003];
    let labels: [u8; 1] = [77];
    let mut d = [0.0; 1003];
    let value = CrossEntropy::new(1003).value_and_grad(&logits, &labels, &mut d)?.value;
    let share = 1.0 / 1003.0;
    let rest = d.iter().enumerate().all(|(i, &g)| i == 77 || near(f64::from(g), share, 1e-9));
    Ok(near(value, 6.910_750_787_961_936, 2e-6) && near(f64::from(d[77]), share - 1.0, 1e-7) && rest)
}

/// A wrong length is an error, and nothing is written.
fn refusal() -> Result<bool, LossError> {
    let mut d = [7.0_f32; 2];
    let refused = matches!(Mse::new().value_and_grad(&[1.0, 2.0], &[1.0], &mut d), Err(LossError::Length { .. }));
    Ok(refused && d == [7.0; 2])
}

/// Adds bits to a digest.
fn digest(start: u64, words: impl Iterator<Item = u64>) -> u64 {
    words.fold(start, |digest, word| (digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// What every machine without a fused multiply-add gives, however many vectors it takes at once.
const OF_DISTRIBUTIONS: u64 = 0x7287_007a_9110_617e;

/// A digest of losses and gradients of rows against probabilities and against smoothed classes, of few vectors and of
/// many.
fn distributions() -> Result<u64, LossError> {
    let mut found = 0;
    let mut add = |value: f64, entries: &[f32]| {
        let words = entries.iter().map(|x| u64::from(x.to_bits()));
        found = digest(found, core::iter::once(value.to_bits()).chain(words));
    };
    for (classes, rows) in [(23, 3), (300, 1)] {
        let (mut x, mut t) = ([0.0_f32; 300], [0.0_f32; 300]);
        for (i, (x, t)) in (0_u16..).zip(x.iter_mut().zip(&mut t)) {
            *x = f32::from(i * 37 % 29) / 4.0 - 3.0;
            *t = f32::from(i * 7 % 11) / 64.0;
        }
        let (x, t) = (&mut x[..classes * rows], &t[..classes * rows]);
        let (mut d, mut dt) = ([0.0_f32; 300], [0.0_f32; 300]);
        let (d, dt) = (&mut d[..x.len()], &mut dt[..x.len()]);
        let loss = CrossEntropy::new(classes);
        add(loss.value_and_grads(x, t, Some(&mut *d), Some(&mut *dt))?.value, d);
        add(0.0, dt);
        let accumulated = loss.label_smoothing(0.125).with(Call::new().accumulate());
        add(accumulated.value_and_grad(x, &[7_u8, 0, 22][..rows], d)?.value, d);
        add(loss.value_and_grad_in_place(x, t)?.value, x);
    }
    Ok(found)
}

/// Bits of a training: losses, and a digest of the weights.
#[derive(Debug, PartialEq)]
struct Trained {
    first: u64,
    tenth: u64,
    last: u64,
    weights: u64,
}

/// What every machine without a fused multiply-add gives. The same training in 64-bit arithmetic ends at a loss of
/// 0.008 079 166 033 623.
const TRAINED: Trained = Trained {
    first: 0x3ff1_93ea_71c7_1c72,
    tenth: 0x3fb3_ec5e_aaaa_aaab,
    last: 0x3f80_8bce_71c7_1c72,
    weights: 0x43be_bbe6_3cac_3612,
};

/// Three classes around three corners, told apart by a linear layer after a few steps of gradient descent.
fn training() -> Result<Trained, LossError> {
    const POINTS: [[f32; 2]; 9] = [
        [2.0, 0.0],
        [2.5, 0.5],
        [1.5, -0.5],
        [-1.0, 2.0],
        [-1.5, 1.5],
        [-0.5, 2.5],
        [-1.0, -2.0],
        [-1.5, -1.5],
        [-0.5, -2.5],
    ];
    const LABELS: [u8; 9] = [0, 0, 0, 1, 1, 1, 2, 2, 2];
    let loss = CrossEntropy::new(3);
    let (mut weight, mut bias) = ([[0.0_f32; 2]; 3], [0.0_f32; 3]);
    let (mut logits, mut d) = ([0.0_f32; 27], [0.0_f32; 27]);
    let mut losses = [0.0; 100];
    for value in &mut losses {
        for (row, x) in logits.chunks_exact_mut(3).zip(&POINTS) {
            for ((z, w), b) in row.iter_mut().zip(&weight).zip(&bias) {
                *z = w[0] * x[0] + w[1] * x[1] + b;
            }
        }
        *value = loss.value_and_grad(&logits, &LABELS, &mut d)?.value;
        for (row, x) in d.chunks_exact(3).zip(&POINTS) {
            for ((g, w), b) in row.iter().zip(&mut weight).zip(&mut bias) {
                w[0] -= 0.5 * g * x[0];
                w[1] -= 0.5 * g * x[1];
                *b -= 0.5 * g;
            }
        }
    }
    let words = weight.iter().flatten().chain(&bias).map(|x| u64::from(x.to_bits()));
    let weights = digest(0, words);
    Ok(Trained { first: losses[0].to_bits(), tenth: losses[9].to_bits(), last: losses[99].to_bits(), weights })
}

//! Computes a few losses and trains a small classifier with no std, no libc and no allocator.
//!
//! The exit code is 0, or the number of the first check that failed; a panic is 101.

#![no_std]
#![no_main]

mod runtime;

use lossfn::{CrossEntropy, Huber, Loss, LossError, Mse};

const CHECKS: [fn() -> Result<bool, LossError>; 6] = [mse, huber, cross_entropy, wide_rows, refusal, training];

fn main() -> i32 {
    for (number, check) in (1..).zip(CHECKS) {
        if check() != Ok(true) {
            return number;
        }
    }
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

/// Three classes around three corners, told apart by a linear layer after a few steps of gradient descent.
fn training() -> Result<bool, LossError> {
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
    let (mut first, mut last) = (0.0, 0.0);
    for step in 0..100 {
        for (row, x) in logits.chunks_exact_mut(3).zip(&POINTS) {
            for ((z, w), b) in row.iter_mut().zip(&weight).zip(&bias) {
                *z = w[0] * x[0] + w[1] * x[1] + b;
            }
        }
        last = loss.value_and_grad(&logits, &LABELS, &mut d)?.value;
        if step == 0 {
            first = last;
        }
        for (row, x) in d.chunks_exact(3).zip(&POINTS) {
            for ((g, w), b) in row.iter().zip(&mut weight).zip(&mut bias) {
                w[0] -= 0.5 * g * x[0];
                w[1] -= 0.5 * g * x[1];
                *b -= 0.5 * g;
            }
        }
    }
    Ok(near(first, 1.098_612_288_668_11, 1e-6) && near(last, FINAL, 1e-5))
}

/// The loss of the same training in 64-bit arithmetic.
const FINAL: f64 = 0.008_079_166_033_623;

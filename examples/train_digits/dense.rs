//! A dense layer as three loops over flat, row-major slices. The inner loops walk contiguous rows, which the compiler
//! vectorises.

/// `y = x w + bias`, a row of `y` for each row of `x`; `w` holds a row for each input.
pub(crate) fn forward(x: &[f32], w: &[f32], bias: &[f32], y: &mut [f32]) {
    let outputs = bias.len();
    let inputs = w.len() / outputs;
    for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
        y.copy_from_slice(bias);
        for (&x, w) in x.iter().zip(w.chunks_exact(outputs)) {
            add_scaled(y, x, w);
        }
    }
}

/// The gradients of `w` and `bias` from that of `y`.
pub(crate) fn backward_weights(x: &[f32], d_y: &[f32], d_w: &mut [f32], d_bias: &mut [f32]) {
    let outputs = d_bias.len();
    let inputs = d_w.len() / outputs;
    d_w.fill(0.0);
    d_bias.fill(0.0);
    for (x, d_y) in x.chunks_exact(inputs).zip(d_y.chunks_exact(outputs)) {
        for (&x, d_w) in x.iter().zip(d_w.chunks_exact_mut(outputs)) {
            add_scaled(d_w, x, d_y);
        }
        add_scaled(d_bias, 1.0, d_y);
    }
}

/// The gradient of `x` from that of `y`.
pub(crate) fn backward_input(d_y: &[f32], w: &[f32], d_x: &mut [f32], outputs: usize) {
    let inputs = w.len() / outputs;
    for (d_y, d_x) in d_y.chunks_exact(outputs).zip(d_x.chunks_exact_mut(inputs)) {
        for (d_x, w) in d_x.iter_mut().zip(w.chunks_exact(outputs)) {
            *d_x = w.iter().zip(d_y).map(|(w, d_y)| w * d_y).sum();
        }
    }
}

fn add_scaled(to: &mut [f32], factor: f32, row: &[f32]) {
    for (to, x) in to.iter_mut().zip(row) {
        *to += factor * x;
    }
}

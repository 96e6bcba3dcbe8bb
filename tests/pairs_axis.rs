//! Losses of rows against rows, and of probabilities, over an axis in the middle: they are those of the same rows side by
//! side, which are long enough to be summed in another order.

use lossfn::{
    Call, CategoricalCrossEntropy, CategoricalHinge, CosineEmbedding, CosineSimilarity, Layout, Loss, Nll, Weights,
};

/// Samples, classes, and entries of each class in a sample: more positions than are taken at once.
const AXIS: [usize; 3] = [3, 35, 70];

/// The rows of classes that lie an axis apart, one after the other; and back.
fn transposed(from: &[f32], back: bool) -> Vec<f32> {
    let [samples, classes, inner] = AXIS;
    let mut to = vec![0.0; from.len()];
    for (sample, class, i) in
        (0..samples).flat_map(|sample| (0..classes).flat_map(move |class| (0..inner).map(move |i| (sample, class, i))))
    {
        let (apart, row) = ((sample * classes + class) * inner + i, (sample * inner + i) * classes + class);
        if back {
            to[apart] = from[row];
        } else {
            to[row] = from[apart];
        }
    }
    to
}

/// Numbers of both signs, or positive ones.
fn numbers(factor: f32, positive: bool) -> Vec<f32> {
    let number = |i: usize| (factor * i as f32).sin();
    (0..AXIS.iter().product()).map(|i| if positive { number(i).abs() + 1e-3 } else { number(i) }).collect()
}

#[track_caller]
fn assert_near(loss: &str, what: &str, got: &[f32], wanted: &[f32], tolerance: f32) {
    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        let is_near = (got - wanted).abs() <= tolerance * (1.0 + wanted.abs());
        assert!(is_near, "{what} of {loss}: entry {i} is {got:e}, not {wanted:e}");
    }
}

/// Unreduced losses and gradients by every verb, of a loss over an axis and of the same over rows. `y` is first as the
/// rows have it, then as the axis has it.
fn assert_same_over_an_axis<Y, L: Loss<f32, Y>>(what: &str, loss: impl Fn(Layout) -> L, x: &[f32], y: [&[Y]; 2]) {
    let (rows, axis) = (loss(AXIS[1].into()), loss(Layout::axis(AXIS[1], AXIS[2])));
    let count = AXIS[0] * AXIS[2];
    let by_row = transposed(x, false);
    let blank = || (vec![f32::NAN; count], vec![f32::NAN; x.len()]);
    let (mut apart, (mut out, mut dx)) = (blank(), blank());
    axis.each_and_grad(x, y[1], &mut apart.0, &mut apart.1).expect("a call");
    rows.each_and_grad(&by_row, y[0], &mut out, &mut dx).expect("a call");
    assert_near(what, "each", &apart.0, &out, 2e-6);
    assert_near(what, "gradient", &apart.1, &transposed(&dx, true), 2e-6);
    let (mut place, mut dx) = (x.to_vec(), vec![f32::NAN; x.len()]);
    let value = axis.value_and_grad(x, y[1], &mut dx).expect("a call");
    assert_eq!(axis.value_and_grad_in_place(&mut place, y[1]), Ok(value));
    assert_near(what, "gradient in place", &place, &dx, 0.0);
    let of_rows = rows.value(&by_row, y[0]).expect("a call");
    // Losses of both signs nearly cancel, so that the order of a narrow vector's sums shows.
    let mean = out.iter().map(|x| f64::from(x.abs())).sum::<f64>() / count as f64;
    let size = if cfg!(feature = "std") { of_rows.value.abs() } else { mean };
    assert!((value.value - of_rows.value).abs() <= 1e-6 * size, "{value:?} {of_rows:?}");
    assert_eq!((value.totals.count, value.totals.weight), (of_rows.totals.count, of_rows.totals.weight));
}

#[test]
fn losses_over_an_axis_are_those_of_its_rows() {
    let [_, classes, inner] = AXIS;
    let (x, t, p) = (numbers(0.37, false), numbers(0.71, false), numbers(0.53, true));
    let (count, axis) = (x.len() / classes, Layout::axis(classes, inner));
    let weights = [0.5, 2.0, 0.0, 1.25, 3.0].repeat(classes / 5);
    let labels: Vec<i8> = (0..count).map(|i| if i % 3 == 0 { 1 } else { -1 }).collect();
    let indices: Vec<i64> = (0..count).map(|i| if i % 7 == 3 { -100 } else { (i * i % classes) as i64 }).collect();
    let hits: Vec<f32> = (0..x.len()).map(|i| f32::from(u8::from(i / inner % classes == i % classes))).collect();
    let mask: Vec<bool> = (0..count).map(|i| i % 5 != 1).collect();
    let how = Call::new().mask(&mask).weights(Weights::Each(&p[..count]));
    let (t_rows, hit_rows) = (transposed(&t, false), transposed(&hits, false));
    for how in [Call::new(), how] {
        let cosine = |layout| CosineSimilarity::new(layout).with(how);
        assert_same_over_an_axis("cosine similarity", cosine, &x, [&t_rows, &t]);
        let embedding = |layout: Layout| CosineEmbedding::new(layout, &labels).margin(0.1).with(how);
        assert_same_over_an_axis("cosine embedding", embedding, &x, [&t_rows, &t]);
        let hinge = |layout: Layout| CategoricalHinge::new(layout).tie(0.5).with(how);
        assert_same_over_an_axis("categorical hinge", hinge, &x, [&hit_rows, &hits]);
        let of_probabilities = |layout: Layout| CategoricalCrossEntropy::new(layout).class_weights(&weights);
        let soft = |layout| of_probabilities(layout).label_smoothing(0.1).with(how);
        assert_same_over_an_axis("probabilities", soft, &p, [&hit_rows, &hits]);
        let hard = |layout| of_probabilities(layout).ignore_index(-100).with(how);
        assert_same_over_an_axis("classes", hard, &p, [&indices, &indices]);
        let nll = |layout: Layout| Nll::new(layout).class_weights(&weights).with(how);
        assert_same_over_an_axis("nll", nll, &x, [&indices, &indices]);
    }
    let mut sum = vec![1.0; x.len()];
    let nll = Nll::new(axis).with(Call::new().accumulate().sum());
    nll.grad(&x, &indices, &mut sum).expect("a call");
    assert_eq!(sum.iter().filter(|x| **x == 0.0).count(), indices.iter().filter(|class| **class >= 0).count());
    assert!(sum.iter().all(|x| *x == 0.0 || *x == 1.0));
}

#[test]
fn tiles_of_nothing_but_rows_that_are_left_out_get_zeros() {
    let (rows, mask) = ([f64::NAN; 3 * 1000], [false; 1000]);
    let mut dx = [9.0; 3 * 1000];
    let how = Call::new().sum().mask(&mask);
    CosineSimilarity::new(Layout::axis(3, 1000)).with(how).grad(&rows, &rows, &mut dx).expect("a call");
    assert!(dx.iter().all(|slope| slope.to_bits() == 0));
}

//! Losses of rows against rows, and of probabilities: the limits that frameworks miss, what each of them does
//! differently under its preset, and every way a call can be wrong.

use lossfn::{
    BothGrads, ByRow, Call, CategoricalCrossEntropy, CategoricalHinge, Clip, CosineEmbedding, CosineSimilarity,
    CrossEntropy, Layout, Loss, LossError, Nll, Threads, Weights,
};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

#[track_caller]
fn near(got: f64, wanted: f64, relative: f64) {
    assert!(got == wanted || (got - wanted).abs() <= relative * wanted.abs(), "{got:e}, not {wanted:e}");
}

/// Loss and both gradients of one row.
#[track_caller]
fn row<const N: usize>(loss: &impl BothGrads<f64>, x: [f64; N], t: [f64; N]) -> (f64, [f64; N], [f64; N]) {
    let (mut dx, mut dt) = ([NAN; N], [NAN; N]);
    let value = loss.value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).expect("a call").value;
    (value, dx, dt)
}

#[test]
fn cosines_of_short_and_long_vectors_are_right() {
    for length in [1e-45_f32, 1e-38, 1e-30, 1e-20, 1e-7, 1e-6, 1.0, 1e20, 1e30, 1e38] {
        let (x, y) = ([length, 0.0], [length, length]);
        let loss = CosineEmbedding::new(2, &[1]);
        assert_eq!(loss.value(&x, &x).map(|outcome| outcome.value), Ok(0.0), "{length:e} with itself");
        let cosine = CosineSimilarity::new(2).value(&x, &y).expect("a call").value;
        near(cosine, -core::f64::consts::FRAC_1_SQRT_2, 3e-7);
        // One of them may be a unit vector.
        near(CosineSimilarity::new(2).value(&x, &[1.0, 1.0]).expect("a call").value, cosine, 3e-7);
    }
}

#[test]
fn nearly_orthogonal_vectors_keep_their_digits() {
    let (x, t) = ([9.313_226e-10_f32, 0.0], [1.234_567e-33, 9.313_226e-10]);
    near(CosineSimilarity::new(2).value(&x, &t).expect("a call").value, -1.234_567e-33 / 9.313_226e-10, 1e-6);
}

#[test]
fn vectors_of_zeros_have_cosine_and_gradients_zero() {
    let zero = ([0.0, 0.0], [0.0, 0.0]);
    for t in [[1.0, 2.0], [0.0, 0.0], [1e300, 0.0]] {
        let (value, dx, dt) = row(&CosineSimilarity::new(2), [0.0, 0.0], t);
        assert_eq!((value, (dx, dt)), (0.0, zero));
        let (value, dx, dt) = row(&CosineEmbedding::new(2, &[1]), t, [0.0, 0.0]);
        assert_eq!((value, (dx, dt)), (1.0, zero));
    }
}

#[test]
fn nan_is_not_hidden_by_zeros() {
    for t in [[NAN, 1.0], [INF, 1.0], [1.0, -INF]] {
        for (x, t) in [([0.0, 0.0], t), (t, [0.0, 0.0]), (t, [1.0, 1.0])] {
            let (value, dx, dt) = row(&CosineSimilarity::new(2), x, t);
            assert!(value.is_nan() && dx[0].is_nan() && dt[1].is_nan(), "{x:?} {t:?}: {value} {dx:?} {dt:?}");
            for label in [1, -1] {
                let (value, dx, _) = row(&CosineEmbedding::new(2, &[label]), x, t);
                assert!(value.is_nan() && dx[1].is_nan(), "{x:?} {t:?}: {value} {dx:?}");
            }
        }
    }
}

#[test]
fn cosine_embedding_under_torch_sees_its_epsilon() {
    let equal = |length: f64| [length, 0.0];
    let torch = |length| row(&CosineEmbedding::new(2, &[1]).torch(), equal(length), equal(length)).0;
    near(torch(1e-6), 0.5, 1e-12);
    near(torch(1e-7), 0.990_099_009_900_990_1, 1e-12);
    assert_eq!(row(&CosineEmbedding::new(2, &[1]), equal(1e-7), equal(1e-7)).0, 0.0);
}

#[test]
fn floors_of_keras_hold_short_norms() {
    let short = [1e-7, 0.0];
    near(row(&CosineSimilarity::new(2).tf23(), short, [1.0, 0.0]).0, -0.1, 1e-12);
    near(row(&CosineSimilarity::new(2).keras(), short, [1.0, 0.0]).0, -1.0, 1e-12);
    let zero = |loss: CosineSimilarity| row(&loss, [0.0, 0.0], [1.0, 2.0]).1;
    near(zero(CosineSimilarity::new(2).tf23())[0], -4.472_135_954_999_579e5, 1e-12);
    near(zero(CosineSimilarity::new(2).keras())[1], -2.0 * 4.472_135_954_999_579e6, 1e-12);
    let f32s = CosineSimilarity::new(2).tf23().value(&[1e-7_f32, 0.0], &[1.0, 0.0]).expect("a call").value;
    near(f32s, -0.1, 1e-6);
}

#[test]
fn other_labels_are_nan_an_error_or_with_torch_nothing() {
    let (x, t) = ([1.0, 2.0], [2.0, 1.0]);
    let (value, dx, dt) = row(&CosineEmbedding::new(2, &[0.5_f32]), x, t);
    assert!(value.is_nan() && dx[0].is_nan() && dt[0].is_nan());
    assert!(row(&CosineEmbedding::new(2, &[f64::NAN]), x, t).0.is_nan());
    let error = CosineEmbedding::new(2, &[7_i8]).value(&x, &t).expect_err("a label of 7");
    assert_eq!(error, LossError::Label { row: 0, value: 7 });
    assert!(error.to_string().contains("label 7 of row 0"), "{error}");
    let error = CosineEmbedding::new(2, &[1_i64, -1, i64::MIN]).value(&[1.0_f32; 6], &[1.0; 6]).expect_err("a label");
    assert_eq!(error, LossError::Label { row: 2, value: i64::MIN.into() });
    for loss in [CosineEmbedding::new(2, &[0.5_f64]).torch(), CosineEmbedding::new(2, &[0_isize]).torch()] {
        assert_eq!(row(&loss, x, t), (0.0, [0.0; 2], [0.0; 2]));
    }
}

#[test]
fn labels_of_every_type_mean_the_same() {
    let (x, t) = ([3.0, 4.0, 3.0, 4.0], [1.0, 0.0, 1.0, 0.0]);
    macro_rules! of {
        ($($t:ident),+) => {
            [$(CosineEmbedding::new(2, &[1 as $t, -1 as $t]).value(&x, &t).expect("a call").value),+]
        };
    }
    for value in of!(i8, i16, i32, i64, isize, f32, f64) {
        near(value, (0.4 + 0.6) / 2.0, 1e-15);
    }
}

#[test]
fn pairs_at_the_margin_are_left_alone() {
    let orthogonal = row(&CosineEmbedding::new(2, &[-1]), [1.0, 0.0], [0.0, 1.0]);
    assert_eq!(orthogonal, (0.0, [0.0; 2], [0.0; 2]));
    let opposite = row(&CosineEmbedding::new(2, &[-1]).margin(-1.0), [1.0, 0.0], [-3.0, 0.0]);
    assert_eq!(opposite, (0.0, [0.0; 2], [0.0; 2]));
    near(row(&CosineEmbedding::new(2, &[-1]).margin(0.5), [3.0, 4.0], [1.0, 0.0]).0, 0.1, 1e-14);
}

#[test]
fn categorical_hinge_takes_the_target_slot_as_keras_does_or_not() {
    let (t, x) = ([0.0, 1.0, 0.0], [-5.0, -2.0, -4.0]);
    // The target's own slot is the maximum: its gradient with respect to `x` is there `(1 - t) - t`.
    assert_eq!(row(&CategoricalHinge::new(3), x, t), (3.0, [0.0, -1.0, 0.0], [5.0, 4.0, 4.0]));
    assert_eq!(row(&CategoricalHinge::new(3).without_target_slot(), x, t).0, 0.0);
    assert_eq!(row(&CategoricalHinge::new(1).without_target_slot(), [5.0], [1.0]), (0.0, [0.0], [0.0]));
}

#[test]
fn labels_of_minus_one_are_not_converted() {
    near(row(&CategoricalHinge::new(3), [0.3, 0.5, 0.8], [-1.0, 1.0, -1.0]).0, 3.2, 1e-15);
}

#[test]
fn ties_of_categorical_hinge_are_shared() {
    let t = [0.0, 0.0, 1.0];
    assert_eq!(row(&CategoricalHinge::new(3), [2.0, 2.0, 1.0], t).1, [0.5, 0.5, -1.0]);
    let at_zero = |loss: CategoricalHinge| row(&loss, [0.5, 0.25, 1.5], t);
    assert_eq!(at_zero(CategoricalHinge::new(3)).1, [0.0; 3]);
    assert_eq!(at_zero(CategoricalHinge::new(3).keras()).1, [1.0, 0.0, -1.0]);
    assert_eq!(at_zero(CategoricalHinge::new(3).tf23()).1, [1.0, 0.0, -1.0]);
    assert_eq!(at_zero(CategoricalHinge::new(3).tie(0.5)), (0.0, [0.5, 0.0, -0.5], [-0.5, -0.125, -0.75]));
    // The difference of scores rounds to -1, and the loss is positive all the same.
    assert_eq!(row(&CategoricalHinge::new(2), [1e-30, 1.0], [0.0, 1.0]), (1e-30, [1.0, -1.0], [-2e-30, -1.0]));
}

#[test]
fn impossible_scores_of_categorical_hinge_are_no_nan() {
    let (value, dx, _) = row(&CategoricalHinge::new(3), [-INF, 2.0, 0.5], [0.0, 1.0, 0.0]);
    assert_eq!((value, dx), (0.0, [0.0; 3]));
    assert_eq!(row(&CategoricalHinge::new(2), [INF, 2.0], [0.0, 1.0]).0, INF);
    assert!(row(&CategoricalHinge::new(2), [NAN, 2.0], [0.0, 1.0]).0.is_nan());
    assert!(row(&CategoricalHinge::new(2), [-9.0, NAN], [0.0, 1.0]).1[0].is_nan());
}

fn by_class<const N: usize>(loss: &CategoricalCrossEntropy<'_, f64>, x: [f64; N], y: usize) -> (f64, [f64; N]) {
    let mut dx = [NAN; N];
    (loss.value_and_grad(&x, &[y], &mut dx).expect("a call").value, dx)
}

#[test]
fn sparse_cross_entropy_of_tensorflow_clips_before_it_normalises() {
    let x = [0.5, 0.0, 0.5];
    let (value, dx) = by_class(&CategoricalCrossEntropy::new(3).tf23(), x, 1);
    near(value, 16.118_095_750_958_317, 1e-14);
    near(dx[0], 1.0, 2e-7);
    assert_eq!(dx[1], 0.0);
    let (value, dx) = by_class(&CategoricalCrossEntropy::new(3).clip(Clip::Normalized(1e-7)), x, 1);
    near(value, 16.118_095_650_958_32, 1e-14);
    assert_eq!(dx, [0.0; 3]);
    assert_eq!(by_class(&CategoricalCrossEntropy::new(3), x, 1), (INF, [1.0, -INF, 1.0]));
    // Probabilities are normalised first under either preset.
    near(row(&CategoricalCrossEntropy::new(3).tf23(), x, [0.0, 1.0, 0.0]).0, 16.118_095_650_958_32, 1e-14);
}

#[test]
fn probabilities_are_normalised() {
    let (x, t) = ([0.1, 0.2, 0.1], [0.0, 1.0, 0.0]);
    for loss in [CategoricalCrossEntropy::new(3), CategoricalCrossEntropy::new(3).clip(Clip::Normalized(1e-7))] {
        let (value, dx, _) = row(&loss, x, t);
        near(value, core::f64::consts::LN_2, 1e-15);
        dx.iter().zip([2.5, -2.5, 2.5]).for_each(|(dx, wanted)| near(*dx, wanted, 1e-15));
        assert_eq!(by_class(&loss, x, 1).0, value);
    }
    near(by_class(&CategoricalCrossEntropy::new(2), [1.5e308, 1.5e308], 1).0, core::f64::consts::LN_2, 1e-15);
}

#[test]
fn certain_classes_lose_no_digits() {
    for others in [1e-10, 1e-17, 1e-30, 1e-300] {
        let (value, dx) = by_class(&CategoricalCrossEntropy::new(2), [1.0, others], 0);
        near(value, others, 1e-9);
        near(dx[0], -others, 1e-9);
        let (value, dx, dt) = row(&CategoricalCrossEntropy::new(2), [1.0, others], [1.0, 0.0]);
        near(value, others, 1e-9);
        near(dx[0], -others, 1e-9);
        near(dt[0], others, 1e-9);
    }
}

#[test]
fn classes_that_cannot_be_add_nothing() {
    let (value, dx, dt) = row(&CategoricalCrossEntropy::new(3), [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]);
    assert_eq!((value, dx), (core::f64::consts::LN_2, [-1.0, 1.0, 1.0]));
    assert_eq!(dt[1], INF);
    let weights = [0.0, 1.0];
    let (value, dx) = by_class(&CategoricalCrossEntropy::new(2).class_weights(&weights), [0.0, 1.0], 0);
    assert!(value.is_nan(), "a mean whose divisor is the weight 0");
    assert_eq!(dx, [0.0; 2]);
    let each = |loss: &CategoricalCrossEntropy<'_, f64>| {
        let mut out = [NAN];
        loss.each(&[0.0, 1.0], &[0], &mut out).map(|_| out[0])
    };
    assert_eq!(each(&CategoricalCrossEntropy::new(2).class_weights(&weights)), Ok(0.0));
    assert!(by_class(&CategoricalCrossEntropy::new(2), [0.0, 0.0], 0).0.is_nan());
}

#[test]
fn nll_of_log_softmax_is_cross_entropy() {
    let logits = [[1.0, 2.0, 0.5], [-3.0, 0.0, 4.0], [100.0, 0.0, 101.0], [0.0; 3]];
    let weights = [0.5, 2.0, 1.25];
    let log_softmax = |row: &[f64; 3]| row.map(|x| -(row.iter().map(|y| (y - x).exp()).sum::<f64>().ln()));
    let log_softmax: Vec<f64> = logits.iter().flat_map(log_softmax).collect();
    let classes = [0, -100, 2, 1];
    let nll = Nll::new(3).class_weights(&weights).value(&log_softmax, &classes).expect("a call");
    let ce = CrossEntropy::new(3).class_weights(&weights).value(logits.as_flattened(), &classes).expect("a call");
    near(nll.value, ce.value, 1e-14);
    assert_eq!((nll.totals.weight, nll.totals.count), (ce.totals.weight, ce.totals.count));
}

#[test]
fn nll_reads_the_entry_of_the_class_alone() {
    let x = [NAN, -0.5, INF, NAN, NAN, NAN];
    let mut dx = [7.0; 6];
    let loss = Nll::new(3).value_and_grad(&x, &[1, -100], &mut dx).expect("a call").value;
    assert_eq!((loss, dx), (0.5, [0.0, -1.0, 0.0, 0.0, 0.0, 0.0]));
    let mut sum = [1.0; 6];
    Nll::new(3).with(Call::new().accumulate().sum()).grad(&x, &[1, -100], &mut sum).expect("a call");
    assert_eq!(sum, [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    let mut place = x;
    Nll::new(3).value_and_grad_in_place(&mut place, &[1, -100]).expect("a call");
    assert_eq!(place, dx);
    assert_eq!(Nll::new(2).value(&[-INF, 0.0], &[0]).map(|it| it.value), Ok(INF));
}

#[test]
fn nothing_is_ignored_by_probabilities_unless_it_is_said() {
    let (x, y) = ([0.5, 0.5, 0.25, 0.75], [-100, 1]);
    let error = CategoricalCrossEntropy::new(2).value(&x, &y).expect_err("an index of -100");
    assert_eq!(error, LossError::Target { row: 0, value: -100, classes: 2 });
    let outcome = CategoricalCrossEntropy::new(2).ignore_index(-100).value(&x, &y).expect("a call");
    assert_eq!((outcome.value, outcome.totals.count), (-(0.75_f64.ln()), 1));
}

/// What all verbs say of a call that is wrong: one error, and nothing written.
#[track_caller]
fn refused<Y>(loss: &impl Loss<f64, Y>, x: &[f64], y: &[Y]) -> LossError {
    let (mut dx, mut out, mut place) = (vec![7.0; x.len()], vec![7.0; 2], x.to_vec());
    let error = loss.value(x, y).expect_err("value");
    let others = [
        loss.value_and_grad(x, y, &mut dx).expect_err("value_and_grad"),
        loss.value_and_grad_in_place(&mut place, y).expect_err("in place"),
        loss.each_and_grad(x, y, &mut out, &mut dx).expect_err("each_and_grad"),
    ];
    for other in others {
        assert_eq!(format!("{other:?}"), format!("{error:?}"), "verbs differ");
    }
    assert!(place == x && dx.iter().chain(&out).all(|x| *x == 7.0), "{error}: an output was touched");
    error
}

#[test]
fn lengths_that_do_not_fit() {
    let (four, six) = ([0.5; 4], [0.5; 6]);
    let length = |what, expected, found| LossError::Length { what, expected, found };
    assert_eq!(refused(&CosineSimilarity::new(2), &four, &six), length("y", 4, 6));
    assert_eq!(refused(&CosineEmbedding::new(2, &[1, -1]), &four, &six), length("y", 4, 6));
    assert_eq!(refused(&CosineEmbedding::new(2, &[1, -1, 1]), &four, &four), length("labels", 2, 3));
    assert_eq!(refused(&CategoricalHinge::new(2), &six, &four), length("y", 6, 4));
    assert_eq!(refused(&CategoricalCrossEntropy::new(2), &six, &four), length("y", 6, 4));
    assert_eq!(refused(&CategoricalCrossEntropy::new(2), &six, &[0_u8, 1]), length("x", 4, 6));
    assert_eq!(refused(&Nll::new(2), &six, &[0_u8, 1]), length("x", 4, 6));
    let (mut dx, mut dy) = ([7.0; 4], [7.0; 3]);
    let error = CosineSimilarity::new(2).value_and_grads(&four, &four, Some(&mut dx), Some(&mut dy));
    assert_eq!(error.map(|_| ()), Err(length("dy", 4, 3)));
    assert_eq!(dx, [7.0; 4]);
    let rows = LossError::Rows { elements: 4, columns: 3 };
    assert_eq!(refused(&CosineSimilarity::new(3), &four, &four), rows);
    assert_eq!(refused(&CosineEmbedding::new(3, &[1]), &four, &four), rows);
    assert_eq!(refused(&CategoricalHinge::new(3), &four, &four), rows);
    assert_eq!(refused(&CategoricalCrossEntropy::new(3), &four, &four), rows);
}

#[test]
fn layouts_that_cannot_be() {
    let four = [0.5; 4];
    assert_eq!(refused(&CosineSimilarity::new(0), &four, &four), LossError::NoClasses);
    assert_eq!(refused(&CosineEmbedding::new(0, &[1]), &four, &four), LossError::NoClasses);
    assert_eq!(refused(&CategoricalHinge::new(0), &four, &four), LossError::NoClasses);
    assert_eq!(refused(&Nll::new(0), &four, &[0_u8]), LossError::NoClasses);
    let narrow = Layout::rows(3).stride(2);
    let stride = LossError::Stride { classes: 3, stride: 2 };
    assert_eq!(refused(&CosineSimilarity::new(narrow), &four, &four), stride);
    assert_eq!(refused(&CategoricalCrossEntropy::new(narrow), &four, &[0_u8, 1]), stride);
    assert_eq!(refused(&Nll::new(narrow), &four, &[0_u8, 1]), stride);
    let wide = Layout::rows(2).stride(usize::MAX);
    let overflow = LossError::Overflow { rows: 2, stride: usize::MAX };
    assert_eq!(refused(&Nll::new(wide), &four, &[0_u8, 1]), overflow);
    assert_eq!(refused(&CategoricalCrossEntropy::new(wide), &four, &[0_u8, 1]), overflow);
    let of = |classes| CategoricalCrossEntropy::<f32>::new(classes).value(&[], &[0_u8; 0]);
    assert!(matches!(of((1 << 24) + 1), Err(LossError::Unsupported { .. })) && of(1 << 24).is_ok());
}

#[test]
fn options_outside_their_range() {
    let four = [0.5; 4];
    let name = |error: LossError| match error {
        LossError::Option { name, .. } => name,
        other => panic!("{other:?}"),
    };
    for wrong in [-1.0, NAN, INF] {
        assert_eq!(name(refused(&CosineSimilarity::new(2).floor(wrong), &four, &four)), "floor");
        assert_eq!(name(refused(&CosineEmbedding::new(2, &[1, 1]).epsilon(wrong), &four, &four)), "epsilon");
    }
    for wrong in [-1.001, 1.001, NAN, INF] {
        assert_eq!(name(refused(&CosineEmbedding::new(2, &[1, 1]).margin(wrong), &four, &four)), "margin");
        assert_eq!(name(refused(&CategoricalHinge::new(2).tie(wrong), &four, &four)), "tie");
        let loss = CategoricalCrossEntropy::new(2).label_smoothing(wrong);
        assert_eq!(name(refused(&loss, &four, &four)), "label_smoothing");
        assert_eq!(name(refused(&loss, &four, &[0_u8, 1])), "label_smoothing");
    }
    for wrong in [-1e-7, 0.0, 0.5, NAN, INF] {
        for clip in [Clip::Normalized(wrong), Clip::Given(wrong)] {
            let loss = CategoricalCrossEntropy::new(2).clip(clip);
            assert_eq!(name(refused(&loss, &four, &four)), "clip");
            assert_eq!(name(refused(&loss, &four, &[0_u8, 1])), "clip");
        }
    }
    let weights = LossError::Weights { what: "class weights", expected: 2, found: 3 };
    assert_eq!(refused(&CategoricalCrossEntropy::new(2).class_weights(&four[..3]), &four, &[0_u8, 1]), weights);
    assert_eq!(refused(&CategoricalCrossEntropy::new(2).class_weights(&four[..3]), &four, &four), weights);
    assert_eq!(refused(&Nll::new(2).class_weights(&four[..3]), &four, &[0_u8, 1]), weights);
}

#[test]
fn targets_that_are_no_class() {
    let target = LossError::Target { row: 1, value: 2, classes: 2 };
    assert_eq!(refused(&CategoricalCrossEntropy::new(2), &[0.5; 4], &[0_u8, 2]), target);
    assert_eq!(refused(&Nll::new(2), &[0.5; 4], &[0_u64, 2]), target);
    let negative = LossError::Target { row: 0, value: -1, classes: 2 };
    assert_eq!(refused(&Nll::new(2), &[0.5; 4], &[-1_i16, -100]), negative);
    assert!(refused(&Nll::new(2).no_ignore_index(), &[0.5; 2], &[-100]).to_string().contains("-100"));
    assert!(Nll::new(2).ignore_index(5).value(&[0.5; 2], &[5]).is_ok());
}

#[test]
fn what_losses_of_rows_do_not_have() {
    let four = [0.5; 4];
    let by_row = Call::new().columns(2).by_row(ByRow::Sum);
    let columns = Call::new().weights(Weights::Columns(&four[..2]));
    for how in [by_row, columns] {
        let errors = [
            refused(&CosineSimilarity::new(2).with(how), &four, &four),
            refused(&CosineEmbedding::new(2, &[1, 1]).with(how), &four, &four),
            refused(&CategoricalHinge::new(2).with(how), &four, &four),
            refused(&CategoricalCrossEntropy::new(2).with(how), &four, &four),
            refused(&CategoricalCrossEntropy::new(2).with(how), &four, &[0_u8, 1]),
            refused(&Nll::new(2).with(how), &four, &[0_u8, 1]),
        ];
        assert!(errors.iter().all(|error| matches!(error, LossError::Unsupported { .. })), "{errors:?}");
    }
}

/// The gradient of the target has the bits that it has without that of the prediction, on any thread, added or not.
#[test]
fn gradients_of_targets_have_the_same_bits_in_any_way() {
    let columns = 1000;
    let values = |factor: f64| (0..200 * columns).map(move |i| (factor * i as f64).sin() as f32).collect::<Vec<_>>();
    let (x, t) = (values(0.37), values(0.71));
    let run = |how: Call<'_, f32>, dx: Option<&mut [f32]>, before: f32| {
        let mut dt = vec![before; x.len()];
        CosineSimilarity::new(columns).with(how).value_and_grads(&x, &t, dx, Some(&mut dt)).expect("a call");
        dt
    };
    let serial = Call::new().threads(Threads::Serial).sum();
    let alone = run(serial, None, f32::NAN);
    let mut dx = vec![f32::NAN; x.len()];
    assert!(run(serial, Some(&mut dx), f32::NAN) == alone);
    assert!(run(Call::new().sum(), Some(&mut dx), f32::NAN) == alone);
    assert!(run(serial.accumulate(), None, 1.5) == alone.iter().map(|dt| 1.5 + dt).collect::<Vec<_>>());
    assert!(dx.iter().all(|dx| dx.is_finite()));
}

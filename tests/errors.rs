//! Every way a call can be wrong is an error that says what to change, before any output is touched.

use core::error::Error;
use lossfn::{
    Bce, BceWithLogits, ByRow, Call, CategoricalCrossEntropy, CosineSimilarity, CrossEntropy, Divisor, Hinge, Huber,
    Layout, Level, Loss, LossError, Mae, Mse, Real, SmoothL1, Weights,
};

const OK: [f32; 6] = [0.5, -1.0, 2.0, 0.25, 3.0, -0.5];

/// What all verbs say of a call whose outputs are right: one error, and nothing written.
#[track_caller]
fn refused<T: Real, Y, L: Loss<T, Y>>(loss: &L, x: &[T], y: &[Y], items: usize) -> LossError {
    let sentinel = x.first().copied().unwrap_or_default();
    let (mut dx, mut out, mut place) = (vec![sentinel; x.len()], vec![sentinel; items], x.to_vec());
    let errors = [
        loss.value(x, y).expect_err("value"),
        loss.grad(x, y, &mut dx).expect_err("grad"),
        loss.value_and_grad(x, y, &mut dx).expect_err("value_and_grad"),
        loss.value_and_grad_in_place(&mut place, y).expect_err("value_and_grad_in_place"),
        loss.each(x, y, &mut out).expect_err("each"),
        loss.each_and_grad(x, y, &mut out, &mut dx).expect_err("each_and_grad"),
    ];
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{:?}", errors[0]), "verbs differ");
    }
    assert!(dx.iter().chain(&out).all(|x| *x == sentinel), "{:?}: an output was touched", errors[0]);
    assert_eq!(place, x, "{:?}: the input was touched", errors[0]);
    errors[0]
}

/// A refusal by an elementwise loss of six elements.
#[track_caller]
fn refused_elements(how: Call<'_, f32>) -> LossError {
    refused(&Mse::new().with(how), &OK, &OK, 6)
}

/// A refusal by a cross-entropy of two rows of three classes.
#[track_caller]
fn refused_rows(how: Call<'_, f32>) -> LossError {
    refused(&CrossEntropy::new(3).with(how), &OK, &[0_u8, 2], 2)
}

/// The error is this one, and its message has these words.
#[track_caller]
fn expect(got: LossError, wanted: LossError, words: &[&str]) {
    assert_eq!(format!("{got:?}"), format!("{wanted:?}"));
    let message = got.to_string();
    for word in words {
        assert!(message.contains(word), "{message:?} lacks {word:?}");
    }
}

fn length(what: &'static str, expected: usize, found: usize) -> LossError {
    LossError::Length { what, expected, found }
}

fn weights(what: &'static str, expected: usize, found: usize) -> LossError {
    LossError::Weights { what, expected, found }
}

#[test]
fn errors_travel() {
    fn travels<E: Error + Send + Sync + Copy + PartialEq + 'static>() {}
    travels::<LossError>();
}

#[test]
fn targets_of_another_length() {
    for n in [0, 1, 5, 7] {
        let y = vec![0.0; n];
        expect(refused(&Mse::new(), &OK, &y, 6), length("y", 6, n), &["`y`", "give it 6", &format!("has {n}")]);
        expect(refused(&BceWithLogits::new(), &OK, &y, 6), length("y", 6, n), &["`y`", "give it 6"]);
    }
    let error = refused(&CrossEntropy::new(3), &OK, &[0_i64; 3], 3);
    expect(error, length("x", 9, 6), &["`x` has 6 elements", "give it 9"]);
    let error = refused(&CrossEntropy::new(3), &OK, &[0.25; 7], 2);
    expect(error, length("y", 6, 7), &["`y` has 7", "give it 6"]);
    let error = refused(&CrossEntropy::new(Layout::rows(3).stride(4)), &OK, &[0_i64; 2], 2);
    expect(error, length("x", 8, 6), &["`x` has 6", "give it 8"]);
}

#[test]
fn outputs_of_another_length() {
    let (elements, rows) = (Mae::new(), CrossEntropy::new(3));
    for n in [0, 5, 7] {
        let (mut short, mut good) = (vec![7.0; n], [7.0; 6]);
        expect(elements.grad(&OK, &OK, &mut short).unwrap_err(), length("dx", 6, n), &["`dx`", "give it 6"]);
        expect(elements.value_and_grad(&OK, &OK, &mut short).unwrap_err(), length("dx", 6, n), &["`dx`"]);
        expect(elements.each(&OK, &OK, &mut short).unwrap_err(), length("out", 6, n), &["`out`", "give it 6"]);
        let error = elements.each_and_grad(&OK, &OK, &mut good, &mut short).unwrap_err();
        expect(error, length("dx", 6, n), &["`dx`"]);
        let error = elements.each_and_grad(&OK, &OK, &mut short, &mut good).unwrap_err();
        expect(error, length("out", 6, n), &["`out`"]);
        expect(rows.grad(&OK, &[0_u8, 1], &mut short).unwrap_err(), length("dx", 6, n), &["`dx`"]);
        expect(rows.each(&OK, &[0_u8, 1], &mut short).unwrap_err(), length("out", 2, n), &["`out`", "give it 2"]);
        let error = rows.each_and_grad(&OK, &[0_u8, 1], &mut good[..2], &mut short).unwrap_err();
        expect(error, length("dx", 6, n), &["`dx`"]);
        assert!(short.iter().chain(&good).all(|x| *x == 7.0), "an output was touched");
    }
}

#[test]
fn weights_masks_and_upstream_of_another_length() {
    let (w, mask) = ([1.0; 8], [true; 8]);
    let call = Call::<f32>::new;
    for n in [0, 1, 4, 5, 7] {
        let entries = format!("has {n} entries");
        let words = [entries.as_str(), "give it 6"];
        expect(refused_elements(call().weights(Weights::Each(&w[..n]))), weights("weights", 6, n), &words);
        expect(refused_elements(call().mask(&mask[..n])), weights("the mask", 6, n), &words);
        let error = refused_elements(call().upstream_each(&w[..n]));
        expect(error, weights("the upstream gradient", 6, n), &words);
        let error = refused_elements(call().weights(Weights::Rows(&w[..n])).columns(2));
        expect(error, weights("row weights", 3, n), &["row weights", "give it 3"]);
        let error = refused_elements(call().weights(Weights::Columns(&w[..n])).columns(3));
        expect(error, weights("column weights", 3, n), &["column weights", "give it 3"]);
        let words = [entries.as_str(), "give it 2"];
        expect(refused_rows(call().weights(Weights::Each(&w[..n]))), weights("weights", 2, n), &words);
        expect(refused_rows(call().weights(Weights::Rows(&w[..n]))), weights("row weights", 2, n), &words);
        expect(refused_rows(call().mask(&mask[..n])), weights("the mask", 2, n), &words);
        expect(refused_rows(call().upstream_each(&w[..n])), weights("the upstream gradient", 2, n), &words);
        let loss = CrossEntropy::new(3).class_weights(&w[..n]);
        let words = [entries.as_str(), "class weights", "give it 3"];
        expect(refused(&loss, &OK, &[0_u8, 2], 2), weights("class weights", 3, n), &words);
    }
}

/// Neither the number of weights nor that of elements divided by it is the length of a row, so the error names none.
#[test]
fn weights_of_rows_that_imply_no_row_length() {
    let ones = [1.0_f32; 10];
    for (elements, n) in [(6, 0), (6, 4), (6, 5), (6, 7), (6, 8), (7, 3), (8, 3), (10, 3), (10, 4)] {
        let how = Call::new().weights(Weights::Rows(&ones[..n]));
        let error = refused(&Mse::new().with(how), &ones[..elements], &ones[..elements], elements);
        let [entries, wanted] = [format!("row weights has {n} entries"), format!("give it {elements}")];
        expect(error, weights("row weights", elements, n), &[entries.as_str(), wanted.as_str()]);
    }
}

#[test]
fn positive_weights_that_do_not_fit() {
    let loss = BceWithLogits::new().pos_weights(&OK[..4]);
    expect(refused(&loss, &OK, &OK, 6), LossError::Rows { elements: 6, columns: 4 }, &["6 elements", "rows of 4"]);
    let loss = BceWithLogits::new().pos_weights(&OK[..2]).with(Call::new().columns(3));
    expect(refused(&loss, &OK, &OK, 6), weights("pos_weights", 3, 2), &["pos_weights has 2", "give it 3"]);
    let loss = BceWithLogits::new().pos_weights(&[]);
    expect(refused(&loss, &OK, &OK, 6), LossError::NoClasses, &["at least 1"]);
}

#[test]
fn rows_that_are_not_whole() {
    let words = ["6 elements", "rows of 4", "mend"];
    let rows = LossError::Rows { elements: 6, columns: 4 };
    expect(refused_elements(Call::new().columns(4)), rows, &words);
    expect(refused_elements(Call::new().weights(Weights::Columns(&OK[..4]))), rows, &words);
    let error = refused_elements(Call::new().weights(Weights::Rows(&OK[..4])).columns(4));
    expect(error, rows, &words);
}

#[test]
fn rows_of_nothing() {
    let words = ["class", "at least 1"];
    let none = LossError::NoClasses;
    expect(refused(&CrossEntropy::<f32>::new(0), &[], &[0_u8; 2], 2), none, &words);
    expect(refused(&CrossEntropy::<f32>::new(0), &OK, &[0_u8; 2], 2), none, &words);
    expect(refused(&CrossEntropy::<f32>::new(0), &OK, &OK, 2), none, &words);
    expect(refused(&CrossEntropy::<f64>::new(Layout::rows(0).stride(3)), &[1.0; 6], &[0_u8; 2], 2), none, &words);
    expect(refused_elements(Call::new().columns(0)), none, &words);
    let nothing = Mse::new().with(Call::new().columns(0)).value(&[0.0_f32; 0], &[]).expect("no element is in no row");
    assert_eq!(nothing.totals.count, 0);
}

#[test]
fn strides() {
    let wanted = LossError::Stride { classes: 3, stride: 2 };
    let words = ["stride of 2", "at least 3"];
    let loss = CrossEntropy::new(Layout::rows(3).stride(2));
    expect(refused(&loss, &OK, &[0_u8; 3], 3), wanted, &words);
    expect(refused(&loss, &OK, &OK, 3), wanted, &words);
    expect(
        refused(&CrossEntropy::new(Layout::rows(3).stride(0)), &OK, &[0_u8; 3], 3),
        LossError::Stride { classes: 3, stride: 0 },
        &["stride of 0", "at least 3"],
    );
    for stride in [usize::MAX, usize::MAX / 2 + 1] {
        let loss = CrossEntropy::new(Layout::rows(3).stride(stride));
        let wanted = LossError::Overflow { rows: 2, stride };
        expect(refused(&loss, &OK, &[0_u8; 2], 2), wanted, &["2 rows", &stride.to_string(), "split"]);
        expect(refused(&loss, &OK, &[0_u8; 1], 1), length("x", stride, 6), &["`x` has 6"]);
    }
    let all = CrossEntropy::new(usize::MAX);
    let wanted = LossError::Overflow { rows: 2, stride: usize::MAX };
    expect(refused(&all, &OK, &[0_u8; 2], 2), wanted, &["split"]);
}

#[test]
fn axes_that_are_too_long() {
    let most = 1 << 24;
    let axis = |classes| CrossEntropy::new(Layout::axis(classes, 2));
    let error = refused(&axis(most + 1), &OK, &[0_u8; 2], 2);
    assert!(matches!(error, LossError::Unsupported { .. }), "{error:?}");
    expect(error, error, &["2^24", "as rows"]);
    expect(refused(&axis(most), &OK, &[0_u8; 2], 2), length("x", 2 * most, 6), &["`x` has 6"]);
}

/// A target that is no class, in one integer type.
macro_rules! refused_targets {
    ($($t:ident: $($value:expr),+;)+) => {
        $($(
            let value: $t = $value;
            let error = refused(&CrossEntropy::new(3), &OK, &[2, value], 2);
            let words = ["row 1", &format!("target {value} "), "0 to 2", "`ignore_index`"];
            expect(error, LossError::Target { row: 1, value: i128::from(value as i64), classes: 3 }, &words);
            let error = refused(&CrossEntropy::new(3).label_smoothing(0.5), &OK, &[value, value], 2);
            expect(error, LossError::Target { row: 0, value: i128::from(value as i64), classes: 3 }, &["row 0"]);
        )+)+
    };
}

#[test]
fn targets_that_are_no_class() {
    refused_targets! {
        i8: 3, -1, -99, i8::MIN, i8::MAX;
        i16: 3, -1, i16::MIN, i16::MAX;
        i32: 3, -1, -101, i32::MIN, i32::MAX;
        i64: 3, -1, i64::MIN, i64::MAX;
        isize: 3, -1, isize::MIN, isize::MAX;
        u8: 3, 156, u8::MAX;
        u16: 3, 65436, u16::MAX;
        u32: 3, u32::MAX;
    }
    for value in [3, u64::MAX - 99, u64::MAX] {
        let error = refused(&CrossEntropy::new(3), &OK, &[2, value], 2);
        let wanted = LossError::Target { row: 1, value: i128::from(value), classes: 3 };
        expect(error, wanted, &["row 1", &format!("target {value} ")]);
        let Ok(value) = usize::try_from(value) else { continue };
        expect(refused(&CrossEntropy::new(3), &OK, &[2, value], 2), wanted, &["row 1"]);
    }
}

#[test]
fn ignored_indices_are_no_error_and_others_are() {
    let value = |loss: CrossEntropy<'_, f32>, y: [i32; 2]| loss.value(&OK, &y).map(|outcome| outcome.totals.count);
    assert_eq!(value(CrossEntropy::new(3), [-100, 1]), Ok(1));
    assert_eq!(value(CrossEntropy::new(3).ignore_index(7), [7, 1]), Ok(1));
    assert_eq!(value(CrossEntropy::new(3).ignore_index(1), [0, 1]), Ok(1));
    let target = |row, value| Err(LossError::Target { row, value, classes: 3 });
    assert_eq!(value(CrossEntropy::new(3).ignore_index(7), [1, -100]), target(1, -100));
    assert_eq!(value(CrossEntropy::new(3).no_ignore_index(), [-100, 1]), target(0, -100));
    // -100 is no `u8`: nothing is ignored, least of all 156.
    let error = CrossEntropy::new(3).value(&OK, &[1, 156_u8]);
    assert_eq!(error.map(|outcome| outcome.totals.count), target(1, 156));
    assert_eq!(CrossEntropy::new(3).ignore_index(255).value(&OK, &[1, 255_u8]).map(|it| it.totals.count), Ok(1));
}

#[test]
fn options_outside_their_range() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let option = |name, value, rule| LossError::Option { name, value, rule };
    for delta in [0.0, -0.0, -1.0, nan, inf, -inf] {
        let error = refused(&Huber::new(delta), &OK, &OK, 6);
        expect(
            error,
            option("delta", delta, "positive and finite in the element type"),
            &["`delta` is", "positive", "finite"],
        );
    }
    for below in [-1.0, -f64::MIN_POSITIVE, nan, inf, -inf] {
        let rule = "not negative, and finite in the element type";
        let words = [&format!("is {below:?}"), "must be", "finite", "not negative"];
        expect(refused(&SmoothL1::new(below), &OK, &OK, 6), option("beta", below, rule), &words);
        let loss = BceWithLogits::new().pos_weight(below);
        expect(refused(&loss, &OK, &OK, 6), option("pos_weight", below, rule), &words);
        let rule = "finite and not negative";
        let how = Call::new().mean(Divisor::Fixed(below));
        expect(refused_elements(how), option("divisor", below, rule), &words);
        expect(refused_rows(how), option("divisor", below, rule), &words);
    }
    for share in [-1e-9, 1.0 + 1e-9, 2.0, nan, inf, -inf] {
        let loss = CrossEntropy::new(3).label_smoothing(share);
        let wanted = option("label_smoothing", share, "from 0 to 1");
        expect(refused(&loss, &OK, &[0_u8, 2], 2), wanted, &["`label_smoothing`", "from 0 to 1"]);
        expect(refused(&loss, &OK, &OK, 2), wanted, &["`label_smoothing`"]);
        expect(refused(&BceWithLogits::new().label_smoothing(share), &OK, &OK, 6), wanted, &["`label_smoothing`"]);
        expect(refused(&Bce::new().label_smoothing(share), &OK, &OK, 6), wanted, &["`label_smoothing`"]);
        expect(refused(&Hinge::new().tie(share), &OK, &OK, 6), option("tie", share, "from 0 to 1"), &["`tie`"]);
        let loss = CategoricalCrossEntropy::new(3).label_smoothing(share);
        expect(refused(&loss, &OK, &[0_u8, 2], 2), wanted, &["`label_smoothing`", "from 0 to 1"]);
        expect(refused(&loss, &OK, &OK, 2), wanted, &["`label_smoothing`"]);
    }
}

#[test]
fn what_a_loss_does_not_have() {
    let (mut x, mut y) = (OK, OK);
    let how = Call::new().accumulate();
    let in_place = [
        Mse::new().with(how).value_and_grad_in_place(&mut x, &OK).unwrap_err(),
        CrossEntropy::new(3).with(how).value_and_grad_in_place(&mut y, &[0_u8, 1]).unwrap_err(),
    ];
    for error in in_place {
        assert!(matches!(error, LossError::Unsupported { .. }), "{error:?}");
        expect(error, error, &["in place", "not supported", "a slice of its own"]);
    }
    assert_eq!((x, y), (OK, OK), "the input was touched");
    let columns = Call::new().weights(Weights::Columns(&OK[..3]));
    let error = refused_rows(columns);
    assert!(matches!(error, LossError::Unsupported { .. }), "{error:?}");
    expect(error, error, &["column", "class weights"]);
    expect(refused(&CrossEntropy::new(3).with(columns), &OK, &OK, 2), error, &["class weights"]);
    let error = refused(&CosineSimilarity::new(3).with(columns), &OK, &OK, 2);
    expect(error, error, &["a weight for each column", "weigh the rows"]);
    let by_row = Call::new().by_row(ByRow::Mean);
    for error in [refused_rows(by_row), refused(&CosineSimilarity::new(3).with(by_row), &OK, &OK, 2)] {
        expect(error, error, &["a reduction of rows", "leave it out"]);
    }
}

#[test]
fn levels_that_are_missing() {
    let available: Vec<Level> = Level::available().collect();
    let missing: Vec<Level> =
        [Level::Base, Level::Avx2, Level::Avx512].into_iter().filter(|level| !available.contains(level)).collect();
    if missing.is_empty() {
        println!("LEVEL MISSING SKIPPED: this machine and build have all levels");
    }
    for level in missing {
        let wanted = LossError::LevelMissing { level };
        let words = [&format!("{level:?}"), "missing", "Level::available()"];
        expect(refused_elements(Call::new().level(level)), wanted, &words);
        expect(refused_rows(Call::new().level(level)), wanted, &words);
    }
    for level in available {
        assert!(Mse::new().with(Call::new().level(level)).value(&OK, &OK).is_ok(), "{level:?}");
    }
}

#[test]
fn probabilities_of_another_length() {
    let loss = CrossEntropy::new(3).with(Call::new());
    expect(refused(&loss, &OK, &OK[..5], 2), length("y", 6, 5), &["`y`", "6"]);
}

#[test]
fn columns_are_nothing_to_losses_of_rows() {
    let (x, y) = (&OK[..], [0_u8, 1, 0]);
    let weighted = Call::new().sum().weights(Weights::Rows(&[1.0, 2.0, 4.0]));
    let value = |how| CrossEntropy::new(2).with(how).value(x, &y).unwrap().value;
    assert_eq!(value(weighted.columns(2)), value(weighted));
    let one_mask = Call::new().columns(3).mask(&[true]);
    let refused = refused(&CosineSimilarity::new(2).with(one_mask), x, x, 3);
    expect(refused, weights("the mask", 3, 1), &["mask", "3"]);
}

//! Losses of elements whose rows have one loss each: what single calls must come to, and which are refused.

use lossfn::{
    BceWithLogits, BothGrads, ByRow, Call, Divisor, Empty, Hinge, Layout, Loss, LossError, Mse, SquaredHinge, Weights,
};

#[test]
fn option_by_column() {
    let (x, t, weights) = ([0.5_f64, -1.0, 2.0, 0.25], [1.0, 0.0, 0.5, 1.0], [0.5, 3.0]);
    let (mut elements, mut rows) = ([0.0; 4], [0.0; 2]);
    let loss = BceWithLogits::new().pos_weights(&weights);
    loss.each(&x, &t, &mut elements).unwrap();
    loss.with(Call::new().by_row(ByRow::Sum)).each(&x, &t, &mut rows).unwrap();
    for (row, elements) in rows.iter().zip(elements.chunks(2)) {
        assert!((row - (elements[0] + elements[1])).abs() < 1e-15);
    }
}

/// Rows of more than a vector.
#[test]
fn option_by_column_of_long_rows() {
    let columns = 35;
    let numbers = |factor: f64| -> Vec<f64> { (0..2 * columns).map(|i| (factor * i as f64).sin().abs()).collect() };
    let (mut x, t, weights) = (numbers(0.37), numbers(0.71), numbers(0.53));
    let loss = BceWithLogits::new().pos_weights(&weights[..columns]);
    let (mut elements, mut rows) = (vec![0.0; 2 * columns], [0.0; 2]);
    loss.each(&x, &t, &mut elements).unwrap();
    loss.with(Call::new().by_row(ByRow::Sum)).each(&x, &t, &mut rows).unwrap();
    for (row, elements) in rows.iter().zip(elements.chunks(columns)) {
        assert!((row - elements.iter().sum::<f64>()).abs() < 1e-13);
    }
    x[3] = f64::NAN;
    let how = Call::new().by_row(ByRow::Sum).sum().mask(&[false, true]);
    let mut dx = vec![7.0; 2 * columns];
    assert_eq!(loss.with(how).value_and_grad(&x, &t, &mut dx).unwrap().value, rows[1]);
    assert!(dx[..columns].iter().all(|dx| *dx == 0.0) && dx[columns..].iter().all(|dx| dx.is_finite()));
}

#[test]
fn option_by_column_along_an_axis() {
    let (x, t, weights) = ([0.5_f64, 2.0, -1.0, 0.25], [1.0, 0.5, 0.0, 1.0], [0.5, 3.0]);
    let loss = BceWithLogits::new().pos_weights(&weights);
    let (mut along, mut rows) = ([0.0; 2], [0.0; 2]);
    loss.with(Call::new().layout(Layout::axis(2, 2)).by_row(ByRow::Sum)).each(&x, &t, &mut along).unwrap();
    let across = |x: [f64; 4]| [x[0], x[2], x[1], x[3]];
    loss.with(Call::new().by_row(ByRow::Sum)).each(&across(x), &across(t), &mut rows).unwrap();
    for (along, row) in along.iter().zip(rows) {
        assert!((along - row).abs() < 1e-15);
    }
}

/// Weights of channels, and positive weights of channels, are those of each element of the channel.
#[test]
fn columns_of_an_axis_without_rows() {
    for (samples, columns, inner) in [(1, 1, 3), (3, 2, 1), (2, 3, 5), (4, 5, 16), (2, 3, 1001), (2, 3, 70_001)] {
        let n = samples * columns * inner;
        let numbers = |n: usize, factor: f32| -> Vec<f32> { (1..=n).map(|i| (factor * i as f32).sin()).collect() };
        let (x, t, upstream) = (numbers(n, 0.37), numbers(n, 0.71), numbers(n, 0.3));
        let t: Vec<f32> = t.iter().map(|t| t.abs()).collect();
        let (weights, pos_weights) = (numbers(columns, 0.53), vec![2.5, 0.25, 3.0, 7.0, 1.5]);
        let of_channels = |of: &[f32]| -> Vec<f32> { (0..n).map(|i| of[i / inner % columns]).collect() };
        let mask: Vec<bool> = (0..n).map(|i| i % 3 != 1).collect();
        let (each, pos_each) = (of_channels(&weights), of_channels(&pos_weights));
        let run = |how: Call<'_, f32>, pos_weights: &[f32]| {
            let how = how.mean(Divisor::WeightSum).mask(&mask).upstream_each(&upstream);
            let loss = BceWithLogits::new().pos_weights(pos_weights).with(how);
            let (mut values, mut dx, mut dt) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
            let found = loss.value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).unwrap();
            loss.each(&x, &t, &mut values).unwrap();
            let mut place = x.clone();
            assert_eq!(loss.value_and_grad_in_place(&mut place, &t).unwrap(), found);
            assert!(place == dx);
            ((found.totals, found.value), values, dx, dt)
        };
        let layout = Layout::axis(columns, inner);
        let found = run(Call::new().layout(layout).weights(Weights::Columns(&weights)), &pos_weights[..columns]);
        let wanted = run(Call::new().weights(Weights::Each(&each)), &pos_each);
        assert!(found == wanted, "{samples}x{columns}x{inner}: {:?}, not {:?}", found.0, wanted.0);
    }
}

/// Whether labels are 0 and 1 is decided by those in rows.
#[test]
fn labels_do_not_lie_in_gaps() {
    let how = |layout: Layout| Call::new().layout(layout).by_row(ByRow::Sum);
    for gap in [7.0, f32::NAN] {
        let (x, t) = ([0.5_f32, 0.25, 9.0, -0.5, 2.0, 9.0], [0.0, 1.0, gap, 1.0, 0.0, gap]);
        let (mut each, mut packed) = ([0.0; 2], [0.0; 2]);
        let loss = Hinge::new().keras();
        loss.with(how(Layout::rows(2).stride(3))).each(&x, &t, &mut each).unwrap();
        loss.with(how(Layout::rows(2))).each(&[0.5, 0.25, -0.5, 2.0], &[0.0, 1.0, 1.0, 0.0], &mut packed).unwrap();
        assert_eq!(each, packed);
        let loss = SquaredHinge::new().keras();
        loss.with(how(Layout::rows(2).stride(3))).each(&x, &t, &mut each).unwrap();
        loss.with(how(Layout::rows(2))).each(&[0.5, 0.25, -0.5, 2.0], &[0.0, 1.0, 1.0, 0.0], &mut packed).unwrap();
        assert_eq!(each, packed);
    }
}

/// Rows of several leaves, on threads if there are any.
#[test]
fn gaps_change_no_bit() {
    for (rows, columns, gap) in [(3000, 70, 3), (2000, 16, 48), (3, 70_000, 1), (150_000, 2, 1)] {
        let stride = columns + gap;
        let apart = |i: usize| i / columns * stride + i % columns;
        let numbers =
            |factor: f32| -> Vec<f32> { (0..rows * columns).map(|i| (factor * i as f32).sin().abs()).collect() };
        let spread = |numbers: &[f32]| {
            let mut apart_from = vec![f32::NAN; rows * stride];
            numbers.iter().enumerate().for_each(|(i, number)| apart_from[apart(i)] = *number);
            apart_from
        };
        let (x, t) = (numbers(0.37), numbers(0.71));
        let mask: Vec<bool> = (0..rows).map(|row| row % 5 != 2).collect();
        let run = |layout: Layout, x: &[f32], t: &[f32]| {
            let loss = BceWithLogits::new().with(Call::new().layout(layout).by_row(ByRow::Mean).mask(&mask));
            let (mut each, mut dx, mut dt) = (vec![0.0; rows], vec![9.0; x.len()], vec![9.0; x.len()]);
            let found = loss.value_and_grads(x, t, Some(&mut dx), Some(&mut dt)).unwrap();
            loss.each(x, t, &mut each).unwrap();
            (found, each, dx, dt)
        };
        let (packed, packed_each, packed_dx, packed_dt) = run(Layout::rows(columns), &x, &t);
        let (found, each, dx, dt) = run(Layout::rows(columns).stride(stride), &spread(&x), &spread(&t));
        assert!(found == packed && each == packed_each, "{rows}x{columns}: {found:?}, not {packed:?}");
        for (grad, packed) in [(dx, packed_dx), (dt, packed_dt)] {
            assert!((0..rows * columns).all(|i| grad[apart(i)] == packed[i]), "{rows}x{columns}");
            assert!((0..rows * stride).all(|i| i % stride < columns || grad[i] == 9.0), "{rows}x{columns}");
        }
    }
}

/// Entries of a row that overflow together, and not alone, are no reason for an infinite loss.
#[test]
fn means_along_an_axis_do_not_overflow() {
    let (x, t) = ([1.5e19_f32; 4], [0.0; 4]);
    let mut each = [0.0; 2];
    Mse::new().with(Call::new().layout(Layout::axis(2, 2)).by_row(ByRow::Mean)).each(&x, &t, &mut each).unwrap();
    assert!(each.iter().all(|loss| (loss / 2.25e38 - 1.0).abs() < 1e-6), "{each:?}");
}

/// A mean of equal losses is that loss: it is a quotient, not a product with a rounded share.
#[test]
fn means_of_equal_losses() {
    for columns in [3, 49, 98, 103, 107] {
        let (x, t, mut each) = (vec![1.0; 2 * columns], vec![0.0; 2 * columns], [0.0_f64; 2]);
        for how in [Call::new().columns(columns), Call::new().layout(Layout::axis(columns, 2))] {
            Mse::new().with(how.by_row(ByRow::Mean)).each(&x, &t, &mut each).unwrap();
            assert_eq!(each, [1.0; 2], "{columns}");
        }
    }
}

#[test]
fn masked_rows_along_an_axis_are_not_read() {
    let (x, t) = ([f64::NAN, 2.0, 1.0, 4.0], [0.0; 4]);
    let how = Call::new().layout(Layout::axis(2, 2)).by_row(ByRow::Mean).mask(&[false, true]);
    let (mut dx, mut dt) = ([7.0; 4], [7.0; 4]);
    let loss = Mse::new().with(how).value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).unwrap();
    assert_eq!((loss.value, loss.totals.count), (10.0, 1));
    assert_eq!((dx, dt), ([0.0, 2.0, 0.0, 4.0], [0.0, -2.0, 0.0, -4.0]));
}

#[test]
fn masked_rows_are_not_read() {
    let (x, t) = ([f64::NAN, 1.0, 2.0, 4.0], [0.0; 4]);
    let how = Call::new().columns(2).by_row(ByRow::Mean).mask(&[false, true]);
    let (mut dx, mut dt) = ([7.0; 4], [7.0; 4]);
    let loss = Mse::new().with(how).value_and_grads(&x, &t, Some(&mut dx), Some(&mut dt)).unwrap();
    assert_eq!((loss.value, loss.totals.count), (10.0, 1));
    assert_eq!((dx, dt), ([0.0, 0.0, 2.0, 4.0], [0.0, 0.0, -2.0, -4.0]));
}

#[test]
fn a_mean_over_no_rows_follows_the_policy() {
    let how = Call::new().columns(2).by_row(ByRow::Sum).mask(&[false, false]);
    let mut dx = [7.0; 4];
    let run = |how: Call<'_, f64>, dx: &mut [f64]| Mse::new().with(how).value_and_grad(&[1.0; 4], &[0.0; 4], dx);
    assert!(run(how, &mut dx).unwrap().value.is_nan());
    assert_eq!(dx, [0.0; 4]);
    assert_eq!(run(how.empty(Empty::Zero), &mut dx).unwrap().value, 0.0);
    assert!(
        Mse::new().with(Call::new().columns(3).by_row(ByRow::Sum)).value(&[0.0_f32; 0], &[]).unwrap().value.is_nan()
    );
}

/// As Keras: the mean of the last axis, then the mean of the rows, with one weight for each row.
#[test]
fn keras_mean_squared_error_with_sample_weights() {
    let (x, t) = ([1.0_f64, 1.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]);
    let how = Call::new().columns(2).by_row(ByRow::Mean).weights(Weights::Rows(&[1.0, 3.0]));
    assert_eq!(Mse::new().with(how).value(&x, &t).unwrap().value, 3.25);
}

#[test]
fn calls_that_are_wrong() {
    let (x, t) = ([0.5_f32; 6], [1.0_f32; 6]);
    let refused = |how: Call<'_, f32>| {
        let (mut out, mut dx, mut dt) = ([7.0; 3], [7.0; 6], [7.0; 6]);
        let loss = Mse::new().with(how);
        let error = loss.each_and_grads(&x, &t, &mut out, Some(&mut dx), Some(&mut dt)).unwrap_err();
        assert!(out == [7.0; 3] && dx == [7.0; 6] && dt == [7.0; 6], "{error:?}: an output was touched");
        assert_eq!(loss.value(&x, &t).err(), Some(error), "another error of another verb");
        error
    };
    let by_row = Call::new().by_row(ByRow::Sum);
    assert!(matches!(refused(by_row), LossError::Unsupported { .. }), "no row length");
    assert_eq!(refused(by_row.columns(0)), LossError::NoClasses);
    assert_eq!(refused(by_row.columns(4)), LossError::Rows { elements: 6, columns: 4 });
    assert_eq!(refused(by_row.layout(Layout::axis(2, 2))), LossError::Rows { elements: 6, columns: 4 });
    assert!(matches!(refused(by_row.layout(Layout::axis(2, usize::MAX))), LossError::Overflow { .. }));
    let by_row = by_row.columns(2);
    let weights = |what, expected, found| LossError::Weights { what, expected, found };
    assert_eq!(refused(by_row.weights(Weights::Rows(&[1.0; 6]))), weights("row weights", 3, 6));
    assert_eq!(refused(by_row.weights(Weights::Each(&[1.0; 6]))), weights("weights", 3, 6));
    assert_eq!(refused(by_row.weights(Weights::Columns(&[1.0; 3]))), weights("column weights", 2, 3));
    assert_eq!(refused(by_row.mask(&[true; 6])), weights("the mask", 3, 6));
    assert_eq!(refused(by_row.upstream_each(&[1.0; 6])), weights("the upstream gradient", 3, 6));
    let loss = Mse::new().with(by_row);
    let length = |what, expected, found| Some(LossError::Length { what, expected, found });
    assert_eq!(loss.each(&x, &t, &mut [0.0; 6]).err(), length("out", 3, 6));
    assert_eq!(loss.value_and_grads(&x, &t, None, Some(&mut [0.0; 3])).err(), length("dy", 6, 3));
    assert_eq!(loss.value(&x, &t[..4]).err(), length("y", 6, 4));
    let (mut place, how) = ([0.5_f32; 6], by_row.accumulate());
    let error = Mse::new().with(how).value_and_grad_in_place(&mut place, &t).unwrap_err();
    assert!(matches!(error, LossError::Unsupported { .. }));
    let gaps = Layout::rows(2).stride(4);
    assert_eq!(refused(by_row.layout(gaps)), LossError::Rows { elements: 6, columns: 4 });
    assert_eq!(refused(by_row.layout(Layout::rows(3).stride(2))), LossError::Stride { classes: 3, stride: 2 });
    let refused = |how: Call<'_, f32>| {
        let mut dx = [7.0; 6];
        let error = Mse::new().with(how).value_and_grad(&x, &t, &mut dx).unwrap_err();
        assert_eq!(dx, [7.0; 6], "{error:?}");
        error
    };
    let each = Call::new().layout(Layout::axis(2, 3));
    assert!(matches!(refused(each.weights(Weights::Rows(&[1.0; 3]))), LossError::Unsupported { .. }));
    assert!(matches!(refused(each.mask(&[true; 3])), LossError::Unsupported { .. }));
    assert!(matches!(refused(each.upstream_each(&[1.0; 3])), LossError::Unsupported { .. }));
    assert_eq!(refused(each.weights(Weights::Rows(&[1.0; 2]))), weights("row weights", 3, 2));
    assert_eq!(refused(each.mask(&[true; 2])), weights("the mask", 6, 2));
    assert!(matches!(refused(Call::new().layout(Layout::axis(2, 0))), LossError::NoClasses | LossError::Rows { .. }));
    let gaps = |columns, stride| Call::new().layout(Layout::rows(columns).stride(stride));
    assert_eq!(refused(gaps(3, 2)), LossError::Stride { classes: 3, stride: 2 });
    assert_eq!(refused(gaps(0, 2)), LossError::NoClasses);
    assert_eq!(refused(each.weights(Weights::Columns(&[1.0; 3]))), weights("column weights", 2, 3));
    assert_eq!(refused(Call::new().layout(Layout::axis(2, 4))), LossError::Rows { elements: 6, columns: 8 });
    assert!(matches!(refused(Call::new().layout(Layout::axis(2, usize::MAX))), LossError::Overflow { .. }));
    assert!(matches!(refused(Call::new().layout(Layout::rows(2).stride(3))), LossError::Unsupported { .. }));
}

/// What a loss learns from all targets it learns from those of the whole call, not from those of a row.
#[test]
fn labels_are_decided_for_all_rows() {
    let keras = |t: [f64; 4]| {
        let how = Call::new().columns(2).by_row(ByRow::Sum).mask(&[true, false]);
        Hinge::new().keras().with(how).value(&[0.25; 4], &t).unwrap().value
    };
    assert_eq!(keras([0.0, 1.0, 1.0, 0.0]), 2.0, "converted");
    assert_eq!(keras([0.0, 1.0, -1.0, 0.0]), 1.75, "not converted, though only a masked row says so");
}

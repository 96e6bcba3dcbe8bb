//! What must hold for the references whatever the input, by proptest: no formula can say it of itself.

use lossfn_oracle::formula::{BceWithLogits, CrossEntropy, Elementwise, Huber, SmoothL1, Target};
use lossfn_oracle::inputs::strategies::{batch, everyday, rows, value, vector};
use lossfn_oracle::inputs::{LANES, Shifted};
use lossfn_oracle::{Judged, Tolerance, Truth, judge, widen};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

proptest! {
    #[test]
    fn a_number_is_at_no_distance_from_itself(x in value::<f64>()) {
        prop_assert_eq!(judge(x, Truth::new(x.to_wide::<<f64 as Judged>::Wide>()), &Tolerance::ulp(0.0)), Ok(0.0));
    }

    #[test]
    fn batches_fit_together((x, t, offset) in batch::<f32>(0..=40)) {
        prop_assert!(x.len() == t.len() && offset <= LANES);
        let shifted = Shifted::new(&x, offset);
        prop_assert!(shifted.intact() && shifted.get().iter().zip(&x).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn lengths_are_those_asked_for(x in vector::<f64>(3..=5)) {
        prop_assert!((3..=5).contains(&x.len()));
    }

    #[test]
    fn gradients_of_a_row_add_up_to_zero((logits, classes, row) in rows::<f32>(1..=3, 1..=6)) {
        for (logits, class) in widen(&logits).chunks(row).zip(classes) {
            let truth = CrossEntropy::default().row(logits, Target::Class(class));
            let sum: f64 = truth.gradient.iter().map(|slope| slope.value).sum();
            prop_assert!(sum.abs() < 1e-14 || truth.loss.value.is_nan());
            prop_assert!(truth.loss.value >= 0.0 || truth.loss.value.is_nan());
        }
    }

    #[test]
    fn smoothing_mixes_hard_and_uniform(x in everyday::<f64>(), y in everyday::<f64>(), alpha in 0.0..1.0_f64) {
        let loss = |smoothing, target| CrossEntropy { weights: None, smoothing }.row(&[x, y], target).loss.value;
        let (hard, uniform) = (loss(0.0, Target::Class(1)), loss(0.0, Target::Soft(&[0.5, 0.5])));
        let mixed = (1.0 - alpha) * hard + alpha * uniform;
        prop_assert!((loss(alpha, Target::Class(1)) - mixed).abs() <= 1e-14 * mixed.abs());
    }

    #[test]
    fn two_classes_are_one_logit(x in everyday::<f64>(), y in everyday::<f64>()) {
        let row = CrossEntropy::default().row(&[x, y], Target::Class(0));
        let logit = BceWithLogits::default().at(x - y, 1.0);
        prop_assert!((row.loss.value - logit.value.value).abs() <= 1e-14 * row.loss.value);
        prop_assert!((row.gradient[0].value - logit.slope.value).abs() <= 1e-14 * row.gradient[0].value.abs());
    }

    #[test]
    fn smooth_l1_is_huber_over_beta(x in value::<f32>(), t in value::<f32>(), beta in (1..40).prop_map(f64::from)) {
        let (huber, smooth) = (Huber { delta: beta }.at(f64::from(x), f64::from(t)), SmoothL1 { beta }.at(f64::from(x), f64::from(t)));
        prop_assert!(smooth.value.value.is_nan() || smooth.value.value == huber.value.value / beta);
    }
}

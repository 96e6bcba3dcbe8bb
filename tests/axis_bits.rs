//! Classes on an axis in the middle: the bits of a position depend on its logits alone, threads share one sample, nothing
//! allocates what it should not, and gradients of targets are those of the formula.

mod support;

use lossfn::{BothGrads, Call, CosineSimilarity, CrossEntropy, Layout, Level, Loss, LossError};
use support::{scaled, thinned};

/// A few numbers that follow no pattern.
fn numbers(n: usize, seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    (0..n).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    })
}

const SHAPES: [(usize, usize, usize); 9] = [
    (1, 3, 2),
    (5, 1, 3),
    (3, 10, 17),
    (2, 21, 100),
    (1, 64, 300),
    (4, 130, 5),
    (1, 600, 40),
    (7, 2, 33),
    (1, 21, 1025),
];

macro_rules! tests_of {
    ($($module:ident $float:ident),+) => { $(mod $module {
        use super::*;

        /// Losses and both gradients.
        #[derive(Clone, Debug, PartialEq)]
        struct Results(u64, Vec<u64>, Vec<u64>, Vec<u64>);

        fn bits(x: &[$float]) -> Vec<u64> {
            x.iter().map(|x| if x.is_nan() { u64::MAX } else { x.to_bits().into() }).collect()
        }

        struct Batch {
            classes: usize,
            inner: usize,
            x: Vec<$float>,
            class: Vec<i64>,
            t: Vec<$float>,
        }

        impl Batch {
            fn new(samples: usize, classes: usize, inner: usize) -> Self {
                let (positions, seed) = (samples * inner, (samples * 7 + classes * 3 + inner) as u64);
                let far = |i: usize| if i % 11 == 5 { 700.0 } else { 0.0 };
                let position = |i: usize| i / (classes * inner) * inner + i % inner;
                let x = numbers(positions * classes, seed).enumerate();
                let x = x.map(|(i, x)| (x * 16.0 - 8.0 + far(position(i))) as $float).collect();
                let class = numbers(positions, !seed).map(|x| if x > 0.9 { -100 } else { (x * classes as f64) as i64 });
                let t = numbers(positions * classes, seed ^ 5).map(|t| if t < 0.2 { 0.0 } else { t as $float });
                let class = class.map(|class| class.min(classes as i64 - 1)).collect();
                Self { classes, inner, x, class, t: t.collect() }
            }

            fn layout(&self) -> Layout {
                Layout::axis(self.classes, self.inner)
            }

            fn hard(&self, how: Call<'_, $float>) -> Results {
                let loss = CrossEntropy::new(self.layout()).with(how);
                let (mut each, mut dx) = (vec![7.0; self.class.len()], vec![7.0; self.x.len()]);
                let value = loss.value_and_grad(&self.x, &self.class, &mut dx).unwrap().value;
                let mut in_place = self.x.clone();
                assert_eq!(loss.value_and_grad_in_place(&mut in_place, &self.class).unwrap().value.to_bits(), value.to_bits());
                assert_eq!(bits(&in_place), bits(&dx));
                assert_eq!(loss.value(&self.x, &self.class).unwrap().value.to_bits(), value.to_bits());
                loss.each_and_grad(&self.x, &self.class, &mut each, &mut dx).unwrap();
                Results(value.to_bits(), bits(&each), bits(&dx), Vec::new())
            }

            fn soft(&self, loss: impl BothGrads<$float>) -> Results {
                let (mut each, mut dx, mut dt) = (vec![7.0; self.class.len()], vec![7.0; self.x.len()], vec![7.0; self.x.len()]);
                let value = loss.value_and_grads(&self.x, &self.t, Some(&mut dx), Some(&mut dt)).unwrap().value;
                let (mut other_dx, mut other_dt) = (dx.clone(), vec![7.0; self.x.len()]);
                other_dx.copy_from_slice(&self.x);
                loss.value_and_grad_in_place(&mut other_dx, &self.t).unwrap();
                loss.value_and_grads(&self.x, &self.t, None, Some(&mut other_dt)).unwrap();
                assert_eq!((bits(&other_dx), bits(&other_dt)), (bits(&dx), bits(&dt)));
                assert_eq!(loss.value(&self.x, &self.t).unwrap().value.to_bits(), value.to_bits());
                loss.each_and_grads(&self.x, &self.t, &mut each, Some(&mut dx), Some(&mut dt)).unwrap();
                Results(value.to_bits(), bits(&each), bits(&dx), bits(&dt))
            }

            fn results(&self, how: Call<'_, $float>) -> [Results; 3] {
                let w: Vec<$float> = numbers(self.classes, 3).map(|w| w as $float + 0.5).collect();
                let soft = CrossEntropy::new(self.layout()).class_weights(&w).label_smoothing(0.1);
                [
                    self.hard(how),
                    self.soft(soft.with(how)),
                    self.soft(CosineSimilarity::new(self.layout()).with(how)),
                ]
            }

            fn entry(&self, position: usize, class: usize) -> usize {
                (position / self.inner * self.classes + class) * self.inner + position % self.inner
            }

            /// One position beside one that is ignored, full of what would show.
            fn alone(&self, position: usize, second: bool) -> Self {
                let bad = [<$float>::NAN, <$float>::INFINITY, <$float>::NEG_INFINITY, <$float>::MAX][position % 4];
                let beside = |from: &[$float]| -> Vec<$float> {
                    let pair = |class| [from[self.entry(position, class)], bad];
                    (0..self.classes).flat_map(|class| { let [a, b] = pair(class); if second { [b, a] } else { [a, b] } }).collect()
                };
                let class = [self.class[position], -100];
                let class = if second { [class[1], class[0]] } else { class };
                Self { classes: self.classes, inner: 2, x: beside(&self.x), class: class.into(), t: beside(&self.t) }
            }
        }

        #[test]
        fn positions_alone() {
            for (samples, classes, inner) in SHAPES {
                let batch = Batch::new(samples, classes, inner);
                let how = Call::new().sum();
                let whole = batch.results(how);
                for position in (0..samples * inner).step_by(1 + samples * inner / 40) {
                    let second = position % 3 == 1;
                    let mask = [!second, second];
                    let alone = batch.alone(position, second);
                    for (kind, (whole, alone)) in whole.iter().zip(alone.results(how.mask(&mask))).enumerate() {
                        let what = format!("{kind}: position {position} of {samples}x{classes}x{inner}");
                        assert_eq!(alone.1[usize::from(second)], whole.1[position], "{what}");
                        assert_eq!(alone.1[usize::from(!second)], 0, "{what}: beside");
                        for class in 0..classes {
                            let (at, here) = (batch.entry(position, class), 2 * class + usize::from(second));
                            assert_eq!(alone.2[here], whole.2[at], "{what}: class {class}");
                            assert_eq!(alone.2[here ^ 1], 0, "{what}: beside");
                            if !whole.3.is_empty() {
                                assert_eq!(alone.3[here], whole.3[at], "{what}: target of class {class}");
                                assert_eq!(alone.3[here ^ 1], 0, "{what}: beside");
                            }
                        }
                    }
                }
            }
        }

        #[test]
        fn fused_levels_agree() {
            for (samples, classes, inner) in SHAPES {
                let batch = Batch::new(samples, classes, inner);
                let model = batch.results(Call::new().level(lossfn::internals::reference()));
                for level in Level::available().filter(|level| level.is_fused()) {
                    assert_eq!(batch.results(Call::new().level(level)), model, "{samples}x{classes}x{inner} on {level:?}");
                }
            }
        }

        /// Gradients that are added, and those of what is left out, which stay.
        #[test]
        fn accumulation() {
            for (samples, classes, inner) in SHAPES {
                let batch = Batch::new(samples, classes, inner);
                let n = batch.x.len();
                let mask: Vec<bool> = (0..batch.class.len()).map(|i| i % 5 != 2).collect();
                let how = Call::new().mask(&mask);
                let loss = CrossEntropy::new(batch.layout()).label_smoothing(0.25);
                let (mut dx, mut dt) = (vec![0.0; n], vec![0.0; n]);
                loss.with(how).value_and_grads(&batch.x, &batch.t, Some(&mut dx), Some(&mut dt)).unwrap();
                let mut sums = [vec![-0.0; n], vec![1.5; n]];
                let [sum_dx, sum_dt] = &mut sums;
                loss.with(how.accumulate()).value_and_grads(&batch.x, &batch.t, Some(sum_dx), Some(sum_dt)).unwrap();
                let mut hard = [vec![7.0; n], vec![-0.0; n]];
                CrossEntropy::new(batch.layout()).with(how).grad(&batch.x, &batch.class, &mut hard[0]).unwrap();
                CrossEntropy::new(batch.layout()).with(how.accumulate()).grad(&batch.x, &batch.class, &mut hard[1]).unwrap();
                for i in 0..n {
                    let kept = mask[i / (classes * inner) * inner + i % inner];
                    assert!(kept || (sums[0][i].to_bits() == (-0.0 as $float).to_bits() && sums[1][i] == 1.5));
                    assert_eq!((sums[0][i], sums[1][i]), (dx[i], 1.5 + dt[i]));
                    assert_eq!(hard[0][i], hard[1][i]);
                }
            }
        }

        /// Batches whose gradient the caches do not have, against their samples alone.
        #[test]
        fn large_batches() {
            for (samples, classes, inner) in [(scaled(6000), 9, 5), (3, 21, scaled(5000))] {
                let batch = Batch::new(samples, classes, inner);
                let loss = CrossEntropy::new(batch.layout());
                for how in [Call::new().sum(), Call::new().sum().accumulate()] {
                    let (mut whole, mut alone) = (vec![1.5; batch.x.len()], vec![1.5; batch.x.len()]);
                    loss.with(how).grad(&batch.x, &batch.class, &mut whole).unwrap();
                    let entries = batch.x.chunks(classes * inner).zip(alone.chunks_mut(classes * inner));
                    for ((x, dx), class) in entries.zip(batch.class.chunks(inner)) {
                        loss.with(how).grad(x, class, dx).unwrap();
                    }
                    assert!(bits(&whole) == bits(&alone), "{samples}x{classes}x{inner}");
                }
            }
        }

        /// `dt = w (1 - α) (lse - x)`, which is the loss against each class: in rows and with an axis.
        #[test]
        fn gradients_of_targets() {
            let shapes = SHAPES.into_iter().chain([(3, 300, 1), (40, 5, 1)]);
            for (samples, classes, inner) in shapes.step_by(thinned(4)) {
                let mut batch = Batch::new(samples, classes, inner);
                if classes > 2 {
                    batch.x[classes / 2 * inner] = <$float>::NEG_INFINITY;
                }
                let (positions, n) = (samples * inner, batch.x.len());
                let w: Vec<$float> = numbers(classes, 3).map(|w| w as $float).collect();
                let loss = CrossEntropy::new(batch.layout()).class_weights(&w).label_smoothing(0.25);
                let how = Call::new().sum().upstream(0.5);
                let mut dt = vec![7.0; n];
                loss.with(how).value_and_grads(&batch.x, &batch.t, None, Some(&mut dt)).unwrap();
                let mut each = vec![7.0; positions];
                for class in 0..classes {
                    CrossEntropy::new(batch.layout()).each(&batch.x, &vec![class; positions], &mut each).unwrap();
                    for position in 0..positions {
                        let (found, wanted) = (dt[batch.entry(position, class)], w[class] * 0.375 * each[position]);
                        let near = (found - wanted).abs() <= 20.0 * <$float>::EPSILON * wanted;
                        assert!(near || (found == wanted && found.is_infinite()), "{found:e} {wanted:e}");
                    }
                }
            }
        }

        #[cfg(feature = "rayon")]
        #[test]
        fn threads_share_a_sample() {
            let shapes = [(1, 21, 15_000), (1, 600, 700), (3, 10, 20_001), (9000, 7, 5)];
            for (samples, classes, inner) in shapes.into_iter().step_by(thinned(4)) {
                let batch = Batch::new(samples, classes, inner);
                let serial = batch.results(Call::new().threads(lossfn::Threads::Serial));
                for n in [3, 1, 2, 8].into_iter().step_by(thinned(4)) {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
                    let found = pool.install(|| batch.results(Call::new()));
                    assert_eq!(found, serial, "{samples}x{classes}x{inner} on {n} threads");
                }
            }
        }

        #[test]
        fn an_inner_length_of_one_is_rows() {
            let batch = Batch::new(30, 21, 1);
            let rows = CrossEntropy::new(21);
            assert_eq!(rows, CrossEntropy::<$float>::new(batch.layout()));
        }
    })+ };
}
tests_of!(singles f32, doubles f64);

/// What does not fit is refused before anything is written.
#[test]
fn errors() {
    let (x, mut dx) = ([1.0_f32; 12], [7.0; 12]);
    let mut refused = |layout: Layout, y: &[u8]| CrossEntropy::new(layout).grad(&x, y, &mut dx).unwrap_err();
    let found = refused(Layout::axis(3, 2).stride(4), &[0; 4]);
    assert!(matches!(found, LossError::Unsupported { .. }) && found.to_string().contains("stride"), "{found}");
    assert_eq!(refused(Layout::axis(0, 2), &[0; 4]), LossError::NoClasses);
    assert_eq!(refused(Layout::axis(3, 2), &[0; 3]), LossError::Rows { elements: 3, columns: 2 });
    assert_eq!(refused(Layout::axis(3, 2), &[0; 2]), LossError::Length { what: "x", expected: 6, found: 12 });
    assert_eq!(refused(Layout::axis(3, 0), &[0; 2]), LossError::Rows { elements: 2, columns: 0 });
    let target = LossError::Target { row: 2, value: 3, classes: 3 };
    assert_eq!(refused(Layout::axis(3, 2), &[0, 1, 3, 0]), target);
    let found = refused(Layout::axis(usize::MAX, 2), &[0; 2]);
    assert!(matches!(found, LossError::Unsupported { .. }), "{found}");
    assert_eq!(dx, [7.0; 12]);
    let cosine = |layout: Layout| CosineSimilarity::new(layout).value(&x, &x).unwrap_err();
    assert_eq!(cosine(Layout::axis(5, 2)), LossError::Rows { elements: 12, columns: 10 });
    assert_eq!(cosine(Layout::axis(5, usize::MAX)), LossError::Overflow { rows: usize::MAX, stride: 5 });
    let soft = CrossEntropy::new(Layout::axis(3, 2)).value(&x, &[0.5; 6]).unwrap_err();
    assert_eq!(soft, LossError::Length { what: "y", expected: 12, found: 6 });
    assert!(CrossEntropy::<f32>::new(Layout::axis(3, 0)).value(&[], &[0_u8; 0]).unwrap().value.is_nan());
    assert!(CrossEntropy::<f32>::new(Layout::axis(3, usize::MAX)).value(&[], &[0_u8; 0]).unwrap().value.is_nan());
}

//! Values at which formulas and their implementations change.

use core::f64::consts::LN_2;

use crate::judged::Judged;

/// A point and two neighbours on either side: what a kink is tested with.
pub fn near<T: Judged>(point: f64) -> [T; 5] {
    let point = T::from_f64(point);
    let (down, up) = (point.next_down(), point.next_up());
    [down.next_down(), down, point, up, up.next_up()]
}

/// Every special value and threshold, with both signs.
pub fn special<T: Judged>() -> Vec<T> {
    let bits = |bits| T::from_bits(bits);
    let least_normal = 1 << (T::PRECISION - 1);
    let exact = [bits(0), bits(1), bits(least_normal / 2 + 1), bits(least_normal - 1), bits(least_normal), T::MAX];
    let magnitudes = exact.into_iter().chain(thresholds::<T>()).chain([T::from_f64(f64::INFINITY)]);
    let both = magnitudes.flat_map(|x| [x, T::from_f64(-x.to_f64())]);
    both.chain([T::from_f64(f64::NAN), T::from_f64(-f64::NAN)]).collect()
}

/// Where exponentials overflow, become subnormal or vanish, where they stop to count beside 1, and round numbers.
fn thresholds<T: Judged>() -> impl Iterator<Item = T> {
    let epsilon = (1.0 - T::PRECISION as f64).exp2();
    let powers = [T::MAX_EXPONENT + 1, -T::MIN_EXPONENT, T::PRECISION - T::MIN_EXPONENT, T::PRECISION];
    let exponentials = powers.map(|power| power as f64 * LN_2);
    let squares = [T::MAX.to_f64().sqrt(), T::ulp(0.0).sqrt()];
    let round = [epsilon / 2.0, epsilon, 1e-3, 0.5, LN_2, 1.0, 2.0, 10.0, 17.0, 1e3, 1e8];
    exponentials.into_iter().chain(squares).chain(round).flat_map(|point| {
        let [_, down, point, up, _] = near(point);
        [down, point, up]
    })
}

/// Every value with every value.
pub fn pairs<T: Copy>(values: &[T]) -> impl Iterator<Item = (T, T)> {
    values.iter().flat_map(move |x| values.iter().map(move |t| (*x, *t)))
}

#[cfg(test)]
mod tests {
    use super::{pairs, special};

    #[test]
    fn thresholds_are_those_of_the_type() {
        let all = special::<f32>();
        let has = |x: f32| all.iter().any(|value| value.to_bits() == x.to_bits());
        let expected =
            [0.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::from_bits(1), 17.0, 0.99999994, f32::EPSILON];
        for x in expected {
            assert!(has(x) && has(-x), "{x}");
        }
        for x in [88.72284, 103.97208, 87.33655, 16.635532] {
            assert!(all.iter().any(|value| (value - x).abs() < 1e-5), "{x}");
        }
        assert!(all.iter().any(|x| x.is_nan()));
        assert!(special::<f64>().iter().any(|x| (x - 709.782_712_893_384).abs() < 1e-12));
        assert!(special::<f64>().iter().any(|x| (x - 745.133_219_101_941_1).abs() < 1e-12));
        assert_eq!(pairs(&all).count(), all.len() * all.len());
    }
}

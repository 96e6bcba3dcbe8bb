//! The levels that this machine should have are there, and every loss runs on each of them by name.

mod support;

use lossfn::{Call, Level};
use support::{Number, Problem, Results, for_both_types, fused_levels, subjects};

for_both_types!(every_level_agrees_with_base);

/// The levels that must be there. `LOSSFN_LEVELS=Base,Avx2` names others, for machines and emulators without AVX2.
fn expected() -> Vec<String> {
    if let Ok(names) = std::env::var("LOSSFN_LEVELS") {
        return names.split(',').map(str::to_owned).collect();
    }
    let mut expected = vec!["Base"];
    if cfg!(all(feature = "pulp", target_arch = "x86_64")) {
        expected.push("Avx2");
        if has_avx512() {
            expected.push("Avx512");
        }
    }
    expected.into_iter().map(str::to_owned).collect()
}

/// As the standard library detects it, which is not what the crate asks.
#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

#[test]
fn the_expected_levels_are_there() {
    let available: Vec<String> = Level::available().map(|level| format!("{level:?}")).collect();
    println!("levels reached: {}", available.join(" "));
    assert_eq!(available, expected(), "levels of this machine; a level that is missing is not tested");
    let best = format!("{:?}", Level::best());
    assert_eq!(Some(&best), available.last(), "the default is the best there is");
}

#[test]
fn levels_above_base_are_fused() {
    for level in Level::available().filter(|&level| level != Level::Base) {
        assert!(level.is_fused(), "{level:?}");
        assert!(fused_levels().contains(&level), "{level:?}");
    }
    assert!(Level::Model.is_fused());
}

/// Levels without a fused multiply-add differ by a few ULP from those with one, never by more.
fn every_level_agrees_with_base<T: Number>() {
    for subject in subjects::<T>() {
        for (rows, columns) in [(1, 3), (37, 10), (9, 117), (5, 300), (2, 5000)] {
            let problem = Problem::new(subject, rows, columns, 5);
            let base = problem.run(Call::new().sum().level(Level::Base));
            for level in lossfn::internals::levels() {
                let what = format!("{} {} {rows}x{columns} on {level:?}", subject.name, T::NAME);
                let results = problem.run(Call::new().sum().level(level));
                assert_near(&results, &base, subject.cancels, &what);
            }
        }
    }
}

fn assert_near<T: Number>(a: &Results<T>, b: &Results<T>, cancels: bool, what: &str) {
    assert_eq!((a.totals.count, a.totals.weight.bits()), (b.totals.count, b.totals.weight.bits()), "{what}");
    let sum = (a.value - b.value).abs() / b.value.abs().max(T::MIN_NORMAL);
    assert!(sum < 12.0 * T::EPSILON, "{what}: sums {:e} and {:e}", a.value, b.value);
    let pairs = [(&a.each, &b.each), (&a.grad, &b.grad)];
    for (a, b) in pairs.iter().flat_map(|(a, b)| a.iter().zip(*b)) {
        // A difference that cancels is measured by its larger term: logits reach 618, weighted probabilities 2.
        let size = b.wide().abs().max(if cancels { 2.0 } else { T::MIN_NORMAL });
        let error = (a.wide() - b.wide()).abs() / T::ulp(size);
        assert!(error <= 10.0, "{what}: {:e} and {:e} are {error} ULP apart", a.wide(), b.wide());
    }
}

//! The comparator's truth table, for both types: what must pass, what must fail, and as what.

use lossfn_oracle::{Big, Judged, Kind, Tolerance, Truth, Wide, Worst, judge};

/// A result, its truth, and the verdict.
type Line<T, W> = (T, W, Result<f64, Kind>);

fn table<T: Judged, W: Wide>(tolerance: Tolerance, lines: &[Line<T, W>]) {
    for (got, truth, expected) in lines {
        let verdict = judge(*got, Truth::new(*truth), &tolerance).map_err(|fault| fault.kind);
        assert_eq!(verdict, *expected, "{} got {got:?}, truth {truth:?}", T::NAME);
    }
}

/// ±(MAX + a fraction of the last spacing), the first magnitudes that f32 or f64 cannot hold.
fn beyond<T: Judged>(ulps: f64) -> T::Wide {
    T::MAX.to_wide::<T::Wide>() + T::ulp::<T::Wide>(T::MAX.to_wide()) * Wide::from_f64(ulps)
}

fn special_values<T: Judged>() {
    let of = T::from_f64;
    let wide = <T::Wide as Wide>::from_f64;
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let lines = [
        (of(nan), wide(nan), Ok(0.0)),
        (of(-nan), wide(nan), Ok(0.0)),
        (of(nan), wide(0.0), Err(Kind::Nan)),
        (of(nan), wide(1.0), Err(Kind::Nan)),
        (of(nan), wide(inf), Err(Kind::Nan)),
        (of(0.0), wide(nan), Err(Kind::NotNan)),
        (of(1.0), wide(nan), Err(Kind::NotNan)),
        (of(inf), wide(nan), Err(Kind::NotNan)),
        (of(inf), wide(inf), Ok(0.0)),
        (of(-inf), wide(-inf), Ok(0.0)),
        (of(inf), wide(-inf), Err(Kind::Infinite)),
        (of(-inf), wide(inf), Err(Kind::Infinite)),
        (of(inf), wide(0.0), Err(Kind::Infinite)),
        (of(inf), wide(1.0), Err(Kind::Infinite)),
        (of(-inf), wide(1.0), Err(Kind::Infinite)),
        (of(1.0), wide(inf), Err(Kind::Finite)),
        (of(0.0), wide(-inf), Err(Kind::Finite)),
        (T::MAX, wide(inf), Err(Kind::Finite)),
    ];
    table(Tolerance::ulp(1e300), &lines);
}

fn overflow<T: Judged>() {
    let inf = T::from_f64(f64::INFINITY);
    let lowest = T::from_f64(-T::MAX.to_f64());
    let max = T::MAX.to_wide::<T::Wide>();
    let lines = [
        (inf, beyond::<T>(0.5), Ok(0.0)),
        (inf, beyond::<T>(1e6), Ok(0.0)),
        (inf, max * max, Ok(0.0)),
        (inf, -(max * max), Err(Kind::Infinite)),
        (inf, beyond::<T>(0.4375), Err(Kind::Infinite)),
        (inf, max, Err(Kind::Infinite)),
        (T::MAX, beyond::<T>(0.4375), Ok(0.4375)),
        (T::MAX, beyond::<T>(1.0), Ok(1.0)),
        (T::MAX, beyond::<T>(3.0), Err(Kind::Ulp)),
        (T::MAX, max * max, Err(Kind::Ulp)),
        (lowest, -beyond::<T>(1.0), Ok(1.0)),
        (lowest, beyond::<T>(1.0), Err(Kind::Ulp)),
    ];
    table(Tolerance::ulp(2.0), &lines);
}

fn distances<T: Judged>() {
    let of = T::from_f64;
    let wide = <T::Wide as Wide>::from_f64;
    let one: T::Wide = wide(1.0);
    let spacing = T::ulp::<T::Wide>(one);
    let half = wide(0.5);
    let least = T::from_bits(1).to_wide::<T::Wide>();
    let lines = [
        (of(1.0), one, Ok(0.0)),
        (of(1.0), one + spacing * half, Ok(0.5)),
        (of(1.0), one + spacing + spacing, Ok(2.0)),
        (of(1.0), one + spacing * wide(2.5), Err(Kind::Ulp)),
        (of(1.0).next_down(), one, Ok(0.5)),
        (of(-1.0), one, Err(Kind::Ulp)),
        (of(0.0), one, Err(Kind::Ulp)),
        (T::from_bits(3), least, Ok(2.0)),
        (T::from_bits(4), least, Err(Kind::Ulp)),
        (T::from_bits(1), least * half, Ok(0.5)),
        (of(0.0), least * half, Ok(0.5)),
        (of(0.0), least + least, Ok(2.0)),
        (of(0.0), least * wide(3.0), Err(Kind::Ulp)),
    ];
    table(Tolerance::ulp(2.0), &lines);
}

fn zeros<T: Judged>() {
    let of = T::from_f64;
    let wide = <T::Wide as Wide>::from_f64;
    let exact = Tolerance::ulp(4.0);
    let least = T::from_bits(1);
    table(exact, &[(of(0.0), wide(0.0), Ok(0.0)), (of(-0.0), wide(0.0), Ok(0.0)), (of(0.0), wide(-0.0), Ok(0.0))]);
    table(exact, &[(least, wide(0.0), Err(Kind::NotZero)), (of(1.0), wide(0.0), Err(Kind::NotZero))]);
    let floor = exact.floor(1e-3);
    table(floor, &[(of(5e-4), wide(0.0), Ok(0.0)), (of(-5e-4), wide(-0.0), Ok(0.0))]);
    table(floor, &[(of(2e-3), wide(0.0), Err(Kind::NotZero)), (of(-2e-3), wide(0.0), Err(Kind::NotZero))]);
    table(floor, &[(of(5e-4), wide(1e-3), Err(Kind::Ulp)), (of(0.0), wide(1e-3), Err(Kind::Ulp))]);
    let strict = exact.signed_zero();
    table(strict, &[(of(0.0), wide(0.0), Ok(0.0)), (of(-0.0), wide(-0.0), Ok(0.0))]);
    table(strict, &[(of(-0.0), wide(0.0), Err(Kind::SignOfZero)), (of(0.0), wide(-0.0), Err(Kind::SignOfZero))]);
    let vanishing = least.to_wide::<T::Wide>() * wide(0.25);
    table(strict, &[(of(0.0), vanishing, Ok(0.25)), (of(-0.0), vanishing, Err(Kind::SignOfZero))]);
}

fn flush<T: Judged>() {
    let of = T::from_f64;
    let wide = <T::Wide as Wide>::from_f64;
    let tolerance = Tolerance::ulp(2.0).flush(1e-30);
    let lines = [
        (of(0.0), wide(1e-31), Ok(0.0)),
        (of(-0.0), wide(1e-31), Ok(0.0)),
        (of(0.0), wide(1e-30), Err(Kind::Ulp)),
        (of(2e-31), wide(1e-31), Err(Kind::Ulp)),
        (of(1e-31), wide(0.0), Err(Kind::NotZero)),
        (of(f64::NAN), wide(1e-31), Err(Kind::Nan)),
    ];
    table(tolerance, &lines);
    table(tolerance.signed_zero(), &[(of(-0.0), wide(1e-31), Err(Kind::SignOfZero))]);
}

fn scales<T: Judged>() {
    let wide = <T::Wide as Wide>::from_f64;
    let spacing = T::ulp::<T::Wide>(wide(1.0)).to_f64();
    let tolerance = Tolerance::ulp(2.0);
    let verdict = |got: f64, truth: f64, term: f64| {
        let truth = Truth::new(wide(truth)).over([wide(term), wide(term / 2.0)]);
        judge(T::from_f64(got), truth, &tolerance).map_err(|fault| fault.kind)
    };
    assert_eq!(verdict(spacing, 0.0, 1.0), Ok(1.0));
    assert_eq!(verdict(spacing, 0.0, -1.0), Ok(1.0));
    assert_eq!(verdict(spacing * 3.0, 0.0, 1.0), Err(Kind::Ulp));
    assert_eq!(verdict(0.0, spacing * 2.0, 1.0), Ok(2.0));
    assert_eq!(verdict(0.0, spacing * 3.0, 1.0), Err(Kind::Ulp));
    assert_eq!(verdict(1.0 + spacing, 1.0, 1e-9), Ok(1.0), "a smaller term does not tighten the bound");
    assert_eq!(verdict(1.0 + 3.0 * spacing, 1.0, f64::INFINITY), Err(Kind::Ulp), "an infinite term excuses nothing");
    assert_eq!(verdict(1.0 + 3.0 * spacing, 1.0, f64::NAN), Err(Kind::Ulp), "neither does NaN");
    assert_eq!(verdict(f64::NAN, 0.0, 1.0), Err(Kind::Nan));
    assert_eq!(verdict(f64::INFINITY, 0.0, 1.0), Err(Kind::Infinite));
}

#[test]
fn truth_table_f32() {
    special_values::<f32>();
    overflow::<f32>();
    distances::<f32>();
    zeros::<f32>();
    flush::<f32>();
    scales::<f32>();
}

#[test]
fn truth_table_f64() {
    special_values::<f64>();
    overflow::<f64>();
    distances::<f64>();
    zeros::<f64>();
    flush::<f64>();
    scales::<f64>();
}

/// Judging every neighbour of 10,000 numbers: the distance of two numbers of one binade is the distance of their bits.
#[test]
fn distance_counts_representable_numbers() {
    for step in 0..10_000_u32 {
        let x = f32::from_bits(0x0000_0001 + step * 0x0003_2000 % 0x7f00_0000);
        for k in 0..4 {
            let neighbour = f32::from_bits(x.to_bits() + k);
            let got = judge(neighbour, Truth::new(f64::from(x)), &Tolerance::ulp(1e9)).map_err(|fault| fault.kind);
            let binade = |x: f32| x.to_bits().max(0x0080_0000) >> 23;
            if binade(x) == binade(neighbour) {
                assert_eq!(got, Ok(f64::from(k)), "{x:e}");
            }
        }
    }
}

#[test]
fn the_worst_case_is_kept_with_its_bits() {
    let mut worst = Worst::new("square", Tolerance::ulp(1.0));
    let truth: Vec<Truth<f64>> = [1.0, 2.0, 3.0, 4.0].map(Truth::new).to_vec();
    worst.check_slice(&[1.0_f32, 2.0_f32.next_up(), 3.0, 4.0], &truth, |i| format!("x = {i}"));
    assert!(worst.ok());
    assert_eq!(worst.case().map(|case| (case.index, case.ulp)), Some((1, 1.0)));
    worst.check_slice(&[1.0_f32, 2.0, 3.000_000_7, 5.0], &truth, |i| format!("x = {i}"));
    assert_eq!((worst.checked(), worst.faults()), (8, 2));
    let report = worst.to_string();
    for part in
        ["square: 2 of 8 wrong", "worst at 3", "0x40a00000", "truth 4e0", "2097152.000 ULP of 1", "(Ulp)", "x = 3"]
    {
        assert!(report.contains(part), "{report} lacks {part}");
    }
}

#[test]
fn a_fault_outranks_any_distance() {
    let mut worst = Worst::new("rank", Tolerance::ulp(10.0));
    worst.check(0, 0.0_f32, Truth::new(-0.0), String::new);
    worst.check(1, 1.000_001_f32, Truth::new(1.0), String::new);
    let mut strict = Worst::new("rank", Tolerance::ulp(10.0).signed_zero());
    strict.check(1, 1.000_001_f32, Truth::new(1.0), String::new);
    strict.check(2, 0.0_f32, Truth::new(-0.0), String::new);
    assert_eq!(worst.case().map(|case| case.index), Some(1));
    assert_eq!(strict.case().map(|case| (case.index, case.kind)), Some((2, Some(Kind::SignOfZero))));
}

#[test]
fn lengths_must_agree() {
    for lengths in [(3, 4), (4, 3), (0, 1), (1, 0)] {
        let mut worst = Worst::new("lengths", Tolerance::ulp(0.0));
        worst.check_slice(&vec![1.0_f64; lengths.0], &vec![Truth::new(Big::ONE); lengths.1], |_| String::new());
        assert_eq!(worst.case().and_then(|case| case.kind), Some(Kind::Length), "{lengths:?}");
    }
}

#[test]
#[should_panic(expected = "0 of 0 wrong")]
fn comparing_nothing_is_not_a_pass() {
    Worst::new("nothing", Tolerance::ulp(0.0)).assert();
}

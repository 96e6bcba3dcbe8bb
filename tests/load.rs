//! Many calls at once, pools that are small or in trouble, arrays that no cache holds, and more elements than 31 bits
//! count.

mod support;

use lossfn::{BceWithLogits, Call, CosineSimilarity, CrossEntropy, Loss, Mse, Nll};
use support::{Number, Rng};

/// Logits of some rows and a class for each.
struct Batch {
    logits: Vec<f32>,
    classes: Vec<u32>,
}

const CLASSES: usize = 11;

impl Batch {
    fn new(seed: u64, rows: usize) -> Self {
        let mut rng = Rng(seed + 1);
        let logits = (0..rows * CLASSES).map(|_| rng.between(-9.0, 9.0) as f32).collect();
        Self { logits, classes: (0..rows as u32).map(|row| (row + seed as u32) % CLASSES as u32).collect() }
    }

    /// The bits of the value and of the gradient.
    fn run(&self) -> (u64, Vec<u32>) {
        let mut grad = vec![f32::NAN; self.logits.len()];
        let loss = CrossEntropy::new(CLASSES).value_and_grad(&self.logits, &self.classes, &mut grad).expect("a call");
        (loss.value.to_bits(), grad.into_iter().map(f32::to_bits).collect())
    }
}

/// One in eight of the calls is large enough for the shared pool.
#[test]
fn ten_thousand_calls_from_64_threads() {
    let batches: Vec<Batch> =
        (0..8).map(|seed| Batch::new(seed, if seed == 0 { 20_000 } else { 1 + seed as usize * 37 })).collect();
    let wanted: Vec<_> = batches.iter().map(Batch::run).collect();
    let calls = support::scaled(10_000) / 64 + 1;
    std::thread::scope(|scope| {
        for thread in 0..64 {
            let (batches, wanted) = (&batches, &wanted);
            scope.spawn(move || {
                for call in 0..calls {
                    let which = (thread + call) % batches.len();
                    assert!(batches[which].run() == wanted[which], "call {call} of thread {thread}");
                }
            });
        }
    });
}

#[cfg(feature = "rayon")]
mod pools {
    use super::Batch;
    use core::panic::AssertUnwindSafe;
    use rayon::ThreadPoolBuilder;
    use std::panic::catch_unwind;

    /// Calls from inside of the pool, several deep: they run on its thread and wait for nothing.
    #[test]
    fn a_pool_of_one_thread_does_not_deadlock() {
        let batch = Batch::new(3, 40_000);
        let wanted = batch.run();
        let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let (one, (two, three)) =
            pool.install(|| rayon::join(|| batch.run(), || rayon::join(|| batch.run(), || batch.run())));
        assert!([one, two, three].iter().all(|found| *found == wanted));
    }

    #[test]
    fn a_panic_of_the_caller_poisons_nothing() {
        let batch = Batch::new(5, 40_000);
        let wanted = batch.run();
        let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        for _ in 0..20 {
            let mut found = None;
            let job = || pool.install(|| rayon::join(|| found = Some(batch.run()), || panic!("the caller's own")));
            assert!(catch_unwind(AssertUnwindSafe(job)).is_err());
            assert!(found.is_none_or(|found| found == wanted), "a call beside a panic");
            assert!(pool.install(|| batch.run()) == wanted, "a call after a panic");
        }
    }
}

/// More elements than `i32` counts. The target is never written to, so that it takes no memory.
#[test]
#[ignore = "takes 9 GiB of memory: cargo test --release --test load -- --ignored --test-threads=1"]
fn more_than_two_billion_elements() {
    let n = (1_usize << 31) + 4 * 12_345;
    let target = vec![0.0_f32; n];
    let mut x: Vec<f32> = (0..n).map(|i| (i % 4) as f32).collect();
    let loss =
        Mse::new().with(Call::new().upstream(n as f64)).value_and_grad_in_place(&mut x, &target).expect("a call");
    assert_eq!(loss.totals.count, n as u64);
    assert_eq!(loss.totals.sum, 14.0 * (n / 4) as f64);
    assert_eq!(loss.value, 3.5);
    let wrong = x.iter().enumerate().find(|(i, slope)| **slope != 2.0 * (i % 4) as f32);
    assert_eq!(wrong, None);
}

#[test]
#[ignore = "takes 9 GiB of memory: cargo test --release --test load -- --ignored --test-threads=1"]
fn rows_with_more_than_two_billion_entries() {
    let (rows, classes) = ((1 << 15) + 1, 1 << 16);
    let mut x = vec![1.0_f32; rows * classes];
    let labels: Vec<u32> = (0..rows as u32).collect();
    let loss =
        CrossEntropy::new(classes).with(Call::new().sum()).value_and_grad_in_place(&mut x, &labels).expect("a call");
    assert_eq!(loss.totals.count, rows as u64);
    assert!((loss.value / (rows as f64 * 65536_f64.ln()) - 1.0).abs() < 1e-7, "{}", loss.value);
    let share = 1.0 / 65536.0_f32;
    for (row, grad) in x.chunks(classes).enumerate() {
        let wrong = grad.iter().enumerate().find(|(class, slope)| {
            let wanted = if *class == row { share - 1.0 } else { share };
            (**slope - wanted).abs() > 4.0 * f32::EPSILON * wanted.abs()
        });
        assert_eq!(wrong, None, "row {row}");
    }
}

/// The gradients of an array that no cache holds, which are stored in a way of their own, are those of its parts.
fn beyond_the_caches<T: Number>(loss: &impl Loss<T, T>, columns: usize) {
    let items = (32 << 20) / size_of::<T>() / columns + 5;
    let n = items * columns;
    let mut rng = Rng(7);
    let numbers: Vec<T> = (0..=n + 1).map(|_| T::of(rng.between(-3.0, 3.0))).collect();
    // Gradients from a cache line on, from a quarter of one on, and from anywhere.
    for start in [0, 16 / size_of::<T>(), 1] {
        // Neighbours as prediction and target.
        let (x, t) = (&numbers[start % 2..][..n], &numbers[start % 2 + 1..][..n]);
        let mut grad = vec![T::of(f64::NAN); n + 64];
        let line = grad.as_ptr().align_offset(64);
        let grad = &mut grad[line + start..][..n];
        let whole = loss.value_and_grad(x, t, grad).expect("a call").value;
        let (mut parts, mut part_grad) = (0.0, vec![T::of(f64::NAN); n]);
        let part = items.div_ceil(7) * columns;
        for ((x, t), grad) in x.chunks(part).zip(t.chunks(part)).zip(part_grad.chunks_mut(part)) {
            parts += loss.value_and_grad(x, t, grad).expect("a call").value;
        }
        assert!(grad.iter().zip(&part_grad).all(|(a, b)| a.bits() == b.bits()), "{}", T::NAME);
        assert!((whole / parts - 1.0).abs() < 1e-6, "{}: {whole} is not {parts}", T::NAME);
    }
}

macro_rules! nll_beyond_the_caches {
    ($($test:ident: $float:ident),+) => {
        $(
            /// Zeros go past the caches, the one entry of a row does not.
            #[test]
            fn $test() {
                let columns = 64;
                let rows = (32 << 20) / size_of::<$float>() / columns + 5;
                let class = |row: usize| if row % 9 == 4 { 255 } else { (row * 7 % columns) as u8 };
                let classes: Vec<u8> = (0..rows).map(class).collect();
                let x: Vec<$float> = (0..rows * columns).map(|i| (i % columns) as $float).collect();
                let sum: f64 = classes.iter().filter(|class| **class < 255).map(|class| -f64::from(*class)).sum();
                let is_class = |i: usize| usize::from(classes[i / columns]) == i % columns;
                let loss = Nll::new(columns).ignore_index(255).with(Call::new().sum());
                for start in [0, 16 / size_of::<$float>(), 1] {
                    let mut grad = vec![$float::NAN; x.len() + 64];
                    let line = grad.as_ptr().align_offset(64);
                    let grad = &mut grad[line + start..][..x.len()];
                    assert_eq!(loss.value_and_grad(&x, &classes, grad).expect("a call").value, sum);
                    assert!((0..x.len()).all(|i| grad[i] == if is_class(i) { -1.0 } else { 0.0 }), "{start}");
                }
            }
        )+
    };
}
nll_beyond_the_caches!(nll_of_singles_beyond_the_caches: f32, nll_of_doubles_beyond_the_caches: f64);

#[test]
fn gradients_beyond_the_caches() {
    beyond_the_caches::<f32>(&Mse::new().with(Call::new().sum()), 1);
    beyond_the_caches::<f32>(&BceWithLogits::new().with(Call::new().sum()), 1);
    beyond_the_caches::<f32>(&CosineSimilarity::new(64).with(Call::new().sum()), 64);
    beyond_the_caches::<f64>(&Mse::new().with(Call::new().sum()), 1);
    beyond_the_caches::<f64>(&BceWithLogits::new().with(Call::new().sum()), 1);
    beyond_the_caches::<f64>(&CosineSimilarity::new(64).with(Call::new().sum()), 64);
}

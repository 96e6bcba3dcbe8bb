//! No verb allocates: neither on the calling thread, nor on one that takes a part of a large call.
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait")]

mod support;

use core::alloc::{self, GlobalAlloc};
use core::cell::Cell;
use lossfn::{BceWithLogits, ByRow, Call, Layout, Loss, LossError, Threads, Weights};
use lossfn_oracle::registry::{
    CROSS_ENTROPY, Given, IGNORED, Inputs, PairSubject, PairsRow, Returned, RowTargets, Rowwise, Slices, Verb,
};
use std::alloc::System;
use support::{for_both_types, scaled};

struct Counting;

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    COUNT.set(COUNT.get() + 1);
}

// SAFETY: everything is left to the system's allocator; counting neither allocates nor unwinds, since the counter is
// initialised at compile time and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: alloc::Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: alloc::Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, place: *mut u8, layout: alloc::Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.realloc(place, layout, size) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: alloc::Layout) {
        // SAFETY: the caller's own promises.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of this thread while something runs.
fn allocations(run: impl FnOnce()) -> usize {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(core::hint::black_box(vec![1_u8; 100]))), 1);
    assert_eq!(allocations(|| drop(core::hint::black_box(vec![0_u8; 100]))), 1);
    assert_eq!(allocations(|| assert_eq!(core::hint::black_box(1) + 1, 2)), 0);
}

for_both_types!(small_calls, large_calls, refused_calls);

/// The registry's types, with the option by column that it lacks.
trait Number: PairSubject {
    fn by_column(
        pos_weights: &[Self],
        how: Call<'_, Self>,
        verb: Verb,
        t: &[Self],
        slices: Slices<'_, Self>,
    ) -> Result<Returned, LossError>;
}

macro_rules! number {
    ($($t:ident),+) => {
        $(impl Number for $t {
            fn by_column(
                pos_weights: &[$t],
                how: Call<'_, $t>,
                verb: Verb,
                t: &[$t],
                slices: Slices<'_, $t>,
            ) -> Result<Returned, LossError> {
                verb.run_both(&BceWithLogits::new().pos_weights(pos_weights).with(how), t, slices)
            }
        })+
    };
}
number!(f32, f64);

/// Rows with what any loss or call may take beside them.
struct Batch<T> {
    columns: usize,
    inner: usize,
    rows: usize,
    x: Vec<T>,
    t: Vec<T>,
    classes: Vec<i64>,
    labels: Vec<i8>,
    /// As many as anything takes.
    weights: Vec<T>,
    mask: Vec<bool>,
}

impl<T: Number> Batch<T> {
    /// Numbers from 0 to 1, and rows far from that, where softmax runs again and sums of single precision overflow.
    fn new([samples, columns, inner]: [usize; 3]) -> Self {
        let (rows, n) = (samples * inner, samples * columns * inner);
        let number = |i: usize| (i * 7919 % 1000) as f64 / 1000.0;
        let far = |i: usize| if (i / columns).is_multiple_of(7) { 1e19 } else { 1.0 };
        Self {
            columns,
            inner,
            rows,
            x: (0..n).map(|i| T::from_f64(number(i) * far(i))).collect(),
            t: (0..n).map(|i| T::from_f64(number(i + 500))).collect(),
            classes: (0..rows).map(|row| if row % 9 == 4 { IGNORED } else { (row % columns) as i64 }).collect(),
            labels: (0..rows).map(|row| if row % 3 == 1 { 1 } else { -1 }).collect(),
            weights: vec![T::from_f64(0.5); n.max(columns)],
            mask: (0..n).map(|i| i % 3 != 1).collect(),
        }
    }

    /// Ways to call such a loss: without options, with those of items, and with those of columns if it may have any.
    fn ways<'a>(&'a self, loss: &Bound<'a, T>) -> [(&'static str, Call<'a, T>); 3] {
        let Bound { how, items, of_elements, .. } = *loss;
        let w = &self.weights[..items];
        let full = how.weights(Weights::Each(w)).mask(&self.mask[..items]).upstream_each(w);
        let by_column = Weights::Columns(&self.weights[..self.columns]);
        let weighted = if of_elements { how.weights(by_column) } else { full };
        [("plain", how), ("weights, mask and upstream", full), (ADDING, weighted.accumulate())]
    }
}

/// What cannot be in place.
const ADDING: &str = "accumulating";

type Run<'a, T> = Box<dyn Fn(Call<'_, T>, Verb, Slices<'_, T>) -> Result<Returned, LossError> + Sync + 'a>;

/// A loss of the registry with its targets, and the number of unreduced losses.
struct Bound<'a, T> {
    name: String,
    verbs: Vec<Verb>,
    of_elements: bool,
    how: Call<'a, T>,
    items: usize,
    run: Run<'a, T>,
}

/// Losses with every choice of their options, or with one for each set of verbs if there is much to do.
fn thinned<'a, T>(batch: &Batch<T>, losses: impl Iterator<Item = Bound<'a, T>>) -> Vec<Bound<'a, T>> {
    let mut losses: Vec<_> = losses.collect();
    if batch.x.len() > 1 << 13 {
        let family = |loss: &Bound<'a, T>| loss.name.split([' ', ',']).next().map(str::to_owned);
        losses.dedup_by_key(|loss| (family(loss), loss.verbs.len()));
    }
    losses
}

fn of_elements<'a, T: Number>(batch: &'a Batch<T>, how: Call<'a, T>, items: usize) -> Vec<Bound<'a, T>> {
    let Batch { columns, ref t, ref weights, .. } = *batch;
    let bound = |name, verbs, run| Bound { name, verbs, of_elements: true, how, items, run };
    let by_column: Run<'a, T> =
        Box::new(move |how, verb, slices| T::by_column(&weights[..columns], how, verb, t, slices));
    let by_column = bound("bce_with_logits of columns".into(), Verb::of(true).collect(), by_column);
    let registered = T::elementwise().into_iter().map(|row| {
        let (name, verbs) = (row.name.clone(), row.verbs().collect());
        bound(name, verbs, Box::new(move |how, verb, slices| row.run(how, verb, t, slices)))
    });
    thinned(batch, core::iter::once(by_column).chain(registered))
}

fn elements<T: Number>(batch: &Batch<T>) -> Vec<Bound<'_, T>> {
    of_elements(batch, Call::new(), batch.x.len())
}

fn elements_by_row<T: Number>(batch: &Batch<T>) -> Vec<Bound<'_, T>> {
    of_elements(batch, Call::new().layout(Layout::axis(batch.columns, batch.inner)).by_row(ByRow::Mean), batch.rows)
}

/// Losses of rows against rows, and of probabilities.
fn pairs<'a, T: Number>(batch: &'a Batch<T>) -> Vec<Bound<'a, T>> {
    let Batch { columns, inner, rows: items, ref t, ref classes, ref labels, ref weights, .. } = *batch;
    let class_weights = &weights[..columns];
    let inputs = Inputs { layout: Layout::axis(columns, inner), t, classes, labels, class_weights };
    let bound = |row: PairsRow<T>| {
        let (name, verbs, how) = (row.name.into(), row.verbs().collect(), Call::new());
        let run: Run<'a, T> = Box::new(move |how, verb, slices| row.run(inputs, how, verb, slices));
        Bound { name, verbs, of_elements: false, how, items, run }
    };
    thinned(batch, T::pairs().into_iter().map(bound))
}

fn cross_entropy<'a, T: Number>(batch: &'a Batch<T>) -> Vec<Bound<'a, T>> {
    let Batch { columns, inner, rows: items, ref t, ref classes, ref weights, .. } = *batch;
    let (layout, weights) = (Layout::axis(columns, inner), &weights[..columns]);
    let bound = |row: Rowwise| {
        let targets = match row.given {
            Given::Class => RowTargets::Classes(classes),
            Given::Probabilities => RowTargets::Probabilities(t),
        };
        let (name, verbs, how) = (row.name.into(), row.verbs().collect(), Call::new());
        let run: Run<'a, T> = Box::new(move |how, verb, slices| row.run(layout, weights, how, verb, targets, slices));
        Bound { name, verbs, of_elements: false, how, items, run }
    };
    CROSS_ENTROPY.into_iter().map(bound).collect()
}

type Losses<T> = for<'a> fn(&'a Batch<T>) -> Vec<Bound<'a, T>>;

/// A call with so many predictions too few, which says whether it was accepted.
type Attempt<'a> = dyn FnMut(usize) -> bool + Send + 'a;

/// Gives `check` every verb of these losses, called in every way.
fn every_call<T: Number>(
    shape: [usize; 3],
    losses: Losses<T>,
    threads: Threads,
    check: impl Fn(&str, &mut Attempt<'_>),
) {
    let batch = Batch::new(shape);
    let (mut x, mut each) = (batch.x.clone(), batch.x.clone());
    let (mut grad, mut target_grad) = (batch.x.clone(), batch.x.clone());
    for loss in losses(&batch) {
        for (way, how) in batch.ways(&loss) {
            for &verb in loss.verbs.iter().filter(|verb| (**verb, way) != (Verb::ValueAndGradInPlace, ADDING)) {
                let name =
                    format!("{verb:?} of {}, {way}, {} losses of {shape:?}, f{}", loss.name, loss.items, T::BITS);
                let (how, each) = (how.threads(threads), &mut each[..loss.items]);
                x.copy_from_slice(&batch.x);
                check(&name, &mut |missing| {
                    let (x, grad, target_grad) = (&mut x[missing..], &mut grad, &mut target_grad);
                    (loss.run)(how, verb, Slices { x, each, grad, target_grad }).is_ok()
                });
            }
        }
    }
}

fn serial_calls<T: Number>(shapes: &[[usize; 3]], missing: usize) {
    let all: [Losses<T>; 4] = [elements, elements_by_row, pairs, cross_entropy];
    for (shape, losses) in shapes.iter().flat_map(|shape| all.map(|losses| (*shape, losses))) {
        every_call(shape, losses, Threads::Serial, |name, call| {
            let mut accepted = false;
            assert_eq!(allocations(|| accepted = call(missing)), 0, "{name}");
            assert_eq!(accepted, missing == 0, "{name}");
        });
    }
}

fn small_calls<T: Number>() {
    serial_calls::<T>(&[[0, 3, 1], [1, 1, 1], [1, 5, 1], [5, 3, 1], [9, 130, 1]], 0);
    serial_calls::<T>(&[[2, 3, 5], [4, 7, 1], [3, 300, 7]], 0);
}

/// Several leaves, rows of several segments, and axes with and without room in the scratch.
fn large_calls<T: Number>() {
    serial_calls::<T>(&[[scaled(5400), 13, 1], [scaled(5), 16_500, 1], [1, 21, scaled(4000)], [2, 900, scaled(40)]], 0);
}

fn refused_calls<T: Number>() {
    serial_calls::<T>(&[[6, 7, 1], [2, 3, 5]], 1);
}

/// Where each step of the formula makes an array, memory is what a call costs.
#[test]
fn binary_cross_entropy_of_logits_is_one_pass_without_temporaries() {
    let n = scaled(1 << 20);
    let (x, t, mut dx) = (vec![0.5_f32; n], vec![1.0; n], vec![0.0; n]);
    let loss = BceWithLogits::new().with(Call::new().threads(Threads::Serial));
    assert_eq!(allocations(|| assert!(loss.value_and_grad(&x, &t, &mut dx).is_ok())), 0);
    assert!(dx.iter().all(|dx| *dx < 0.0));
}

/// Calls that another thread takes a part of.
#[cfg(feature = "rayon")]
mod threads {
    use super::{Attempt, Losses, Number, allocations, cross_entropy, elements, elements_by_row, every_call, pairs};
    use core::sync::atomic::{AtomicBool, Ordering};
    use core::time::Duration;
    use lossfn::{CrossEntropy, Loss, Threads};
    use rayon::{ThreadPoolBuilder, Yield};
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    /// How long the other thread may be kept from work.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// What both threads of a pool allocate while one repeats a call until the other has taken a part of it.
    fn allocations_of_both(name: &str, call: &mut Attempt<'_>) -> usize {
        let (taken, busy) = (AtomicBool::new(false), Arc::new(()));
        let is_busy = Arc::downgrade(&busy);
        let repeat = || {
            // Until it ends or panics.
            let _busy = busy;
            let begin = Instant::now();
            allocations(|| {
                while !taken.load(Ordering::Relaxed) {
                    assert!(call(0), "{name}");
                    assert!(begin.elapsed() < PATIENCE, "no other thread takes a part of {name}");
                }
            })
        };
        let take_parts = || {
            allocations(|| {
                while is_busy.strong_count() > 0 {
                    if rayon::yield_now() == Some(Yield::Executed) {
                        taken.store(true, Ordering::Relaxed);
                    } else {
                        thread::yield_now();
                    }
                }
            })
        };
        let (first, second) = rayon::join(repeat, take_parts);
        first + second
    }

    /// What rayon and the system allocate for a thread's first work or sleep is not allocated again.
    fn no_allocation(name: &str, call: &mut Attempt<'_>) {
        assert!((0..10).any(|_| allocations_of_both(name, call) == 0), "{name} allocates each time");
    }

    /// As few elements, entries of rows and entries of one row as threads share.
    fn shared_calls_of<T: Number>() {
        let all_are_shared = |shape, losses: Losses<T>| every_call(shape, losses, Threads::Auto, no_allocation);
        all_are_shared([1 << 13, 1 << 6, 1], elements);
        for losses in [elements_by_row, pairs, cross_entropy] as [Losses<T>; 3] {
            all_are_shared([1 << 11, 1 << 6, 1], losses);
            all_are_shared([2, 1 << 4, 1 << 12], losses);
        }
        all_are_shared([1, 1 << 17, 1], cross_entropy);
    }

    fn of_two<R: Send>(run: impl FnOnce() -> R + Send) -> R {
        ThreadPoolBuilder::new().num_threads(2).build().expect("threads").install(run)
    }

    #[test]
    fn cross_entropy_of_a_large_batch_shares_its_rows_among_threads() {
        let (classes, rows) = (1000, 1 << 8);
        let (x, targets) = (vec![0.5_f32; rows * classes], vec![7_i64; rows]);
        let mut dx = vec![0.0; rows * classes];
        let mut call = |_| CrossEntropy::new(classes).value_and_grad(&x, &targets, &mut dx).is_ok();
        of_two(|| no_allocation("cross-entropy", &mut call));
    }

    #[test]
    fn shared_calls() {
        of_two(|| {
            shared_calls_of::<f32>();
            shared_calls_of::<f64>();
        });
    }
}

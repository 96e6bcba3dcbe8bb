//! Data for a loss, and all its verbs run over them.

use super::subjects::{Subject, Targets};
use super::{AnyLoss, Number, Rng, Verbs, Y};
use lossfn::{BothGrads, Call, Layout, Totals};

/// A loss with rows of inputs and targets.
#[derive(Clone)]
pub(crate) struct Problem<T: Number> {
    pub(crate) subject: Subject<T>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) x: Vec<T>,
    /// Targets that are numbers; else empty.
    pub(crate) numbers: Vec<T>,
    /// Targets that are classes; else empty.
    pub(crate) classes: Vec<i64>,
    /// One weight for each column, for the losses that take them.
    pub(crate) weights: Vec<T>,
    /// One label for each row, 1 or -1, likewise.
    pub(crate) labels: Vec<T>,
}

impl<T: Number> Problem<T> {
    /// Random data: logits of some rows are far from 0, some classes are ignored, some probabilities are exactly 0.
    pub(crate) fn new(subject: Subject<T>, rows: usize, columns: usize, seed: u64) -> Self {
        let mut rng = Rng(seed);
        let mut x = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            let shift = if row % 7 == 3 { rng.between(-600.0, 600.0) } else { 0.0 };
            x.extend((0..columns).map(|_| T::of(shift + rng.between(-9.0, 9.0))));
        }
        let weights = (0..columns).map(|_| T::of(rng.between(0.25, 2.0))).collect();
        if subject.of_probabilities {
            x.iter_mut().for_each(|x| *x = T::of(x.wide().abs() + 1e-3));
        }
        let labels = (0..rows).map(|row| T::of(if row % 3 == 1 { 1.0 } else { -1.0 })).collect();
        let mut problem = Self { subject, rows, columns, x, numbers: Vec::new(), classes: Vec::new(), weights, labels };
        match subject.targets {
            Targets::Numbers => problem.numbers = problem.x.iter().map(|x| near(*x, &mut rng)).collect(),
            Targets::Yes => problem.numbers = (0..rows * columns).map(|_| yes(&mut rng)).collect(),
            Targets::Distributions => {
                problem.numbers = (0..rows).flat_map(|_| distribution(columns, &mut rng)).collect();
            }
            Targets::Hits => problem.numbers = (0..rows).flat_map(|_| hit(columns, &mut rng)).collect(),
            Targets::Classes => problem.classes = (0..rows).map(|_| class(columns, &mut rng)).collect(),
        }
        problem
    }

    /// How many unreduced losses there are.
    pub(crate) fn items(&self) -> usize {
        if self.subject.by_row { self.rows } else { self.x.len() }
    }

    pub(crate) fn loss(&self) -> AnyLoss<'_, T> {
        self.loss_with_stride(self.columns)
    }

    /// The loss over rows that lie apart.
    pub(crate) fn loss_with_stride(&self, stride: usize) -> AnyLoss<'_, T> {
        self.loss_over(Layout::rows(self.columns).stride(stride))
    }

    /// The loss over data that are laid out in another way.
    pub(crate) fn loss_over(&self, layout: Layout) -> AnyLoss<'_, T> {
        (self.subject.make)(layout, &self.weights).labelled(&self.labels)
    }

    pub(crate) fn y(&self) -> Y<'_, T> {
        if self.subject.targets == Targets::Classes { Y::Classes(&self.classes) } else { Y::Numbers(&self.numbers) }
    }

    /// The loss with the way to call it and its targets.
    pub(crate) fn bind<'a>(&'a self, how: Call<'a, T>) -> Box<dyn Verbs<T> + 'a> {
        T::bind(self.loss(), how, self.y())
    }

    /// Whether an item is ignored.
    pub(crate) fn is_ignored(&self, item: usize) -> bool {
        self.classes.get(item).is_some_and(|&class| class == -100)
    }

    /// The same loss over these rows.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let pick = |from: &[T]| -> Vec<T> {
            let row = |&row: &usize| from.get(row * self.columns..(row + 1) * self.columns).unwrap_or_default();
            rows.iter().flat_map(row).copied().collect()
        };
        Self {
            rows: rows.len(),
            x: pick(&self.x),
            numbers: pick(&self.numbers),
            classes: rows.iter().filter_map(|&row| self.classes.get(row).copied()).collect(),
            weights: self.weights.clone(),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            ..*self
        }
    }

    /// All verbs, which must agree bit for bit.
    pub(crate) fn run(&self, how: Call<'_, T>) -> Results<T> {
        self.run_over(Layout::rows(self.columns), how)
    }

    /// The same where the data are laid out in another way.
    pub(crate) fn run_over(&self, layout: Layout, how: Call<'_, T>) -> Results<T> {
        let what = format!("{} {} {}x{}", self.subject.name, T::NAME, self.rows, self.columns);
        run(&what, &*T::bind(self.loss_over(layout), how, self.y()), &self.x, self.items())
    }
}

/// `x` with rows `stride` apart and NaN between them.
pub(crate) fn spread<T: Number>(x: &[T], columns: usize, stride: usize) -> Vec<T> {
    let gap = vec![T::of(f64::NAN); stride - columns];
    x.chunks(columns).flat_map(|row| row.iter().chain(&gap)).copied().collect()
}

/// A number a small error from `x`: exactly 0 at times.
fn near<T: Number>(x: T, rng: &mut Rng) -> T {
    let error = if rng.below(16) == 0 { 0.0 } else { rng.between(-3.0, 3.0) };
    T::of(x.wide() - error)
}

fn yes<T: Number>(rng: &mut Rng) -> T {
    T::of([0.0, 1.0, rng.between(0.0, 1.0)][rng.below(3)])
}

fn class(columns: usize, rng: &mut Rng) -> i64 {
    if rng.below(9) == 0 { -100 } else { rng.below(columns) as i64 }
}

/// A row that is 1 for one class.
fn hit<T: Number>(columns: usize, rng: &mut Rng) -> Vec<T> {
    let class = rng.below(columns);
    (0..columns).map(|column| T::of(if column == class { 1.0 } else { 0.0 })).collect()
}

fn distribution<T: Number>(columns: usize, rng: &mut Rng) -> Vec<T> {
    let masses: Vec<f64> =
        (0..columns).map(|_| if rng.below(5) == 0 { 0.0 } else { rng.between(0.0, 1.0).powi(4) }).collect();
    let total = masses.iter().sum::<f64>().max(1e-3);
    masses.into_iter().map(|mass| T::of(mass / total)).collect()
}

/// What the verbs return and write.
#[derive(Clone, Debug)]
pub(crate) struct Results<T> {
    pub(crate) value: f64,
    pub(crate) totals: Totals,
    pub(crate) grad: Vec<T>,
    pub(crate) each: Vec<T>,
    /// The gradients of the unreduced losses.
    pub(crate) each_grad: Vec<T>,
}

impl<T: Number> Results<T> {
    /// Equal bits, all NaN alike.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self, what: &str) {
        assert_eq!(self.value.bits(), other.value.bits(), "{what}: value {} and {}", self.value, other.value);
        assert_same_totals(self.totals, other.totals, what);
        assert_same(&self.grad, &other.grad, &format!("{what}: gradient"));
        assert_same(&self.each, &other.each, &format!("{what}: each"));
        assert_same(&self.each_grad, &other.each_grad, &format!("{what}: gradient of each"));
    }
}

#[track_caller]
fn assert_same_totals(a: Totals, b: Totals, what: &str) {
    let bits = |t: Totals| (t.sum.bits(), t.weight.bits(), t.count);
    assert_eq!(bits(a), bits(b), "{what}: totals {a:?} and {b:?}");
}

#[track_caller]
pub(crate) fn assert_same<T: Number>(a: &[T], b: &[T], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    if let Some(i) = (0..a.len()).find(|&i| a[i].bits() != b[i].bits()) {
        panic!("{what}: entry {i} is {:e} and {:e}", a[i].wide(), b[i].wide());
    }
}

/// Room for an output: of NaN, so that an entry that is not written shows, and to MemorySanitizer memory that was never
/// written.
fn unwritten<T: Number>(n: usize) -> Vec<T> {
    let mut room = vec![T::of(f64::NAN); n];
    sanitizer::mark_unwritten(&mut room);
    room
}

/// Room for the gradient of `x`: as [`unwritten`], but where `x` is NaN, as it is between the rows.
fn unwritten_like<T: Number>(x: &[T]) -> Vec<T> {
    let mut room = unwritten(x.len());
    for (entry, x) in room.iter_mut().zip(x).filter(|(_, x)| x.wide().is_nan()) {
        *entry = *x;
    }
    room
}

#[cfg(not(lossfn_memory_sanitizer))]
mod sanitizer {
    pub(super) fn mark_unwritten<T>(_room: &mut [T]) {}

    pub(super) fn assert_written<T>(_room: &[T]) {}
}

#[cfg(lossfn_memory_sanitizer)]
#[allow(unsafe_code, reason = "the interface of the sanitizer")]
mod sanitizer {
    use core::ffi::c_void;

    unsafe extern "C" {
        fn __msan_poison(room: *const c_void, bytes: usize);
        fn __msan_check_mem_is_initialized(room: *const c_void, bytes: usize);
    }

    pub(super) fn mark_unwritten<T>(room: &mut [T]) {
        // SAFETY: the room is there, and only the checker's record of it changes.
        unsafe { __msan_poison(room.as_ptr().cast(), size_of_val(room)) }
    }

    pub(super) fn assert_written<T>(room: &[T]) {
        // SAFETY: the room is there, and only the checker's record of it is read.
        unsafe { __msan_check_mem_is_initialized(room.as_ptr().cast(), size_of_val(room)) }
    }
}

/// Runs all verbs; `what` names the case.
pub(crate) fn run<T: Number>(what: &str, verbs: &dyn Verbs<T>, x: &[T], items: usize) -> Results<T> {
    let (mut grad, mut each) = (unwritten_like(x), unwritten(items));
    let outcome = verbs.value_and_grad(x, &mut grad).expect(what);
    sanitizer::assert_written(&grad);
    let value = verbs.value(x).expect(what);
    assert_eq!(value.value.bits(), outcome.value.bits(), "{what}: the value alone");
    assert_same_totals(value.totals, outcome.totals, &format!("{what}: the value alone"));

    let mut other = unwritten_like(x);
    verbs.grad(x, &mut other).expect(what);
    sanitizer::assert_written(&other);
    assert_same(&other, &grad, &format!("{what}: the gradient alone"));

    other.copy_from_slice(x);
    let in_place = verbs.value_and_grad_in_place(&mut other).expect(what);
    assert_same(&other, &grad, &format!("{what}: the gradient in place"));
    assert_eq!(in_place.value.bits(), outcome.value.bits(), "{what}: the value in place");
    assert_same_totals(in_place.totals, outcome.totals, &format!("{what}: in place"));

    let totals = verbs.each(x, &mut each).expect(what);
    sanitizer::assert_written(&each);
    assert_same_totals(totals, outcome.totals, &format!("{what}: each"));
    let mut each_grad = unwritten_like(x);
    let mut again = unwritten(items);
    let totals = verbs.each_and_grad(x, &mut again, &mut each_grad).expect(what);
    for written in [&again, &each_grad] {
        sanitizer::assert_written(written);
    }
    assert_same_totals(totals, outcome.totals, &format!("{what}: each with its gradient"));
    assert_same(&again, &each, &format!("{what}: each with its gradient"));
    Results { value: outcome.value, totals: outcome.totals, grad, each, each_grad }
}

/// The bits of all that the verbs with both gradients return and write, for so many items.
pub(crate) fn words_of_both<T: Number>(loss: &impl BothGrads<T>, x: &[T], t: &[T], items: usize) -> Vec<u64> {
    let (mut each, mut dx, mut dt) = (unwritten(items), unwritten_like(x), unwritten_like(x));
    let outcome = loss.value_and_grads(x, t, Some(&mut dx), Some(&mut dt)).expect("a call");
    for written in [&dx, &dt] {
        sanitizer::assert_written(written);
    }
    let totals = outcome.totals;
    let mut words = vec![outcome.value.bits(), totals.sum.bits(), totals.weight.bits(), totals.count];
    words.extend(dx.iter().chain(&dt).map(|x| x.bits()));
    (dx, dt) = (unwritten_like(x), unwritten_like(x));
    loss.each_and_grads(x, t, &mut each, Some(&mut dx), Some(&mut dt)).expect("a call");
    for written in [&each, &dx, &dt] {
        sanitizer::assert_written(written);
    }
    words.extend(each.iter().chain(&dx).chain(&dt).map(|x| x.bits()));
    words
}

//! No verb allocates.
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait")]

mod support;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use lossfn::{BothGrads, Call, CosineSimilarity, CrossEntropy, Loss, Threads, Weights};
use std::alloc::System;
use support::{Number, Problem, Verbs, for_both_types, scaled, subjects};

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
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's own promises.
        unsafe { System.realloc(place, layout, size) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
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

/// All verbs of one call; in place comes last, since it replaces the input.
fn all_verbs<T: Number>(verbs: &dyn Verbs<T>, x: &mut [T], out: &mut [T], dx: &mut [T], in_place: bool) -> bool {
    let mut fine = verbs.value(x).is_ok();
    fine &= verbs.grad(x, dx).is_ok();
    fine &= verbs.value_and_grad(x, dx).is_ok();
    fine &= verbs.each(x, out).is_ok();
    fine &= verbs.each_and_grad(x, out, dx).is_ok();
    fine && (!in_place || verbs.value_and_grad_in_place(x).is_ok())
}

fn no_allocation<T: Number>(problem: &Problem<T>, how: Call<'_, T>, in_place: bool, what: &str) {
    let (mut x, mut out, mut dx) = (problem.x.clone(), vec![T::of(0.0); problem.items()], problem.x.clone());
    let bound = problem.bind(how);
    let mut fine = false;
    let found = allocations(|| fine = all_verbs(&*bound, &mut x, &mut out, &mut dx, in_place));
    assert!(fine, "{} {}, {what}", problem.subject.name, T::NAME);
    assert_eq!(found, 0, "{} {} {}x{}, {what}", problem.subject.name, T::NAME, problem.rows, problem.columns);
}

fn no_allocation_at<T: Number>(shapes: &[(usize, usize)]) {
    for subject in subjects::<T>() {
        for &(rows, columns) in shapes {
            let problem = Problem::new(subject, rows, columns, 9);
            let items = problem.items();
            let (w, mask) = (vec![T::of(0.5); items], (0..items).map(|i| i % 3 != 1).collect::<Vec<_>>());
            let serial = Call::new().threads(Threads::Serial);
            no_allocation(&problem, serial, true, "plain");
            let full = serial.weights(Weights::Each(&w)).mask(&mask).upstream_each(&w);
            no_allocation(&problem, full, true, "with all options");
            no_allocation(&problem, full.accumulate(), false, "accumulating");
        }
    }
}

fn small_calls<T: Number>() {
    no_allocation_at::<T>(&[(0, 3), (1, 1), (5, 3), (9, 130)]);
}

fn large_calls<T: Number>() {
    no_allocation_at::<T>(&[(scaled(20_000), 13), (scaled(200), 1100), (1, scaled(200_000))]);
}

fn refused_calls<T: Number>() {
    for subject in subjects::<T>() {
        let problem = Problem::new(subject, 6, 7, 9);
        let bound = problem.bind(Call::new());
        let found = allocations(|| assert!(bound.value(&problem.x[1..]).is_err()));
        assert_eq!(found, 0, "{} {}", subject.name, T::NAME);
    }
}

/// Classes on an axis in the middle, and gradients of targets, with and without room in the scratch.
#[test]
fn classes_apart() {
    for (samples, classes, inner) in [(2, 3, 5), (1, 21, 9000), (3, 900, 40), (4, 7, 1)] {
        let n = samples * classes * inner;
        let x: Vec<f32> = (0..n).map(|i| (i % 13) as f32).collect();
        let y: Vec<usize> = (0..samples * inner).map(|i| i % classes).collect();
        let (mut dx, mut dt, mut out) = (x.clone(), x.clone(), vec![0.0; samples * inner]);
        let layout = lossfn::Layout::axis(classes, inner);
        let how = Call::new().threads(Threads::Serial);
        let (loss, cosine) = (CrossEntropy::new(layout).with(how), CosineSimilarity::new(layout).with(how));
        let mut fine = true;
        let found = allocations(|| {
            fine &= loss.each_and_grad(&x, &y, &mut out, &mut dx).is_ok();
            fine &= loss.value_and_grads(&x, &x, Some(&mut dx), Some(&mut dt)).is_ok();
            fine &= cosine.value_and_grads(&x, &x, Some(&mut dx), Some(&mut dt)).is_ok();
            fine &= loss.value_and_grad_in_place(&mut dx, &y).is_ok();
        });
        assert!(fine);
        assert_eq!(found, 0, "{samples}x{classes}x{inner}");
    }
}

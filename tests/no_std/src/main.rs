//! Computes a few losses and trains a small classifier with no std, no libc and no allocator, on Linux.
//!
//! The checks are those of the firmware in `tests/cortex_m`. The exit code is 0, or the number of the first check that
//! failed; a panic is 101.

#![no_std]
#![no_main]

mod checks;
mod runtime;
mod stack;

use runtime::Console;

fn main() -> i32 {
    let code = checks::run(&mut Console);
    // What cannot be printed is no reason to fail.
    let _ = stack::report(&mut Console);
    code
}

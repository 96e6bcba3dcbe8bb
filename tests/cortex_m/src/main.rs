//! Firmware that computes a few losses, trains a small classifier, and prints how much stack each verb takes.
//!
//! The checks are those of `tests/no_std`, with the same recorded bits. The exit code is 0, or the number of the first
//! check that failed; a panic is 101, a fault 102.

#![no_std]
#![no_main]

#[path = "../../no_std/src/checks.rs"]
mod checks;
mod runtime;
#[path = "../../no_std/src/stack.rs"]
mod stack;

use runtime::Console;

fn main() -> i32 {
    let code = checks::run(&mut Console);
    // What cannot be printed is no reason to fail.
    let _ = stack::report(&mut Console);
    code
}

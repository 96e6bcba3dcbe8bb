//! Random bytes for a fuzz body, without libFuzzer: `cargo run --release --bin drive -- SECONDS [SEED]`.
//! A failure prints the input as bytes, which are then a seed to keep.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse().expect("SECONDS [SEED]"));
    let seconds = arguments.next().unwrap_or(10);
    let mut state: u64 = arguments.next().unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut runs = 0_u64;
    while Instant::now() < end {
        let bytes = input(&mut state);
        if catch_unwind(|| lossfn_fuzz::calls(&bytes)).is_err() {
            println!("after {runs} runs: {bytes:?}");
            std::process::exit(1);
        }
        runs += 1;
    }
    println!("{runs} runs");
}

/// 32 to 544 bytes; in some runs many are 0, which are the most ordinary choices.
fn input(state: &mut u64) -> Vec<u8> {
    let length = 32 + next(state) % 512;
    let zeros = next(state) % 4;
    (0..length).map(|_| if next(state) % 4 < zeros { 0 } else { next(state) as u8 }).collect()
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) >> 8
}

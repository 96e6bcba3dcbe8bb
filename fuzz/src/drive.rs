//! Random bytes for fuzz bodies, without libFuzzer: `cargo run --release --bin drive -- TARGET RUNS [SEED]`. A failure
//! leaves its input in a file, which is then a seed to keep.

use std::panic::catch_unwind;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, runs, seed @ ..] = &arguments[..] else { panic!("TARGET RUNS [SEED]") };
    let runs: u64 = runs.parse().expect("how many runs");
    let seed: u64 = seed.first().map_or(1, |seed| seed.parse().expect("a seed"));
    let (start, mut state) = (Instant::now(), seed);
    for run in 0..runs {
        let bytes = input(&mut state);
        if catch_unwind(|| lossfn_fuzz::run(target, &bytes)).is_err() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts");
            std::fs::create_dir_all(folder).expect("a folder for the input");
            let file = format!("{folder}/{target}-{seed}-{run}");
            std::fs::write(&file, &bytes).expect("a file for the input");
            println!("after {run} runs: the input is in {file}");
            std::process::exit(1);
        }
    }
    println!("{target}: {runs} runs in {:.0} s", start.elapsed().as_secs_f64());
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

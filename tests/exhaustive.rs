//! Every f32 bit pattern through every elementary function at every level. Hours of work for one core, so on request:
//!
//! ```sh
//! cargo test --release --test exhaustive -- --ignored --nocapture
//! ```
//!
//! `tanh` after `--ignored` runs that function alone; `LOSSFN_EXHAUSTIVE_STRIDE=101` takes every 101st pattern.

mod judging;

use core::time::Duration;
use judging::sweep::Sweep;
use lossfn::internals::Function;
use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

/// One function at a time: each takes all cores.
static TURN: Mutex<()> = Mutex::new(());

fn every_pattern(function: Function) {
    let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let stride = std::env::var("LOSSFN_EXHAUSTIVE_STRIDE").ok().and_then(|stride| stride.parse().ok()).unwrap_or(1);
    let start = Instant::now();
    let shown = Mutex::new(start);
    let sweep = Sweep::patterns(function, stride, &|share| {
        let mut shown = shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if shown.elapsed() > Duration::from_secs(2) {
            *shown = Instant::now();
            let left = start.elapsed().as_secs_f64() * (1.0 / share - 1.0);
            eprint!("\r{function:?}: {:5.1} %, {left:.0} s left   ", 100.0 * share);
            // A bar that does not move is no reason to fail.
            let _ = std::io::stderr().flush();
        }
    });
    eprintln!("\r{function:?}: {:.0} s                         ", start.elapsed().as_secs_f64());
    drop(turn);
    sweep.report();
}

macro_rules! exhaustive {
    ($($name:ident: $function:ident),+ $(,)?) => {
        $(
            #[test]
            #[ignore = "minutes: all 2^32 patterns"]
            fn $name() {
                every_pattern(Function::$function);
            }
        )+
    };
}
exhaustive!(
    exp: Exp,
    ln: Ln,
    log1p: Log1p,
    log1p_half: Log1pHalf,
    log1p_down: Log1pDown,
    log1p_up: Log1pUp,
    expm1: Expm1,
    sigmoid: Sigmoid,
    softplus: Softplus,
    log_sigmoid: LogSigmoid,
    tanh: Tanh,
);

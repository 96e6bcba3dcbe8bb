//! What the benches share: seeded data, the losses beside their plain loops, memory passes, and the machine.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod data;
pub(crate) mod losses;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod parts;
pub(crate) mod plain;
pub(crate) mod plain_rows;
pub(crate) mod scalar;
pub(crate) mod stream;
pub(crate) mod timing;

/// Whether small sizes are asked for: by `LOSSFN_BENCH_QUICK=1`, and by any command but `cargo bench`.
pub(crate) fn is_quick() -> bool {
    let asked = std::env::var("LOSSFN_BENCH_QUICK").is_ok_and(|quick| !quick.is_empty() && quick != "0");
    asked || !std::env::args().any(|argument| argument == "--bench")
}

//! Sets `small_frames`: whether functions share the stack by turns (`ARCHITECTURE.md`, rule 1).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(small_frames)");
    // Unoptimised, whatever is inlined has room of its own on the stack.
    let unoptimised = env::var("OPT_LEVEL").is_ok_and(|level| level == "0");
    if unoptimised || env::var_os("CARGO_FEATURE_STD").is_none() {
        println!("cargo::rustc-cfg=small_frames");
    }
}

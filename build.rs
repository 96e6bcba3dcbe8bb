//! Tells the sources where functions are not inlined, or inlined by request only (`ARCHITECTURE.md`, rules 1 and 2).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    let without_std = env::var_os("CARGO_FEATURE_STD").is_none();
    // Some functions are not inlined, so that their frames take turns on the stack.
    set("small_frames", without_std || level == "0");
    // Whether a vector operation is inlined is left to the compiler.
    set("quick_build", level == "0" || level == "1");
}

fn set(name: &str, holds: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if holds {
        println!("cargo::rustc-cfg={name}");
    }
}

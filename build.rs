//! Tells the sources where functions are not inlined, or inlined by request only (`ARCHITECTURE.md`, rules 1 and 2).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    let without_std = env::var_os("CARGO_FEATURE_STD").is_none();
    // Some functions are not inlined, so that their frames take turns on the stack.
    set("small_frames", without_std || level == "0");
    // The compile-time floor is to be small, not fast, where only old processors run it: others have better levels.
    let is_x86_64 = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    set("spare_floor", is_x86_64 && env::var_os("CARGO_FEATURE_PULP").is_some());
    // Whether a vector operation is inlined is left to the compiler.
    set("quick_build", level == "0" || level == "1");
}

fn set(name: &str, holds: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if holds {
        println!("cargo::rustc-cfg={name}");
    }
}

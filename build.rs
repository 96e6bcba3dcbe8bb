//! Tells the sources what must not be inlined at any price (`ARCHITECTURE.md`, rules 1 and 2).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    let without_std = env::var_os("CARGO_FEATURE_STD").is_none();
    // Some functions are not inlined, so that their frames take turns on the stack.
    set("small_frames", without_std || level == "0");
    // Vector operations are inlined where the compiler likes to.
    set("quick_build", level == "0" || level == "1");
}

fn set(name: &str, holds: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if holds {
        println!("cargo::rustc-cfg={name}");
    }
}

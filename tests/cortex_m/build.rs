//! Links by the memory map of the board.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rerun-if-changed=board.x");
    println!("cargo::rustc-link-arg-bins=-T{folder}/board.x");
}

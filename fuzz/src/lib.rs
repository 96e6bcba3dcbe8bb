//! The fuzz targets as plain functions, which build on stable Rust. `tests/seeds.rs` replays their seeds.

#[path = "../../tests/judging/mod.rs"]
mod judging;
mod targets;

/// Runs the target of this name.
///
/// # Panics
/// If the library is wrong, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let (_, body) = targets::ALL.into_iter().find(|(target, _)| *target == name).expect("the name of a target");
    body(data);
}

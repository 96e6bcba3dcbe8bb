//! The bodies of the fuzz targets, as plain functions: they build and replay on stable Rust.

mod calls;
mod inputs;
mod plan;

pub use calls::calls;

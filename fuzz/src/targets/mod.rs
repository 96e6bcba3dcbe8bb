//! The bodies of the fuzz targets. Each takes bytes, makes one case of them, and panics where the library is wrong.
//!
//! Losses come from the oracle's registry: one that is added there is fuzzed here.

mod calls;
mod differential;
mod draw;
mod elementwise;
mod inputs;
mod math;
mod options;
mod paired;
mod plan;
mod rowwise;

type Body = fn(&[u8]);

/// All of them by name.
pub(crate) const ALL: [(&str, Body); 6] = [
    ("calls", calls::calls),
    ("differential", differential::differential),
    ("elementwise", elementwise::elementwise),
    ("math", math::math),
    ("paired", paired::paired),
    ("rowwise", rowwise::rowwise),
];

//! What the benches of the library have too.

#[expect(dead_code, reason = "the peers use a part of it")]
#[path = "../../support/data.rs"]
pub(crate) mod data;
#[expect(dead_code, reason = "the peers use a part of it")]
#[path = "../../support/memory.rs"]
pub(crate) mod memory;
#[expect(dead_code, reason = "the peers use a part of it")]
#[path = "../../support/parts.rs"]
pub(crate) mod parts;
#[expect(dead_code, reason = "the peers use a part of it")]
#[path = "../../support/scalar.rs"]
pub(crate) mod scalar;
#[expect(dead_code, reason = "the peers use a part of it")]
#[path = "../../support/stream.rs"]
pub(crate) mod stream;

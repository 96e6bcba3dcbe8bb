//! Losses of one distribution against another.

mod kl_div;

pub use kl_div::KlDiv;

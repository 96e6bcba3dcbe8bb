//! See `lossfn_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lossfn_fuzz::run("differential", data));

//! See `lossfn_fuzz::calls`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lossfn_fuzz::calls(data));

//! Bytes for `usage_server::fuzzing::register`, which says what must hold of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usage_server::fuzzing::register(bytes));

//! Bytes for `usage_store::fuzzing::report`, which says what must hold of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usage_store::fuzzing::report(bytes));

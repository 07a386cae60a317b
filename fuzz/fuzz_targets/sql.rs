#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| destination_ai_voice::fuzzing::sql(data));

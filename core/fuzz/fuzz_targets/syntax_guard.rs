//! The syntax layer: any text gets an answer, what passes is within the bounds, and the second opinion never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use router_core::sql::regex_risk::{lookarounds, regex_risk};
use router_core::sql::syntax_guard::{MAX_BYTES, check};

fuzz_target!(|text: &str| {
    let verdict = check(text);
    assert!(verdict.is_err() || text.len() <= MAX_BYTES);
    // White space as the server's lexer has it: a no-break space is a letter there.
    let blank = text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
    assert!(verdict.is_err() || !blank);
    let _ = (regex_risk(text), lookarounds(text));
});

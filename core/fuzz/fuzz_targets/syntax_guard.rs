//! The bounds on a text: any text gets an answer, and what passes is within them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use router_core::sql::regex_risk::regex_risk;
use router_core::sql::syntax_guard::{MAX_BYTES, check_bounds};

fuzz_target!(|text: &str| {
    let verdict = check_bounds(text);
    assert!(verdict.is_err() || text.len() <= MAX_BYTES);
    assert!(verdict.is_err() || !text.trim().is_empty());
    let _ = regex_risk(text);
});

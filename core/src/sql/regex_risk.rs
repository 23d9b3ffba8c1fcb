//! Which regular expressions may take for ever.
//!
//! PostgreSQL matches with an automaton, in time that is linear in the text for a pattern that compiles to few states.
//! Two things break that: back references, which it matches by trying every split of the text, and counted
//! repetitions (`{m,n}`), which copy what they repeat, so that nested ones multiply states and compile time.

/// Bytes of a pattern.
pub const MAX_PATTERN_BYTES: usize = 1000;
/// Product of nested repetition counts.
pub const MAX_REPETITION: u64 = 1000;

/// Why a pattern is refused; None if it is harmless.
///
/// Errs on the side of refusing: brackets and escapes are read only as far as needed to tell `\1` from `[\1]`.
pub fn regex_risk(pattern: &str) -> Option<&'static str> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Some("the regular expression is too long");
    }
    let bytes = pattern.as_bytes();
    let mut repetition: u64 = 1;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => {
                if bytes.get(i + 1).is_some_and(|b| (b'1'..=b'9').contains(b)) {
                    return Some("the regular expression has a back reference, which can take hours to match");
                }
                i += 1;
            }
            b'{' => {
                let digits = bytes[i + 1..].split(|b| !b.is_ascii_digit() && *b != b',').next().unwrap_or_default();
                let largest = digits
                    .split(|b| *b == b',')
                    .filter_map(|n| std::str::from_utf8(n).ok()?.parse::<u64>().ok())
                    .max()
                    .unwrap_or(1);
                repetition = repetition.saturating_mul(largest.max(1));
                if repetition > MAX_REPETITION {
                    return Some("the regular expression repeats too much");
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}

/// How often the pattern looks ahead or behind: each starts a search of its own at every place, and nested ones multiply.
pub fn lookarounds(pattern: &str) -> usize {
    ["(?=", "(?!", "(?<=", "(?<!"].iter().map(|mark| pattern.matches(mark).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_patterns_pass() {
        for pattern in ["^acme", "[^A-Za-z]", r"(\w+) (\w+)", r"\d{4}-\d{2}-\d{2}", r"^.{1,100}$", r"\\", ""] {
            assert_eq!(regex_risk(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn back_references_and_multiplied_repetitions_do_not() {
        for pattern in [r"^(a*)(a*)\1\2b$", r"(.)\1", "((a{200}){200}){200}", &"a|".repeat(600)] {
            assert!(regex_risk(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn looking_around_is_counted() {
        assert_eq!(lookarounds("(?=a)(?<!b)(?:c)"), 2);
    }

    #[test]
    fn an_escaped_backslash_before_a_digit_is_no_back_reference() {
        assert_eq!(regex_risk(r"\\1"), None);
    }
}

//! Bounds on a text before any recursive parser sees it: length, nesting, tokens. One linear scan, no recursion. What is
//! within them gets a [second opinion](super::second_opinion).
//!
//! This layer does not decide what a statement means: only the server's own parser knows where its strings and
//! comments end under the session's settings. It keeps that parser's work small, and names the plainest mistakes.

use super::second_opinion::{NotOneQuery, second_opinion};

/// Bytes of SQL. Generous for an analyst's query; small enough that parsing stays far below a second.
pub const MAX_BYTES: usize = 256 * 1024;
/// Open parentheses and brackets. PostgreSQL's parser uses about 1 kB of stack for each.
pub const MAX_DEPTH: usize = 200;
/// Words, numbers, literals, marks.
pub const MAX_TOKENS: usize = 40_000;

/// Why a text does not get as far as the server's parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxRefusal {
    #[error("the statement is empty")]
    Empty,
    #[error("the statement is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("parentheses are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("the statement has more than {MAX_TOKENS} words and signs")]
    TooManyTokens,
    #[error(transparent)]
    NotOneQuery(#[from] NotOneQuery),
}

/// Checks the bounds, then whether the text is surely not one query.
pub fn check(sql: &str) -> Result<(), SyntaxRefusal> {
    let tokens = count_tokens(sql)?;
    second_opinion(sql, tokens).map_or(Ok(()), |not_one| Err(not_one.into()))
}

/// Checks the bounds. Costs a comparison for a text that is too long, else time linear in its length.
///
/// Strings are skipped where they surely are strings (`'...'` and `"..."` without a backslash). Anything doubtful, such
/// as the inside of dollar quotes and comments, is counted: the bounds leave room for it.
pub fn check_bounds(sql: &str) -> Result<(), SyntaxRefusal> {
    count_tokens(sql).map(|_| ())
}

fn count_tokens(sql: &str) -> Result<usize, SyntaxRefusal> {
    if sql.len() > MAX_BYTES {
        return Err(SyntaxRefusal::TooLong);
    }
    let bytes = sql.as_bytes();
    let (mut depth, mut tokens, mut i) = (0usize, 0usize, 0usize);
    while i < bytes.len() {
        let b = bytes[i];
        match b {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                i += 1;
                continue;
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(SyntaxRefusal::TooDeep);
                }
                i += 1;
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                i += 1;
            }
            b'\'' | b'"' => i = after_quoted(bytes, i).unwrap_or(i + 1),
            _ if is_word(b) => {
                while i < bytes.len() && is_word(bytes[i]) {
                    i += 1;
                }
            }
            _ => i += 1,
        }
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(SyntaxRefusal::TooManyTokens);
        }
    }
    if tokens == 0 { Err(SyntaxRefusal::Empty) } else { Ok(tokens) }
}

/// Index after the quoted text that begins at `start`; None if it has a backslash or no end.
fn after_quoted(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let end = bytes[start + 1..].iter().position(|b| *b == quote || *b == b'\\')?;
    (bytes[start + 1 + end] == quote).then_some(start + end + 2)
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_statements_pass() {
        assert_eq!(check_bounds("SELECT sum(a) FROM t WHERE b IN ('((((', \"(\")"), Ok(()));
    }

    #[test]
    fn nothing_is_empty_whatever_white_space_it_has() {
        assert_eq!(check_bounds(" \n\t"), Err(SyntaxRefusal::Empty));
    }

    #[test]
    fn depth_counts_outside_strings_only() {
        let nested = format!("SELECT {}1{}", "(".repeat(MAX_DEPTH + 1), ")".repeat(MAX_DEPTH + 1));
        assert_eq!(check_bounds(&nested), Err(SyntaxRefusal::TooDeep));
        let quoted = format!("SELECT '{}'", "(".repeat(MAX_DEPTH + 1));
        assert_eq!(check_bounds(&quoted), Ok(()));
    }

    #[test]
    fn a_string_that_may_end_elsewhere_hides_nothing() {
        let doubtful = format!("SELECT '\\' || {}", "(".repeat(MAX_DEPTH + 1));
        assert_eq!(check_bounds(&doubtful), Err(SyntaxRefusal::TooDeep));
    }

    #[test]
    fn ten_megabytes_cost_nothing() {
        let huge = "(".repeat(10 * 1024 * 1024);
        // Once undisturbed is enough: other tests run beside this one.
        let quick = (0..50).any(|_| {
            let start = std::time::Instant::now();
            assert_eq!(check_bounds(&huge), Err(SyntaxRefusal::TooLong));
            start.elapsed().as_micros() < 1000
        });
        assert!(quick);
    }

    #[test]
    fn many_tokens_are_too_many() {
        assert_eq!(check_bounds(&"a,".repeat(MAX_TOKENS)), Err(SyntaxRefusal::TooManyTokens));
    }

    proptest::proptest! {
        #[test]
        fn any_text_gets_an_answer(text in ".*") {
            let _ = check(&text);
        }
    }
}

//! The form in which two prompts are "the same words".

use crate::prompt::{TokenKind, tokenize};

/// Signs that change what is asked; all others (final stops, emoji, quotes) do not.
const MEANINGFUL: &str = "<>=%+-*/&#@$\u{20B1}\u{20AC}\u{A3}\u{A5}";

/// Folded words and numbers, one space between them.
pub fn normalise(prompt: &str) -> String {
    let mut out = String::with_capacity(prompt.len());
    for token in tokenize(prompt) {
        if token.kind == TokenKind::Symbol && !MEANINGFUL.contains(token.text.as_str()) || token.norm.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&token.norm);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_final_signs_do_not_matter() {
        assert_eq!(normalise("  Sales in Las Pi\u{f1}as? "), normalise("sales in las pinas"));
        assert_ne!(normalise("sales > 5"), normalise("sales < 5"));
        assert_ne!(normalise("sales in NCR"), normalise("sales not in NCR"));
    }
}

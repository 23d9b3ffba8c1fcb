//! Keyword templates: a few words that stand for a whole question.

use crate::prompt::{TokenKind, is_stopword, tokenize};

/// How many words of `prompt` the pattern explains: all of the pattern's, in its order, where nothing else that
/// means something is said. `None` when it does not match; "sales overview" is not "sales overview of NCR".
pub fn matched_words(pattern: &str, prompt: &str) -> Option<usize> {
    let wanted: Vec<String> = words(pattern);
    let mut left = wanted.iter().peekable();
    for word in words(prompt) {
        if left.peek().is_some_and(|w| **w == word) {
            left.next();
        } else if !is_stopword(&word) {
            return None;
        }
    }
    (left.peek().is_none() && !wanted.is_empty()).then_some(wanted.len())
}

/// Words and numbers; signs say nothing here.
fn words(text: &str) -> Vec<String> {
    tokenize(text).into_iter().filter(|t| t.kind != TokenKind::Symbol && !t.norm.is_empty()).map(|t| t.norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_explains_the_whole_question() {
        assert_eq!(matched_words("sales overview", "The sales overview, please?"), Some(2));
        assert_eq!(matched_words("sales overview", "overview sales"), None);
        assert_eq!(matched_words("sales overview", "sales overview of NCR"), None);
        assert_eq!(matched_words("sales overview", "delete sales overview"), None);
        assert_eq!(matched_words("", "sales"), None);
    }
}

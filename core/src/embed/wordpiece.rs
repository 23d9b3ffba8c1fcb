//! WordPiece: each word as its longest known pieces, from the left.

use super::normalise::for_each_word;
use super::vocabulary::longest_piece;

/// Longer words are `[UNK]`.
const MAX_WORD_CHARS: usize = 100;

/// The ids of the text's pieces, `[UNK]` left out, at most `limit`.
pub(super) fn piece_ids(text: &str, limit: usize) -> Vec<u16> {
    let mut ids = Vec::with_capacity(32);
    for_each_word(text, |word| {
        let before = ids.len();
        if word.len() > MAX_WORD_CHARS && word.chars().count() > MAX_WORD_CHARS || !cut(word, &mut ids) {
            ids.truncate(before);
        }
        ids.len() < limit
    });
    ids.truncate(limit);
    ids
}

/// Appends the word's pieces; false when some part of it is unknown, which makes the whole word unknown.
fn cut(word: &str, ids: &mut Vec<u16>) -> bool {
    let mut at = 0;
    while at < word.len() {
        match longest_piece(&word[at..], at > 0) {
            Some((id, length)) => {
                ids.push(id);
                at += length;
            }
            None => return false,
        }
    }
    true
}

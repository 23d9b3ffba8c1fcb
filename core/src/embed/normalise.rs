//! BERT's normaliser and pre-tokeniser: cleaned, lower-cased, accents stripped, cut at spaces and punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Calls `word` for every word and punctuation mark of the text, until it returns false.
pub(super) fn for_each_word(text: &str, mut word: impl FnMut(&str) -> bool) {
    let mut current = String::with_capacity(32);
    let mut flush = |current: &mut String| {
        let go_on = current.is_empty() || word(current);
        current.clear();
        go_on
    };
    let mut each = |c: char| -> bool {
        if c.is_whitespace() {
            return flush(&mut current);
        }
        if is_punctuation(c) || is_cjk(c) {
            if !flush(&mut current) {
                return false;
            }
            current.push(c);
            return flush(&mut current);
        }
        current.push(c);
        true
    };
    for c in text.chars() {
        if c.is_ascii() {
            if (c.is_ascii_control() && !c.is_ascii_whitespace()) || c == '\0' {
                continue;
            }
            if !each(c.to_ascii_lowercase()) {
                return;
            }
        } else if !is_dropped(c) {
            for d in std::iter::once(c).nfd().filter(|d| d.general_category() != GeneralCategory::NonspacingMark) {
                for lower in d.to_lowercase() {
                    if !each(lower) {
                        return;
                    }
                }
            }
        }
    }
    each(' ');
}

/// U+FFFD, control, format, private and unassigned characters.
fn is_dropped(c: char) -> bool {
    c == '\u{FFFD}' || (c.general_category_group() == GeneralCategoryGroup::Other && !c.is_whitespace())
}

fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_punctuation()
    } else {
        c.general_category_group() == GeneralCategoryGroup::Punctuation
    }
}

/// The CJK ideographs' blocks, each character a word of its own.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

//! Tokens: words, numbers, quoted texts and punctuation, each with its place in the prompt.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Letters, possibly with digits, `_`, `'` inside (`author_tutor_atb`, `q4`, `don't`).
    Word,
    /// Digits with optional grouping commas, decimal point and sign-free exponent (`8,000`, `3.5`).
    Number,
    /// The content of a quoted text, without its quotes.
    Quoted,
    /// One character of punctuation or a symbol.
    Symbol,
}

/// One token of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    /// As written.
    pub text: String,
    /// Lower-cased, accents stripped, compatibility forms folded: what words are compared by.
    pub norm: String,
    /// Byte range in the prompt.
    pub start: usize,
    pub end: usize,
    /// The value, for `Number`.
    pub number: Option<f64>,
}

impl Token {
    /// True for a word with this normal form.
    pub fn is(&self, norm: &str) -> bool {
        self.kind == TokenKind::Word && self.norm == norm
    }

    /// True for this one-character symbol.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}

/// Lower case, compatibility-folded (NFKD), without combining marks and characters that don't show; decimal digits of
/// any script become ASCII digits.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
        .map(|c| digit(c).unwrap_or(c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The ASCII digit for a decimal digit of another script.
fn digit(c: char) -> Option<char> {
    /// Zeros of the scripts that people type numbers in; the nine others follow each.
    const ZEROS: [u32; 19] = [
        0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20,
        0x1040, 0x17E0, 0x1810, 0x1946, 0xFF10,
    ];
    let code = c as u32;
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Cuts a prompt into tokens. Never fails; anything unknown is a `Symbol`.
pub fn tokenize(prompt: &str) -> Vec<Token> {
    let chars: Vec<(usize, char)> = prompt.char_indices().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (start, c) = chars[i];
        if c.is_whitespace() || c.is_control() || is_invisible(c) {
            i += 1;
            continue;
        }
        let (kind, next) = if let Some(close) = closing_quote(&chars, i) {
            (TokenKind::Quoted, close + 1)
        } else if is_digit(c) {
            number_or_word(&chars, i)
        } else if is_word_char(c) {
            (TokenKind::Word, word_end(&chars, i))
        } else {
            (TokenKind::Symbol, i + 1)
        };
        let end = chars.get(next).map_or(prompt.len(), |(at, _)| *at);
        let text = match kind {
            TokenKind::Quoted => chars[i + 1..next - 1].iter().map(|(_, c)| *c).collect(),
            TokenKind::Number => chars[i..next].iter().map(|(_, c)| digit(*c).unwrap_or(*c)).collect(),
            _ => prompt[start..end].to_owned(),
        };
        let number = if kind == TokenKind::Number { value_of(&text) } else { None };
        // A number beyond all numbers is a word that nobody knows.
        let kind = if number.is_some_and(f64::is_infinite) { TokenKind::Word } else { kind };
        let number = number.filter(|n| n.is_finite());
        i = next;
        let norm = fold(text.trim_end_matches(['\'', '\u{2019}']));
        // Nothing but marks and selectors: the rest of an emoji.
        if kind == TokenKind::Word && norm.is_empty() {
            continue;
        }
        if let (TokenKind::Word, Some(times), Some(last)) = (kind, multiplier(&norm), tokens.last_mut())
            && let Some(n) = last.number.or(matches!(last.norm.as_str(), "a" | "one").then_some(1.0))
        {
            // "2 million" is one number.
            last.kind = TokenKind::Number;
            last.number = Some(n * times);
            last.text = prompt[last.start..end].to_owned();
            last.norm = fold(&last.text);
            last.end = end;
            continue;
        }
        tokens.push(Token { kind, norm, text, start, end, number });
    }
    tokens
}

/// What the words of large numbers multiply by.
fn multiplier(norm: &str) -> Option<f64> {
    Some(match norm {
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        _ => return None,
    })
}

/// `8,000.5`, `100k`, `2.5M`.
fn value_of(text: &str) -> Option<f64> {
    let (digits, times) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 1e3),
        (at, 'M') => (&text[..at], 1e6),
        _ => (text, 1.0),
    };
    digits.replace(',', "").parse::<f64>().ok().map(|n| n * times)
}

/// Zero-width and bidirectional control characters: they carry no meaning for matching.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || digit(c).is_some()
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining_mark(c)
}

/// The index of the closing quote when a quoted text starts at `i`.
fn closing_quote(chars: &[(usize, char)], i: usize) -> Option<usize> {
    let open = chars[i].1;
    let close = match open {
        '"' => '"',
        '\u{201C}' => '\u{201D}',
        '\u{2018}' => '\u{2019}',
        '\'' => '\'',
        '`' => '`',
        _ => return None,
    };
    if i > 0 && is_word_char(chars[i - 1].1) {
        return None;
    }
    let mut end = None;
    for (k, (_, c)) in chars.iter().enumerate().skip(i + 1).take(200) {
        if *c == close {
            // An apostrophe inside a word does not close a single-quoted text.
            let inside_word = close == '\'' && chars.get(k + 1).is_some_and(|(_, n)| is_word_char(*n));
            if !inside_word {
                end = Some(k);
                break;
            }
        }
    }
    end.filter(|k| *k > i + 1)
}

fn word_end(chars: &[(usize, char)], mut i: usize) -> usize {
    while let Some((_, c)) = chars.get(i) {
        let joins = matches!(c, '\'' | '\u{2019}') && chars.get(i + 1).is_some_and(|(_, n)| n.is_alphabetic());
        if is_word_char(*c) || joins || is_invisible(*c) {
            i += 1;
        } else {
            break;
        }
    }
    i
}

/// `2024`, `8,000`, `3.5`, `100k` are numbers; `3rd`, `2x4` are words.
fn number_or_word(chars: &[(usize, char)], start: usize) -> (TokenKind, usize) {
    let digit = |k: usize| chars.get(k).is_some_and(|(_, c)| is_digit(*c));
    let mut i = start;
    while digit(i) {
        i += 1;
    }
    while chars.get(i).is_some_and(|(_, c)| *c == ',') && (1..=3).all(|k| digit(i + k)) && !digit(i + 4) {
        i += 4;
    }
    if chars.get(i).is_some_and(|(_, c)| *c == '.') && digit(i + 1) {
        i += 1;
        while digit(i) {
            i += 1;
        }
    }
    let ends = |k: usize| chars.get(k).is_none_or(|(_, c)| !is_word_char(*c));
    match chars.get(i) {
        // A small m is as well a metre or a minute.
        Some((_, 'k' | 'K' | 'M')) if ends(i + 1) => (TokenKind::Number, i + 1),
        Some((_, c)) if is_word_char(*c) && c.is_ascii() => (TokenKind::Word, word_end(chars, i)),
        _ => (TokenKind::Number, i),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(prompt: &str) -> Vec<(TokenKind, String)> {
        tokenize(prompt).into_iter().map(|t| (t.kind, t.norm)).collect()
    }

    #[test]
    fn words_numbers_quotes_and_symbols() {
        use TokenKind::*;
        let got = kinds("Sales of 'Boril' > 8,000.5 in Q4, Las Piñas's 3rd");
        let want = [
            (Word, "sales"),
            (Word, "of"),
            (Quoted, "boril"),
            (Symbol, ">"),
            (Number, "8,000.5"),
            (Word, "in"),
            (Word, "q4"),
            (Symbol, ","),
            (Word, "las"),
            (Word, "pinas's"),
            (Word, "3rd"),
        ];
        assert_eq!(got, want.map(|(k, s)| (k, s.to_owned())));
        assert_eq!(tokenize("8,000.5")[0].number, Some(8000.5));
        for (text, n) in
            [("100k", 1e5), ("2.5M", 2.5e6), ("2 million", 2e6), ("1.5 billion", 1.5e9), ("a thousand", 1e3)]
        {
            assert_eq!(tokenize(text).iter().map(|t| t.number).collect::<Vec<_>>(), [Some(n)], "{text}");
        }
        assert_eq!(tokenize("20m")[0].number, None);
    }

    #[test]
    fn what_does_not_show_does_not_count() {
        let norms = |prompt: &str| kinds(prompt).into_iter().map(|(_, n)| n).collect::<Vec<_>>();
        assert_eq!(norms("sa\u{200B}les b\u{AD}y \u{202E}region\u{202C}"), ["sales", "by", "region"]);
        assert_eq!(norms("1\u{FE0F}\u{20E3} \u{FE0F}"), ["1"]);
        assert_eq!(norms("ｓａｌｅｓ ２０２４"), ["sales", "2024"]);
    }

    #[test]
    fn digits_of_other_scripts_are_numbers() {
        for prompt in ["٢٠٢٤", "२०२४", "２０２４", "۲۰۲۴"] {
            let tokens = tokenize(prompt);
            assert_eq!((tokens[0].number, tokens[0].text.as_str()), (Some(2024.0), "2024"), "{prompt}");
        }
    }

    #[test]
    fn a_number_beyond_all_numbers_is_none() {
        let tokens = tokenize(&"9".repeat(400));
        assert_eq!((tokens[0].kind, tokens[0].number), (TokenKind::Word, None));
    }

    #[test]
    fn spans_point_into_the_prompt() {
        let prompt = "📈 Alaska \u{200B}sales é 2024年";
        for t in tokenize(prompt) {
            assert!(prompt.get(t.start..t.end).is_some(), "{t:?}");
        }
    }
}

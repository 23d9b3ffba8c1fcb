//! Words: the units that are matched. Identifiers typed in the prompt are split into theirs.

use super::{Token, TokenKind, fold, stem, words_of};

/// One unit of matching.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Index of the token it comes from.
    pub token: usize,
    pub kind: TokenKind,
    /// Folded form.
    pub norm: String,
    pub stem: String,
    pub number: Option<f64>,
}

impl Word {
    pub fn is(&self, norm: &str) -> bool {
        self.kind == TokenKind::Word && self.norm == norm
    }

    pub fn is_any(&self, norms: &[&str]) -> bool {
        self.kind == TokenKind::Word && norms.contains(&self.norm.as_str())
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.norm == symbol
    }
}

/// Cuts tokens into words. `author_tutor_ATB` and `customerID` become several; a hyphen inside a word is dropped.
pub fn split_words(tokens: &[Token]) -> Vec<Word> {
    let mut out = Vec::with_capacity(tokens.len());
    for (index, t) in tokens.iter().enumerate() {
        match t.kind {
            TokenKind::Word if is_compound(&t.text) => {
                for part in words_of(&t.text) {
                    out.push(Word {
                        token: index,
                        kind: TokenKind::Word,
                        stem: stem(&part),
                        number: part.parse().ok(),
                        norm: part,
                    });
                }
            }
            TokenKind::Symbol if is_hyphen(&t.text) && joins(tokens, index) => {}
            TokenKind::Word => {
                let mut norm = t.norm.trim_end_matches("'s").trim_end_matches("\u{2019}s").to_owned();
                let joined = index > 1 && is_hyphen(&tokens[index - 1].text) && joins(tokens, index - 1);
                if joined && matches!(norm.as_str(), "ins" | "outs" | "ups" | "offs" | "ons") {
                    // "check-ins", "sign-ups": several of what "check-in" is.
                    norm.pop();
                }
                out.push(Word { token: index, kind: t.kind, stem: stem(&norm), norm, number: None });
            }
            _ => out.push(Word {
                token: index,
                kind: t.kind,
                norm: fold(&t.text),
                stem: t.norm.clone(),
                number: t.number,
            }),
        }
    }
    out
}

fn is_compound(text: &str) -> bool {
    text.contains('_') || text.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
}

fn is_hyphen(text: &str) -> bool {
    matches!(text, "-" | "\u{2010}" | "\u{2011}")
}

/// True when the hyphen at `i` stands tight between two words.
fn joins(tokens: &[Token], i: usize) -> bool {
    let (Some(before), Some(after)) = (i.checked_sub(1).and_then(|p| tokens.get(p)), tokens.get(i + 1)) else {
        return false;
    };
    let wordlike = |t: &Token| matches!(t.kind, TokenKind::Word);
    before.end == tokens[i].start && tokens[i].end == after.start && wordlike(before) && wordlike(after)
}

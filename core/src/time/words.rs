//! The prompt's tokens with what each means in time, for the readers of this module.

use std::cell::OnceCell;
use std::ops::Range;

use super::absolute::Point;
use super::lexicon::{Family, Lex, Rel, is_lead_word, lookup};
use super::ranges::leads;
use super::{Clock, calendar::Unit};
use crate::prompt::{Token, TokenKind};

/// Tokens, their meanings and the clock. Every accessor takes any index: out of range is "nothing".
pub(super) struct Words<'a> {
    pub tokens: &'a [Token],
    pub clock: &'a Clock,
    lex: Vec<Option<Lex>>,
    leads: Vec<bool>,
    /// Readers of longer expressions ask for the point at one place several times.
    points: Vec<OnceCell<Option<Point>>>,
}

impl<'a> Words<'a> {
    pub fn new(tokens: &'a [Token], clock: &'a Clock) -> Self {
        let lex = tokens.iter().map(|t| if t.kind == TokenKind::Word { lookup(&t.norm) } else { None }).collect();
        let leads = tokens.iter().map(|t| t.kind == TokenKind::Word && leads(&t.norm)).collect();
        Self { tokens, clock, lex, leads, points: vec![OnceCell::new(); tokens.len()] }
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The normalised word at `i`; empty for anything that is not a word.
    pub fn word(&self, i: usize) -> &'a str {
        self.tokens.get(i).filter(|t| t.kind == TokenKind::Word).map_or("", |t| t.norm.as_str())
    }

    pub fn is_any(&self, i: usize, words: &[&str]) -> bool {
        let word = self.word(i);
        !word.is_empty() && words.contains(&word)
    }

    pub fn is_symbol(&self, i: usize, symbols: &[&str]) -> bool {
        self.tokens.get(i).is_some_and(|t| t.kind == TokenKind::Symbol && symbols.contains(&t.text.as_str()))
    }

    pub fn lex(&self, i: usize) -> Option<Lex> {
        self.lex.get(i).copied().flatten()
    }

    /// A lead-in of a range ("since", "prior to") may start at `i`.
    pub fn may_lead(&self, i: usize) -> bool {
        self.leads.get(i) == Some(&true)
    }

    /// The point at `i`, found by `find` the first time.
    pub fn point(&self, i: usize, find: impl FnOnce() -> Option<Point>) -> Option<Point> {
        *self.points.get(i)?.get_or_init(find)
    }

    /// An expression may start at `i`: anything else is passed over without a closer look.
    pub fn may_start(&self, i: usize) -> bool {
        match self.tokens.get(i) {
            None => false,
            Some(t) => match t.kind {
                TokenKind::Number | TokenKind::Quoted | TokenKind::Symbol => true,
                TokenKind::Word => {
                    self.lex(i).is_some() || is_lead_word(&t.norm) || t.norm.bytes().any(|b| b.is_ascii_digit())
                }
            },
        }
    }

    /// The unit named at `i`.
    pub fn unit(&self, i: usize) -> Option<(Unit, Family)> {
        match self.lex(i)? {
            Lex::Unit(unit, family) => Some((unit, family)),
            _ => None,
        }
    }

    pub fn rel(&self, i: usize) -> Option<(Rel, Family)> {
        match self.lex(i)? {
            Lex::Rel(rel, family) => Some((rel, family)),
            _ => None,
        }
    }

    /// Digits only, as written: the count of digits tells `03` from `3`.
    pub fn digits(&self, i: usize) -> Option<(i64, usize)> {
        let token = self.tokens.get(i).filter(|t| t.kind == TokenKind::Number)?;
        let plain = token.text.bytes().all(|b| b.is_ascii_digit());
        Some((token.text.parse().ok().filter(|_| plain)?, token.text.len()))
    }

    /// A count: digits (grouped or not) or a number word, below ten thousand million (absurd ones then fail on the calendar).
    pub fn count(&self, i: usize) -> Option<i64> {
        let n = match self.lex(i) {
            Some(Lex::Number(n)) => n,
            _ => {
                let token = self.tokens.get(i).filter(|t| t.kind == TokenKind::Number && !t.text.contains('.'))?;
                token.text.replace(',', "").parse().ok()?
            }
        };
        (0..10_000_000_000).contains(&n).then_some(n)
    }

    /// Nothing, not even a space, stands between token `i` and the one after it.
    pub fn touches_next(&self, i: usize) -> bool {
        match (self.tokens.get(i), self.tokens.get(i + 1)) {
            (Some(a), Some(b)) => a.end == b.start,
            _ => false,
        }
    }

    /// `i` moved past any of these words.
    pub fn skip(&self, mut i: usize, words: &[&str]) -> usize {
        while self.is_any(i, words) {
            i += 1;
        }
        i
    }

    /// The tokens as written, spaces normalised to one.
    pub fn text(&self, range: Range<usize>) -> String {
        let mut text = String::new();
        for i in range {
            let Some(token) = self.tokens.get(i) else { break };
            if !text.is_empty() && !self.touches_next(i - 1) {
                text.push(' ');
            }
            text.push_str(&token.text);
        }
        text
    }
}

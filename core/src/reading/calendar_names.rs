//! Names that are made of calendar words: 'Rainy Day 2024' is a campaign, 'Black Friday' a promotion. Where the words of
//! a stored value say a time, they say the value.

use std::ops::Range;

use crate::prompt::{TokenKind, Word, is_stopword};
use crate::semantic::{Lexicon, Meaning, Mention, Source, find_mentions};
use crate::time::Findings;

/// Words before and after a time that may belong to one name with it.
const AROUND: usize = 4;

/// Words of the calendar that make no name by themselves: "by month 2024".
const UNITS: &[&str] = &["day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years"];

/// Drops the times and days of the week that are part of a stored value's name.
pub(super) fn leave_names(times: &mut Findings, words: &[Word], lexicon: &Lexicon) {
    let at = |tokens: &Range<usize>| {
        words.partition_point(|w| w.token < tokens.start)..words.partition_point(|w| w.token < tokens.end)
    };
    times.matches.retain(|m| !names_a_value(&at(&m.tokens), words, lexicon));
    times.days.retain(|d| !names_a_value(&at(&d.tokens), words, lexicon));
}

/// True when the words of a time and some beside them are the name of a stored value, or so much of it that nothing else
/// explains those beside them ("Alaska 2024" is Alaska's year, although a campaign be called so).
fn names_a_value(time: &Range<usize>, words: &[Word], lexicon: &Lexicon) -> bool {
    if stands_alone(time, words) {
        return false;
    }
    let from = time.start.saturating_sub(AROUND);
    let window = &words[from..(time.end + AROUND).min(words.len())];
    let time = time.start - from..time.end - from;
    let mentions = find_mentions(window, &vec![true; window.len()], lexicon, None);
    mentions.iter().any(|m| {
        let covers = m.words.start <= time.start && time.end <= m.words.end && m.words.len() > time.len();
        let beside = || m.words.clone().filter(|i| !time.contains(i));
        let said = |whole: bool| {
            m.candidates.iter().any(|c| {
                matches!(c.meaning, Meaning::Value(..))
                    && (c.source == Source::Value || !whole && c.source == Source::Partial)
            })
        };
        let own = |i: usize| {
            let w = &window[i];
            !is_stopword(&w.norm) && !w.is_any(UNITS) && !named(i, &mentions, m)
        };
        covers && (said(true) || said(false) && beside().any(own))
    })
}

/// "in 2024", "since March": led to as a time, with nothing after it that could belong to it.
fn stands_alone(time: &Range<usize>, words: &[Word]) -> bool {
    const LEADS: &[&str] =
        &["in", "during", "since", "for", "from", "to", "until", "before", "after", "by", "on", "noong"];
    let led = time.start > 0 && words[time.start - 1].is_any(LEADS);
    let next = words.get(time.end);
    led && next.is_none_or(|w| w.kind == TokenKind::Symbol || w.kind == TokenKind::Word && is_stopword(&w.norm))
}

/// True when a word has a name of its own, apart from `whole`.
fn named(word: usize, mentions: &[Mention], whole: &Mention) -> bool {
    mentions.iter().any(|m| {
        m.words.contains(&word)
            && m.words != whole.words
            && m.candidates.iter().any(|c| c.source != Source::Partial && c.score >= 0.8)
    })
}

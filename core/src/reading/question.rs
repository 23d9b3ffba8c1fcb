//! A question cut into what does not depend on any dataset: words, cues, times, sorting.

use std::ops::Range;

use super::calendar_names::leave_names;
use super::cues::{Cue, CueMatch, find_cues};
use super::order::{OrderClause, find_order};
use super::periods::set_against;
use super::spelling;
use super::steps::{Bins, Window, find_bins, find_window};
use super::weights::Weights;
use crate::prompt::{Language, Token, Word, identify, split_words, to_english, tokenize, without_asides};
use crate::quickspec::{Direction, Transform};
use crate::semantic::{Candidate, Lexicon, Meaning, Mention, Source, find_mentions};
use crate::time::{self, Clock, Findings, Grain, GrainKind};

/// A grain word, by word indexes.
#[derive(Debug, Clone, PartialEq)]
pub struct GrainCue {
    pub words: Range<usize>,
    pub grain: Grain,
    pub kind: GrainKind,
}

/// The dataset-independent part of a reading.
#[derive(Debug, Clone)]
pub struct Question {
    pub tokens: Vec<Token>,
    pub words: Vec<Word>,
    pub cues: Vec<CueMatch>,
    pub order: Option<OrderClause>,
    pub times: Findings,
    /// Word ranges of `times.matches`.
    pub time_words: Vec<Range<usize>>,
    pub grains: Vec<GrainCue>,
    /// Spans that may name something, overlapping.
    pub mentions: Vec<Mention>,
    /// Words corrected: (as written, as read).
    pub corrections: Vec<(String, String)>,
    /// The steps that a numeric axis is cut into.
    pub bins: Option<Bins>,
    /// Points of a moving average.
    pub window: Option<Window>,
    pub language: Language,
    /// Tokens beyond those that are read at all.
    pub cut: usize,
    /// All the times that it names lie after today.
    pub ahead: bool,
    /// Words taken by times, sorting or cues that never name anything.
    pub free: Vec<bool>,
    /// What the scores of its readings are made of.
    pub weights: Weights,
}

/// Two function words of a language.
const SURE_OF_LANGUAGE: f64 = 0.7;

/// Words and signs of a question that are read. Readings compare every span with every other: what is longer than
/// any question that people ask must not take time without bound.
const MOST_TOKENS: usize = 256;

impl Question {
    /// `scope`: the datasets that words may name, where not all.
    pub fn parse(prompt: &str, lexicon: &Lexicon, clock: &Clock, scope: Option<&[bool]>) -> Self {
        let mut tokens = without_asides(tokenize(prompt));
        let cut = tokens.len().saturating_sub(MOST_TOKENS);
        tokens.truncate(MOST_TOKENS);
        let mut words = split_words(&tokens);
        let language = identify(&tokens);
        if language.confidence >= SURE_OF_LANGUAGE {
            let capital = |t: usize| tokens.get(t).is_some_and(|t| t.text.starts_with(char::is_uppercase));
            to_english(&mut words, &capital, language.code);
        }
        let mut corrections = spelling::correct(&mut words, lexicon);
        corrections.extend(spelling::relate(&mut words, lexicon));
        let mut cues = find_cues(&words);
        // "does more spend mean a better result": a verb.
        let verb = |c: &CueMatch| {
            words[c.words.start].is("mean") && words.get(c.words.end).is_some_and(|w| w.is_any(&["a", "an", "that"]))
        };
        cues.retain(|c| !verb(c));
        let foretells = cues.iter().any(|c| c.cue == Cue::Forecast) && !words.iter().any(|w| w.is("actual"));
        let mut times = time::read(&tokens, &Clock { ahead: foretells, ..clock.clone() });
        leave_names(&mut times, &words, lexicon);
        let order = find_order(&words);
        // "by what percentage", "by how much": nothing is grouped.
        let asks = |c: &CueMatch| {
            c.cue == Cue::Group
                && words[c.words.end - 1].is("by")
                && words.get(c.words.end).is_some_and(|w| w.is_any(&["what", "how"]))
        };
        cues.retain(|c| !asks(c));
        set_against(&tokens, &words, &mut times, &mut cues);
        let to_words = |range: &Range<usize>| word_range(&words, range);
        let time_words: Vec<Range<usize>> = times.matches.iter().map(|m| to_words(&m.tokens)).collect();
        let grains = times
            .grains
            .iter()
            .map(|g| GrainCue { words: to_words(&g.tokens), grain: g.grain, kind: g.kind })
            .collect();
        if let Some(order) = &order {
            cues.retain(|c| c.words.end <= order.words.start || c.words.start >= order.words.end);
        }
        leave_out(&mut cues, &words);
        tell_two(&mut cues, &words);
        decline(&mut cues, &words);
        go_together(&mut cues, &words);
        deny_days(&mut times, &mut cues, &words);
        let bins = find_bins(&words);
        if let Some((_, range)) = &bins {
            cues.retain(|c| c.words.end <= range.start || c.words.start >= range.end);
            cues.push(CueMatch { cue: Cue::Bins, words: range.clone() });
        }
        let bins = bins.map(|(bins, _)| bins);
        // "price range" may be a column's name, "bins of 5" is not.
        let named_nothing =
            |c: &&CueMatch| matches!(c.cue, Cue::Chart(_)) || c.cue == Cue::Bins && bins != Some(Bins::Auto);
        let window = find_window(&words, &mut cues);
        let tomorrow = clock.now.date().tomorrow().ok().map(|d| d.to_datetime(jiff::civil::Time::midnight()));
        let later = |m: &time::TimeMatch| m.range.start.zip(tomorrow).is_some_and(|(start, next)| start >= next);
        let ahead = !times.matches.is_empty() && times.matches.iter().all(later);
        let mut free = vec![true; words.len()];
        let taken = times
            .matches
            .iter()
            .zip(&time_words)
            .filter(|(m, _)| !m.weak)
            .map(|(_, r)| r.clone())
            .chain(times.days.iter().map(|d| to_words(&d.tokens)))
            .chain(times.hours.iter().map(|h| to_words(&h.tokens)))
            .chain(times.shifts.iter().filter(|s| s.certain).map(|s| to_words(&s.tokens)))
            .chain(cues.iter().filter(|c| named_nothing(c)).map(|c| c.words.clone()));
        for range in taken {
            free[range].fill(false);
        }
        let mentions = find_mentions(&words, &free, lexicon, scope);
        let mut grains: Vec<GrainCue> = grains;
        grains.extend(hour_asked(&words, &mut cues));
        grains.sort_by_key(|g| g.words.start);
        for g in &mut grains {
            // "bin check in by weekday": the name keeps its last word.
            let shares = |m: &Mention| {
                let named = |c: &Candidate| matches!(c.meaning, Meaning::Column(_)) && c.source == Source::Name;
                m.words.len() > 1 && m.words.end == g.words.start + 1 && m.candidates.iter().any(named)
            };
            if g.words.len() > 2 && mentions.iter().any(shares) {
                g.words.start += 1;
            }
        }
        Self {
            bins,
            window,
            tokens,
            words,
            cues,
            order,
            times,
            time_words,
            grains,
            mentions,
            corrections,
            language,
            cut,
            ahead,
            free,
            weights: Weights::SHIPPED,
        }
    }

    pub fn has(&self, cue: Cue) -> bool {
        self.cues.iter().any(|c| c.cue == cue)
    }

    /// Content words that are neither cue, time nor part of any mention.
    pub fn items_unknown(&self) -> usize {
        (0..self.words.len())
            .filter(|i| {
                let w = &self.words[*i];
                let covered =
                    self.mentions.iter().any(|m| m.words.contains(i)) || self.cues.iter().any(|c| c.words.contains(i));
                let timed = self.times.days.iter().any(|d| d.tokens.contains(&w.token))
                    || self.time_words.iter().any(|r| r.contains(i))
                    || self.grains.iter().any(|g| g.words.contains(i));
                w.kind == crate::prompt::TokenKind::Word && !covered && !timed && !crate::prompt::is_stopword(&w.norm)
            })
            .count()
    }

    /// The text of a word range, as written.
    pub fn text(&self, prompt: &str, words: &Range<usize>) -> String {
        let first = self.words.get(words.start).and_then(|w| self.tokens.get(w.token));
        let last = words.end.checked_sub(1).and_then(|i| self.words.get(i)).and_then(|w| self.tokens.get(w.token));
        match (first, last) {
            (Some(a), Some(b)) => prompt.get(a.start..b.end).unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }
}

/// "the peak hour", "busiest hour of the day", "which hour": the hours of the day, one of which is asked for.
fn hour_asked(words: &[Word], cues: &mut [CueMatch]) -> Option<GrainCue> {
    let at = words.iter().position(|w| w.is_any(&["hour", "hours"]))?;
    let before = at.checked_sub(1)?;
    let peak = words[before].is("peak");
    if peak && let Some(cue) = cues.iter_mut().find(|c| c.words == (before..at)) {
        cue.cue = Cue::Superlative(Direction::Desc);
    }
    let ranked = cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_)));
    let asked = words[before].is_any(&["which", "what"]) && ranked;
    let superlative = cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_)) && c.words.end == at);
    let mut end = at + 1;
    if words.get(end).is_some_and(|w| w.is("of")) {
        let day = end + 1 + usize::from(words.get(end + 1).is_some_and(|w| w.is("the")));
        end = if words.get(day).is_some_and(|w| w.is("day")) { day + 1 } else { end };
    }
    (peak || asked || superlative).then_some(GrainCue { words: at..end, grain: Grain::Hour, kind: GrainKind::Axis })
}

/// The words that come from these tokens.
pub(super) fn word_range(words: &[Word], tokens: &Range<usize>) -> Range<usize> {
    let start = words.partition_point(|w| w.token < tokens.start);
    let end = words.partition_point(|w| w.token < tokens.end);
    start..end.max(start)
}

/// "all regions but Visayas", "everything but beverages": after a word for all of them, "but" leaves out.
fn leave_out(cues: &mut Vec<CueMatch>, words: &[Word]) {
    const ALL: &[&str] = &["all", "every", "each", "any", "everything", "everyone", "anything", "everywhere", "lahat"];
    for at in (1..words.len()).filter(|&at| words[at].is("but")) {
        let told = cues.iter().any(|c| c.words.contains(&at));
        if !told && words[at.saturating_sub(4)..at].iter().any(|w| w.is_any(ALL)) {
            cues.push(CueMatch { cue: Cue::Negation, words: at..at + 1 });
        }
    }
}

/// "which brand declined the most": the growth is ranked from its other end.
fn decline(cues: &mut Vec<CueMatch>, words: &[Word]) {
    const DECLINES: &[&str] = &[
        "declined",
        "declining",
        "declines",
        "decline",
        "shrank",
        "shrinking",
        "fell",
        "fallen",
        "falling",
        "dropped",
    ];
    let Some(at) = words.iter().position(|w| w.is_any(DECLINES)) else { return };
    let most = |c: &&mut CueMatch| c.cue == Cue::Superlative(Direction::Desc);
    if let Some(ranked) = cues.iter_mut().find(most) {
        ranked.cue = Cue::Superlative(Direction::Asc);
        cues.retain(|c| !c.words.contains(&at));
        cues.push(CueMatch { cue: Cue::Transform(Transform::Growth), words: at..at + 1 });
    }
}

const COMPARATIVES: &[&str] = &[
    "higher", "bigger", "larger", "greater", "lower", "smaller", "better", "worse", "stronger", "weaker", "mataas",
    "malaki", "mababa", "maliit",
];

/// "does higher spend bring a better result": two things that may go together.
fn go_together(cues: &mut Vec<CueMatch>, words: &[Word]) {
    let opens = words.first().is_some_and(|w| w.is_any(&["does", "do", "is"]));
    let than = words.iter().any(|w| w.is("than"));
    let at: Vec<usize> = (0..words.len()).filter(|&i| words[i].is_any(COMPARATIVES) || words[i].is("more")).collect();
    if let ([_, _], true, false) = (at.as_slice(), opens, than) {
        cues.retain(|c| at.iter().all(|i| !c.words.contains(i)));
        cues.extend(at.into_iter().map(|i| CueMatch { cue: Cue::Correlate, words: i..i + 1 }));
    }
}

/// "which had higher sales, Luzon or NCR?": a comparative between two that are named sets them side by side.
fn tell_two(cues: &mut Vec<CueMatch>, words: &[Word]) {
    let asks = cues.iter().any(|c| c.cue == Cue::Which);
    let than = words.iter().any(|w| w.is("than"));
    let either = words.iter().any(|w| w.is_any(&["or", "o"]));
    let at = words.iter().position(|w| w.is_any(COMPARATIVES));
    if let Some(at) = at.filter(|at| asks && either && !than && cues.iter().all(|c| !c.words.contains(at))) {
        cues.push(CueMatch { cue: Cue::Compare, words: at..at + 1 });
    }
}

/// "excluding weekends", "not on Sundays": all other days are meant, and the word denies nothing else ("in NCR").
fn deny_days(times: &mut Findings, cues: &mut Vec<CueMatch>, words: &[Word]) {
    const LINKS: &[&str] = &["on", "the", "of", "in", "for", "all", "any"];
    for days in &mut times.days {
        let first = word_range(words, &days.tokens).start;
        let denies = |c: &CueMatch| {
            c.cue == Cue::Negation && c.words.end <= first && words[c.words.end..first].iter().all(|w| w.is_any(LINKS))
        };
        if let Some(at) = cues.iter().position(denies) {
            cues.remove(at);
            days.days = (1..=7).filter(|day| !days.days.contains(day)).collect();
        }
    }
}

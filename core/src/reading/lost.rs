//! Words that bear no name here and yet change what is asked for: an answer that passes over them answers another
//! question.

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::items::{Item, Placed};
use super::question::Question;
use super::roles::is_measure;
use crate::embed::Encoder;
use crate::prompt::{Word, is_determiner};
use crate::semantic::{SemanticModel, Source};

/// What the question is about, beside what it names: "sales of helicopters", "the sales tax", "top 5 salesmen by
/// revenue". Verbs and words that qualify a name ("coffee shop address") change nothing.
pub(super) fn lost_thing(d: &Draft, scene: &Scene<'_>) -> Option<String> {
    let Scene { q, placed, .. } = *scene;
    let mut at = 0;
    while at < placed.len() {
        let end = at + placed[at..].iter().take_while(|p| p.item == Item::Unknown).count();
        if end == at {
            at += 1;
            continue;
        }
        let last = &placed[end - 1];
        let next = placed.get(end).filter(|p| p.words.start == last.words.end);
        let word = &q.words[last.words.start];
        let lost = is_noun(&word.norm)
            && !next.is_some_and(|p| is_named(&p.item))
            && !is_verb(q, last.words.end)
            && (after_preposition(q, placed, at)
                || after_name(d, q, placed, at, end)
                || ranked(d, placed, at)
                || aggregated(q, placed, at, next)
                || possessor(d, q, placed, at, next));
        if lost {
            return Some(word.norm.clone());
        }
        at = end;
    }
    None
}

/// What those that are asked for have, or where they are: "rooms that have a sea view", "students in a dormitory". A
/// name, written as one, in the middle of the sentence: "patients who speak Spanish".
pub(super) fn lost_object(q: &Question, placed: &[Placed]) -> Option<String> {
    const OWNS: &[&str] =
        &["have", "has", "had", "having", "with", "own", "owns", "in", "at", "near", "without", "under"];
    // How the answer is to look.
    const FORMS: &[&str] = &[
        "list",
        "report",
        "breakdown",
        "format",
        "way",
        "row",
        "view",
        "dashboard",
        "summary",
        "visual",
        "visualization",
        "form",
        "manner",
        "order",
        "look",
        "graphic",
        "picture",
        "total",
        "line",
        "color",
        "colour",
        "legend",
        "title",
        "label",
        "slide",
        "sentence",
        "word",
        "hurry",
        "moment",
        "minute",
        "bit",
        "lot",
        "result",
        "set",
    ];
    if !q.times.notes.is_empty() {
        // "on 30 February": what is said of the date says it better.
        return None;
    }
    let titled = q.tokens.iter().filter(|t| t.text.starts_with(char::is_uppercase)).count() * 2 > q.words.len();
    let mut at = 0;
    while at < placed.len() {
        let end = at + placed[at..].iter().take_while(|p| p.item == Item::Unknown).count();
        if end == at {
            at += 1;
            continue;
        }
        let (first, last) = (placed[at].words.start, &q.words[placed[end - 1].words.start]);
        let goes_on = placed.get(end).is_some_and(|p| p.words.start == placed[end - 1].words.end && is_named(&p.item));
        let article = first.checked_sub(1).is_some_and(|w| q.words[w].is_any(&["a", "an", "any"]));
        let owned = article && first.checked_sub(2).is_some_and(|w| q.words[w].is_any(OWNS));
        let has =
            first.checked_sub(2).is_some_and(|w| q.words[w].is_any(&["have", "has", "had", "having", "own", "owns"]));
        if owned && !goes_on && is_noun(&last.norm) && (has || !last.is_any(FORMS)) {
            return Some(last.norm.clone());
        }
        let written = |p: &&Placed| {
            let word = &q.words[p.words.start];
            let text = &q.tokens[word.token].text;
            let name = text.starts_with(char::is_uppercase) && text.chars().skip(1).all(char::is_lowercase);
            let starts = word.token == 0 || q.tokens[word.token - 1].kind == crate::prompt::TokenKind::Symbol;
            name && text.len() > 2 && !starts
        };
        if let Some(p) = placed[at..end].iter().find(written).filter(|_| !titled && !goes_on) {
            return Some(q.tokens[q.words[p.words.start].token].text.clone());
        }
        at = end;
    }
    None
}

fn is_named(item: &Item) -> bool {
    matches!(item, Item::Column(_) | Item::Dataset(_) | Item::Value(..) | Item::Grain(_))
}

/// True for nouns that say nothing of their own: of the measure itself, of whose it is, of what is sold.
pub(super) fn is_empty(norm: &str) -> bool {
    const EMPTY: &[&str] = &[
        "figure",
        "figures",
        "stat",
        "stats",
        "level",
        "levels",
        "situation",
        "picture",
        "development",
        "developments",
        "movement",
        "movements",
        "change",
        "changes",
        "status",
        "position",
        "company",
        "companies",
        "business",
        "firm",
        "organisation",
        "organization",
        "goods",
        "stuff",
        "merchandise",
        "thing",
        "things",
        "term",
        "terms",
        "frequent",
    ];
    EMPTY.contains(&norm)
}

/// No participle, gerund or adverb, as far as the ending tells.
fn is_noun(norm: &str) -> bool {
    const PARTICIPLES: &[&str] = &[
        "paid", "sold", "bought", "spent", "made", "given", "taken", "held", "kept", "won", "lost", "done", "seen",
        "born", "built", "sent", "drawn", "grown", "written", "taught", "met", "left", "led", "put", "set", "run",
        "found", "known", "came", "went", "got", "took", "brought", "began", "ran", "fell", "rose", "did", "gave",
    ];
    norm.len() > 2
        && !is_empty(norm)
        && !["ing", "ed", "ly"].iter().any(|e| norm.ends_with(e))
        && !PARTICIPLES.contains(&norm)
}

/// "comes from", "correspond to"; "does each carrier handle": what stands before is no noun.
fn is_verb(q: &Question, end: usize) -> bool {
    let followed = q.words.get(end).is_some_and(|w| w.is_any(&["from", "to", "with", "on"]));
    followed || q.words[..end].iter().any(|w| w.is_any(&["do", "does", "did"]))
}

/// "sales of helicopters", "revenue from the lottery".
fn after_preposition(q: &Question, placed: &[Placed], at: usize) -> bool {
    const PREPOSITIONS: [&str; 9] = ["of", "for", "from", "about", "in", "per", "excluding", "except", "ng"];
    // "iPhone" is two words of one token.
    let token = q.words[placed[at].words.start].token;
    let start = q.words.partition_point(|w| w.token < token);
    // "of each user" groups: see `lost_group`.
    let small = |w: &&Word| (is_determiner(&w.norm) && !w.is_any(&["each", "every"])) || w.is_any(&PREPOSITIONS);
    let between = q.words[..start].iter().rev().take_while(small).count();
    let before = start - between;
    q.words[before..start].iter().any(|w| w.is_any(&PREPOSITIONS))
        && placed[..at].iter().any(|p| matches!(p.item, Item::Column(_)) && p.words.end == before)
}

/// "sales tax", "payment terminal by region": a column's name that goes on with a word which is no part of it.
fn after_name(d: &Draft, q: &Question, placed: &[Placed], at: usize, end: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| &placed[i]) else { return false };
    let after = placed.get(end);
    let ends = after.is_none_or(|p| match p.item {
        Item::Cue(Cue::Group) | Item::Time(_) | Item::Comma => true,
        Item::Filler => q.words[p.words.start].is_any(&["in", "by", "per", "for", "during", "since"]),
        _ => false,
    });
    let asked = |c| d.x == Some(c) || d.y == Some(c) || d.split == Some(c);
    // "which payment method brings in the least": what it does.
    let does = at.checked_sub(2).is_some_and(|k| placed[k].item == Item::Cue(Cue::Which));
    ends && !does && matches!(before.item, Item::Column(c) if asked(c)) && before.words.end == placed[at].words.start
}

/// "top 5 salesmen by revenue", where nothing else is ranked.
fn ranked(d: &Draft, placed: &[Placed], at: usize) -> bool {
    let before = placed[..at].iter().rev().find(|p| !matches!(p.item, Item::Filler | Item::Number(_)));
    d.x.is_none() && before.is_some_and(|p| matches!(p.item, Item::Cue(Cue::Superlative(_))))
}

/// "the average age of buyers": the average of something of theirs, not of them.
fn aggregated(q: &Question, placed: &[Placed], at: usize, next: Option<&Placed>) -> bool {
    let aggregate = at.checked_sub(1).is_some_and(|k| matches!(placed[k].item, Item::Cue(Cue::Aggregate(_))));
    aggregate && next.is_some_and(|p| p.item == Item::Filler && q.words[p.words.start].is("of"))
}

/// "inventory of Oishi": what it has is asked for, and the measure was only assumed.
fn possessor(d: &Draft, q: &Question, placed: &[Placed], at: usize, next: Option<&Placed>) -> bool {
    let leads = placed[..at].iter().all(|p| matches!(p.item, Item::Filler));
    let links = next.is_some_and(|p| match p.item {
        Item::Filler => q.words[p.words.start].is("of"),
        // "calories per serving"
        Item::Cue(Cue::Group) => q.words[p.words.start].is("per"),
        _ => false,
    });
    d.assumed_measure && leads && links
}

/// An unknown word that qualifies a measure known by another name than its own, or by a part of that.
pub(super) fn changed_noun(q: &Question, model: &SemanticModel, root: usize, placed: &[Placed]) -> Option<String> {
    placed.windows(2).find_map(|pair| match (&pair[0].item, &pair[1].item) {
        (Item::Unknown, Item::Column(c))
            if is_measure(model, *c) && pair[1].source == Some(Source::Alias)
                // "return rate" where the rate is that of something else.
                || is_measure(model, *c)
                    && matches!(pair[1].source, Some(Source::Partial | Source::Unqualified))
                    && pair[0].words.end == pair[1].words.start
                    && is_noun(&q.words[pair[0].words.start].norm)
                // "vacation days" are not the days of sales.
                || model.column(*c).value_type.is_temporal()
                    && pair[0].words.end == pair[1].words.start
                    && is_noun(&q.words[pair[0].words.start].norm)
                // "marital status" is not the status of something else.
                || (c.dataset != root || of_another(placed, c.dataset))
                    && pair[0].words.end == pair[1].words.start
                    && pair[1].source != Some(Source::Value)
                    && !model.column(*c).value_type.is_numeric() =>
        {
            Some(q.words[pair[0].words.start].norm.clone())
        }
        _ => None,
    })
}

/// True when datasets are named, but not this one.
fn of_another(placed: &[Placed], dataset: usize) -> bool {
    let mut named = placed.iter().filter_map(|p| match p.item {
        Item::Dataset(k) => Some(k),
        _ => None,
    });
    named.next().is_some_and(|first| first != dataset && named.all(|k| k != dataset))
}

/// A name after a preposition that nothing registered bears.
pub(super) fn lost_name(q: &Question, placed: &[Placed]) -> Option<String> {
    placed.iter().filter(|p| p.item == Item::Unknown).find_map(|p| {
        let word = &q.words[p.words.start];
        let before = p.words.start.checked_sub(1).map(|i| &q.words[i])?;
        let written = &q.tokens[word.token].text;
        let name = written.starts_with(char::is_uppercase) || !Encoder::get().knows(&word.norm);
        (name && before.is_any(&["in", "from", "sa", "at", "near", "for"])).then(|| written.clone())
    })
}

/// A word to group by that nothing registered bears, and that does not merely qualify a name ("by coffee shop address"):
/// right after "by" where nothing else is grouped by, or beside what is ("by month and volcano").
pub(super) fn lost_group(q: &Question, placed: &[Placed], has_axis: bool) -> Option<String> {
    let stepped = placed.windows(2).find(|pair| {
        pair[0].item == Item::Unknown
            && pair[1].item == Item::Cue(Cue::Bins)
            && !q.words[pair[0].words.start].is_any(super::steps::PARTS)
    });
    if let Some(pair) = stepped {
        // "by age bracket", where nobody's age is known.
        return Some(q.words[pair[0].words.start].norm.clone());
    }
    placed.iter().enumerate().filter(|(_, p)| p.item == Item::Cue(Cue::Group)).find_map(|(at, _)| {
        let mut rest = placed[at + 1..].iter().filter(|p| p.item != Item::Filler).peekable();
        // "by insurance company": a value that only qualifies.
        let value = rest.next_if(|p| matches!(p.item, Item::Value(..)) && !has_axis);
        if let (Some(value), Some(next)) = (value, rest.peek()) {
            let goes_on = next.item == Item::Unknown && next.words.start == value.words.end;
            return goes_on.then(|| q.words[next.words.start].norm.clone());
        }
        let listed = rest.peek().is_some_and(|p| is_named(&p.item));
        if listed {
            rest.next();
            rest.next_if(|p| matches!(p.item, Item::And))?;
        } else if has_axis {
            return None;
        }
        let lost = rest.next_if(|p| p.item == Item::Unknown)?;
        let next = rest.find(|p| p.item != Item::Unknown).map(|p| &p.item);
        let ends = next.is_none_or(|i| matches!(i, Item::Comma | Item::Time(_) | Item::And) || !listed && !is_named(i));
        ends.then(|| q.words[lost.words.start].norm.clone())
    })
}

/// A number that nothing uses: what it limits was not understood, and without it another question is answered.
pub(super) fn lost_number(d: &Draft, q: &Question, placed: &[Placed], used: &[bool]) -> Option<String> {
    let free = |n: f64| d.top_k.is_none_or(|k| f64::from(k) != n) && d.window.is_none_or(|k| f64::from(k) != n);
    placed.iter().zip(used).find_map(|(p, used)| match p.item {
        Item::Number(n) if !used && free(n) => {
            let word = &q.words[p.words.start];
            // "one of the regions", "100 % stacked"
            (word.number.is_some() && n != 100.0).then(|| word.norm.clone())
        }
        _ => None,
    })
}

//! Conditions on part of a text: "names that end with m", "with 'milk' in the name", "whose title contains war".

use super::conditions::{Found, condition, negated};
use super::cues::Cue;
use super::entities::label_column;
use super::items::{Item, Placed};
use crate::entity::{Comparator, Test};
use crate::prompt::{TokenKind, Word, is_stopword};
use crate::semantic::{ColumnRef, SemanticModel, ValueType};

/// What a thing is called by, whatever its column is named.
const CALLED: &[&str] = &["name", "names", "title", "titles"];

/// Texts that things have besides.
const TEXTS: &[&str] = &[
    "description",
    "descriptions",
    "label",
    "labels",
    "subject",
    "subjects",
    "text",
    "comment",
    "comments",
    "notes",
    "note",
    "address",
    "addresses",
    "email",
    "emails",
];

/// "with corned beef in the name": the word that opens such a condition.
pub(super) fn encloses(words: &[Word], at: usize) -> bool {
    const OPENS: &[&str] = &["with", "having", "have", "has", "had", "without"];
    if !words[at].is_any(OPENS) {
        return false;
    }
    let ends = (at + 2..words.len().min(at + 7)).find(|&i| words[i].is("in"));
    ends.is_some_and(|i| {
        let noun = (i + 1..words.len()).find(|&k| !words[k].is_any(&["the", "its", "their", "his", "her", "a"]));
        noun.is_some_and(|k| words[k].is_any(CALLED) || words[k].is_any(TEXTS))
            && words[at + 1..i].iter().all(|w| w.kind != TokenKind::Symbol)
    })
}

/// A pattern with its column: the one said beside it, else what the thing it is told of is called.
pub(super) fn text_match(
    items: &[Placed],
    words: &[Word],
    model: &SemanticModel,
    root: usize,
    i: usize,
    column_before: Option<(usize, ColumnRef)>,
    used: &mut [bool],
) -> Found {
    let Item::Comparator(comparator) = items[i].item else { return None };
    let text_column = |k: usize| match items[k].item {
        Item::Column(c) if model.column(c).value_type == ValueType::Text => Some((k, c)),
        _ => None,
    };
    let called = |k: usize| words[items[k].words.clone()].iter().all(|w| w.is_any(CALLED));
    // "first names that end with m", or "the letters D or S in their first name".
    let within = (i + 1..items.len().min(i + 9)).take_while(|&k| !matches!(items[k].item, Item::Comma));
    let says_in = |k: usize| words[items[i].words.end..items[k].words.start].iter().any(|w| w.is("in"));
    let noun_after = within.clone().find(|&k| says_in(k) && (text_column(k).is_some() || called(k)));
    let noun_before = (i.saturating_sub(3)..i).rev().find(|&k| !matches!(items[k].item, Item::Filler));
    let noun = noun_after.or(noun_before.filter(|&k| called(k) || text_column(k).is_some()));
    let before = column_before.and_then(|(k, _)| text_column(k));
    let whose = || {
        let k = noun.filter(|&k| called(k))?;
        let owner = (0..i.min(k)).rev().find_map(|b| match items[b].item {
            Item::Dataset(d) => label_column(model, d).map(|c| (b, c)),
            _ => text_column(b).filter(|_| !used[b]),
        });
        owner.or_else(|| Some((k, label_column(model, root)?)))
    };
    let said_in = noun_after.is_some();
    let (k, c) = match noun.and_then(text_column) {
        Some(named) if said_in => named,
        _ if said_in => whose()?,
        // "wards starting with A": of what they are called.
        named => before.or(named).or_else(whose).or_else(|| match items[noun_before?].item {
            Item::Dataset(d) if comparator != Comparator::Contains => {
                noun_before.zip(label_column(model, d)).filter(|(_, c)| model.column(*c).value_type == ValueType::Text)
            }
            _ => None,
        })?,
    };
    let operands = operands(items, words, items[i].words.end, noun_after.map(|k| items[k].words.start))?;
    let last = operands.last()?.0;
    let pattern = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        match comparator {
            Comparator::StartsWith => format!("{escaped}%"),
            Comparator::EndsWith => format!("%{escaped}"),
            _ => format!("%{escaped}%"),
        }
    };
    let denied = comparator == Comparator::NotContains || words[items[i].words.clone()].iter().any(|w| w.is("without"));
    let negative = denied || negated(items, i, used);
    let patterns: Vec<String> = operands.iter().map(|(_, t)| pattern(t)).collect();
    // "sales of products with ..." speaks of the sales; "which products have ..." of the products.
    let led = items[k].words.start.checked_sub(1).is_some_and(|w| words[w].is_any(&["of", "for", "from", "on", "in"]));
    // "brands starting with A", "how many brands start with A": they are what is asked for.
    let asked = (0..k).rev().find(|&b| !matches!(items[b].item, Item::Filler));
    let asked = !led
        && !words[..items[k].words.start].iter().any(|w| w.is("whose"))
        && asked.is_none_or(|b| matches!(items[b].item, Item::Cue(Cue::Count | Cue::Which | Cue::Distinct)));
    let is_noun = Some(k) == noun || text_column(k).is_some() && noun.is_none();
    used[k] = used[k] || is_noun && !asked || led && text_column(k).is_some();
    if let Some(noun) = noun.filter(|n| *n != k) {
        used[noun] = true;
    }
    for flag in &mut used[i..=last] {
        *flag = true;
    }
    Some((condition(c, Test::Like { patterns, negated: negative }), last.max(i).max(noun_after.unwrap_or(0)) + 1))
}

/// The texts from word `at` on, each with its last item; `end` is where the column is said behind them.
fn operands(items: &[Placed], words: &[Word], mut at: usize, end: Option<usize>) -> Option<Vec<(usize, String)>> {
    const ARTICLES: &[&str] =
        &["the", "letter", "word", "a", "an", "string", "substring", "letters", "character", "words"];
    let mut operands: Vec<(usize, String)> = Vec::new();
    let stop = end.unwrap_or(words.len());
    while at < stop && operands.len() < 5 {
        let w = &words[at];
        // "starting with A": a letter, where nothing follows that it could belong to.
        let goes_on = words.get(at + 1).is_some_and(|n| n.kind != TokenKind::Symbol && !is_stopword(&n.norm));
        let article =
            w.is_any(ARTICLES) && (goes_on || !w.is("a") || end.is_some() && words[at + 1].is("in") && at + 2 < stop);
        if article || (w.is("or") && !operands.is_empty()) {
            at += 1;
            continue;
        }
        if w.kind == TokenKind::Symbol || w.is("in") {
            break;
        }
        let item = items.iter().position(|p| p.words.contains(&at))?;
        let joined = operands.is_empty() || words[at - 1].is("or") || words[at - 1].is_any(ARTICLES);
        let text = match &items[item].item {
            Item::Quoted(t) => t.clone(),
            _ => w.norm.to_uppercase(),
        };
        match operands.last_mut() {
            _ if joined => operands.push((item, text)),
            // "contains corned beef"
            Some((last, before)) if matches!(items[item].item, Item::Unknown | Item::Value(..)) || end.is_some() => {
                *last = item;
                before.push(' ');
                before.push_str(&text);
            }
            _ => break,
        }
        at += 1;
    }
    Some(operands)
}

/// A condition on part of a text that no column is found for, in words.
pub(super) fn unplaced(items: &[Placed], words: &[Word], used: &[bool]) -> Option<String> {
    let things = (1..items.len()).find(|&k| {
        let bound = matches!(items[k - 1].item, Item::Number(_)) && items[k - 1].words.end == items[k].words.start;
        let comparator = |k: usize| {
            !used[k]
                && matches!(
                    items[k].item,
                    Item::Comparator(Comparator::Gt | Comparator::Gte | Comparator::Lt | Comparator::Lte)
                )
        };
        let several = words[items[k].words.end - 1].norm.ends_with('s');
        bound && several && matches!(items[k].item, Item::Column(_)) && k >= 2 && !used[k - 1] && comparator(k - 2)
    });
    if let Some(k) = things {
        let name = &words[items[k].words.end - 1].norm;
        return Some(format!(
            "A bound on a number of {name} can be put on a figure only: say which figure is bounded."
        ));
    }
    let lost = (0..items.len()).find(|&i| {
        !used[i]
            && match items[i].item {
                Item::Comparator(Comparator::StartsWith | Comparator::EndsWith) => true,
                // "shipments that contain parcels" have rows there.
                Item::Comparator(Comparator::Contains) => encloses(words, items[i].words.start),
                _ => false,
            }
    })?;
    let said: Vec<&str> = words[items[lost].words.clone()].iter().map(|w| w.norm.as_str()).collect();
    Some(format!("\"{}\" says something of a text, and it is not clear of which: name the column.", said.join(" ")))
}

//! Rates: "no-show rate", "return rate", "conversion rate". What the word before "rate" names says which: rows that hold
//! a value or a flag, over all rows; or a count that the dataset keeps, over what it is usually taken of.

use super::conditions::condition;
use super::draft::Draft;
use super::flags::yes_of;
use super::items::{Item, Placed};
use super::question::Question;
use crate::entity::{Condition, Literal, Test};
use crate::prompt::{stem, words_of};
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, Source, ValueType};

/// What a rate is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rate {
    /// Rows of which this holds, over all.
    Part(Condition),
    /// One sum over another.
    Ratio(ColumnRef, ColumnRef),
    /// Nothing says over what.
    Open(String),
}

/// Counts, by the stem of their names, and what they are taken of, the likelier first.
const OF: &[(&str, &[&str])] = &[
    ("conver", &["click", "visit", "session", "visitor", "lead", "impress"]),
    ("click", &["impress", "view", "sent", "deliv"]),
    ("open", &["deliv", "sent"]),
    ("bounc", &["session", "visit", "sent"]),
    ("return", &["order", "sold", "quantiti"]),
    ("respons", &["sent", "deliv", "contact"]),
    ("win", &["game", "match", "plai"]),
];

/// Columns with more values than this hold names and not states.
const MOST_STATES: usize = 30;

/// Finds a rate and marks the items that say it; words that only help to say it become filler.
pub(super) fn find_rate(
    q: &Question,
    placed: &mut [Placed],
    model: &SemanticModel,
    root: usize,
    used: &mut [bool],
) -> Option<Rate> {
    let at = placed.iter().position(|p| {
        let word = &q.words[p.words.end - 1];
        let loose = match p.item {
            Item::Unknown => true,
            // "growth_rate" is not the rate of returns.
            Item::Column(c) => {
                let own = words_of(&model.column(c).name);
                let named = own.iter().any(|w| w == "rate" || w == "rates");
                p.words.len() == 1 && (!named || matches!(p.source, Some(Source::Partial | Source::Unqualified)))
            }
            _ => false,
        };
        loose && word.is_any(&["rate", "rates"])
    })?;
    let before = at.checked_sub(1)?;
    let before = if q.words[placed[before].words.start].is("through") { before.checked_sub(1)? } else { before };
    if placed[at].words.start - placed[before].words.end > 1 {
        return None;
    }
    let word = q.words[placed[before].words.end - 1].stem.as_str();
    let said = q.words[placed[before].words.end - 1].norm.clone();
    let numeric = |c: ColumnRef| model.column(c).role == Role::Measure && model.column(c).value_type.is_numeric();
    let rate = match placed[before].item {
        Item::Value(c, v) if c.dataset == root => {
            Rate::Part(condition(c, Test::In(vec![Literal::Text(model.value(c, v))])))
        }
        Item::Column(c) if c.dataset == root && yes_of(model, c).is_some() => {
            Rate::Part(condition(c, Test::In(vec![yes_of(model, c)?])))
        }
        Item::Column(c) if c.dataset == root && !numeric(c) => return None,
        Item::Filler if word != "return" => return None,
        // "return" is a verb of requests, too.
        Item::Column(_) | Item::Unknown | Item::Filler => {
            let other = || {
                let other = matches!(placed[at].item, Item::Column(_));
                other.then(|| Rate::Open(format!("Nothing registered here is called a \"{said} rate\".")))
            };
            state(model, root, word).map(Rate::Part).or_else(|| ratio(model, root, word, &said)).or_else(other)?
        }
        _ => return None,
    };
    for k in before..=at {
        used[k] = true;
        placed[k].item = Item::Filler;
    }
    Some(rate)
}

/// The state that rows are in, by its root: "cancellation" for 'cancelled', "return" for the flag `is_returned`.
fn state(model: &SemanticModel, root: usize, word: &str) -> Option<Condition> {
    let columns = || (0..model.datasets[root].columns.len()).map(|column| ColumnRef { dataset: root, column });
    let flag = columns().find(|c| {
        let name = words_of(&model.column(*c).name);
        let own: Vec<String> =
            name.iter().filter(|w| !matches!(w.as_str(), "is" | "was" | "has")).map(|w| stem(w)).collect();
        own.len() == 1 && own[0] == word && model.column(*c).value_type == ValueType::Boolean
    });
    if let Some(c) = flag {
        return Some(condition(c, Test::In(vec![yes_of(model, c)?])));
    }
    columns().filter(|c| model.column(*c).value_type == ValueType::Text).find_map(|c| {
        let count = model.value_count(c);
        if count > MOST_STATES {
            return None;
        }
        let held = (0..count as u32).map(|v| model.value(c, v)).find(|v| {
            let own = words_of(v);
            own.len() == 1 && (stem(&own[0]) == word || shared_root(&own[0], word))
        })?;
        Some(condition(c, Test::In(vec![Literal::Text(held)])))
    })
}

/// "success" and "successful", "completion" and "completed".
fn shared_root(value: &str, word: &str) -> bool {
    word.len() >= 5 && value.starts_with(word) && value.len() - word.len() <= 3
}

/// A count over what it is usually taken of.
fn ratio(model: &SemanticModel, root: usize, word: &str, said: &str) -> Option<Rate> {
    let counts = |names: &str| {
        model.datasets[root].columns.iter().position(|c| {
            c.role == Role::Measure
                && c.default_agg == Aggregation::Sum
                && words_of(&c.name).iter().any(|w| stem(w).starts_with(names))
        })
    };
    let (_, below) = OF.iter().find(|(above, _)| word.starts_with(above))?;
    let above = counts(word).or_else(|| counts(word.get(..6)?))?;
    let column = |column: usize| ColumnRef { dataset: root, column };
    Some(match below.iter().find_map(|name| counts(name).filter(|b| *b != above)) {
        Some(below) => Rate::Ratio(column(above), column(below)),
        None => Rate::Open(format!(
            "A {said} rate is taken of something, and nothing here says of what: ask for {} per one of the other figures.",
            model.column(column(above)).name
        )),
    })
}

/// What is measured, where it is a rate.
pub(super) fn measured(d: &mut Draft, rate: &Rate) {
    d.assumed_measure = false;
    d.grounded = true;
    match rate {
        Rate::Part(_) => (d.y, d.agg, d.per) = (None, Aggregation::Count, None),
        Rate::Ratio(above, below) => (d.y, d.agg, d.per) = (Some(*above), Aggregation::Sum, Some(*below)),
        Rate::Open(reason) => d.beyond = d.beyond.take().or_else(|| Some(reason.clone())),
    }
}

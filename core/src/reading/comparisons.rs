//! Comparisons: "more than 20 units", "between 50 and 100 pesos", "priced under 50".

use std::ops::Range;

use super::conditions::{Found, after, before, condition, negated, stored_form};
use super::cues::Cue;
use super::extremes::is_row_number;
use super::implied::{birth_column, compared_column};
use super::items::{Item, Placed, number_word};
use super::texts::text_match;
use crate::entity::{Comparator, Literal, Test};
use crate::prompt::{Word, is_stopword};
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, ValueType};

/// A comparison said after its number, dealt out to the words in the order in which all comparisons are read: what
/// compares, then the number.
pub(super) struct Trailing {
    pub comparator: (Comparator, Range<usize>),
    pub number: (f64, Range<usize>),
    /// Words that say nothing more.
    pub rest: Range<usize>,
}

/// Comparisons that follow their number: "15 or more", "100 and above", "20+", "of 12 units or more".
pub(super) fn find_trailing(words: &[Word]) -> Vec<Trailing> {
    let number = |at: usize| words[at].number.or_else(|| number_word(&words[at].norm));
    (0..words.len())
        .filter_map(|at| {
            let n = number(at)?;
            let (comparator, tail) = trailing(words, at)?;
            let tail = at + 1 + tail.start..at + 1 + tail.end;
            let nothing = tail.end..tail.end;
            if tail.start == at + 1 {
                return Some(Trailing { comparator: (comparator, at..at + 1), number: (n, tail), rest: nothing });
            }
            // The unit stands between, so that the number keeps its word.
            let before = at.checked_sub(1).filter(|b| is_stopword(&words[*b].norm) || words[*b].is("worth"))?;
            Some(Trailing { comparator: (comparator, before..at), number: (n, at..at + 1), rest: tail })
        })
        .collect()
}

/// "from 100 to 150": the words that open a range of numbers. Years are times.
pub(super) fn find_spans(words: &[Word]) -> impl Iterator<Item = usize> {
    let year = |n: f64| (1900.0..2100.0).contains(&n) && n.fract() == 0.0;
    words.windows(4).enumerate().filter_map(move |(at, w)| {
        let numbers = w[1].number.zip(w[3].number)?;
        let spans = w[0].is("from") && w[2].is_any(&["to", "until", "through"]);
        (spans && !(year(numbers.0) && year(numbers.1))).then_some(at)
    })
}

/// What is said after the number at `at`, and by which words, counted from the one after it.
fn trailing(words: &[Word], at: usize) -> Option<(Comparator, Range<usize>)> {
    const MORE: &[&str] = &[
        "more", "greater", "higher", "above", "over", "up", "upward", "upwards", "older", "longer", "larger", "better",
    ];
    const LESS: &[&str] =
        &["less", "fewer", "lower", "below", "under", "down", "younger", "shorter", "smaller", "cheaper"];
    let tail = words.get(at + 1..)?;
    if tail.first()?.is_symbol("+") && tail[0].token == words[at].token + 1 {
        return Some((Comparator::Gte, 0..1));
    }
    let link = (0..2).find(|k| tail.get(*k).is_some_and(|w| w.is_any(&["or", "and"])))?;
    let said = tail.get(link + 1)?;
    // "5 or more than that" goes on.
    let ends = !tail.get(link + 2).is_some_and(|w| w.is("than"));
    let comparator = match () {
        () if said.is_any(MORE) => Comparator::Gte,
        () if said.is_any(LESS) => Comparator::Lte,
        () => return None,
    };
    ends.then_some((comparator, link..link + 2))
}

fn is_numeric(model: &SemanticModel, c: ColumnRef) -> bool {
    model.column(c).value_type.is_numeric()
}

/// A comparator with its column (before, else after, else implied) and its operand.
pub(super) fn comparison(
    items: &[Placed],
    words: &[Word],
    model: &SemanticModel,
    root: usize,
    i: usize,
    comparator: Comparator,
    used: &mut [bool],
) -> Found {
    // "lines of 1000 pesos": the rows are not what is compared.
    let previous = before(items, i, 6, used)
        .filter(|&k| matches!(items[k].item, Item::Column(c) if !is_row_number(model, c, &items[k])));
    let column_before = previous.and_then(|k| match items[k].item {
        Item::Column(c) => Some((k, c)),
        _ => None,
    });
    match comparator {
        Comparator::IsNull | Comparator::NotNull => {
            let (k, c) = column_before?;
            used[k] = true;
            used[i] = true;
            // "ignore movies whose director is null"
            let clause = (0..k)
                .rev()
                .take_while(|&b| !matches!(items[b].item, Item::Comma))
                .find(|&b| items[b].item == Item::Cue(Cue::Negation));
            if let Some(b) = clause {
                used[b] = true;
            }
            let is_null = (comparator == Comparator::IsNull) != clause.is_some();
            return Some((condition(c, Test::IsNull(is_null)), i + 1));
        }
        Comparator::StartsWith | Comparator::EndsWith | Comparator::Contains | Comparator::NotContains => {
            return text_match(items, words, model, root, i, column_before, used);
        }
        _ => {}
    }
    let first = after(items, i, 4)?;
    // "is not equal to Alaska": a value or a text as operand.
    match &items[first].item {
        Item::Value(c, v) if matches!(comparator, Comparator::Eq | Comparator::Ne) => {
            let stored = Literal::Text(model.value(*c, *v));
            used[i] = true;
            used[first] = true;
            if let Some((k, col)) = column_before
                && col == *c
            {
                used[k] = true;
            }
            let test = if comparator == Comparator::Ne { Test::NotIn(vec![stored]) } else { Test::In(vec![stored]) };
            return Some((condition(*c, test), first + 1));
        }
        Item::Quoted(text) if matches!(comparator, Comparator::Eq | Comparator::Ne) => {
            let (k, c) = column_before?;
            used[i] = true;
            used[k] = true;
            used[first] = true;
            let value = vec![Literal::Text(stored_form(model, c, text))];
            let test = if comparator == Comparator::Ne { Test::NotIn(value) } else { Test::In(value) };
            return Some((condition(c, test), first + 1));
        }
        Item::Number(_) => {}
        _ => return None,
    }
    let Item::Number(low) = items[first].item else { return None };
    let (mut next, mut last) = (first + 1, first);
    let mut high = None;
    if comparator == Comparator::Between {
        let second = (first + 1..items.len().min(first + 5)).find(|&k| matches!(items[k].item, Item::Number(_)))?;
        if let Item::Number(n) = items[second].item {
            high = Some(n);
        }
        last = second;
        next = second + 1;
    }
    if numeric_before(model, column_before).is_none()
        && let Some(Item::Dataset(_)) = items.get(last + 1).map(|p| &p.item)
        && items[last + 1].words.start == items[last].words.end
    {
        // "with more than 3 physicians" counts them: see `having`.
        return None;
    }
    let column_after = (last + 1..items.len().min(last + 4))
        .take_while(|&k| matches!(items[k].item, Item::Filler | Item::Unknown | Item::Column(_)))
        .find_map(|k| match items[k].item {
            Item::Column(c) if is_numeric(model, c) && !used[k] => Some((k, c)),
            _ => None,
        });
    let numeric_before = numeric_before(model, column_before);
    if numeric_before.is_none()
        && column_after.is_none()
        && let Some(Item::Column(c)) = items.get(last + 1).map(|p| &p.item)
        && !is_numeric(model, *c)
        && items[last + 1].words.start == items[last].words.end
        && words[items[last + 1].words.end - 1].norm.ends_with('s')
    {
        // "more than 5 items" bounds how many there are, and no amount.
        return None;
    }
    let around = items[i].words.start.saturating_sub(2)..items[i].words.end;
    let unit = items[last].words.end..(items[last].words.end + 2).min(words.len());
    let implied = compared_column(&words[around.clone()], &words[unit.clone()], model, root);
    // The column before belongs to the comparison when nothing but filler lies between, or nothing comes after.
    let (at, column) = match (numeric_before, column_after) {
        (Some(b), None) => (Some(b.0), b.1),
        (Some(b), Some(_)) if i - b.0 <= 2 && !is_preposition(words, items, b.0, i) => (Some(b.0), b.1),
        (_, Some(a)) => {
            next = next.max(a.0 + 1);
            (Some(a.0), a.1)
        }
        (None, None) => {
            let birth = || birth_column(&words[around.clone()], &words[unit.clone()], items, model, root);
            (None, implied.or_else(birth).or_else(|| money_column(model, root))?)
        }
    };
    let (at, column) = match implied {
        Some(c) if at.is_none() => (None, c),
        _ => (at, column),
    };
    if let Some(k) = at {
        used[k] = true;
    }
    for flag in &mut used[i..=last] {
        *flag = true;
    }
    // "between 20 and 30 years old"
    for (flag, p) in used[last + 1..].iter_mut().zip(&items[last + 1..]).take(3) {
        *flag |= p.item == Item::Unknown && words[p.words.start].is_any(&["years", "year", "old", "age"]);
    }
    let negative = negated(items, i, used);
    let test = match (comparator, high) {
        (Comparator::Between, Some(h)) => Test::Between(low.min(h), low.max(h)),
        (Comparator::Gt, _) => Test::Compare(if negative { "lte" } else { "gt" }, low),
        (Comparator::Gte, _) => Test::Compare(if negative { "lt" } else { "gte" }, low),
        (Comparator::Lt, _) => Test::Compare(if negative { "gte" } else { "lt" }, low),
        (Comparator::Lte, _) => Test::Compare(if negative { "gt" } else { "lte" }, low),
        (Comparator::Ne, _) => Test::NotIn(vec![Literal::Number(low)]),
        _ => Test::In(vec![Literal::Number(low)]),
    };
    Some((condition(column, test), next))
}

fn numeric_before(model: &SemanticModel, before: Option<(usize, ColumnRef)>) -> Option<(usize, ColumnRef)> {
    before.filter(|(_, c)| is_numeric(model, *c))
}

/// "lines with a quantity of more than 20" keeps the column; "sales of items over 500" does not.
fn is_preposition(words: &[Word], items: &[Placed], column: usize, comparator: usize) -> bool {
    (items[column].words.end..items[comparator].words.start).any(|w| words[w].is_any(&["from", "for"]))
}

/// The first additive measure: what a bare amount is held against.
fn money_column(model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    model.datasets[root]
        .columns
        .iter()
        .position(|c| {
            c.role == Role::Measure && c.default_agg == Aggregation::Sum && c.value_type == ValueType::Decimal
        })
        .map(|column| ColumnRef { dataset: root, column })
}

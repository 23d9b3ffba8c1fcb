//! Conditions: which columns are held against which values.

use super::comparisons::comparison;
use super::cues::Cue;
use super::flags::flag;
use super::items::{Item, Placed};
use crate::entity::{Comparator, Condition, Literal, Test};
use crate::prompt::Word;
use crate::semantic::{ColumnRef, Role, SemanticModel, ValueType};

/// Finds the conditions and marks the items they use.
pub fn find_conditions(
    items: &[Placed],
    words: &[Word],
    model: &SemanticModel,
    root: usize,
    used: &mut [bool],
) -> Vec<Condition> {
    let mut out: Vec<Condition> = Vec::new();
    let mut i = 0;
    while i < items.len() {
        let found = match &items[i].item {
            Item::Comparator(c) if !used[i] => comparison(items, words, model, root, i, *c, used),
            Item::Value(column, value) if !used[i] => value_list(items, model, i, *column, *value, used),
            Item::Quoted(text) if !used[i] => quoted(items, i, text, model, used),
            Item::Number(n) if !used[i] => bare_number(items, words, i, *n, model, root, used),
            Item::Column(_) if !used[i] => flag(items, words, i, model, used).map(|c| (c, i + 1)),
            Item::Cue(Cue::Missing | Cue::Negation) if !used[i] => missing(items, i, model, used),
            _ => None,
        };
        if let Some((mut condition, next)) = found {
            condition.or = out.last().is_some() && joined_by_or(items, i, used);
            if let Some(last) = out.last()
                && last.column != condition.column
                && side_by_side(items, i)
                && matches!((&last.test, &condition.test), (Test::In(_), Test::In(_)))
            {
                condition.alternative = true;
                condition.or = false;
            }
            out.push(condition);
            i = next.max(i + 1);
        } else {
            i += 1;
        }
    }
    set_side_by_side(&mut out, items);
    leave_out_all(&mut out);
    out
}

/// "neither cash nor cards": what is left out of one column adds up.
fn leave_out_all(conditions: &mut Vec<Condition>) {
    let mut i = 0;
    while i < conditions.len() {
        let column = conditions[i].column;
        let denies = |c: &Condition| c.column == column && !c.or && matches!(c.test, Test::NotIn(_));
        let earlier = conditions[..i].iter().position(denies).filter(|_| denies(&conditions[i]));
        match earlier {
            Some(k) => {
                let more = conditions.remove(i).test;
                if let (Test::NotIn(list), Test::NotIn(more)) = (&mut conditions[k].test, more) {
                    more.into_iter().for_each(|v| {
                        if !list.contains(&v) {
                            list.push(v)
                        }
                    });
                }
            }
            None => i += 1,
        }
    }
}

/// "Swift in 2024 compared with CDO": no row has both, so that a comparison between them asks for either.
fn set_side_by_side(conditions: &mut Vec<Condition>, items: &[Placed]) {
    let named = |c: &Condition, last: bool| {
        let mut at = (0..items.len()).filter(|&k| matches!(items[k].item, Item::Value(of, _) if of == c.column));
        if last { at.next_back() } else { at.next() }
    };
    let mut i = 0;
    while i < conditions.len() {
        let (column, first) = (conditions[i].column, named(&conditions[i], false));
        let other = (i + 1..conditions.len()).find(|&k| {
            let (a, b) = (&conditions[i], &conditions[k]);
            b.column == column && matches!((&a.test, &b.test), (Test::In(_), Test::In(_)))
        });
        let between = first.zip(named(&conditions[i], true)).map(|(a, b)| &items[a..b]);
        let compared = between.is_some_and(|b| b.iter().any(|p| p.item == Item::Cue(Cue::Compare)));
        match other.filter(|_| compared) {
            Some(k) => {
                let more = conditions.remove(k).test;
                if let (Test::In(list), Test::In(more)) = (&mut conditions[i].test, more) {
                    more.into_iter().for_each(|v| {
                        if !list.contains(&v) {
                            list.push(v)
                        }
                    });
                }
            }
            None => i += 1,
        }
    }
}

/// True when value `i` follows another value over nothing but "and", "or" or a comma.
fn side_by_side(items: &[Placed], i: usize) -> bool {
    let before = (i.saturating_sub(2)..i).rev().find(|&k| !matches!(items[k].item, Item::And | Item::Or | Item::Comma));
    matches!(items[i].item, Item::Value(..))
        && before.is_some_and(|k| k + 1 < i && matches!(items[k].item, Item::Value(..)))
}

pub(super) type Found = Option<(Condition, usize)>;

pub(super) fn condition(column: ColumnRef, test: Test) -> Condition {
    Condition { column, test, or: false, alternative: false }
}

/// The nearest unused item before `i` that is not filler, at most `reach` items back.
pub(super) fn before(items: &[Placed], i: usize, reach: usize, used: &[bool]) -> Option<usize> {
    (i.saturating_sub(reach)..i).rev().find(|&k| !used[k] && !matches!(items[k].item, Item::Filler))
}

pub(super) fn after(items: &[Placed], i: usize, reach: usize) -> Option<usize> {
    (i + 1..items.len().min(i + 1 + reach)).find(|&k| !matches!(items[k].item, Item::Filler))
}

pub fn negated(items: &[Placed], i: usize, used: &mut [bool]) -> bool {
    let at = (i.saturating_sub(6)..i).rev().find(|&k| !matches!(items[k].item, Item::Filler | Item::Unknown));
    match at {
        Some(k) if items[k].item == Item::Cue(Cue::Negation) => {
            used[k] = true;
            true
        }
        // "not paid in cash", "brand excluding Oishi": the negation may stand before the column or a filler.
        Some(k) if matches!(items[k].item, Item::Column(_) | Item::Cue(Cue::Group) | Item::Dataset(_)) => {
            let before = (k.saturating_sub(3)..k).rev().find(|&b| !matches!(items[b].item, Item::Filler));
            match before {
                Some(b) if items[b].item == Item::Cue(Cue::Negation) && !matches!(items[k].item, Item::Cue(_)) => {
                    used[b] = true;
                    true
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn joined_by_or(items: &[Placed], i: usize, used: &[bool]) -> bool {
    for k in (0..i).rev() {
        match items[k].item {
            Item::Or => return true,
            Item::And | Item::Comma => return false,
            Item::Value(..) | Item::Number(_) | Item::Quoted(_) | Item::Time(_) if used[k] => return false,
            _ => {}
        }
    }
    false
}

/// "Alaska, Oishi and Ricoa", "not in NCR", "excluding beverages and snacks".
fn value_list(
    items: &[Placed],
    model: &SemanticModel,
    i: usize,
    column: ColumnRef,
    value: u32,
    used: &mut [bool],
) -> Found {
    let negative = negated(items, i, used);
    let stored = |c: ColumnRef, v: u32| Literal::Text(model.value(c, v));
    let mut list = vec![stored(column, value)];
    list.extend(items[i].others.iter().map(|v| stored(column, *v)));
    used[i] = true;
    mark_adjacent_column(items, i, column, used);
    let mut end = i + 1;
    let mut k = i + 1;
    while k < items.len() {
        match &items[k].item {
            Item::Value(c, v) if *c == column && !used[k] => {
                let literal = stored(*c, *v);
                if !list.contains(&literal) {
                    list.push(literal);
                }
                used[k] = true;
                end = k + 1;
            }
            Item::And | Item::Or | Item::Comma | Item::Filler | Item::Cue(Cue::Compare) => {}
            // "beverages against snacks"
            Item::Cue(Cue::Group) | Item::Comparator(_) if sets_against(items, k) => {}
            Item::Column(c) if *c == column => {
                // "the snacks category": the column is said with its value.
                if k == i + 1 || k == end {
                    used[k] = true;
                }
            }
            _ => break,
        }
        if k > end + 3 {
            break;
        }
        k += 1;
    }
    let test = if negative { Test::NotIn(list) } else { Test::In(list) };
    Some((condition(column, test), end))
}

/// True for a word between two values of one column that are set against each other.
pub fn sets_against(items: &[Placed], k: usize) -> bool {
    let value = |k: Option<usize>| match k.and_then(|k| items.get(k)).map(|p| &p.item) {
        Some(Item::Value(c, _)) => Some(*c),
        _ => None,
    };
    let (before, after) = (value(k.checked_sub(1)), value(Some(k + 1)));
    let sets = matches!(
        items[k].item,
        Item::Cue(Cue::Group) | Item::Comparator(Comparator::Gt | Comparator::Gte | Comparator::Lt | Comparator::Lte)
    );
    sets && before.is_some() && before == after
}

/// "payment method Visa", "status is Good", "Visa payment method": the name belongs to the condition.
fn mark_adjacent_column(items: &[Placed], i: usize, column: ColumnRef, used: &mut [bool]) {
    let back = (i.saturating_sub(5)..i).rev().find(|&k| {
        !matches!(items[k].item, Item::Filler | Item::Comparator(Comparator::Eq) | Item::Cue(Cue::Negation))
    });
    if let Some(k) = back
        && items[k].item == Item::Column(column)
        && !grouped(items, k)
    {
        used[k] = true;
    }
    if let Some(k) = after(items, i, 1)
        && items[k].item == Item::Column(column)
    {
        used[k] = true;
    }
}

/// True when a grouping cue stands right before item `k`.
pub fn grouped(items: &[Placed], k: usize) -> bool {
    (k.saturating_sub(3)..k)
        .rev()
        .find(|&b| !matches!(items[b].item, Item::Filler))
        .is_some_and(|b| items[b].item == Item::Cue(Cue::Group))
}

/// A quoted text is a value of the column named before it.
fn quoted(items: &[Placed], i: usize, text: &str, model: &SemanticModel, used: &mut [bool]) -> Found {
    let k = (i.saturating_sub(6)..i).rev().find(|&k| matches!(items[k].item, Item::Column(_)))?;
    let Item::Column(c) = items[k].item else { return None };
    let negative = negated(items, i, used) || (k..i).any(|b| items[b].item == Item::Cue(Cue::Negation));
    used[k] = true;
    used[i] = true;
    let value = vec![Literal::Text(stored_form(model, c, text))];
    let test = if negative { Test::NotIn(value) } else { Test::In(value) };
    Some((condition(c, test), i + 1))
}

/// The stored spelling of a text, when the column's values are known.
pub(super) fn stored_form(model: &SemanticModel, c: ColumnRef, text: &str) -> String {
    model.stored_form(c, text).unwrap_or_else(|| text.to_owned())
}

/// "district 1 or 2", "grade is 5", "department id 40": a number that is a value of the column before it.
fn bare_number(
    items: &[Placed],
    words: &[Word],
    i: usize,
    n: f64,
    model: &SemanticModel,
    root: usize,
    used: &mut [bool],
) -> Found {
    let k = before(items, i, 4, used)?;
    let c = match items[k].item {
        Item::Column(c) => numbered(model, c, root, n),
        Item::Dataset(d) => key_of(model, d, root).filter(|k| model.column(*k).value_type.is_numeric())?,
        _ => return None,
    };
    let column = model.column(c);
    let numeric = column.value_type.is_numeric();
    let gap = &words[items[k].words.end..items[i].words.start];
    let linked =
        gap.iter().all(|w| w.is_any(&["is", "are", "was", "of", "equals", "number", "=", "the", "no", "being", "as"]));
    let said = !gap.is_empty() || items[i].words.start == items[k].words.end;
    // "for every department the two highest paid": so many are asked for.
    let ranks = after(items, i, 3).is_some_and(|k| matches!(items[k].item, Item::Cue(Cue::Superlative(_))));
    let of_each = grouped(items, k) && gap.iter().any(|w| w.is("the"));
    if ranks
        || of_each
        || !linked
        || !said
        || !(numeric || column.role == Role::Key || column.value_type == ValueType::Text)
    {
        return None;
    }
    let literal = |n: f64| {
        if numeric { Literal::Number(n) } else { Literal::Text(format!("{n}")) }
    };
    used[k] = true;
    used[i] = true;
    let mut list = vec![literal(n)];
    let mut end = i + 1;
    let mut at = i + 1;
    while at + 1 < items.len() && matches!(items[at].item, Item::Or | Item::And | Item::Comma) {
        let Item::Number(m) = items[at + 1].item else { break };
        list.push(literal(m));
        used[at + 1] = true;
        end = at + 2;
        at += 2;
    }
    let negative = negated(items, i, used);
    let test = if negative { Test::NotIn(list) } else { Test::In(list) };
    Some((condition(c, test), end))
}

/// "department 80": where no department has that for its name, its number is meant.
fn numbered(model: &SemanticModel, c: ColumnRef, root: usize, n: f64) -> ColumnRef {
    let column = model.column(c);
    let held = || model.any_value(c, |v| v.contains(&format!("{n}")));
    if column.value_type != ValueType::Text || column.role == Role::Key || model.value_count(c) == 0 || held() {
        return c;
    }
    key_of(model, c.dataset, root).filter(|k| model.column(*k).value_type.is_numeric()).unwrap_or(c)
}

/// What numbers the rows of `dataset` as seen from `root`: the root's own reference to it, else its key.
pub fn key_of(model: &SemanticModel, dataset: usize, root: usize) -> Option<ColumnRef> {
    let reference = model.relationships.iter().find(|r| r.from == root && r.to == dataset && r.from_columns.len() == 1);
    let column = match reference {
        Some(r) => ColumnRef { dataset: root, column: r.from_columns[0] },
        None => match model.datasets[dataset].primary_key.as_slice() {
            [one] => ColumnRef { dataset, column: *one },
            _ => return None,
        },
    };
    Some(column)
}

/// "have no brand", "with a missing amount", "without commission".
fn missing(items: &[Placed], i: usize, model: &SemanticModel, used: &mut [bool]) -> Found {
    let k = after(items, i, 3)?;
    let Item::Column(c) = items[k].item else { return None };
    if items[i].item == Item::Cue(Cue::Negation) {
        // A negation before a column that is then compared is not a null test.
        let follows = after(items, k, 3);
        let compared = follows.is_some_and(|f| {
            matches!(items[f].item, Item::Value(..) | Item::Comparator(_) | Item::Quoted(_) | Item::Number(_))
        });
        if compared || !model.column(c).nullable {
            return None;
        }
    }
    used[i] = true;
    used[k] = true;
    Some((condition(c, Test::IsNull(true)), k + 1))
}

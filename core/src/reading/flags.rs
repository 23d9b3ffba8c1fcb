//! Columns that say yes or no: "insured patients", "parcels that are not fragile".

use super::conditions::{grouped, negated};
use super::items::{Item, Placed};
use crate::entity::{Condition, Literal, Test};
use crate::prompt::Word;
use crate::semantic::{ColumnRef, SemanticModel, ValueType};

/// The stored form of "yes" in a column that holds nothing but yes and no.
pub fn yes_of(model: &SemanticModel, c: ColumnRef) -> Option<Literal> {
    let column = model.column(c);
    if column.value_type == ValueType::Boolean {
        return Some(Literal::Bool(true));
    }
    let says = |text: &str, words: &[&str]| words.contains(&text.trim().to_lowercase().as_str());
    let yes = |v: &str| says(v, &["y", "yes", "t", "true"]);
    let no = |v: &str| says(v, &["n", "no", "f", "false"]);
    let plain = column.value_type == ValueType::Text
        && (1..=4).contains(&column.values.len())
        && column.values.iter().all(|v| yes(&v.stored) || no(&v.stored));
    let stored = column.values.iter().find(|v| plain && yes(&v.stored))?;
    Some(Literal::Text(stored.stored.clone()))
}

/// A flag that qualifies a noun ("fragile parcels") or is said of one ("who are not insured").
pub fn flag(items: &[Placed], words: &[Word], i: usize, model: &SemanticModel, used: &mut [bool]) -> Option<Condition> {
    let Item::Column(column) = items[i].item else { return None };
    let yes = yes_of(model, column)?;
    if grouped(items, i) {
        return None;
    }
    let start = items[i].words.start;
    let back = &words[start.saturating_sub(5)..start];
    if back.iter().any(|w| w.is_any(&["whether", "if"])) {
        return None;
    }
    let said_of =
        words[start.saturating_sub(3)..start].iter().any(|w| w.is_any(&["is", "are", "was", "were", "being", "be"]));
    let qualifies = items.get(i + 1).is_some_and(|next| {
        let beside = next.words.start == items[i].words.end;
        beside && matches!(next.item, Item::Dataset(_))
    });
    let ends =
        items.get(i + 1).is_none_or(|next| !matches!(next.item, Item::Column(_) | Item::Value(..) | Item::Number(_)));
    if !(qualifies || said_of && ends) {
        return None;
    }
    let negative = negated(items, i, used);
    used[i] = true;
    let test = match (yes, negative) {
        (Literal::Bool(_), _) => Test::In(vec![Literal::Bool(!negative)]),
        (yes, true) => Test::NotIn(vec![yes]),
        (yes, false) => Test::In(vec![yes]),
    };
    Some(Condition { column, test, or: false, alternative: false })
}

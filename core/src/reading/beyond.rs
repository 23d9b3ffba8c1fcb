//! Questions of which every word is known and whose kind no QuickSpec holds. What comes nearest would be taken for the
//! answer, so that they are asked back.

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::{entity_of_root, label_column};
use super::items::Item;
use super::question::Question;
use super::roles::is_measure;
use crate::entity::{Condition, Literal, Test};
use crate::prompt::Word;
use crate::semantic::{Aggregation, ColumnRef, SemanticModel};

/// Why `d` does not answer what is asked; `None` when it may.
pub(super) fn beyond(d: &Draft, scene: &Scene<'_>) -> Option<String> {
    cause(scene.q).or_else(|| absence(d, scene)).or_else(|| on_itself(d, scene))
}

/// "why did sales drop": figures tell what happened.
fn cause(q: &Question) -> Option<String> {
    let asks =
        |i: usize, w: &Word| w.is("why") || w.is("how") && q.words.get(i + 1).is_some_and(|next| next.is("come"));
    let first = q.words.iter().take(3).enumerate().any(|(i, w)| asks(i, w));
    first.then(|| {
        "The figures tell what happened, not why. Ask for them by time, or by what may have made the difference.".into()
    })
}

/// "stores that never sold Alaska", "brands with no sales": who has no such row. Rows that are something else are
/// another answer, and those who have both would be in it.
fn absence(d: &Draft, scene: &Scene<'_>) -> Option<String> {
    let Scene { q, model, .. } = *scene;
    let denials = denials(q);
    let denial = *denials.first()?;
    // Said of the rows' own relations, and of nothing that would have to hold of what is not there.
    let own = d.conditions.iter().all(|c| c.column.dataset == d.root) && q.times.matches.is_empty();
    if d.without.len() >= denials.len() && own {
        return None;
    }
    let is_negative = |c: &Condition| is_negative(c, model);
    let negative = d.conditions.iter().any(is_negative);
    let lost = !d.without.is_empty()
        || !negative && !d.conditions.iter().any(|c| matches!(c.test, Test::Compare(..) | Test::IsNull(_)));
    let somebody = subject(d, model);
    let of_others =
        d.conditions.iter().filter(|c| is_negative(c)).any(|c| somebody.is_none_or(|s| !belongs(c.column, s, model)));
    let whose_rows = somebody.is_some() && of_others;
    // "customers who never bought milk", of a table that only holds how many customers there were.
    let never = q.words[denial].is("never") && d.conditions.iter().any(|c| matches!(c.test, Test::NotIn(_)));
    // "days without sales in NCR": whatever else is denied, an amount that is not there is told by no row.
    let amount = of_no_amount(d, scene, denial);
    (lost || whose_rows || never || amount).then(|| {
        let end = denial + if q.words[denial].is_any(&["never", "without"]) { 1 } else { 2 };
        let word = q.words[denial..end.min(q.words.len())].iter().map(|w| w.norm.as_str()).collect::<Vec<_>>().join(" ");
        format!(
            "\"{word}\" asks for those that have no such row. An answer is made of rows that are there: ask for the ones \
             that have some, and leave them out."
        )
    })
}

/// True when a denial is of a measure that no condition says anything of.
fn of_no_amount(d: &Draft, scene: &Scene<'_>, denial: usize) -> bool {
    let next = scene.placed.iter().find(|p| {
        p.words.start > denial
            && !matches!(p.item, Item::Filler | Item::Unknown | Item::Cue(Cue::Negation | Cue::Missing))
    });
    match next.map(|p| &p.item) {
        Some(Item::Column(c)) => is_measure(scene.model, *c) && !d.conditions.iter().any(|k| k.column == *c),
        _ => false,
    }
}

/// Words that deny that something ever was: "never", "did not", "have no", "without". "Not" alone and "excluding" say
/// which rows are meant.
fn denials(q: &Question) -> Vec<usize> {
    const HELPS: &[&str] = &["do", "does", "did", "have", "has", "had"];
    const CONTRACTED: &[&str] =
        &["don't", "doesn't", "didn't", "haven't", "hasn't", "hadn't", "dont", "doesnt", "didnt"];
    // What does not belong to a party or live in a town is told by the row itself.
    const STATES: &[&str] = &[
        "belong", "live", "work", "come", "contain", "include", "equal", "start", "end", "begin", "match", "lie", "use",
    ];
    // "I don't need": said of whoever asks.
    const WISHES: &[&str] =
        &["want", "need", "give", "send", "tell", "mix", "show", "care", "forget", "worry", "know", "mind", "bother"];
    let words = &q.words;
    let state = |i: usize| words.get(i).is_none_or(|w| w.is_any(STATES) || w.is_any(WISHES));
    (0..words.len())
        .filter(|&i| {
            let next = |what: &str| words.get(i + 1).is_some_and(|w| w.is(what));
            words[i].is_any(&["never", "without"])
                || words[i].is_any(CONTRACTED) && !state(i + 1)
                || words[i].is_any(HELPS) && (next("not") && !state(i + 2) || next("no"))
                || words[i].is_any(&["with", "having"]) && (next("no") || next("zero"))
        })
        .collect()
}

/// A name that is not there ("products without a brand") is told by the row; an amount that is not there, by no row.
fn is_negative(c: &Condition, model: &SemanticModel) -> bool {
    match &c.test {
        Test::IsNull(true) => is_measure(model, c.column),
        Test::NotIn(_) | Test::Like { negated: true, .. } => true,
        Test::In(values) => values.as_slice() == [Literal::Bool(false)],
        _ => false,
    }
}

/// Whom the answer is about, where that is not the rows themselves.
fn subject(d: &Draft, model: &SemanticModel) -> Option<ColumnRef> {
    let counted = d.y.filter(|_| d.agg == Aggregation::CountDistinct);
    // "revenue by region without beverages": an amount is asked for, and which rows are in it.
    let amount = d.y.is_some_and(|y| is_measure(model, y)) && !d.assumed_measure;
    let grouped = d.x.filter(|x| !amount && !model.column(*x).value_type.is_temporal());
    let listed = d.columns.first().copied();
    counted.or(grouped).or(listed).filter(|c| {
        let label = c.dataset == d.root && label_column(model, d.root) == Some(*c);
        !label && !tells_rows_apart(model, *c)
    })
}

/// True for a column of which nearly every row has a value of its own.
fn tells_rows_apart(model: &SemanticModel, c: ColumnRef) -> bool {
    let column = model.column(c);
    let rows = model.datasets[c.dataset].rows;
    column.unique
        || entity_of_root(model, c.dataset, c)
        || column.harvested_all && rows > 0 && 2 * model.value_count(c) as u64 >= rows
}

/// True when a column tells something of `subject` itself: it is the subject, or stands in the dataset of those that
/// the subject's rows are.
fn belongs(column: ColumnRef, subject: ColumnRef, model: &SemanticModel) -> bool {
    column == subject || column.dataset == subject.dataset && tells_rows_apart(model, subject)
}

/// "forecast vs actual" over a column that holds only one of them.
fn on_itself(d: &Draft, scene: &Scene<'_>) -> Option<String> {
    let same = d.x.filter(|x| d.y == Some(*x) && d.agg == Aggregation::None)?;
    let said = scene.placed.iter().filter(|p| p.item == Item::Column(same));
    let words: Vec<&str> = said.map(|p| scene.q.words[p.words.end - 1].stem.as_str()).collect();
    // "code against code" asks for just that.
    let twice = words.iter().enumerate().any(|(i, w)| words[i + 1..].contains(w));
    (!twice)
        .then(|| format!("Only {} is known here: there is nothing to set it against.", scene.model.column(same).name))
}

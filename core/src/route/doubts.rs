//! Questions that are understood and still can't be answered: they name a day that no calendar has, or something only by
//! a word that is spoken of alike, are in a language of which a part is not known, or too long to be read to their end.

use crate::prompt::language_name;
use crate::reading::{Draft, Item, Question};
use crate::semantic::{Aggregation, ColumnRef, SemanticModel, Source};

/// So many other datasets that fit exactly as well leave the choice to chance.
const MOST_AS_GOOD: usize = 3;

/// Why the best reading must not be answered as it stands; `None` when nothing speaks against it.
pub fn doubt(q: &Question, prompt: &str, best: &Draft, others: &[Draft], model: &SemanticModel) -> Option<String> {
    if q.cut > 0 {
        return Some(format!(
            "The question is too long: its last {} words were not read. Ask for one thing at a time.",
            q.cut
        ));
    }
    if let Some((word, column)) = only_similar(q, prompt, best, model) {
        return Some(format!("Nothing registered here is called \"{word}\"; {column} comes nearest. Is it meant?"));
    }
    let as_good = others.iter().filter(|d| (d.score - best.score).abs() < 1e-5 && d.root != best.root).count();
    if as_good >= MOST_AS_GOOD {
        return Some(format!(
            "{} datasets or more answer this equally well: name one of them, or one of its values.",
            as_good + 1
        ));
    }
    if let Some(reason) = &best.beyond {
        return Some(reason.clone());
    }
    if let Some((second, agg)) = best.second_measure {
        let name = |c: Option<ColumnRef>, agg| match c {
            Some(c) if agg != Aggregation::Count => model.column(c).name.clone(),
            c => format!("the number of {}", model.datasets[c.map_or(best.root, |c| c.dataset)].name),
        };
        let (first, second) = (name(best.y, best.agg), name(second, agg));
        return Some(format!("{first} and {second} can't be shown in one answer of this kind: which is meant?"));
    }
    if best.assumed_measure && leans_on_nothing(q) {
        return Some("The question goes on from another one, which is not given.".into());
    }
    if best.is_hourless(model) {
        return Some("What is registered here keeps days, not the time of day.".into());
    }
    if let Some(note) = q.times.notes.first() {
        return Some(format!("A date can't be read: {note}."));
    }
    foreign(q, best)
}

/// "now per week", "the same again": what it changes is said elsewhere.
fn leans_on_nothing(q: &Question) -> bool {
    q.words.first().is_some_and(|w| w.is_any(&["now", "same", "also", "instead", "and"]))
        || q.words.iter().any(|w| w.is_any(&["instead", "again"]))
}

/// "launched in 2024" of what people call the launch date.
fn part_of_alias(model: &SemanticModel, c: ColumnRef, stem: &str) -> bool {
    let column = model.column(c);
    column.value_type.is_temporal()
        && column.aliases.iter().any(|a| crate::prompt::words_of(a).iter().any(|w| crate::prompt::stem(w) == stem))
}

/// Words of another language that nobody taught here.
pub fn foreign(q: &Question, best: &Draft) -> Option<String> {
    let (code, unknown) = (q.language.code, &best.unknown);
    if !matches!(code, "en" | "tl" | "und") && q.language.confidence >= 0.7 && !unknown.is_empty() {
        return Some(format!(
            "The question seems to be in {}. Names, values, numbers and dates are understood in it, but not {}: teach \
             what it stands for with router_synonym().",
            language_name(code),
            unknown.iter().take(5).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
        ));
    }
    None
}

/// A word that the reading takes for a column which only means something alike, and that column.
fn only_similar(q: &Question, prompt: &str, best: &Draft, model: &SemanticModel) -> Option<(String, String)> {
    best.items.placed.iter().find_map(|p| match p.item {
        Item::Column(c)
            if p.source == Some(Source::Similar)
                && (best.uses(c) || best.columns.contains(&c))
                && !part_of_alias(model, c, &q.words[p.words.start].stem) =>
        {
            let name = format!("{}.{}", model.datasets[c.dataset].full_name(), model.column(c).name);
            Some((q.text(prompt, &p.words), name))
        }
        _ => None,
    })
}

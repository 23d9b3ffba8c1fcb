//! What somebody may want to ask: completions of what is typed, and examples over a dataset.
//!
//! Everything here comes from the semantic model that the caller sees. Nothing is promised that would not be answered:
//! whoever calls keeps only what the router reads surely.

use std::collections::HashSet;

use crate::prompt::{fold, words_of};
use crate::route::main_dimension;
use crate::semantic::{Aggregation, Column, Dataset, Role, SemanticModel};

/// A question, or the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub text: String,
    /// `example`, or the kind of what completes the last word: `dataset`, `measure`, `dimension`, `time`, `value`,
    /// `period`.
    pub kind: &'static str,
    /// `schema.table`
    pub dataset: String,
}

/// Values that complete a word, per column: more are found by typing on.
const MOST_VALUES: usize = 5;
/// Values looked through, per column.
const MOST_SCANNED: usize = 20_000;

/// Periods that people ask about.
const PERIODS: [&str; 6] = ["last month", "this year", "last 30 days", "last week", "last quarter", "yesterday"];

/// Candidates for a prefix, likeliest first. A prefix that is empty, or names a dataset, gets examples.
pub fn suggest(prefix: &str, model: &SemanticModel) -> Vec<Suggestion> {
    let wanted = fold(prefix.trim());
    let mut found = Vec::new();
    for dataset in &model.datasets {
        if wanted.is_empty() || names(dataset).iter().any(|n| fold(n) == wanted) || dataset.full_name() == prefix.trim()
        {
            examples(dataset, &mut found);
        }
    }
    if !wanted.is_empty() {
        for dataset in &model.datasets {
            complete_last_word(prefix, dataset, &mut found);
            go_on(prefix, dataset, &mut found);
        }
        for dataset in &model.datasets {
            begin(&wanted, dataset, &mut found);
        }
    }
    let mut seen = HashSet::new();
    found.retain(|s| seen.insert(fold(&s.text)));
    found
}

/// Questions that show what can be asked of a dataset.
pub fn examples(dataset: &Dataset, found: &mut Vec<Suggestion>) {
    let measures: Vec<String> = of_role(dataset, Role::Measure).map(spoken).collect();
    let groups: Vec<&Column> = groups(dataset);
    let name = dataset.label.clone().unwrap_or_else(|| words_of(&dataset.name).join(" "));
    let mut add = |text: String| found.push(Suggestion { text, kind: "example", dataset: dataset.full_name() });
    let what = measures.first().cloned().unwrap_or_else(|| format!("number of {}", name.to_lowercase()));
    if let Some(group) = groups.first() {
        add(format!("{what} by {}", spoken(group)));
        add(format!("top 5 {} by {what}", spoken(group)));
    }
    if dataset.time_column.is_some() {
        add(format!("{what} by month"));
        add(format!("{what} last month"));
    }
    if let Some(value) = groups.get(1).or(groups.first()).and_then(|g| g.values.first()) {
        add(format!("{what} in {}", value.stored));
    }
    for measure in measures.iter().skip(1).take(2) {
        if let Some(group) = groups.last() {
            add(format!("{measure} by {}", spoken(group)));
        }
    }
}

/// The word that is being typed, completed by anything that has a name here.
fn complete_last_word(prefix: &str, dataset: &Dataset, found: &mut Vec<Suggestion>) {
    // The last three words may be the beginning of one name: "average un" of "average unit price".
    let starts: Vec<usize> = std::iter::once(0)
        .chain(prefix.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, c)| i + c.len_utf8()))
        .filter(|i| *i < prefix.len())
        .collect();
    for start in starts.iter().rev().take(3).rev() {
        let (head, tail) = prefix.split_at(*start);
        let typed = fold(tail);
        if typed.trim().is_empty() || typed.trim().len() < 2 {
            continue;
        }
        let mut offer = |name: &str, kind| {
            let folded = fold(name);
            if folded.len() > typed.len() && folded.starts_with(&typed) {
                let text = format!("{head}{name}");
                found.push(Suggestion { text, kind, dataset: dataset.full_name() });
            }
        };
        names(dataset).iter().for_each(|n| offer(n, "dataset"));
        for column in &dataset.columns {
            let kind = match column.role {
                Role::Measure => "measure",
                Role::Dimension | Role::Key => "dimension",
                Role::Time => "time",
            };
            offer(&spoken(column), kind);
            column.aliases.iter().for_each(|a| offer(a, kind));
        }
        PERIODS.iter().for_each(|p| offer(p, "period"));
        for column in of_role(dataset, Role::Dimension) {
            let names =
                column.values.iter().take(MOST_SCANNED).flat_map(|v| std::iter::once(&v.stored).chain(&v.aliases));
            let fitting = names.filter(|n| n.len() > typed.len() && fold(n).starts_with(&typed));
            for name in fitting.take(MOST_VALUES) {
                found.push(Suggestion { text: format!("{head}{name}"), kind: "value", dataset: dataset.full_name() });
            }
        }
    }
}

/// What may follow a question that is complete as far as it goes.
fn go_on(prefix: &str, dataset: &Dataset, found: &mut Vec<Suggestion>) {
    let said = fold(prefix.trim_end());
    let ends_with = |name: &str| said.ends_with(&fold(name));
    let measure_last =
        of_role(dataset, Role::Measure).any(|c| ends_with(&spoken(c)) || c.aliases.iter().any(|a| ends_with(a)));
    let by_last = [" by", " per", " for each"].iter().any(|w| said.ends_with(w));
    let mut add = |text: String, kind| found.push(Suggestion { text, kind, dataset: dataset.full_name() });
    let head = prefix.trim_end();
    if by_last || measure_last {
        let by = if by_last { "" } else { " by" };
        for group in groups(dataset).iter().take(4) {
            add(format!("{head}{by} {}", spoken(group)), "dimension");
        }
        if dataset.time_column.is_some() {
            add(format!("{head}{by} month"), "period");
        }
    }
    if measure_last && dataset.time_column.is_some() {
        PERIODS.iter().take(3).for_each(|p| add(format!("{head} {p}"), "period"));
    }
}

/// Whole questions for the beginning of a name: "rev" is worth "revenue by region".
fn begin(wanted: &str, dataset: &Dataset, found: &mut Vec<Suggestion>) {
    let measures = of_role(dataset, Role::Measure).filter(|c| {
        std::iter::once(spoken(c))
            .chain(c.aliases.iter().cloned())
            .any(|n| wanted.len() > 1 && fold(&n).starts_with(wanted))
    });
    for measure in measures {
        for group in groups(dataset).iter().take(2) {
            found.push(Suggestion {
                text: format!("{} by {}", spoken(measure), spoken(group)),
                kind: "example",
                dataset: dataset.full_name(),
            });
        }
    }
}

fn of_role(dataset: &Dataset, role: Role) -> impl Iterator<Item = &Column> {
    dataset
        .columns
        .iter()
        .filter(move |c| c.role == role && (role != Role::Measure || c.default_agg != Aggregation::None))
}

/// Dimensions that a chart can be grouped by, those that show at a glance first.
fn groups(dataset: &Dataset) -> Vec<&Column> {
    let mut groups: Vec<&Column> = main_dimension(dataset).into_iter().collect();
    for column in of_role(dataset, Role::Dimension) {
        if groups.iter().all(|g| g.name != column.name) {
            groups.push(column);
        }
    }
    groups
}

fn names(dataset: &Dataset) -> Vec<String> {
    let mut names = vec![words_of(&dataset.name).join(" ")];
    names.extend(dataset.label.iter().chain(&dataset.aliases).cloned());
    names
}

/// A column as people say it: by its name in words, which the router always reads.
fn spoken(column: &Column) -> String {
    words_of(&column.name).join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> SemanticModel {
        let column = |name: &str, kind: &str, role: &str, agg: &str, values: &[&str]| {
            let values: Vec<serde_json::Value> = values.iter().map(|v| json!({ "stored": v })).collect();
            json!({"name": name, "sql_type": kind, "value_type": kind, "role": role, "default_agg": agg,
                   "nullable": true, "unique": false, "values": values, "harvested_all": true})
        };
        serde_json::from_value(json!({"version": 1, "relationships": [], "datasets": [{
        "schema": "public", "name": "library_loans", "oid": 1, "layer": "silver", "time_column": 3,
        "primary_key": [], "columns": [
            column("branch", "text", "dimension", "count", &["Hill Street", "Harbour"]),
            column("genre", "text", "dimension", "count", &["Crime", "Poetry", "Travel"]),
            column("late_fees", "decimal", "measure", "sum", &[]),
            column("lent_on", "date", "time", "none", &[]),
        ]}]}))
        .unwrap()
    }

    fn texts(prefix: &str) -> Vec<String> {
        suggest(prefix, &model()).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn nothing_typed_gets_examples() {
        let all = texts("");
        assert!(all.contains(&"late fees by branch".to_owned()), "{all:?}");
        assert!(all.contains(&"late fees by month".to_owned()), "{all:?}");
        assert_eq!(texts("library loans"), texts(""));
    }

    #[test]
    fn what_is_typed_is_completed() {
        assert!(texts("late fees by ge").contains(&"late fees by genre".to_owned()));
        assert!(texts("late fees in har").contains(&"late fees in Harbour".to_owned()));
        assert!(texts("late f").contains(&"late fees".to_owned()));
        assert!(texts("late fees by ").contains(&"late fees by branch".to_owned()));
        assert!(texts("late fees la").contains(&"late fees last month".to_owned()));
        assert_eq!(texts("zebra cross"), [""; 0]);
    }
}

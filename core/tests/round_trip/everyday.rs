//! Questions of everyday shapes, their parts thrown together: a measure, conditions, a period, axes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::{Dice, Table};

/// What a question asks for, in the fields of a QuickSpec, and the question.
#[derive(Debug)]
pub struct Case {
    /// What it is made of.
    pub kinds: Vec<&'static str>,
    pub prompt: String,
    pub want: BTreeMap<&'static str, Value>,
}

pub fn said(column: &str) -> String {
    column.replace('_', " ")
}

pub fn plural(name: &str) -> String {
    if name.ends_with('s') {
        name.to_owned()
    } else if let Some(base) = name.strip_suffix('y') {
        format!("{base}ies")
    } else {
        format!("{name}s")
    }
}

/// A period in words, and its half-open range, on Saturday, 15 March 2025.
pub fn period(dice: &mut Dice) -> (&'static str, Value) {
    let all: [(&str, Option<&str>, Option<&str>); 9] = [
        ("in 2024", Some("2024-01-01"), Some("2025-01-01")),
        ("in Q3 2024", Some("2024-07-01"), Some("2024-10-01")),
        ("last month", Some("2025-02-01"), Some("2025-03-01")),
        ("last year", Some("2024-01-01"), Some("2025-01-01")),
        ("in the last 30 days", Some("2025-02-13"), Some("2025-03-15")),
        ("since January 2024", Some("2024-01-01"), None),
        ("before June 2024", None, Some("2024-06-01")),
        ("between March and May 2024", Some("2024-03-01"), Some("2024-06-01")),
        ("yesterday", Some("2025-03-14"), Some("2025-03-15")),
    ];
    let (words, from, to) = all[dice.roll(all.len())];
    let mut range = Map::new();
    range.extend(from.map(|f| ("gte".to_owned(), json!(f))));
    range.extend(to.map(|t| ("lt".to_owned(), json!(t))));
    (words, Value::Object(range))
}

/// A question of a random shape.
pub fn case(dice: &mut Dice, tables: &[Table]) -> Case {
    let t = &tables[dice.roll(tables.len())];
    let mut kinds = Vec::new();
    let mut want: BTreeMap<&'static str, Value> = BTreeMap::new();
    want.insert("dataset", json!(format!("app.{}", t.name)));
    let mut filters = Map::new();
    let mut used: Vec<&str> = Vec::new();
    let shape = dice.roll(5);

    // What is measured.
    let (measure, counted) = if dice.chance(25) {
        want.insert("agg", json!("count"));
        kinds.push("count");
        (dice.of(&["number of ", "count of ", "how many "]).to_owned() + &plural(&t.name), true)
    } else {
        let column = &t.measures[dice.roll(2)];
        used.push(column);
        want.insert("y", json!(column));
        let (agg, words): (&'static str, &[&str]) = match dice.roll(6) {
            0..3 => ("sum", &["total ", "sum of ", "", "the total "]),
            3 => ("avg", &["average ", "mean "]),
            // "top 5 by lowest cost" could as well rank upwards.
            4 => ("min", if shape == 2 { &["minimum "] } else { &["minimum ", "lowest "] }),
            _ => ("max", if shape == 2 { &["maximum "] } else { &["maximum ", "highest "] }),
        };
        want.insert("agg", json!(agg));
        kinds.push(agg);
        (dice.of(words).to_owned() + &said(column), false)
    };

    // Where and when.
    let mut conditions = String::new();
    if dice.chance(45) {
        let (column, values) = &t.dimensions[dice.roll(3)];
        used.push(column);
        let first = &values[dice.roll(values.len())];
        match dice.roll(4) {
            0 => {
                kinds.push("where-is");
                conditions += &format!(" where {} is {first}", said(column));
                filters.insert(column.clone(), json!(first));
            }
            1 if values.len() > 1 => {
                kinds.push("either");
                let second = values.iter().find(|v| *v != first).unwrap();
                conditions += &format!(" for {first} and {second}");
                filters.insert(column.clone(), json!([first, second]));
                if shape == 1 {
                    // Set side by side over time: two lines.
                    want.insert("splitBy", json!(column));
                }
            }
            2 => {
                kinds.push("not");
                conditions += &format!(" excluding {first}");
                filters.insert(column.clone(), json!({ "ne": first }));
            }
            _ => {
                kinds.push("value");
                conditions += &format!(" {} {first}", dice.of(&["in", "for", "of"]));
                filters.insert(column.clone(), json!(first));
            }
        }
    }
    let other: Vec<&String> = t.measures.iter().filter(|m| !used.contains(&m.as_str())).collect();
    if dice.chance(20) {
        let column = other[dice.roll(other.len())];
        used.push(column);
        let n = 10 * (1 + dice.roll(50));
        let (op, words) =
            [("gt", "over"), ("gte", "of at least"), ("lt", "below"), ("gt", "greater than")][dice.roll(4)];
        kinds.push("compare");
        conditions += &format!(" with {} {words} {n}", said(column));
        filters.insert(column.clone(), json!({ op: n }));
    }
    let when = dice.chance(35).then(|| period(dice));
    if let Some((_, range)) = &when {
        kinds.push("period");
        filters.insert(t.time.clone(), range.clone());
    }
    let when = when.map(|(words, _)| format!(" {words}")).unwrap_or_default();

    // By what.
    let free: Vec<&(String, Vec<String>)> = t.dimensions.iter().filter(|(d, _)| !used.contains(&d.as_str())).collect();
    let x = free[dice.roll(free.len())].0.clone();
    let prompt = match shape {
        0 => {
            kinds.push("one number");
            let lead = if counted { "" } else { dice.of(&["what is the ", "show ", "", "give me the "]) };
            format!("{lead}{measure}{conditions}{when}")
        }
        1 => {
            kinds.push("over time");
            let (grain, words): (&str, &[&str]) = [
                ("month", &[" by month", " per month", " for each month"][..]),
                ("quarter", &[" by quarter", " per quarter"][..]),
                ("year", &[" by year", " per year"][..]),
                ("week", &[" by week", " per week"][..]),
            ][dice.roll(4)];
            want.insert("x", json!(t.time));
            want.insert("timeGrain", json!(grain));
            format!("{measure}{}{conditions}{when}", dice.of(words))
        }
        2 if !measure.starts_with("how many") => {
            let k = 2 + dice.roll(9);
            let least = dice.chance(35);
            kinds.push(if least { "bottom" } else { "top" });
            want.insert("x", json!(x));
            want.insert("topK", json!(k));
            want.insert("orderBy", json!({"by": "y", "dir": if least { "asc" } else { "desc" }}));
            let end = if least { "bottom" } else { "top" };
            format!("{end} {k} {} by {measure}{conditions}{when}", plural(&said(&x)))
        }
        3 if free.len() > 1 => {
            kinds.push("two dimensions");
            let split = free.iter().map(|(d, _)| d).find(|d| **d != x).unwrap();
            want.insert("x", json!(x));
            want.insert("splitBy", json!(split));
            format!("{measure} by {} and {}{conditions}{when}", said(&x), said(split))
        }
        _ => {
            kinds.push("by");
            want.insert("x", json!(x));
            let by = dice.of(&["by", "per", "for each"]);
            format!("{measure} {by} {}{conditions}{when}", said(&x))
        }
    };
    want.insert("filters", Value::Object(filters));
    Case { kinds, prompt, want }
}

//! Questions made from specs are read back to them: random schemas, random values, several wordings.
//!
//! `ROUND_TRIP_SEED` and `ROUND_TRIP_CASES` choose other questions; what is misread is printed by kind
//! (`cargo test -p router-core --test round_trip -- --nocapture`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod everyday;
mod schema;
mod special;

use std::collections::BTreeMap;

use router_core::route::{Context, ask};
use router_core::semantic::Lexicon;
use router_core::time::{Clock, Weekday};
use schema::{Dice, schema};
use serde_json::{Map, Value, json};

/// The fields that differ, with what was read.
fn differences(want: &BTreeMap<&'static str, Value>, got: &Value) -> Vec<String> {
    const FIELDS: [&str; 22] = [
        "dataset",
        "x",
        "y",
        "agg",
        "moreMeasures",
        "per",
        "splitBy",
        "splitGrain",
        "timeGrain",
        "cyclic",
        "bin",
        "bins",
        "autoBin",
        "topK",
        "topPer",
        "orderBy",
        "filters",
        "having",
        "normalize",
        "transform",
        "window",
        "columns",
    ];
    FIELDS
        .into_iter()
        .filter_map(|field| {
            let wanted = want.get(field).cloned().unwrap_or(Value::Null);
            let read = got.get(field).cloned().unwrap_or(Value::Null);
            let read = if field == "filters" && read.is_null() { json!({}) } else { read };
            // An order that nobody asked for is a matter of drawing.
            // So is the number of raw rows.
            let ignored = wanted.is_null() && (field == "orderBy" || field == "topK" && want.contains_key("columns"));
            (wanted != read && !ignored).then(|| format!("{field}: want {wanted}, read {read}"))
        })
        .collect()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn questions_come_back_as_the_specs_they_were_made_from() {
    let context = Context {
        clock: Clock {
            now: "2025-03-15T10:00:00+08:00[Asia/Manila]".parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        },
        datasets: Vec::new(),
        filters: Map::new(),
        previous: None,
        current_page: None,
    };
    let mut dice = Dice(number("ROUND_TRIP_SEED", 1));
    let cases = number("ROUND_TRIP_CASES", 1200) as usize;
    let (mut right, mut asked) = (0, 0);
    let mut by_kind: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while asked < cases {
        let (model, tables) = schema(&mut dice);
        let lexicon = Lexicon::build(&model);
        for _ in 0..8 {
            let case =
                if dice.chance(40) { everyday::case(&mut dice, &tables) } else { special::case(&mut dice, &tables) };
            asked += 1;
            let spec = ask(&case.prompt, &model, &lexicon, &context).unwrap().spec;
            let got = spec.map_or(Value::Null, |s| serde_json::to_value(s).unwrap());
            let differs = differences(&case.want, &got);
            for kind in &case.kinds {
                let (good, all) = by_kind.entry(*kind).or_default();
                *good += usize::from(differs.is_empty());
                *all += 1;
            }
            if differs.is_empty() {
                right += 1;
            } else {
                let what: Vec<&str> = differs.iter().filter_map(|d| d.split(':').next()).collect();
                wrong.entry(what.join(" ")).or_default().push(format!(
                    "{} [{}] {}",
                    case.prompt,
                    case.kinds.join(" "),
                    differs.join("; ")
                ));
            }
        }
    }
    let share = 100.0 * right as f64 / asked as f64;
    println!("{right} of {asked} questions came back as their spec: {share:.1} %");
    let kinds: Vec<String> = by_kind.iter().map(|(kind, (good, all))| format!("{kind} {good}/{all}")).collect();
    println!("by kind: {}", kinds.join(", "));
    let mut told: Vec<(&String, &Vec<String>)> = wrong.iter().collect();
    told.sort_by_key(|(_, list)| std::cmp::Reverse(list.len()));
    for (what, list) in &told {
        println!("{} with another {what}:", list.len());
        list.iter().take(8).for_each(|l| println!("    {l}"));
    }
    assert!(share >= 95.0, "only {share:.1} % came back");
}

//! Times the compiled model without a server: `scale [TABLES [VALUES-PER-TABLE]]`, by default 1000 and 1000.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Instant;

use router_core::route::{Context, ask};
use router_core::semantic::compiled::{Compiled, Names, Values, ValuesBuilder, View, compile_names};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::time::{Clock, Weekday};
use serde_json::json;

const PARTS: [&str; 20] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi", "yo",
    "zu",
];

fn word(mut n: usize, syllables: usize) -> String {
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(PARTS[n % 20]);
        n /= 20;
    }
    word
}

fn value(table: usize, i: usize) -> String {
    format!("{} {}", word(table * 1_000_003 + i * 7919, 4), word(i * 31 + table, 3))
}

fn main() {
    let number = |i: usize| std::env::args().nth(i).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let (tables, each): (usize, usize) = (number(1), number(2));
    let column = |name: &str, sql: &str, value: &str, role: &str| {
        json!({"name": name, "sql_type": sql, "value_type": value, "role": role,
            "default_agg": if role == "measure" { "sum" } else { "count" }, "nullable": true, "unique": role == "key"})
    };
    let columns = [
        column("id", "integer", "integer", "key"),
        column("product", "text", "text", "dimension"),
        column("region", "text", "text", "dimension"),
        column("channel", "text", "text", "dimension"),
        column("amount", "numeric", "decimal", "measure"),
        column("quantity", "integer", "integer", "measure"),
        column("discount_rate", "numeric", "decimal", "measure"),
        column("sold_on", "date", "date", "time"),
    ];
    let datasets: Vec<_> = (1..=tables)
        .map(|t| {
            json!({"schema": "wide", "name": format!("{}_sales", word(t * 8641, 4)), "oid": t, "layer": "silver",
            "rows": each, "time_column": 7, "primary_key": [0], "columns": columns})
        })
        .collect();
    let model: SemanticModel =
        serde_json::from_value(json!({"version": 1, "datasets": datasets, "relationships": []})).unwrap();
    let began = Instant::now();
    let mut builder = ValuesBuilder::default();
    for t in 1..=tables {
        let values: Vec<String> = (0..each).map(|i| value(t, i)).collect();
        builder.column(t as u32, "product", 1, true, values.iter().map(String::as_str));
        builder.column(t as u32, "region", 1, true, ["North", "South", "East", "West"]);
        builder.column(t as u32, "channel", 1, true, ["Online", "Retail"]);
    }
    println!("values read in {:?}", began.elapsed());
    let values = builder.finish(1).into_bytes();
    println!("values compiled in {:?}, {} kB", began.elapsed(), values.len() / 1024);
    let began = Instant::now();
    let segments = vec![Values::open(values).unwrap()];
    let names = compile_names(1, &model, &segments, &|_, _| true, Vec::new()).into_bytes();
    println!("names compiled in {:?}, {} kB", began.elapsed(), names.len() / 1024);
    let began = Instant::now();
    let compiled = Arc::new(Compiled { names: Names::open(names).unwrap(), values: segments });
    let view = Arc::new(View::everything(compiled));
    let model = SemanticModel::over(Arc::clone(&view));
    let lexicon = Lexicon::over(view);
    println!("opened in {:?}", began.elapsed());
    let context = Context {
        clock: Clock {
            now: "2025-03-15T10:00:00+08:00[Asia/Manila]".parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        },
        datasets: Vec::new(),
        filters: serde_json::Map::new(),
        previous: None,
        current_page: None,
    };
    let kinds: [(&str, &dyn Fn(usize) -> String); 6] = [
        ("table named", &|t| format!("total amount by region in {} sales", word(t * 8641, 4))),
        ("value named", &|t| format!("quantity of {} by month", value(t, t % each))),
        ("counted", &|t| format!("how many {} sales by channel", word(t * 8641, 4))),
        ("misspelt value", &|t| {
            let mut said = value(t, t % each);
            said.pop();
            format!("amount for {said} by channel")
        }),
        ("part of a value", &|t| format!("amount for {} by channel", value(t, t % each).split(' ').next().unwrap())),
        ("nothing named", &|_| "total amount by region".to_owned()),
    ];
    for (kind, question) in kinds {
        let mut micros = Vec::new();
        let mut right = 0;
        for k in 0..200 {
            let t = 1 + (k * 7) % tables;
            let prompt = question(t);
            let began = Instant::now();
            let answer = ask(&prompt, &model, &lexicon, &context).unwrap();
            micros.push(began.elapsed().as_micros());
            let wanted = format!("wide.{}_sales", word(t * 8641, 4));
            right += usize::from(answer.dataset.as_deref() == Some(wanted.as_str()));
            if k == 0 {
                println!("   {prompt}: {:?} {}", answer.status, answer.explain.chars().take(120).collect::<String>());
            }
        }
        micros.sort_unstable();
        println!("{kind:16} p50 {:6} us, p99 {:6} us; {right} of 200 of the right dataset", micros[100], micros[198]);
    }
    // Nothing may take longer than in proportion to its length.
    for part in
        ["total amount by region ", "last month and ", "bacedifo ", "\"x\" ", "over 5 ", "a ", "\u{200B}", "🙂", "9"]
    {
        let mut took = Vec::new();
        for length in [1_000, 8_000, 65_536] {
            let prompt = part.repeat(length / part.chars().count());
            let began = Instant::now();
            let _ = ask(&prompt, &model, &lexicon, &context);
            took.push(format!("{} us", began.elapsed().as_micros()));
        }
        println!("{part:?} repeated to 1,000, 8,000 and 65,536 characters: {}", took.join(", "));
    }
}

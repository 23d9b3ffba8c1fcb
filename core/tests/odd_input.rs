//! Anything may be typed: invisible signs, emoji, other scripts, absurd numbers, days that don't exist, conditions that
//! exclude each other, the same word ten thousand times. Nothing panics, and what can't be read is not answered.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use router_core::route::{Answer, Context, Status, ask};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::time::{Clock, Weekday};
use serde_json::{Value, json};

fn model() -> SemanticModel {
    let column = |name: &str, sql: &str, value: &str, role: &str, values: &[&str]| {
        json!({"name": name, "sql_type": sql, "value_type": value, "role": role,
            "default_agg": if role == "measure" { "sum" } else { "count" }, "nullable": true, "unique": role == "key",
            "harvested_all": true, "values": values.iter().map(|v| json!({"stored": v})).collect::<Vec<_>>()})
    };
    serde_json::from_value(json!({
        "version": 1, "relationships": [],
        "datasets": [{
            "schema": "shop", "name": "orders", "oid": 1, "layer": "silver", "rows": 5000, "time_column": 1, "primary_key": [0],
            "aliases": ["pedidos", "Bestellungen"],
            "columns": [
                column("id", "integer", "integer", "key", &[]),
                column("ordered_on", "date", "date", "time", &[]),
                column("country", "text", "text", "dimension", &["France", "Spain", "La Paz"]),
                column("amount", "numeric", "decimal", "measure", &[]),
            ],
        }],
    }))
    .unwrap()
}

fn answer_over(model: &SemanticModel, prompt: &str) -> Answer {
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
    ask(prompt, model, &Lexicon::build(model), &context).unwrap()
}

fn answer(prompt: &str) -> Answer {
    answer_over(&model(), prompt)
}

fn spec(prompt: &str) -> Value {
    serde_json::to_value(answer(prompt).spec).unwrap()
}

#[test]
fn signs_that_say_nothing_change_nothing() {
    let plain = spec("total amount by country in 2024");
    for prompt in [
        "to\u{200B}tal amo\u{AD}unt by coun\u{200D}try in 2024",
        "\u{202E}total amount\u{202C} by \u{2067}country\u{2069} in 2024",
        "📈 total amount 💰 by country 🌍 in 2024 \u{FE0F}",
        "ｔｏｔａｌ ａｍｏｕｎｔ ｂｙ ｃｏｕｎｔｒｙ in ２０２４",
        "total amount by country in ٢٠٢٤",
        "  total\tamount\n\nby\u{A0}country in 2024 ",
    ] {
        assert_eq!(spec(prompt), plain, "{prompt:?}");
    }
}

#[test]
fn what_cannot_be_meant_is_not_answered() {
    for (prompt, told) in [
        ("amount on 30 February 2024", "30 February 2024"),
        ("total amount for 2024-13-45 by country", "2024-13-45"),
        ("orders with amount over 100 and amount below 50", "amount"),
        ("total amount in France and not in France", "country"),
    ] {
        let a = answer(prompt);
        assert_eq!(a.status, Status::Clarify, "{prompt}: {:?}", a.sql);
        assert!(a.explain.contains(told), "{prompt}: {}", a.explain);
    }
}

#[test]
fn long_questions_are_not_answered_in_part() {
    for part in [
        "total amount by country ",
        "France ",
        "last month ",
        "amount over 10 and ",
        "\"France\" ",
        "é🙂 ",
        "by ",
        "1 ",
    ] {
        let prompt = part.repeat(65_536 / part.chars().count());
        let a = answer(&prompt);
        assert_ne!(a.status, Status::Ok, "{part}");
        assert!(a.explain.len() < 2_000 && a.sql.is_none(), "{part}");
    }
    assert!(answer(&"total amount by country ".repeat(300)).explain.contains("too long"));
    assert_ne!(answer(&"a".repeat(65_536)).status, Status::Ok);
    assert_ne!(answer(&"9".repeat(65_536)).status, Status::Ok);
    assert_ne!(answer(&format!("orders over {}", "9".repeat(400))).status, Status::Ok);
}

#[test]
fn other_languages() {
    let english = spec("total amount of orders by country");
    for prompt in ["total amount de pedidos por country", "total amount der Bestellungen nach country"] {
        assert_eq!(spec(prompt), english, "{prompt}");
    }
    let a = answer("amount de los pedidos en La Paz el mes pasado");
    let filters = a.spec.unwrap().filters;
    assert_eq!(filters["country"], "La Paz");
    assert_eq!(filters["ordered_on"], json!({"gte": "2025-02-01", "lt": "2025-03-01"}));
    // A word that nobody taught: it is named, and the question not answered as if it were not there.
    let a = answer("amount de los pedidos por zapatos y color el mes pasado");
    assert_eq!(a.status, Status::Clarify);
    assert!(a.explain.contains("Spanish") && a.explain.contains("zapatos"), "{}", a.explain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_gets_an_answer(prompt in "\\PC{0,200}") {
        let a = answer(&prompt);
        prop_assert!(a.status != Status::Ok || a.sql.is_some());
    }

    #[test]
    fn any_order_of_words(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40)) {
        let a = answer(&words.join(" "));
        prop_assert!(a.status != Status::Ok || a.sql.is_some());
    }
}

const WORDS: &[&str] = &[
    "total",
    "amount",
    "by",
    "country",
    "France",
    "not",
    "over",
    "between",
    "and",
    "or",
    "100",
    "1e308",
    "-5",
    "2024-02-30",
    "last",
    "month",
    "\u{202E}",
    "🙂",
    "\"",
    "'",
    "top",
    "5",
    "0",
    "most",
    "per",
    "is null",
    "%",
    "_",
    "\\",
    "売上",
    "مبيعات",
    "orders",
    "excluding",
    "vs",
    "than",
    "before",
    "after",
    "share",
    "of",
    "NaN",
    "∞",
    "--",
    ";",
    "DROP TABLE",
];

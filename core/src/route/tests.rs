//! Whole questions over a small model of a shop, and anything at all typed into it.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::{Answer, Context, Status, ask};
use crate::semantic::{Lexicon, SemanticModel};
use crate::time::{Clock, Weekday};

pub(super) fn shop() -> SemanticModel {
    let column = |name: &str, sql: &str, value: &str, role: &str, agg: &str, values: &[&str]| {
        json!({"name": name, "sql_type": sql, "value_type": value, "role": role, "default_agg": agg, "nullable": true,
            "unique": false, "harvested_all": true,
            "values": values.iter().map(|v| json!({"stored": v})).collect::<Vec<_>>()})
    };
    let mut key = column("id", "integer", "integer", "key", "count", &[]);
    key["unique"] = json!(true);
    serde_json::from_value(json!({
        "version": 1,
        "datasets": [
            {"schema": "shop", "name": "orders", "oid": 1, "layer": "silver", "rows": 5000, "time_column": 1, "primary_key": [0],
             "columns": [
                key.clone(),
                column("ordered_on", "date", "date", "time", "count", &[]),
                column("customer_id", "integer", "integer", "key", "count", &[]),
                column("country", "text", "text", "dimension", "count", &["France", "Spain", "New Zealand"]),
                column("amount", "numeric", "decimal", "measure", "sum", &[]),
                column("discount_rate", "numeric", "decimal", "measure", "avg", &[]),
                column("coupon", "text", "text", "dimension", "count", &[]),
             ]},
            {"schema": "shop", "name": "customers", "oid": 2, "layer": "silver", "rows": 300, "primary_key": [0],
             "columns": [
                key,
                column("name", "text", "text", "dimension", "count", &["Ada Lovelace", "Alan Turing"]),
                column("segment", "text", "text", "dimension", "count", &["Retail", "Wholesale"]),
             ]},
        ],
        "relationships": [{"from": 0, "from_columns": [2], "to": 1, "to_columns": [0]}],
    }))
    .expect("a model")
}

pub(super) fn context() -> Context {
    let now: Timestamp = "2025-03-15T02:00:00Z".parse().expect("a moment");
    Context {
        clock: Clock {
            now: now.in_tz("Asia/Manila").expect("a zone"),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        },
        datasets: Vec::new(),
        filters: serde_json::Map::new(),
        previous: None,
        current_page: None,
    }
}

fn answer(prompt: &str) -> Answer {
    let model = shop();
    ask(prompt, &model, &Lexicon::build(&model), &context()).expect("an answer")
}

#[test]
fn questions_become_sql() {
    let cases = [
        (
            "total amount by country",
            "SELECT country AS x_axis, sum(amount) AS y_value FROM shop.orders GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        (
            "average discount rate in Spain last month",
            "SELECT avg(discount_rate) AS y_value FROM shop.orders WHERE country = 'Spain' AND ordered_on >= DATE '2025-02-01' AND ordered_on < DATE '2025-03-01'",
        ),
        (
            "how many orders per month in 2024",
            "SELECT date_trunc('month', ordered_on)::date AS x_axis, count(*) AS y_value FROM shop.orders WHERE ordered_on >= DATE '2024-01-01' AND ordered_on < DATE '2025-01-01' GROUP BY 1 ORDER BY x_axis ASC",
        ),
        (
            "orders not from France over 100",
            "SELECT count(*) AS y_value FROM shop.orders WHERE country <> 'France' AND amount > 100",
        ),
        (
            "top 3 countries by amount",
            "SELECT country AS x_axis, sum(amount) AS y_value FROM shop.orders GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis LIMIT 3",
        ),
        (
            "amount by customer",
            "SELECT t2.name AS x_axis, sum(t1.amount) AS y_value FROM shop.orders AS t1 JOIN shop.customers AS t2 ON t1.customer_id = t2.id GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        (
            "number of orders of wholesale customers by country",
            "SELECT t1.country AS x_axis, count(*) AS y_value FROM shop.orders AS t1 JOIN shop.customers AS t2 ON t1.customer_id = t2.id WHERE t2.segment = 'Wholesale' GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        ("how many orders have no coupon", "SELECT count(*) AS y_value FROM shop.orders WHERE coupon IS NULL"),
        (
            "how many customers have no orders",
            "SELECT count(*) AS y_value FROM shop.customers WHERE NOT EXISTS (SELECT 1 FROM shop.orders AS n1 WHERE customers.id = n1.customer_id)",
        ),
        (
            "customers with more than 3 orders",
            "SELECT t2.name AS x_axis, count(*) AS y_value FROM shop.orders AS t1 JOIN shop.customers AS t2 ON t1.customer_id = t2.id GROUP BY 1 HAVING count(*) > 3 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        (
            "countries whose average amount is at least 50",
            "SELECT country AS x_axis, avg(amount) AS y_value FROM shop.orders GROUP BY 1 HAVING avg(amount) >= 50 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        (
            "share of amount by country",
            "SELECT country AS x_axis, 100.0 * sum(amount) / nullif(sum(sum(amount)) OVER (), 0) AS y_value FROM shop.orders GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis",
        ),
        (
            "amount of France vs Spain by month this year",
            "SELECT date_trunc('month', ordered_on)::date AS x_axis, sum(amount) AS y_value, country AS series FROM shop.orders WHERE country IN ('France', 'Spain') AND ordered_on >= DATE '2025-01-01' AND ordered_on < DATE '2025-03-16' GROUP BY 1, 3 ORDER BY x_axis ASC, series",
        ),
    ];
    for (prompt, sql) in cases {
        let a = answer(prompt);
        let got = a.sql.as_deref().unwrap_or(&a.explain);
        assert_eq!(got, sql, "{prompt}");
    }
}

#[test]
fn misspellings_are_read_and_told() {
    let a = answer("total amuont by contry");
    assert_eq!(a.status, Status::Ok);
    assert_eq!(a.warnings.len(), 2, "{:?}", a.warnings);
    assert_eq!(a.spec.and_then(|s| s.x).as_deref(), Some("country"));
}

#[test]
fn what_is_not_here_is_refused() {
    for prompt in [
        "what's the weather tomorrow?",
        "write me a poem about the sea",
        "delete all orders",
        "drop table orders",
        "how many spaceships do we own?",
    ] {
        assert_ne!(answer(prompt).status, Status::Ok, "{prompt}");
    }
}

#[test]
fn groups_chosen_by_another_figure_are_asked_back() {
    let a = answer("average amount of customers with more than 3 orders");
    assert_eq!(a.status, Status::Clarify, "{:?}", a.sql);
}

#[test]
fn groups_chosen_by_a_figure_are_counted() {
    let a = answer("how many customers have more than 3 orders");
    assert_eq!(a.status, Status::Ok, "{}", a.explain);
    let sql = a.sql.unwrap_or_default();
    assert!(
        sql.starts_with("SELECT count(DISTINCT x_axis) AS y_value FROM (") && sql.contains("HAVING count(*) > 3"),
        "{sql}"
    );
}

#[test]
fn a_follow_up_changes_the_question_before() {
    let model = shop();
    let lexicon = Lexicon::build(&model);
    let mut context = context();
    context.previous = answer("amount by country in 2024").spec;
    let sql = |prompt: &str| ask(prompt, &model, &lexicon, &context).expect("an answer").sql.unwrap_or_default();
    assert!(sql("only Spain").contains("country = 'Spain'"));
    assert!(sql("what about 2023?").contains("DATE '2023-01-01'"));
    assert!(sql("by month instead").contains("date_trunc('month'"));
    assert!(sql("just the top 2").contains("LIMIT 2"));
}

#[test]
fn a_value_is_only_ever_a_literal() {
    let a = answer("amount where coupon is \"x'; DROP TABLE orders; --\"");
    if let Some(sql) = a.sql {
        assert!(sql.contains("'x''; DROP TABLE orders; --'"), "{sql}");
    }
}

const VOCABULARY: &[&str] = &[
    "orders",
    "amount",
    "country",
    "countries",
    "customer",
    "customers",
    "name",
    "France",
    "Spain",
    "by",
    "per",
    "each",
    "and",
    "or",
    "not",
    "top",
    "5",
    "100",
    "between",
    "more than",
    "how many",
    "number of",
    "average",
    "total",
    "share of",
    "last month",
    "in 2024",
    "by month",
    "for",
    ",",
    "vs",
    "compare",
    "correlation",
    "excluding",
    "with",
    "no",
    "coupon",
    "'Retail'",
    "is not null",
    "starting with",
    "the letters",
    "a",
    "in",
    "their",
    "which",
    "highest",
    "growth",
    "cumulative",
    "over time",
    "x axis",
    "y axis",
    "order by",
    "descending",
    "pie chart",
    "raw",
    "latest",
    "year over year",
    "group by",
    ".",
];

proptest! {
    #[test]
    fn any_text_is_answered_without_panic(prompt in ".{0,120}") {
        answer(&prompt);
    }

    #[test]
    fn any_question_is_answered_without_panic(words in prop::collection::vec(prop::sample::select(VOCABULARY), 0..14)) {
        let a = answer(&words.join(" "));
        prop_assert_eq!(a.status == Status::Ok, a.sql.is_some());
        prop_assert!((0.0..=1.0).contains(&a.confidence));
    }
}

#[test]
fn what_is_only_spoken_of_alike_is_asked_back() {
    let text = serde_json::to_string(&shop()).expect("json").replace("\"coupon\"", "\"chef\"");
    let model: SemanticModel = serde_json::from_str(&text).expect("a model");
    let lexicon = Lexicon::build(&model);
    let asked = ask("total amount by cook", &model, &lexicon, &context()).expect("an answer");
    assert_eq!(asked.status, Status::Clarify, "{asked:?}");
    assert!(asked.explain.contains("\"cook\"") && asked.explain.contains("chef"), "{}", asked.explain);
    assert_eq!(asked.alternatives[0].spec.x.as_deref(), Some("chef"));
}

#[test]
fn an_unknown_group_is_asked_back() {
    for prompt in ["total amount by volcano", "total amount in 2024 per volcano", "total amount by country and volcano"]
    {
        let asked = answer(prompt);
        assert_eq!(asked.status, Status::Clarify, "{prompt}: {asked:?}");
        assert!(asked.explain.contains("volcano"), "{}", asked.explain);
    }
    assert_eq!(answer("total amount by glorious country").status, Status::Ok);
}

#[test]
fn words_that_change_what_is_asked_for_are_asked_back() {
    for prompt in [
        "total amount of helicopters",
        "amount from movie tickets in Spain",
        "amount of iPhone by country",
        "amount tax by country",
        "top 5 salesmen by amount",
        "inventory of Spain by month",
        "amount by hour of the day",
    ] {
        let asked = answer(prompt);
        assert_ne!(asked.status, Status::Ok, "{prompt}: {asked:?}");
    }
    for prompt in
        ["amount figures by country", "the amount of our company by country", "how much amount does each country bring"]
    {
        assert_eq!(answer(prompt).status, Status::Ok, "{prompt}");
    }
}

/// Films and people, joined by each of `links`.
fn cinema(links: &[&str]) -> SemanticModel {
    let column = |name: &str, value: &str, role: &str| {
        json!({"name": name, "sql_type": value, "value_type": value, "role": role, "default_agg": "count", "nullable": false,
            "unique": name == "id", "harvested_all": true, "values": []})
    };
    let mut datasets = vec![
        json!({"schema": "cinema", "name": "film", "oid": 1, "layer": "silver", "rows": 5000, "primary_key": [0],
            "columns": [column("id", "integer", "key"), column("title", "text", "dimension")]}),
        json!({"schema": "cinema", "name": "person", "oid": 2, "layer": "silver", "rows": 300, "primary_key": [0],
            "columns": [column("id", "integer", "key"), column("nationality", "text", "dimension")]}),
    ];
    let mut relationships = Vec::new();
    for link in links {
        let from = datasets.len();
        datasets.push(json!({"schema": "cinema", "name": link, "oid": from + 1, "layer": "silver", "rows": 9000,
            "columns": [column("film_id", "integer", "key"), column("person_id", "integer", "key")]}));
        for (k, column) in [(0, 0), (1, 1)] {
            relationships.push(json!({"from": from, "from_columns": [column], "to": k, "to_columns": [0]}));
        }
    }
    serde_json::from_value(json!({"version": 1, "datasets": datasets, "relationships": relationships}))
        .expect("a model")
}

fn at_the_cinema(links: &[&str], prompt: &str) -> Answer {
    let model = cinema(links);
    ask(prompt, &model, &Lexicon::build(&model), &context()).expect("an answer")
}

#[test]
fn of_two_ways_through_other_tables_the_one_meant_is_asked_for() {
    let open = at_the_cinema(&["casting", "directing"], "number of films by nationality");
    assert_eq!(open.status, Status::Clarify, "{}", open.explain);
    assert_eq!(open.alternatives.len(), 2);
    let clock = crate::sql::SqlClock { timezone: "UTC".into(), week_start: Weekday::Monday };
    for (alternative, (through, not)) in
        open.alternatives.iter().zip([("casting", "directing"), ("directing", "casting")])
    {
        let sql = crate::sql::build(&alternative.spec, &cinema(&["casting", "directing"]), &clock).expect("SQL");
        assert!(sql.contains(&format!("cinema.{through} ")) && !sql.contains(&format!("cinema.{not} ")), "{sql}");
        assert!(alternative.difference.contains(through), "{}", alternative.difference);
    }
}

#[test]
fn a_way_that_is_named_or_called_after_both_ends_is_taken() {
    let cases = [
        (["casting", "directing"], "number of films by nationality of the directing person", "directing"),
        (["casting", "film_person"], "number of films by nationality", "film_person"),
        (["film_person", "casting"], "number of films by nationality", "film_person"),
    ];
    for (links, prompt, through) in cases {
        let answer = at_the_cinema(&links, prompt);
        let sql = answer.sql.unwrap_or_else(|| panic!("{prompt}: {}", answer.explain));
        assert!(sql.contains(&format!("cinema.{through} ")), "{prompt}: {sql}");
        assert_eq!(sql.matches("JOIN").count(), 2, "{prompt}: {sql}");
    }
}

#[test]
fn a_spread_of_amounts_is_cut_into_steps() {
    let cases = [
        ("distribution of the amount", "floor(amount::numeric / router_width) * router_width", "a round width"),
        ("histogram of amounts in 5 bins", ", 4) * router_width", "5 steps of equal width"),
        ("histogram of amounts in bins of 50", "floor(amount / 50.0) * 50.0", "steps of 50"),
        ("number of orders by amount range", "floor(amount::numeric / router_width) * router_width", "a round width"),
        (
            "number of orders in Spain by amount range",
            "max(amount)::numeric - min(amount)::numeric, 0) / 10 AS wide FROM shop.orders WHERE country = 'Spain'",
            "",
        ),
    ];
    for (prompt, part, said) in cases {
        let answer = answer(prompt);
        let sql = answer.sql.unwrap_or_else(|| panic!("{prompt}: {}", answer.explain));
        assert!(
            sql.contains(part) && sql.contains("count(*)") && sql.ends_with("ORDER BY x_axis ASC"),
            "{prompt}: {sql}"
        );
        assert!(answer.explain.contains(said), "{prompt}: {}", answer.explain);
    }
}

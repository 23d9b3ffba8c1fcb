//! From any bytes to a spec to SQL: what gets built is one query within the bounds, and a filter's text is in it as
//! that text and nothing else.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use router_core::quickspec::QuickSpec;
use router_core::semantic::SemanticModel;
use router_core::sql::{SqlClock, build};
use router_core::sql::syntax_guard::{SyntaxRefusal, check};
use router_core::time::Weekday;
use serde_json::json;
use sqlparser::ast::{Statement, Value, VisitMut, VisitorMut};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

static MODEL: LazyLock<SemanticModel> = LazyLock::new(|| {
    let column = |name: &str, kind: &str, role: &str| {
        json!({"name": name, "sql_type": kind, "value_type": kind, "role": role, "default_agg": "sum",
               "nullable": true, "unique": false})
    };
    serde_json::from_value(json!({
        "version": 1,
        "datasets": [{
            "schema": "public", "name": "sales", "oid": 1, "layer": "gold", "time_column": 0, "rows": 10,
            "columns": [
                column("day", "date", "time"),
                column("region", "text", "dimension"),
                column("odd \"name\"; --", "text", "dimension"),
                column("amount", "decimal", "measure"),
                column("paid", "boolean", "dimension"),
            ],
        }],
        "relationships": [],
    }))
    .expect("the model is well-formed")
});

/// Collects every string of a statement.
#[derive(Default)]
struct Strings(Vec<String>);

impl VisitorMut for Strings {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut sqlparser::ast::ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) = &value.value {
            self.0.push(text.clone());
        }
        ControlFlow::Continue(())
    }
}

/// A spec may ask for more than the guard lets pass, but for nothing that is not one query.
fn within_bounds(sql: &str) -> bool {
    match check(sql) {
        Err(SyntaxRefusal::NotOneQuery(why)) => panic!("{why}: {sql}"),
        verdict => verdict.is_ok(),
    }
}

fn parse(sql: &str) -> Vec<Statement> {
    Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap_or_else(|e| panic!("{e}: {sql}"))
}

fuzz_target!(|input: (&str, &[u8])| {
    let clock = SqlClock { timezone: "Europe/Paris".into(), week_start: Weekday::Monday };
    let (text, bytes) = input;
    // Whatever the spec says.
    if let Ok(spec) = serde_json::from_slice::<QuickSpec>(bytes)
        && let Ok(sql) = build(&spec, &MODEL, &clock)
        && within_bounds(&sql)
    {
        let statements = parse(&sql);
        assert!(matches!(statements[..], [Statement::Query(_)]), "{sql}");
    }
    // Any text survives as that text.
    let spec = json!({"schema": "QuickSpec@1", "dataset": "public.sales", "x": "region", "y": "amount", "agg": "sum",
                      "chart": "bar", "filters": {"odd \"name\"; --": text}});
    if let Ok(spec) = serde_json::from_value::<QuickSpec>(spec)
        && let Ok(sql) = build(&spec, &MODEL, &clock)
        && within_bounds(&sql)
    {
        let mut statements = parse(&sql);
        assert!(matches!(statements[..], [Statement::Query(_)]), "{sql}");
        let mut strings = Strings::default();
        let _ = statements.visit(&mut strings);
        let text = text.replace('\0', "");
        assert!(strings.0.contains(&text), "{text:?} is not in {sql}");
    }
});

//! Literals and names, quoted: a parser reads them as what they were, whatever else is around.
#![no_main]

use libfuzzer_sys::fuzz_target;
use router_core::sql::{quote_identifier, quote_literal};
use sqlparser::ast::{Expr, SelectItem, SetExpr, Statement, Value};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

fuzz_target!(|input: (&str, &str)| {
    let (text, name) = input;
    // No value of the server holds a zero byte, and no name is empty.
    let (text, name) = (text.replace('\0', ""), name.replace('\0', ""));
    if name.is_empty() {
        return;
    }
    let sql = format!("SELECT {} AS {}", quote_literal(&text), quote_identifier(&name));
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, &sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let [Statement::Query(query)] = &statements[..] else { panic!("{sql}") };
    let SetExpr::Select(select) = &*query.body else { panic!("{sql}") };
    let [SelectItem::ExprWithAlias { expr: Expr::Value(value), alias }] = &select.projection[..] else { panic!("{sql}") };
    let (Value::SingleQuotedString(read) | Value::EscapedStringLiteral(read)) = &value.value else { panic!("{sql}") };
    assert_eq!((read, &alias.value), (&text, &name), "{sql}");
});

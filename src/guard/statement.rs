//! What the statement is: one SELECT that reads, all the way down.

use pgrx::pg_sys::{SQLValueFunctionOp as Keyword, XmlExprOp as Xml};

use super::Violation;
use crate::pg::tree::{Kind, Node, Source};

/// Relations, functions, lists and subqueries that one statement reads from: join planning grows with them faster than
/// anything else.
const MAX_SOURCES: usize = 64;

pub fn check(tree: &Node) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sources = 0;
    if !matches!(tree.kind, Kind::Query(_)) {
        found.push(Violation::new("statement", "only SELECT is allowed"));
    }
    tree.visit(&mut |node| {
        let problem = match &node.kind {
            Kind::Query(query) => {
                // The arms of a set operation are not joined.
                let unions = if query.set_operation { query.ranges.len() } else { 0 };
                sources -= i64::try_from(unions).unwrap_or(0);
                if !query.is_select || query.modifies || query.into_or_other {
                    Some(("statement", "only SELECT is allowed, also inside WITH".to_owned()))
                } else if query.locks_rows {
                    Some(("statement", "FOR UPDATE and its kin lock rows".to_owned()))
                } else {
                    None
                }
            }
            Kind::Range(range) => match range.source {
                Source::Other => Some(("statement", "a source of rows that is not known to be safe".to_owned())),
                Source::Join | Source::Group | Source::Empty => None,
                _ => {
                    sources += 1;
                    None
                }
            },
            Kind::Parameter => Some(("parameter", "the statement has a parameter that nobody fills".to_owned())),
            Kind::Keyword(op) => keyword_problem(*op).map(|detail| ("session", detail)),
            Kind::Xml(op) => xml_problem(*op).map(|detail| ("function", detail)),
            Kind::TableSyntax => {
                Some(("function", "XMLTABLE and JSON_TABLE can be made to take any time and memory".to_owned()))
            }
            Kind::Unknown(tag) => Some(("statement", format!("an element that is not known to be safe (node {tag})"))),
            _ => None,
        };
        found.extend(problem.map(|(rule, detail)| Violation { rule, detail }));
    });
    if sources > MAX_SOURCES as i64 {
        found.push(Violation::new("resource", format!("the statement reads from more than {MAX_SOURCES} sources")));
    }
    found
}

fn keyword_problem(op: u32) -> Option<String> {
    match op {
        Keyword::SVFOP_CURRENT_DATE
        | Keyword::SVFOP_CURRENT_TIME
        | Keyword::SVFOP_CURRENT_TIME_N
        | Keyword::SVFOP_CURRENT_TIMESTAMP
        | Keyword::SVFOP_CURRENT_TIMESTAMP_N
        | Keyword::SVFOP_LOCALTIME
        | Keyword::SVFOP_LOCALTIME_N
        | Keyword::SVFOP_LOCALTIMESTAMP
        | Keyword::SVFOP_LOCALTIMESTAMP_N => None,
        _ => Some("the session's role, database and schema are not data".into()),
    }
}

fn xml_problem(op: u32) -> Option<String> {
    match op {
        Xml::IS_XMLCONCAT | Xml::IS_XMLELEMENT | Xml::IS_XMLFOREST | Xml::IS_XMLSERIALIZE => None,
        _ => Some("parsing XML is not allowed: it can be made to take any time and memory".into()),
    }
}

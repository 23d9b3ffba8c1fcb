//! Regular expressions and JSON paths: which may take for ever.

use router_core::sql::regex_risk::{lookarounds, regex_risk};

use super::Weigher;
use super::number::{is_text, literal_text};
use crate::pg::tree::{Kind, Literal, Node};

/// Bytes per element of a document, at least.
const ELEMENT: f64 = 4.0;

impl Weigher {
    pub(super) fn check_pattern(&self, name: &str, node: &Node, position: usize) {
        let Some(pattern) = node.argument(position) else {
            return;
        };
        // substring(text similar pattern escape sign)
        if let ("substring", Some(escape)) = (name, node.argument(2)) {
            match literal_text(pattern).zip(literal_text(escape)) {
                Some((text, escape)) => self.refuse_all(similar_risk(text, escape)),
                None => self.refuse(NOT_PLAIN),
            }
            return;
        }
        let mut plain = true;
        pattern.visit(&mut |node| match &node.kind {
            Kind::Literal(Literal::Text(text)) => {
                // In a JSON path the pattern is a string within the text, its backslashes doubled.
                for reading in [text.as_str(), &text.replace("\\\\", "\\")] {
                    if reading == text || is_json_path(node.value_type) {
                        self.refuse_all(regex_risk(reading));
                    }
                }
            }
            Kind::Literal(Literal::Other(_)) => self.refuse("the regular expression is too long"),
            Kind::Function { oid } => match (&*self.name(*oid), node.argument(0), node.argument(1)) {
                ("similar_to_escape" | "similar_escape", Some(text), Some(escape)) => {
                    match literal_text(text).zip(literal_text(escape)) {
                        Some((text, escape)) => self.refuse_all(similar_risk(text, escape)),
                        None => plain &= literal_text(text).is_some(),
                    }
                }
                ("similar_to_escape" | "similar_escape" | "text" | "varchar" | "bpchar", ..) => {}
                _ => plain = false,
            },
            Kind::Literal(_) | Kind::Relabel | Kind::Array | Kind::Plain | Kind::Named { .. } => {}
            _ => plain = false,
        });
        if !plain {
            self.refuse(NOT_PLAIN);
        }
    }

    fn refuse_all(&self, risk: Option<&str>) {
        risk.into_iter().for_each(|risk| self.refuse(risk));
    }
}

const NOT_PLAIN: &str = "a regular expression must be a plain text: a computed one may take any time";

/// Of a pattern of SIMILAR TO with an escape sign of its own.
fn similar_risk(pattern: &str, escape: &str) -> Option<&'static str> {
    match escape.is_empty() {
        true => regex_risk(pattern),
        false => regex_risk(&pattern.replace(escape, "\\")),
    }
}

fn is_json_path(oid: u32) -> bool {
    oid == pgrx::pg_sys::JSONPATHOID.to_u32()
}

/// Steps that matching takes beyond looking at each byte once, at worst: looking ahead starts anew at every place, and
/// every wildcard of a JSON path goes through the whole document.
pub(super) fn steps(name: &str, node: &Node, subject: f64) -> f64 {
    let Some(pattern) = position(name, node).and_then(|position| node.argument(position)) else {
        return 0.0;
    };
    let Some(text) = literal_text(pattern) else {
        return 0.0;
    };
    let (breadth, levels) = match is_json_path(pattern.value_type) {
        true => (subject / ELEMENT, text.matches('*').count()),
        false => (subject, lookarounds(text) + 1),
    };
    if levels > 1 { breadth.max(1.0).powi(i32::try_from(levels).unwrap_or(i32::MAX)) } else { 0.0 }
}

/// Position of the pattern among the arguments.
pub(super) fn position(name: &str, node: &Node) -> Option<usize> {
    let arguments = node.children.len();
    let text = |position: usize| node.argument(position).is_some_and(|a| is_text(a.value_type));
    match name {
        "textregexeq" | "textregexne" | "texticregexeq" | "texticregexne" | "nameregexeq" | "nameregexne"
        | "nameicregexeq" | "nameicregexne" | "bpcharregexeq" | "bpcharregexne" | "bpcharicregexeq"
        | "bpcharicregexne" => Some(1),
        _ if name.starts_with("regexp_") => Some(1),
        "substring" if arguments >= 2 && text(1) => Some(1),
        _ if name.starts_with("jsonb_path_") => Some(1),
        _ => None,
    }
}

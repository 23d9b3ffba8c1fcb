//! What an SQL parser other than the server's makes of a text: is it one query?
//!
//! It can only refuse, and only where it is sure: what it can't read, and what its lexer is known to read in another way
//! than the server's, it has no opinion of. The server's own parser decides afterwards in any case.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast::{Query, SetExpr, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Tokenizer;

/// Words and signs of the longest text that is read. It bounds the parser's memory, and the depth of what it makes: a
/// chain of operators is as deep as it is long, and is taken down by recursion.
pub const MAX_TOKENS: usize = 1_000;
/// Depth of recursion. The stack is the server's, and deeper statements are for it to judge.
const MAX_RECURSION: usize = 25;

/// A text that is surely not one query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOneQuery {
    #[error("there are {0} statements: exactly one is allowed")]
    Statements(usize),
    #[error("{0} is not a query: only SELECT is allowed")]
    Command(String),
}

/// `tokens`: how many words and signs the text has, about.
pub fn second_opinion(sql: &str, tokens: usize) -> Option<NotOneQuery> {
    if tokens > MAX_TOKENS || !is_read_alike(sql) {
        return None;
    }
    // A parser of others: should it panic, that is no opinion.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let dialect = PostgreSqlDialect {};
        // Spaces are tokens of theirs.
        let mut words = Vec::with_capacity(2 * tokens + 8);
        Tokenizer::new(&dialect, sql).tokenize_with_location_into_buf(&mut words)?;
        let parser = Parser::new(&dialect).with_recursion_limit(MAX_RECURSION);
        parser.with_tokens_with_locations(words).parse_statements()
    }));
    match &parsed.ok()?.ok()?[..] {
        [] => None,
        [Statement::Query(query)] => command_in(query),
        [other] => Some(NotOneQuery::Command(first_word(other))),
        many => Some(NotOneQuery::Statements(many.len())),
    }
}

/// `WITH ... DELETE` is a query to this parser.
fn command_in(query: &Query) -> Option<NotOneQuery> {
    match &*query.body {
        SetExpr::Insert(command) | SetExpr::Update(command) | SetExpr::Delete(command) | SetExpr::Merge(command) => {
            Some(NotOneQuery::Command(first_word(command)))
        }
        SetExpr::Query(inner) => command_in(inner),
        _ => None,
    }
}

fn first_word(statement: &Statement) -> String {
    let text = statement.to_string();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    text[..end].to_ascii_uppercase()
}

/// Do the server and this parser see the same words? They part at backslashes (which may escape or not, as the session
/// is set), at comments that begin within an operator, at carriage returns, and at dollar quotes and names with letters
/// beyond ASCII.
fn is_read_alike(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    if bytes.iter().any(|b| matches!(b, b'\\' | b'\r' | b'$' | 0x0b | 0x0c)) {
        return false;
    }
    let is_operator = |b: u8| b"+-*/<>=~!@#%^&|`?".contains(&b);
    let comment_in_operator = (sql.contains("--") || sql.contains("/*"))
        && bytes.windows(3).any(|w| {
            is_operator(w[0]) && (matches!(w[1..], [b'-', b'-'] | [b'/', b'*']) || matches!(w, [b'-', b'-', b'-']))
        });
    // Within literals and quoted names any letter is as good as another.
    !comment_in_operator && (sql.is_ascii() || !has_bare_letter_beyond_ascii(bytes))
}

fn has_bare_letter_beyond_ascii(bytes: &[u8]) -> bool {
    let mut quote = None;
    bytes.iter().any(|b| {
        match (quote, b) {
            (None, b'\'' | b'"') => quote = Some(*b),
            (Some(open), b) if open == *b => quote = None,
            (None, b) if !b.is_ascii() => return true,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinion(sql: &str) -> Option<NotOneQuery> {
        second_opinion(sql, 0)
    }

    #[test]
    fn queries_pass() {
        for sql in [
            "SELECT a, sum(b) FROM t WHERE c = 'x; DELETE' GROUP BY a ORDER BY 2 DESC LIMIT 3;",
            "WITH a AS (SELECT 1) SELECT * FROM a UNION ALL SELECT 2",
            "(SELECT 1)",
            "SELECT 'größe' AS \"größe\"",
        ] {
            assert_eq!(opinion(sql), None, "{sql}");
        }
    }

    #[test]
    fn other_statements_and_several_do_not() {
        assert_eq!(opinion("SELECT 1; SELECT 2"), Some(NotOneQuery::Statements(2)));
        assert_eq!(opinion("SELECT 1; DROP TABLE t"), Some(NotOneQuery::Statements(2)));
        for (sql, command) in [("DELETE FROM t", "DELETE"), ("TRUNCATE t", "TRUNCATE"), ("EXPLAIN SELECT 1", "EXPLAIN")]
        {
            assert_eq!(opinion(sql), Some(NotOneQuery::Command(command.into())), "{sql}");
        }
        assert!(opinion("WITH a AS (SELECT 1) DELETE FROM t").is_some());
    }

    #[test]
    fn what_lexers_read_differently_is_left_to_the_server() {
        for sql in [
            "SELECT '\\'; DELETE FROM t; --'",
            "SELECT a >--'\n 0; DELETE FROM t; --'",
            "SELECT a </*'*/ 0; DELETE FROM t",
            "SELECT 1 -- all\r; DELETE FROM t",
            "SELECT $é$;$é$; DELETE FROM t",
        ] {
            assert_eq!(opinion(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_it_cannot_read_is_left_to_the_server() {
        assert_eq!(opinion("total sales of last month, please"), None);
        let deep = format!("SELECT {}1{}", "(".repeat(150), ")".repeat(150));
        assert_eq!(opinion(&deep), None);
        assert_eq!(second_opinion("SELECT 1; SELECT 2", MAX_TOKENS + 1), None);
    }

    #[test]
    fn long_chains_do_not_use_up_the_stack() {
        let chain = format!("SELECT {}1", "1 + ".repeat(MAX_TOKENS));
        let small_stack = std::thread::Builder::new().stack_size(1 << 22);
        let opinion = small_stack.spawn(move || second_opinion(&chain, 0)).unwrap().join().unwrap();
        assert_eq!(opinion, None);
    }
}

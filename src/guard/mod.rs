//! May this text be run for this caller? Decided on the server's own analysed tree, never on the text.
//!
//! The layers, each of which can only refuse: bounds on the text, and another parser's opinion of it
//! ([`router_core::sql::syntax_guard`]); the server's parser and parse analysis, with everybody's code barred
//! ([`crate::pg::analyse`]); what the statement is ([`statement`]); which relations and columns it reads, and whether the
//! caller may ([`relations`]); what it calls, by name or not ([`functions`], [`types`]); what it may grow into
//! ([`growth`]); what the planner makes of it ([`cost`]).

mod allowed;
mod cost;
mod differential;
mod functions;
mod growth;
mod promises;
pub mod rate_limit;
mod relations;
mod statement;
mod types;

use router_core::sql::syntax_guard::{self, SyntaxRefusal};

use crate::error::{Error, Result};
use crate::pg::analyse::{Analysed, Names, NotAQuery, analyse};
use crate::pg::{self, Failure};
use crate::{catalog, guc};

/// One reason why a statement is refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// A short stable name: `syntax`, `statement`, `relation`, `column`, `privilege`, `function`, `type`, `session`,
    /// `resource`, `cost`, `timeout`.
    pub rule: &'static str,
    /// What is wrong, in words an analyst understands.
    pub detail: String,
}

impl Violation {
    fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }
}

/// What the guard thinks of a statement, as the calling session would run it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Empty if and only if the statement may run.
    pub violations: Vec<Violation>,
    /// The text that may run, without a final semicolon; None if the statement is refused.
    pub sanitized_sql: Option<String>,
    /// Relations it reads and their columns, by OID and number (0: the whole row); empty if it is refused.
    pub reads: Vec<(u32, Vec<i16>)>,
}

impl Verdict {
    pub fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }

    /// The contract of `router_validate_sql`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "valid": self.is_valid(),
            "violations": self.violations,
            "sanitized_sql": self.sanitized_sql,
        })
    }
}

/// Judges a statement under the caller's identity, search_path and temporary objects.
///
/// Whatever is wrong with the text is a violation. Verdicts are never remembered: the same text can be right for one
/// session and wrong for the next.
///
/// # Errors
/// Cancellation, serialisation failures and broken installations only.
pub fn validate(sql: &str) -> Result<Verdict> {
    validate_with(sql, Names::Caller)
}

/// As [`validate`], for SQL whose names are all qualified: resolved under a pinned search_path, so that nothing the
/// caller put in front of pg_catalog matters.
pub fn validate_qualified(sql: &str) -> Result<Verdict> {
    validate_with(sql, Names::Qualified)
}

fn validate_with(sql: &str, names: Names) -> Result<Verdict> {
    let judged = match judge(sql, names)? {
        Ok(cleared) => {
            let violations = cost::check(&cleared)?;
            if violations.is_empty() { Ok(cleared) } else { Err(violations) }
        }
        refused => refused,
    };
    Ok(match judged {
        Ok(cleared) => {
            let reads = relations::read_by(&cleared.statement.tree);
            Verdict { violations: Vec::new(), sanitized_sql: Some(cleared.statement.text), reads }
        }
        Err(violations) => Verdict { violations, sanitized_sql: None, reads: Vec::new() },
    })
}

/// A statement as the server prints it, every name qualified, if the caller may run it; else why not.
///
/// # Errors
/// As [`validate`].
pub fn canonical(sql: &str, names: Names) -> Result<std::result::Result<String, Vec<Violation>>> {
    Ok(judge(sql, names)?.map(|cleared| cleared.statement.canonical()))
}

/// A statement that every layer but the planner's has let pass.
pub struct Cleared {
    pub statement: Analysed,
    foresight: Foresight,
}

/// What the tree says of the work, beside what the planner makes of it; as in [`growth::Growth`].
#[derive(Debug, Clone, Copy)]
struct Foresight {
    unforeseeable: bool,
    misjudged: f64,
    quadratic_window: bool,
    collected: f64,
}

impl Foresight {
    /// Of a statement that nothing has weighed.
    const NONE: Self = Self { unforeseeable: false, misjudged: 1.0, quadratic_window: false, collected: 0.0 };
}

/// All layers but the planner's. The relations of a cleared statement stay locked until the transaction ends.
///
/// # Errors
/// As [`validate`].
pub fn judge(sql: &str, names: Names) -> Result<std::result::Result<Cleared, Vec<Violation>>> {
    if let Err(refusal) = syntax_guard::check(sql) {
        let rule = match refusal {
            SyntaxRefusal::NotOneQuery(_) => "statement",
            _ => "syntax",
        };
        return Ok(Err(vec![Violation::new(rule, refusal.to_string())]));
    }
    let outcome = pg::with_time_limit(guc::statement_timeout(), || {
        analyse(sql, names, |statement| {
            // Registered is what is registered now that the relations are locked.
            let judgement = catalog::registered_relations().and_then(|registered| check_tree(statement, &registered));
            let clean = judgement.as_ref().is_ok_and(|found| found.violations.is_empty());
            (judgement, clean)
        })
    });
    match outcome {
        Err(failure) => Ok(Err(vec![describe(&failure)])),
        Ok(Err(not_a_query)) => {
            let rule = match not_a_query {
                NotAQuery::TooDeep | NotAQuery::Oversized(_) => "resource",
                _ => "statement",
            };
            Ok(Err(vec![Violation::new(rule, explain(&not_a_query))]))
        }
        Ok(Ok((statement, judgement))) => {
            let found = judgement?;
            if found.violations.is_empty() {
                Ok(Ok(Cleared { statement, foresight: found.foresight }))
            } else {
                Ok(Err(found.violations))
            }
        }
    }
}

/// What the layers over the tree found.
struct Findings {
    violations: Vec<Violation>,
    foresight: Foresight,
}

fn check_tree(statement: &Analysed, registered: &catalog::RegisteredRelations) -> Result<Findings> {
    let tree = &statement.tree;
    let mut violations = statement::check(tree);
    violations.extend(relations::check(tree, registered));
    let allowed = allowed::Allowed::default();
    violations.extend(functions::check(tree, &allowed)?);
    violations.extend(types::check(tree, registered, &allowed)?);
    let growth = growth::check(tree);
    violations.extend(growth.violations);
    let mut unique: Vec<Violation> = Vec::new();
    for violation in violations {
        if !unique.contains(&violation) {
            unique.push(violation);
        }
    }
    let foresight = Foresight {
        unforeseeable: growth.unforeseeable,
        misjudged: growth.misjudged,
        quadratic_window: growth.quadratic_window,
        collected: growth.collected,
    };
    Ok(Findings { violations: unique, foresight })
}

/// A failure of the server as a violation.
fn describe(failure: &Failure) -> Violation {
    use pgrx::PgSqlErrorCode::*;
    if failure.timed_out {
        return Violation::new("timeout", "the statement could not be checked within its time limit");
    }
    let rule = match failure.code {
        ERRCODE_SYNTAX_ERROR => "syntax",
        ERRCODE_INSUFFICIENT_PRIVILEGE => "privilege",
        ERRCODE_UNDEFINED_TABLE => "relation",
        ERRCODE_UNDEFINED_COLUMN | ERRCODE_AMBIGUOUS_COLUMN => "column",
        ERRCODE_UNDEFINED_FUNCTION | ERRCODE_AMBIGUOUS_FUNCTION => "function",
        ERRCODE_UNDEFINED_PARAMETER => "parameter",
        ERRCODE_STATEMENT_TOO_COMPLEX | ERRCODE_PROGRAM_LIMIT_EXCEEDED | ERRCODE_OUT_OF_MEMORY => "resource",
        _ => "analysis",
    };
    Violation::new(rule, failure.message.clone())
}

fn explain(not_a_query: &NotAQuery) -> String {
    match not_a_query {
        NotAQuery::Statements(0) => "there is no statement".into(),
        NotAQuery::Statements(n) => format!("there are {n} statements: exactly one is allowed"),
        NotAQuery::Command(name) => format!("{name} is not a query: only SELECT is allowed"),
        NotAQuery::Into => "SELECT INTO creates a table".into(),
        NotAQuery::Locking => "FOR UPDATE and its kin lock rows".into(),
        NotAQuery::Values => "VALUES is not a query over registered data: only SELECT is allowed".into(),
        NotAQuery::Table => "TABLE is not allowed as a statement: write SELECT".into(),
        NotAQuery::Nothing => "nothing is selected".into(),
        NotAQuery::TooDeep => "expressions or subqueries are nested too deeply".into(),
        NotAQuery::Oversized(why) => (*why).into(),
        NotAQuery::Unreadable => "the text can't be read as a statement".into(),
    }
}

/// The error of a statement that may not run.
pub fn refusal(violations: &[Violation]) -> Error {
    let details: Vec<&str> = violations.iter().map(|violation| violation.detail.as_str()).collect();
    Error::denied("the guard refuses this statement")
        .with_detail(details.join("; "))
        .with_hint("SELECT router_validate_sql(...) names every reason")
}

/// The planner's view of a cleared statement, for running it.
pub use cost::check_estimate;

/// Parses and analyses without judging, for `router.enable_sql_validation = off`.
///
/// # Errors
/// What the server says of the text; 42601 if it is not one SELECT.
pub fn analyse_unchecked(sql: &str, names: Names) -> Result<Cleared> {
    match analyse(sql, names, |_| ((), true)) {
        Ok(Ok((statement, ()))) => Ok(Cleared { statement, foresight: Foresight::NONE }),
        Ok(Err(not_a_query)) => Err(Error::new(pgrx::PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, explain(&not_a_query))),
        Err(failure) => Err(Error::new(failure.code, failure.message)),
    }
}

//! From a text to an analysed statement: the server's own parser and parse analysis.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::NodeTag;
use pgrx::{PgList, pg_sys};

use super::attempt::{Failure, attempt_keeping};
use super::bar::with_foreign_code_barred;
use super::session::set_local;
use super::tree::Node;

/// How names are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// As the calling session would: its search_path, its temporary objects.
    Caller,
    /// Built-in names alone may go unqualified.
    Qualified,
}

/// An analysed SELECT. Lives in the memory context that was current when it was made, so no longer than the call of
/// the SQL function that made it; the relations it names stay locked until the transaction ends.
pub struct Analysed {
    pub(super) query: *mut pg_sys::Query,
    pub(super) source: CString,
    /// The statement without what surrounds it (a final semicolon, comments after it).
    pub text: String,
    pub tree: Node,
}

impl Analysed {
    /// The statement as the server prints it, every name qualified: the same for texts that differ in spelling only.
    pub fn canonical(&self) -> String {
        // SAFETY: the tree is copied, since printing takes locks and notes them in it; the text is palloc'ed. The nest
        // level is popped below, or by the abort after an error.
        unsafe {
            let level = pg_sys::NewGUCNestLevel();
            set_local(c"search_path", c"pg_catalog, pg_temp");
            let query = pg_sys::copyObjectImpl(self.query.cast()).cast::<pg_sys::Query>();
            let text = CStr::from_ptr(pg_sys::pg_get_querydef(query, false)).to_string_lossy().into_owned();
            pg_sys::AtEOXact_GUC(true, level);
            text.trim().to_owned()
        }
    }
}

/// What a text is if it is not one SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAQuery {
    /// Number of statements, never 1.
    Statements(usize),
    /// Its name, such as `DELETE`.
    Command(String),
    Into,
    Locking,
    Values,
    Table,
    /// Nothing is selected.
    Nothing,
    /// Expressions or subqueries are nested too deeply to be judged.
    TooDeep,
    /// Reading its literals would make values of a size that only a bomb has; why.
    Oversized(&'static str),
    /// It has a zero byte or can't be read back.
    Unreadable,
}

/// Parses and analyses `sql` without running anybody's code; `check` then judges the tree. Unless it is content
/// (true), the locks that analysis took are released.
pub fn analyse<T>(
    sql: &str,
    names: Names,
    check: impl FnOnce(&Analysed) -> (T, bool),
) -> Result<Result<(Analysed, T), NotAQuery>, Failure> {
    let Ok(source) = CString::new(sql) else {
        return Ok(Err(NotAQuery::Unreadable));
    };
    attempt_keeping(move || {
        // SAFETY: the nest level is popped below; the subtransaction's abort pops it after an error.
        let level = unsafe { pg_sys::NewGUCNestLevel() };
        if names == Names::Qualified {
            // SAFETY: as above.
            unsafe { set_local(c"search_path", c"pg_catalog, pg_temp") };
        }
        let outcome = parse(sql, source);
        // SAFETY: pops what was pushed above.
        unsafe { pg_sys::AtEOXact_GUC(true, level) };
        match outcome {
            Err(not_a_query) => (Err(not_a_query), false),
            Ok(analysed) => {
                let (judgement, content) = check(&analysed);
                (Ok((analysed, judgement)), content)
            }
        }
    })
}

fn parse(sql: &str, source: CString) -> Result<Analysed, NotAQuery> {
    // SAFETY: the source outlives the tree's use of it (both are in `Analysed`); every cast follows a tag.
    unsafe {
        let statements = PgList::<pg_sys::RawStmt>::from_pg(pg_sys::raw_parser(
            source.as_ptr(),
            pg_sys::RawParseMode::RAW_PARSE_DEFAULT,
        ));
        let raw = match (statements.len(), statements.head()) {
            (1, Some(raw)) => raw,
            (n, _) => return Err(NotAQuery::Statements(n)),
        };
        let node = (*raw).stmt;
        if (*node).type_ != NodeTag::T_SelectStmt {
            let name = pg_sys::GetCommandTagName(pg_sys::CreateCommandTag(node));
            return Err(NotAQuery::Command(CStr::from_ptr(name).to_string_lossy().into_owned()));
        }
        reject_top_level(node.cast())?;
        let text = statement_text(sql, &*raw).ok_or(NotAQuery::Unreadable)?;
        if let Some(why) = super::raw_sizes::oversized(sql, node) {
            return Err(NotAQuery::Oversized(why));
        }
        let query = with_foreign_code_barred(|| {
            pg_sys::parse_analyze_fixedparams(raw, source.as_ptr(), std::ptr::null(), 0, std::ptr::null_mut())
        });
        let tree = super::read_tree::read(query).ok_or(NotAQuery::TooDeep)?;
        Ok(Analysed { query, source, text, tree })
    }
}

/// What only the raw tree can tell of the statement itself.
unsafe fn reject_top_level(select: *mut pg_sys::SelectStmt) -> Result<(), NotAQuery> {
    // SAFETY: a valid raw SELECT; the arms of a set operation are SELECTs too.
    unsafe {
        let s = &*select;
        if !s.lockingClause.is_null() {
            return Err(NotAQuery::Locking);
        }
        let mut leftmost = select;
        while !(*leftmost).larg.is_null() {
            pg_sys::check_stack_depth();
            leftmost = (*leftmost).larg;
        }
        let first = &*leftmost;
        if !first.intoClause.is_null() {
            return Err(NotAQuery::Into);
        }
        if !first.valuesLists.is_null() {
            return Err(NotAQuery::Values);
        }
        // The grammar writes TABLE t as a SELECT whose star stands nowhere in the text.
        match PgList::<pg_sys::ResTarget>::from_pg(first.targetList).head() {
            None => Err(NotAQuery::Nothing),
            Some(target) if (*target).type_ == NodeTag::T_ResTarget && (*target).location == -1 => {
                Err(NotAQuery::Table)
            }
            Some(_) => Ok(()),
        }
    }
}

/// The statement's own part of the text.
fn statement_text(sql: &str, raw: &pg_sys::RawStmt) -> Option<String> {
    let start = usize::try_from(raw.stmt_location).ok()?;
    let part = match usize::try_from(raw.stmt_len).ok()? {
        0 => sql.get(start..)?,
        length => sql.get(start..start + length)?,
    };
    Some(part.trim_matches([' ', '\t', '\n', '\r', '\x0c']).to_owned())
}

/// How the server's raw parser reads a text: for tests of what must read it alike.
#[cfg(any(test, feature = "pg_test"))]
pub mod raw {
    use std::ffi::{CStr, CString};

    use pgrx::pg_sys::NodeTag;
    use pgrx::{PgList, pg_sys};

    use crate::pg::attempt;

    /// For each statement whether it is a SELECT (or VALUES, TABLE); None if the text does not parse.
    pub fn are_selects(sql: &str) -> Option<Vec<bool>> {
        let source = CString::new(sql).ok()?;
        attempt(|| {
            // SAFETY: a raw tree; only tags are read.
            unsafe { parse(&source).iter_ptr().map(|raw| (*(*raw).stmt).type_ == NodeTag::T_SelectStmt).collect() }
        })
        .ok()
    }

    /// Are both texts read as the same one statement, but for where its parts stand?
    pub fn same_statement(a: &str, b: &str) -> bool {
        let (Ok(a), Ok(b)) = (CString::new(a), CString::new(b)) else {
            return false;
        };
        attempt(|| {
            // SAFETY: two raw trees, compared by the server.
            unsafe {
                match (parse(&a).head(), parse(&b).head()) {
                    (Some(a), Some(b)) => pg_sys::equal((*a).stmt.cast(), (*b).stmt.cast()),
                    _ => false,
                }
            }
        })
        .unwrap_or(false)
    }

    unsafe fn parse(source: &CStr) -> PgList<pg_sys::RawStmt> {
        // SAFETY: NUL-terminated.
        unsafe { PgList::from_pg(pg_sys::raw_parser(source.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT)) }
    }
}

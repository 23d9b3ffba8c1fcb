//! The guard's corpus: statements in `pg_test/guard`, apart by blank lines.
//!
//! Above each stands in a comment what it is. `-- set:` is run before it, in the same transaction. A refused statement
//! breaks the rule that its file is named after, or one of those in `-- rule:`. `«3*ab»` stands for `ababab`, `«LF»` and so
//! on for signs that would get lost in a file.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

pub struct Case {
    pub accept: bool,
    pub what: String,
    pub setup: String,
    pub sql: String,
    /// At least one of these is broken; empty: any.
    pub rules: Vec<String>,
    file: String,
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.file, self.what, self.sql.chars().take(120).collect::<String>())
    }
}

/// Every case of every file.
pub fn load() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guard");
    let mut cases = Vec::new();
    for (verdict, accept) in [("refuse", false), ("accept", true)] {
        let files = std::fs::read_dir(folder.join(verdict)).expect("the corpus is there");
        let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        files.sort();
        for path in files {
            let text = std::fs::read_to_string(&path).expect("a file of the corpus");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            cases.extend(text.trim().split("\n\n").map(|block| read(block.trim_matches('\n'), accept, &name)));
        }
    }
    cases
}

fn read(block: &str, accept: bool, file: &str) -> Case {
    let mut case = Case {
        accept,
        what: String::new(),
        setup: String::new(),
        sql: String::new(),
        rules: default_rules(file),
        file: format!("{}/{file}.sql", if accept { "accept" } else { "refuse" }),
    };
    let mut lines = block.split('\n').peekable();
    while let Some(comment) = lines.peek().and_then(|line| line.strip_prefix("-- ")) {
        if let Some(setup) = comment.strip_prefix("set: ") {
            case.setup = setup.to_owned();
        } else if let Some(rule) = comment.strip_prefix("rule: ") {
            case.rules = rule.split(", ").map(str::to_owned).collect();
        } else {
            case.what = comment.to_owned();
        }
        lines.next();
    }
    case.sql = expand(&lines.collect::<Vec<_>>().join("\n"));
    assert!(!case.what.is_empty() && !case.sql.is_empty(), "{file}: a case is broken: {block}");
    case
}

fn default_rules(file: &str) -> Vec<String> {
    let rules: &[&str] = match file {
        "lexical" => &[],
        "resource" => &["resource", "cost", "timeout"],
        "type" => &["type", "function"],
        "session" => &["session", "function"],
        rule => &[rule],
    };
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

fn expand(text: &str) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, mark)) = rest.split_once('«') {
        let (mark, after) = mark.split_once('»').expect("a mark has an end");
        expanded += before;
        match mark {
            "LF" => expanded.push('\n'),
            "CR" => expanded.push('\r'),
            "FF" => expanded.push('\x0c'),
            "ZWSP" => expanded.push('\u{200b}'),
            "BOM" => expanded.push('\u{feff}'),
            "NBSP" => expanded.push('\u{a0}'),
            repeated => {
                let (times, unit) = repeated.split_once('*').expect("times*text");
                expanded += &unit.repeat(times.parse().expect("a number"));
            }
        }
        rest = after;
    }
    expanded + rest
}

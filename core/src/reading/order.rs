//! The clause that says how the answer is sorted: "and rank by the y axis in descending order".

use std::ops::Range;
use std::sync::OnceLock;

use crate::prompt::{Table, TokenKind, Word};
use crate::quickspec::{Direction, OrderTarget};

/// How the answer is to be sorted, as far as the clause says.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderClause {
    /// Word indexes of the whole clause; nothing else is read from them.
    pub words: Range<usize>,
    pub dir: Direction,
    /// `None` when the clause names neither axis: then `mention` may hold a name.
    pub target: Option<OrderTarget>,
    /// Words between the clause's own that may name a column.
    pub mention: Range<usize>,
}

const DESC: &[&str] = &[
    "from high to low",
    "high to low",
    "from highest to lowest",
    "highest to lowest",
    "from largest to smallest",
    "largest to smallest",
    "from big to small",
    "big to small",
    "biggest to smallest",
    "from z to a",
    "z to a",
    "reverse alphabetical",
    "reverse alphabetic",
    "descending",
    "desc",
    "decreasing",
    "decending",
    "descend",
    "most to least",
    "from most to least",
    "newest first",
    "largest first",
    "highest first",
    "biggest first",
    "latest first",
    "from latest to earliest",
    "from newest to oldest",
    "from old to young",
    "from oldest to youngest",
    "pababa",
];
const ASC: &[&str] = &[
    "from low to high",
    "low to high",
    "from lowest to highest",
    "lowest to highest",
    "from smallest to largest",
    "smallest to largest",
    "from small to big",
    "from a to z",
    "a to z",
    "alphabetical",
    "alphabetically",
    "alphabetic",
    "lexicographical",
    "lexicographically",
    "ascending",
    "asc",
    "increasing",
    "acending",
    "ascend",
    "least to most",
    "from least to most",
    "oldest first",
    "smallest first",
    "lowest first",
    "chronological",
    "chronologically",
    "earliest first",
    "from earliest to latest",
    "from oldest to newest",
    "from young to old",
    "from youngest to oldest",
    "pataas",
];
/// Verbs that open a sorting clause.
const STRONG: &[&str] = &[
    "order",
    "ordered",
    "ordering",
    "sort",
    "sorted",
    "sorting",
    "rank",
    "ranked",
    "ranking",
    "arrange",
    "arranged",
    "organize",
    "organized",
    "organise",
    "organised",
    "pagsunurin",
];
/// Verbs that open one only after a comma or an "and".
const WEAK: &[&str] = &[
    "list",
    "listed",
    "show",
    "shown",
    "display",
    "displayed",
    "present",
    "put",
    "visualize",
    "plot",
    "give",
    "be",
    "rearrange",
];
/// Words that may stand in the clause without naming anything.
const FILLER: &[&str] = &[
    "order",
    "in",
    "by",
    "the",
    "of",
    "from",
    "to",
    "please",
    "with",
    "and",
    "axis",
    "a",
    "an",
    "according",
    "on",
    "sort",
    "for",
    "it",
    "them",
    "this",
    "that",
    "i",
    "want",
    "like",
    "would",
    "could",
    "you",
    "can",
    "be",
    "list",
    "show",
    "display",
    "their",
    "its",
    "is",
    "rank",
    "based",
    "result",
    "results",
    "chart",
    "data",
    "all",
    "these",
    "those",
    "in",
    "way",
    "manner",
    "sorted",
    "ordered",
    "ranked",
    "organize",
    "arrange",
];

/// Finds the sorting clause, if there is one.
pub fn find_order(words: &[Word]) -> Option<OrderClause> {
    match find_direction(words) {
        Some((at, dir)) => Some(clause_around(words, at, dir)),
        None => undirected(words),
    }
}

fn find_direction(words: &[Word]) -> Option<(Range<usize>, Direction)> {
    let mut best: Option<(Range<usize>, Direction)> = None;
    for at in 0..words.len() {
        for (rest, dir) in directions().get(words[at].norm.as_str()).into_iter().flatten() {
            let after = &words[at + 1..];
            let hit = words[at].kind == TokenKind::Word
                && after.len() >= rest.len()
                && rest.iter().zip(after).all(|(p, w)| w.is(p));
            // Longest phrase wins; of equals the last, since the clause usually ends the sentence.
            if hit && best.as_ref().is_none_or(|(b, _)| (rest.len() + 1, at) > (b.len(), b.start)) {
                best = Some((at..at + 1 + rest.len(), *dir));
            }
        }
    }
    best
}

type Directions = Table<&'static str, Vec<(Vec<&'static str>, Direction)>>;

/// The phrases of both directions by their first word: the words after it.
fn directions() -> &'static Directions {
    static DIRECTIONS: OnceLock<Directions> = OnceLock::new();
    DIRECTIONS.get_or_init(|| {
        let mut directions = Directions::default();
        for (phrases, dir) in [(DESC, Direction::Desc), (ASC, Direction::Asc)] {
            for phrase in phrases {
                let mut parts = phrase.split(' ');
                let first = parts.next().unwrap_or_default();
                directions.entry(first).or_default().push((parts.collect(), dir));
            }
        }
        directions
    })
}

fn clause_around(words: &[Word], at: Range<usize>, dir: Direction) -> OrderClause {
    let mut start = at.start;
    let floor = at.start.saturating_sub(16);
    let strong = (floor..at.start).rev().find(|&i| words[i].is_any(STRONG) && opens(words, i, at.start));
    let weak = (floor..at.start).rev().find(|&i| words[i].is_any(WEAK) && after_break(words, i));
    let comma = (floor..at.start).rev().find(|&i| words[i].is_symbol(","));
    if let Some(verb) = strong.into_iter().chain(weak).min_by_key(|&v| {
        // The nearest verb that has no break between itself and the direction.
        (comma.is_some_and(|c| v < c) as usize, at.start - v)
    }) {
        start = verb;
    } else {
        while start > 0 && words[start - 1].is_any(&["in", "the", "by", "order"]) {
            start -= 1;
        }
    }
    // Lead-in words: ", and I want to ...", ", could you ..."
    while start > 0
        && words[start - 1].is_any(&[
            "and", "to", "you", "i", "want", "could", "would", "like", "can", "please", "then", "also", "them",
            "should",
        ])
    {
        start -= 1;
    }
    let mut end = at.end;
    while end < words.len() {
        let w = &words[end];
        if w.kind == TokenKind::Symbol && !w.is_symbol("-") {
            break;
        }
        let chart_follows =
            w.is_any(&["a", "with", "using", "in", "by", "as", "on", "visualize", "show", "plot", "draw", "return"])
                && words[end + 1..]
                    .iter()
                    .take(4)
                    .any(|n| n.is_any(&["chart", "graph", "plot", "bar", "pie", "histogram", "scatter"]))
                && !words[end + 1..]
                    .first()
                    .is_some_and(|n| n.is_any(&["y", "x", "the", "bar", "bars"]) && !w.is("with"));
        let new_part = w.is_any(&["and", "where", "whose", "that", "then"]) || (w.is_any(STRONG) && !w.is("order"));
        if chart_follows || new_part || end - at.end > 12 {
            break;
        }
        end += 1;
    }
    resolve(words, start..end, at, dir)
}

/// "ordered by time", "sort by the year": a clause without direction.
fn undirected(words: &[Word]) -> Option<OrderClause> {
    if words.iter().find(|w| !w.is_any(&["please", "can", "could", "you", "now"])).is_some_and(|w| w.is_any(STRONG))
        && !words.iter().any(|w| w.is("axis"))
    {
        // "rank the regions by revenue": that is the question.
        return None;
    }
    let verb = (0..words.len()).rev().find(|&i| {
        words[i].is_any(STRONG)
            && words.get(i + 1).is_some_and(|w| w.is("by") || w.is("the") || w.is("x") || w.is("y"))
            && opens(words, i, i)
    })?;
    if words.get(verb + 1).is_some_and(|w| w.is("the")) && !words[verb..].iter().any(|w| w.is("axis") || w.is("by")) {
        return None;
    }
    let mut end = verb + 1;
    while end < words.len() && end - verb < 10 {
        let w = &words[end];
        if w.kind == TokenKind::Symbol || w.is_any(&["with", "using", "in", "for", "as", "where", "whose"]) {
            break;
        }
        end += 1;
    }
    let mut start = verb;
    while start > 0
        && words[start - 1].is_any(&["and", "to", "you", "i", "want", "could", "would", "like", "can", "please"])
    {
        start -= 1;
    }
    let mut clause = resolve(words, start..end, verb..verb + 1, Direction::Asc);
    if words[verb].is_any(&["ranked", "rank", "ranking"]) && clause.target == Some(OrderTarget::Y) {
        // First in a ranking is what has most.
        clause.dir = Direction::Desc;
    }
    Some(clause)
}

/// True when `order`/`rank` at `i` is the verb of the clause, not a noun of the data ("order date", "by rank").
fn opens(words: &[Word], i: usize, direction: usize) -> bool {
    let next = words.get(i + 1);
    let verb_like = !words[i].is_any(&["order", "orders", "rank", "ranking"])
        || i == 0
        || words[i - 1].kind == TokenKind::Symbol
        || words[i - 1].is_any(&["and", "to", "you", "then", "please", "also", "i"])
        || next.is_some_and(|w| w.is_any(&["by", "from", "in", "the", "x", "y"]));
    verb_like && direction.saturating_sub(i) <= 14
}

fn after_break(words: &[Word], i: usize) -> bool {
    i > 0
        && (words[i - 1].kind == TokenKind::Symbol
            || words[i - 1].is_any(&["and", "to", "you", "then", "please", "also", "i", "should"]))
}

fn resolve(words: &[Word], clause: Range<usize>, at: Range<usize>, dir: Direction) -> OrderClause {
    let inside: Vec<usize> = clause.clone().filter(|i| !at.contains(i)).collect();
    let has = |names: &[&str]| inside.iter().any(|&i| words[i].is_any(names));
    let axis = |name: &str| {
        inside.iter().any(|&i| words[i].is(name)) || inside.iter().any(|&i| words[i].norm == format!("{name}axis"))
    };
    let target = if axis("y") {
        Some(OrderTarget::Y)
    } else if axis("x")
        || has(&["bar", "bars"])
        || words[at.clone()].iter().any(|w| w.norm.starts_with("alphabet") || w.norm.starts_with("lexicograph"))
    {
        Some(OrderTarget::X)
    } else if has(&["number", "count", "counts", "many", "total", "amount", "frequency"]) {
        Some(OrderTarget::Y)
    } else {
        None
    };
    let content: Vec<usize> =
        inside.into_iter().filter(|&i| words[i].kind == TokenKind::Word && !words[i].is_any(FILLER)).collect();
    let mention = match (content.first(), content.last()) {
        (Some(&a), Some(&b)) => a..b + 1,
        _ => clause.end..clause.end,
    };
    OrderClause { words: clause, dir, target, mention }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{split_words, tokenize};

    fn read(prompt: &str) -> Option<(Direction, Option<OrderTarget>, String, String)> {
        let words = split_words(&tokenize(prompt));
        let text = |r: Range<usize>| words[r].iter().map(|w| w.norm.clone()).collect::<Vec<_>>().join(" ");
        find_order(&words).map(|o| (o.dir, o.target, text(o.mention), text(0..o.words.start)))
    }

    #[test]
    fn clauses_of_all_shapes() {
        use Direction::*;
        use OrderTarget::*;
        let cases = [
            (
                "count of carriers as a bar chart, show by the X in asc.",
                Asc,
                Some(X),
                "",
                "count of carriers as a bar chart ,",
            ),
            (
                "services and how many, and order from high to low by the total number please.",
                Desc,
                Some(Y),
                "total number",
                "services and how many ,",
            ),
            ("names of cities, could you list by the y-axis in asc?", Asc, Some(Y), "y", "names of cities ,"),
            (
                "List each result and its count in descending order of count by a bar chart",
                Desc,
                Some(Y),
                "count",
                "list each result and its count",
            ),
            (
                "the salary of employees, and sort names in desc order.",
                Desc,
                None,
                "names",
                "the salary of employees ,",
            ),
            ("times of trains ordered by time with a bar chart", Asc, None, "time", "times of trains"),
        ];
        for (prompt, dir, target, _, body) in cases {
            let got = read(prompt);
            let Some((d, t, _, b)) = got else { panic!("no clause in {prompt}") };
            assert_eq!((d, t, b.as_str()), (dir, target, body), "{prompt}");
        }
        assert_eq!(read("average salary per department"), None);
        assert_eq!(read("orders by month"), None);
    }
}

//! What can be seen of a prompt without understanding it: its form, and words that give a task away.

/// Features of form alone: lengths, shares of character classes, marks.
pub const SHAPE: usize = 10;
/// Features of form and of telling words.
pub const SURFACE: usize = SHAPE + 2 * CLASSES.len() + EXTRA;
/// Features after the word classes.
const EXTRA: usize = 8;
/// Words looked at; longer prompts have said what they are by then.
const WORDS: usize = 400;

/// Word classes. A word counts for every class that lists it.
const CLASSES: [&[&str]; 9] = [
    // code: things
    &[
        "function",
        "python",
        "javascript",
        "typescript",
        "java",
        "sql",
        "code",
        "script",
        "program",
        "programming",
        "compile",
        "compiler",
        "bug",
        "debug",
        "regex",
        "api",
        "class",
        "method",
        "array",
        "string",
        "loop",
        "variable",
        "algorithm",
        "bash",
        "html",
        "css",
        "json",
        "git",
        "docker",
        "unit",
        "tests",
        "exception",
        "refactor",
        "rust",
        "golang",
        "pandas",
        "query",
        "endpoint",
        "recursion",
        "recursive",
        "parameter",
        "returns",
        "implement",
        "tuple",
        "tuples",
        "dictionary",
        "lists",
        "boolean",
        "strings",
        "arrays",
        "lambda",
        "nested",
        "kotlin",
        "haskell",
        "swift",
        "ruby",
        "php",
        "perl",
        "c",
        "struct",
        "pointer",
        "thread",
        "async",
    ],
    // code: verbs that open a request for it
    &["write", "implement", "debug", "refactor", "fix", "create", "build", "port", "convert", "optimise", "optimize"],
    // mathematics
    &[
        "calculate",
        "compute",
        "solve",
        "equation",
        "equations",
        "integral",
        "derivative",
        "probability",
        "sum",
        "product",
        "evaluate",
        "simplify",
        "factor",
        "polynomial",
        "triangle",
        "angle",
        "area",
        "perimeter",
        "volume",
        "percent",
        "percentage",
        "average",
        "mean",
        "median",
        "matrix",
        "vector",
        "theorem",
        "prove",
        "integer",
        "integers",
        "prime",
        "divisible",
        "divided",
        "remainder",
        "fraction",
        "decimal",
        "ratio",
        "algebra",
        "geometry",
        "root",
        "roots",
        "square",
        "squared",
        "cubed",
        "logarithm",
        "degree",
        "ring",
        "group",
        "field",
        "subgroup",
        "modulo",
        "variance",
        "deviation",
        "regression",
        "hypothesis",
        "confidence",
        "sample",
        "quotient",
        "multiple",
        "interest",
        "continuous",
        "limit",
        "expression",
        "graph",
        "radius",
        "circle",
        "digits",
        "positive",
        "homomorphism",
        "isomorphic",
        "abelian",
        "finite",
        "infinite",
        "correlation",
        "random",
        "distribution",
    ],
    // quantities in word problems
    &[
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twice",
        "half",
        "dozen",
        "each",
        "total",
        "per",
        "altogether",
        "remaining",
        "left",
        "times",
        "more",
        "less",
        "many",
        "much",
        "cost",
        "costs",
        "dollars",
        "cents",
        "hours",
        "minutes",
        "miles",
        "pounds",
        "weeks",
        "days",
        "buys",
        "sells",
        "earns",
    ],
    // logic
    &[
        "logic",
        "logical",
        "valid",
        "invalid",
        "argument",
        "premise",
        "premises",
        "conclusion",
        "fallacy",
        "deduce",
        "deduction",
        "infer",
        "implies",
        "therefore",
        "puzzle",
        "riddle",
        "proposition",
        "propositional",
        "predicate",
        "syllogism",
        "contradiction",
        "consistent",
        "inconsistent",
        "necessarily",
        "truth",
        "table",
        "clue",
        "clues",
        "statement",
        "statements",
        "either",
        "neither",
        "follows",
        "follow",
        "assumption",
        "symbolization",
        "antecedent",
        "consequent",
        "entails",
        "reasoning",
        "translation",
        "counterexample",
        "lies",
        "liar",
    ],
    // order and place, as puzzles have them
    &[
        "taller", "shorter", "older", "younger", "heavier", "faster", "slower", "sits", "lives", "house", "houses",
        "first", "second", "third", "last", "left", "right", "next", "between", "opposite", "order", "knight", "knave",
        "who", "person", "owner",
    ],
    // quantifiers and conditions
    &["all", "some", "no", "every", "only", "none", "if", "then", "unless", "not", "must", "can", "suppose", "because"],
    // conversation and knowledge
    &[
        "please",
        "hello",
        "hi",
        "thanks",
        "need",
        "want",
        "tell",
        "recommend",
        "suggest",
        "email",
        "letter",
        "summarise",
        "summarize",
        "translate",
        "recipe",
        "travel",
        "flight",
        "hotel",
        "restaurant",
        "book",
        "song",
        "movie",
        "film",
        "weather",
        "remind",
        "alarm",
        "schedule",
        "account",
        "card",
        "bank",
        "history",
        "president",
        "war",
        "famous",
        "company",
        "marketing",
        "religion",
        "diet",
        "health",
        "country",
        "city",
        "capital",
        "my",
        "me",
        "sales",
        "revenue",
        "customers",
        "chart",
        "management",
        "policy",
        "consumer",
        "market",
        "team",
        "actor",
    ],
    // questions of fact
    &["who", "when", "where", "which", "whose", "name", "what"],
];

/// Substrings that code is full of.
const CODE_MARKS: [&str; 16] = [
    "```", "def ", "return ", "();", "=>", "!=", "==", "</", "assert ", "\"\"\"", "::", "{\n", "import ", "SELECT ",
    "self.", ">>> ",
];
const LATEX: [&str; 6] = ["\\frac", "\\sqrt", "\\(", "^{", "\\[", "_{"];
const LOGIC_SIGNS: [char; 9] = ['∃', '∀', '⊃', '∨', '∧', '≡', '¬', '→', '•'];

/// Features of form. Each is of the order of one.
pub fn shape(text: &str) -> [f32; SHAPE] {
    let chars = text.chars().count().max(1) as f32;
    let words = text.split_whitespace().count() as f32;
    let share = |f: fn(char) -> bool| text.chars().filter(|&c| f(c)).count() as f32 / chars;
    let flag = |b: bool| f32::from(u8::from(b));
    [
        chars.ln_1p() / 6.0,
        words.ln_1p() / 5.0,
        share(|c| c.is_ascii_digit()) * 5.0,
        share(|c| r"\${}^_=+*/<>".contains(c)) * 5.0,
        (text.matches('\n').count() as f32 / 10.0).min(2.0),
        flag(text.contains('?')),
        flag(text.contains("def ") || text.contains("```")),
        share(char::is_uppercase) * 5.0,
        flag(text.contains("Answer")),
        flag(text.contains("\nA.") || text.contains("\nA)")),
    ]
}

/// Features of form and of telling words.
pub fn surface(text: &str) -> [f32; SURFACE] {
    let mut out = [0.0; SURFACE];
    out[..SHAPE].copy_from_slice(&shape(text));
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(WORDS).collect();
    for (i, class) in CLASSES.iter().enumerate() {
        let hits = words.iter().filter(|w| class.contains(w)).count() as f32;
        out[SHAPE + 2 * i] = hits.min(6.0) / 3.0;
        out[SHAPE + 2 * i + 1] = f32::from(u8::from(hits > 0.0));
    }
    let count = |marks: &[&str]| marks.iter().map(|m| text.matches(m).count()).sum::<usize>() as f32;
    let per_word = |n: f32| n / (words.len().max(1) as f32) * 4.0;
    let extra = &mut out[SHAPE + 2 * CLASSES.len()..];
    extra[0] = count(&CODE_MARKS).min(6.0) / 3.0;
    extra[1] = (count(&LATEX) + text.matches('$').count() as f32 / 2.0).min(6.0) / 3.0;
    extra[2] = operators(text).min(6.0) / 3.0;
    extra[3] = (text.chars().filter(|c| LOGIC_SIGNS.contains(c)).count() as f32).min(6.0) / 3.0;
    extra[4] = per_word(numbers(text)).min(3.0);
    extra[5] = f32::from(u8::from(quantified(&words)));
    extra[6] = f32::from(u8::from(lower.contains("how many") || lower.contains("how much")));
    extra[7] = f32::from(u8::from(words.first().is_some_and(|w| CLASSES[1].contains(w))));
    out
}

/// Arithmetic signs with an operand on each side.
fn operators(text: &str) -> f32 {
    let operand = |c: char| c.is_ascii_digit() || "xyznab()".contains(c);
    let signs: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let hit = |w: &&[char]| "+-*/×÷=^<>".contains(w[1]) && operand(w[0]) && operand(w[2]) && is_digit_near(w);
    signs.windows(3).filter(hit).count() as f32
}

fn is_digit_near(w: &[char]) -> bool {
    w[0].is_ascii_digit() || w[2].is_ascii_digit() || w[1] == '^'
}

/// Runs of digits.
fn numbers(text: &str) -> f32 {
    text.split(|c: char| !c.is_ascii_digit()).filter(|s| !s.is_empty()).count() as f32
}

/// "all ... are", "no ... is": a quantified statement.
fn quantified(words: &[&str]) -> bool {
    let opens = |w: &&str| ["all", "some", "no", "every", "only", "none"].contains(w);
    words.iter().enumerate().any(|(i, w)| opens(w) && words[i + 1..].iter().take(5).any(|v| ["are", "is"].contains(v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_calculation_shows() {
        assert!(operators("what is 3x + 4 = 19?") >= 2.0);
        assert_eq!(operators("well-known and/or so"), 0.0);
        assert!(quantified(&["all", "big", "dogs", "are", "mortal"]));
    }

    proptest! {
        #[test]
        fn features_are_bounded(text in "\\PC{0,300}") {
            prop_assert!(surface(&text).iter().all(|x| x.is_finite() && (0.0..=10.0).contains(x)));
        }
    }
}

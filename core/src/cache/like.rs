//! SQL's LIKE over characters: `%` any run, `_` any one, `\` takes the next as it is.

/// Whether `text` matches `pattern`, regardless of case. Linear in memory, at worst quadratic in time.
pub fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Part> = parts(pattern);
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: the last run, and how far it reaches.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Part::Run) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(Part::One) => (p, t) = (p + 1, t + 1),
            Some(Part::Char(c)) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((run, reached)) = retry else { return false };
                retry = Some((run, reached + 1));
                (p, t) = (run + 1, reached + 1);
            }
        }
    }
    pattern[p..].iter().all(|part| matches!(part, Part::Run))
}

enum Part {
    Run,
    One,
    Char(char),
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push(Part::Run),
            '_' => out.push(Part::One),
            '\\' => out.extend(chars.next().unwrap_or('\\').to_lowercase().map(Part::Char)),
            c => out.extend(c.to_lowercase().map(Part::Char)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn matches_as_sql_does() {
        for (pattern, text) in [
            ("%", ""),
            ("%milk%", "Show Alaska Milk sales"),
            ("sales _y%", "sales by region"),
            ("100\\%", "100%"),
            ("%a%b%", "xaxxbx"),
            ("ÄRGER%", "ärger im Büro"),
        ] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("_", ""), ("100\\%", "100 x"), ("%a%b", "abx"), ("milk", "milk sales")] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }
}

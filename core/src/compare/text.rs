//! The first difference of two texts.

/// Characters shown before a difference, and of it.
const BEFORE: usize = 24;
const SHOWN: usize = 60;

/// Where two texts begin to differ, from the word in which they do: what each goes on with. `None` if they are equal.
pub fn first_difference(one: &str, other: &str) -> Option<(String, String)> {
    if one == other {
        return None;
    }
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let prefix: Vec<char> = one.chars().take(same).collect();
    // From the beginning of the word, and a few before.
    let word = prefix.iter().rposition(|c| c.is_whitespace()).map_or(0, |i| i + 1);
    let start = prefix[..word.saturating_sub(1).min(word)]
        .iter()
        .rposition(|c| c.is_whitespace())
        .map_or(0, |i| i + 1)
        .max(word.saturating_sub(BEFORE));
    let show = |text: &str| {
        let rest: Vec<char> = text.chars().skip(start).take(SHOWN + 1).collect();
        let mut shown: String = rest.iter().take(SHOWN).collect();
        if rest.len() > SHOWN {
            shown.push_str("...");
        }
        if start > 0 {
            shown.insert_str(0, "...");
        }
        shown
    };
    Some((show(one), show(other)))
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn shows_the_words_that_differ() {
        assert_eq!(first_difference("a b", "a b"), None);
        let (one, other) = first_difference(
            "SELECT region AS x_axis, sum(sales) AS y_value FROM shop",
            "SELECT region AS x_axis, avg(sales) AS y_value FROM shop",
        )
        .unwrap();
        assert_eq!(one, "...x_axis, sum(sales) AS y_value FROM shop");
        assert_eq!(other, "...x_axis, avg(sales) AS y_value FROM shop");
        assert_eq!(first_difference("", "é"), Some((String::new(), "é".to_owned())));
        assert!(first_difference("SELECT 1", "SELECT 1 FROM t").is_some());
    }
}

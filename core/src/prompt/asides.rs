//! What a question says of who asks and why, and not of what is asked for.

use std::ops::Range;

use super::{Token, TokenKind};

/// Words of whoever asks.
const FIRST_PERSON: &[&str] = &["i", "my", "we", "our", "i'm", "me"];

/// Leaves out the asides of a longer question: "before I meet our distributor tomorrow, ...", "... because February had
/// the promo, ...", "Hi, this is the manager for Panay. ...". Their names and days would be read as conditions.
pub fn without_asides(tokens: Vec<Token>) -> Vec<Token> {
    let asides = find_asides(&tokens);
    let left = tokens.len() - asides.iter().map(ExactSizeIterator::len).sum::<usize>();
    if asides.is_empty() || left < 3 {
        return tokens;
    }
    let aside = |i: usize| asides.iter().any(|a| a.contains(&i));
    tokens.into_iter().enumerate().filter(|(i, _)| !aside(*i)).map(|(_, token)| token).collect()
}

fn find_asides(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let end = if begins_sentence(tokens, i) && introduces(&tokens[i..]) {
            ends_sentence(tokens, i).filter(|end| *end < tokens.len())
        } else if gives_reason(tokens, i) {
            Some(ends_clause(tokens, i))
        } else {
            None
        };
        match end {
            Some(end) => {
                found.push(i..end);
                i = end;
            }
            None => i += 1,
        }
    }
    found
}

/// "because ...", "before I ...", "as we ...": a clause about who asks.
fn gives_reason(tokens: &[Token], i: usize) -> bool {
    const ALWAYS: &[&str] = &["because", "kasi", "dahil"];
    const OF_ASKER: &[&str] = &["before", "after", "while", "since", "as", "so", "if", "when", "until"];
    let is_any = |t: &Token, words: &[&str]| t.kind == TokenKind::Word && words.contains(&t.norm.as_str());
    is_any(&tokens[i], ALWAYS)
        || is_any(&tokens[i], OF_ASKER) && tokens.get(i + 1).is_some_and(|next| is_any(next, FIRST_PERSON))
}

/// "(Hi,) this is the manager for ...", "I am preparing ...", "sorry to bother you on a Sunday".
fn introduces(sentence: &[Token]) -> bool {
    const WANTS: &[&str] = &["looking", "interested", "trying", "asking", "after", "wondering", "curious"];
    let says = |a: &Token, b: &Token| {
        a.is("this") && b.is("is") || a.is("i") && b.is("am") || a.is("we") && b.is("are") || a.is("name") && b.is("is")
    };
    let opens = |at: usize| match sentence.get(at..at + 3) {
        Some([a, b, c]) if a.is("i'm") => !WANTS.contains(&b.norm.as_str()) && c.kind != TokenKind::Symbol,
        Some([a, b, c]) => says(a, b) && !WANTS.contains(&c.norm.as_str()),
        _ => false,
    };
    let sorry = |at: usize| sentence.get(at).is_some_and(|t| t.is("sorry") || t.is("apologies") || t.is("apologize"));
    (0..4).any(|at| opens(at) || sorry(at))
}

fn begins_sentence(tokens: &[Token], i: usize) -> bool {
    i == 0 || ends(&tokens[i - 1])
}

fn ends(token: &Token) -> bool {
    [".", "!", "?"].iter().any(|sign| token.is_symbol(sign))
}

/// The token after the sign that ends the sentence; `None` when it goes on to the end, or asks for something.
fn ends_sentence(tokens: &[Token], i: usize) -> Option<usize> {
    const ASKS: &[&str] =
        &["show", "give", "tell", "want", "need", "how", "what", "which", "please", "list", "compare"];
    let end = tokens[i..].iter().position(ends)? + i + 1;
    (!tokens[i..end].iter().any(|t| ASKS.contains(&t.norm.as_str()))).then_some(end)
}

/// The token after the clause: at its comma, or with its sentence.
fn ends_clause(tokens: &[Token], i: usize) -> usize {
    let stops = |t: &Token| ends(t) || [",", ";", ":"].iter().any(|sign| t.is_symbol(sign));
    tokens[i..].iter().position(stops).map_or(tokens.len(), |n| i + n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tokenize;

    fn left(prompt: &str) -> String {
        without_asides(tokenize(prompt)).iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_said_of_the_asker_is_left_out() {
        let cases = [
            ("Hi, this is the manager for Panay. Sales by city please", "Sales by city please"),
            ("Before my visits on Monday, sales by city in 2024", ", sales by city in 2024"),
            ("only January because February had the promo, by store", "only January , by store"),
            ("units of Swift in 2024, as we have a contract", "units of Swift in 2024 ,"),
        ];
        for (prompt, expected) in cases {
            assert_eq!(left(prompt), expected);
        }
    }

    #[test]
    fn what_is_asked_for_stays() {
        for prompt in [
            "sales before March 2024",
            "sales since January, by month",
            "I am looking for sales by region. In 2024 please",
            "this is what I need: how many stores are there. Thanks",
            "because",
            "customers who bought before they moved",
        ] {
            assert_eq!(left(prompt), tokenize(prompt).iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" "));
        }
    }
}

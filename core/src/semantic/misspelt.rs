//! Which word a misspelt one was meant to be: by edits, by neighbouring keys, by sound.

use crate::prompt::stem;

/// How far a word is from what was typed: edits, then how unlikely these slips are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    edits: usize,
    /// Slips of the finger and words that sound alike are likelier than other edits.
    effort: u8,
}

/// Collects candidates and keeps the nearest.
#[derive(Debug)]
pub(super) struct Nearest<'a> {
    typed: &'a str,
    sound: String,
    best: Option<(Distance, String)>,
    tied: bool,
}

impl<'a> Nearest<'a> {
    pub fn to(typed: &'a str) -> Self {
        Self { typed, sound: sound(typed), best: None, tied: false }
    }

    pub fn consider(&mut self, word: &str) {
        let distance = self.distance(word);
        match &self.best {
            Some((best, _)) if *best < distance => {}
            Some((best, known)) if *best == distance => {
                self.tied |= known != word && stem(known) != stem(word);
            }
            _ => {
                self.best = Some((distance, word.to_owned()));
                self.tied = false;
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.best.is_none()
    }

    /// The nearest word, unless another one is as near.
    pub fn found(self) -> Option<String> {
        self.best.filter(|_| !self.tied).map(|(_, word)| word)
    }

    fn distance(&self, word: &str) -> Distance {
        // The first letter is rarely wrong: a slip there counts double.
        let first = usize::from(word.chars().next() != self.typed.chars().next());
        let alike = u8::from(sound(word) != self.sound);
        Distance { edits: strsim::osa_distance(self.typed, word) + first, effort: effort(self.typed, word) + 2 * alike }
    }
}

/// True when two words sound alike to a reader of English: for slips that are more than slips of the finger.
pub(super) fn sounds_like(a: &str, b: &str) -> bool {
    sound(a) == sound(b)
}

/// Where a letter lies on the keyboard: its row and its place in it, rows being shifted by half a key.
fn key(c: char) -> Option<(i8, i8)> {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    (0..).zip(ROWS).find_map(|(row, keys)| Some((row, keys.find(c)? as i8)))
}

fn neighbours(a: char, b: char) -> bool {
    match (key(a), key(b)) {
        (Some((r, x)), Some((s, y))) => {
            let across = 2 * (x - y) + (r - s);
            (r - s).abs() <= 1 && across.abs() <= 2
        }
        _ => false,
    }
}

/// What the edits cost: 1 for a doubled or dropped double letter, a swap, a neighbouring key; 2 for another letter left
/// out or added; 3 for another letter.
fn effort(typed: &str, word: &str) -> u8 {
    let (a, b): (Vec<char>, Vec<char>) = (typed.chars().collect(), word.chars().collect());
    let single = |list: &[char], i: usize| -> u8 {
        let double = i > 0 && list[i - 1] == list[i] || list.get(i + 1) == Some(&list[i]);
        if double { 1 } else { 2 }
    };
    let mut rows: Vec<Vec<u8>> = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let mut cost = if i == 0 && j == 0 { 0 } else { u8::MAX };
            if i > 0 {
                cost = cost.min(rows[i - 1][j].saturating_add(single(&a, i - 1)));
            }
            if j > 0 {
                cost = cost.min(rows[i][j - 1].saturating_add(single(&b, j - 1)));
            }
            if i > 0 && j > 0 {
                let change = match (a[i - 1], b[j - 1]) {
                    (x, y) if x == y => 0,
                    (x, y) if neighbours(x, y) => 1,
                    _ => 3,
                };
                cost = cost.min(rows[i - 1][j - 1].saturating_add(change));
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    cost = cost.min(rows[i - 2][j - 2].saturating_add(1));
                }
            }
            rows[i][j] = cost;
        }
    }
    rows[a.len()][b.len()]
}

/// The consonants of a word as English sounds them, and its first vowel if it begins with one.
fn sound(word: &str) -> String {
    let mut text = word.to_owned();
    for (letters, sounds) in [
        ("ph", "f"),
        ("gh", ""),
        ("ck", "k"),
        ("sch", "sk"),
        ("ch", "x"),
        ("sh", "x"),
        ("kn", "n"),
        ("wr", "r"),
        ("qu", "kw"),
        ("ce", "se"),
        ("ci", "si"),
        ("cy", "sy"),
        ("x", "ks"),
        ("q", "k"),
        ("c", "k"),
        ("z", "s"),
        ("v", "f"),
        ("w", ""),
        ("h", ""),
    ] {
        // "ch" and "sh" became x above: the letter x itself is spelt out before.
        if letters == "ch" {
            text = text.replace('x', "ks");
        }
        if letters != "x" {
            text = text.replace(letters, sounds);
        }
    }
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        let vowel = matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        if vowel && i == 0 {
            out.push('a');
        } else if !vowel && !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(typed: &str, words: &[&str]) -> Option<String> {
        let mut nearest = Nearest::to(typed);
        words.iter().for_each(|w| nearest.consider(w));
        nearest.found()
    }

    #[test]
    fn slips_of_the_finger_are_likelier() {
        // One edit from each: d lies beside f, and far from p.
        assert_eq!(nearest("dield", &["field", "yield"]).as_deref(), Some("field"));
        assert_eq!(nearest("sakes", &["sales", "sages"]).as_deref(), Some("sales"));
        assert_eq!(nearest("regoin", &["region", "regain"]).as_deref(), Some("region"));
        // A double letter left out.
        assert_eq!(nearest("comision", &["commision"]).as_deref(), Some("commision"));
    }

    #[test]
    fn equals_are_left_alone() {
        assert_eq!(nearest("cxt", &["cat", "cut"]), None);
        assert_eq!(nearest("brnd", &["brand", "brands"]).as_deref(), Some("brand"));
    }

    #[test]
    fn words_that_sound_alike() {
        for (a, b) in [
            ("fisical", "physical"),
            ("kategory", "category"),
            ("sity", "city"),
            ("nite", "night"),
            ("bizness", "business"),
        ] {
            assert!(sounds_like(a, b), "{a} {b}: {} {}", sound(a), sound(b));
        }
        for (a, b) in [("region", "revenue"), ("cost", "count"), ("brand", "branch")] {
            assert!(!sounds_like(a, b), "{a} {b}");
        }
    }
}

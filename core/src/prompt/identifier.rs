//! Identifiers to the words people say: `qtySold`, `dept_no`, `HomeCity2` -> quantity sold, department number, home city 2.

use super::fold;
use super::token::is_invisible;

/// Abbreviations common in column names, and what people say instead.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("abbr", "abbreviation"),
    ("acct", "account"),
    ("addr", "address"),
    ("amt", "amount"),
    ("avg", "average"),
    ("bday", "birthday"),
    ("cat", "category"),
    ("cd", "code"),
    ("cls", "class"),
    ("cnt", "count"),
    ("cust", "customer"),
    ("dept", "department"),
    ("ctry", "country"),
    ("desc", "description"),
    ("descr", "description"),
    ("dist", "district"),
    ("dob", "birth"),
    ("dt", "date"),
    ("dur", "duration"),
    ("dx", "diagnosis"),
    ("emp", "employee"),
    ("est", "estimated"),
    ("flg", "flag"),
    ("fname", "first name"),
    ("freq", "frequency"),
    ("grp", "group"),
    ("hrs", "hours"),
    ("lname", "last name"),
    ("loc", "location"),
    ("lvl", "level"),
    ("lang", "language"),
    ("max", "maximum"),
    ("mfr", "manufacturer"),
    ("mgr", "manager"),
    ("min", "minimum"),
    ("mth", "month"),
    ("nbr", "number"),
    ("nm", "name"),
    ("num", "number"),
    ("org", "organization"),
    ("pct", "percent"),
    ("perc", "percent"),
    ("pop", "population"),
    ("pos", "position"),
    ("prod", "product"),
    ("qty", "quantity"),
    ("ref", "reference"),
    ("rgn", "region"),
    ("rx", "prescription"),
    ("sal", "salary"),
    ("seq", "sequence"),
    ("stat", "status"),
    ("stu", "student"),
    ("svc", "service"),
    ("tel", "telephone"),
    ("temp", "temperature"),
    ("tot", "total"),
    ("trans", "transaction"),
    ("ts", "timestamp"),
    ("txn", "transaction"),
    ("typ", "type"),
    ("uni", "university"),
    ("val", "value"),
    ("wt", "weight"),
    ("yr", "year"),
    ("fk", ""),
    ("pk", ""),
    ("tbl", ""),
];

/// Words of an identifier or a phrase, folded, split at case changes, digits and separators.
pub fn words(name: &str) -> Vec<String> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()) {
        return vec![name.to_owned()];
    }
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().filter(|c| !is_invisible(*c)).collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            flush(&mut words, &mut word);
            continue;
        }
        let previous = i.checked_sub(1).map(|p| chars[p]);
        let next_lower = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        let new_word = previous.is_some_and(|p| {
            (c.is_uppercase() && (p.is_lowercase() || (p.is_uppercase() && next_lower)))
                || (c.is_ascii_digit() != p.is_ascii_digit() && p.is_alphanumeric() && word.len() > 2)
        });
        if new_word {
            flush(&mut words, &mut word);
        }
        word.push(c);
    }
    flush(&mut words, &mut word);
    words
}

/// The same words with abbreviations written out; equal to `words` when there are none.
pub fn expanded(words: &[String]) -> Vec<String> {
    words
        .iter()
        .enumerate()
        .flat_map(|(i, w)| match w.as_str() {
            // "dist_km" has a unit of length.
            "dist" if words.iter().any(|u| LENGTHS.contains(&u.as_str())) => vec!["distance".to_owned()],
            _ => written_out(words, i, w),
        })
        .collect()
}

const LENGTHS: &[&str] = &["km", "mi", "m", "miles", "metres", "meters"];

fn written_out(words: &[String], i: usize, w: &str) -> Vec<String> {
    match ABBREVIATIONS.iter().find(|(short, _)| *short == w) {
        Some((_, long)) => long.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        // "dept_no" is a number, "no_of_units" too; a column called "no" is left alone.
        None if w == "no" && words.len() > 1 && (i > 0 || words[1] == "of") => vec!["number".to_owned()],
        None => vec![w.to_owned()],
    }
}

/// True when a schema may write `short` for `long`: its beginning ("phys" for physician), or letters of it in order,
/// vowels left out ("appt", "spclty", "rm"). Abbreviations that stand for something else by custom don't.
pub fn abbreviates(short: &str, long: &str) -> bool {
    let letters = short.bytes().chain(long.bytes()).all(|b| b.is_ascii_lowercase());
    if !letters || short.len() < 2 || short.len() + 2 > long.len() || short.as_bytes()[0] != long.as_bytes()[0] {
        return false;
    }
    if ABBREVIATIONS.iter().any(|(known, _)| *known == short) {
        return false;
    }
    if long.starts_with(short) {
        return short.len() >= 3;
    }
    // "whse" keeps the last letter.
    let (short, long) = match (short.strip_suffix('e'), long.strip_suffix('e')) {
        (Some(short), Some(long)) if short.len() > 2 => (short, long),
        _ => (short, long),
    };
    let consonant = |b: &u8| !matches!(b, b'a' | b'e' | b'i' | b'o' | b'u');
    let of = |word: &str| word.bytes().skip(1).filter(consonant).collect::<Vec<u8>>();
    let (kept, all) = (of(short), of(long));
    if kept.len() + 1 < short.len() || kept.is_empty() {
        return false;
    }
    let mut rest = all.iter();
    let in_order = kept.iter().all(|k| rest.any(|b| b == k));
    // Two letters must be all that a word has ("rm", "bk"); more may leave some out, but for the end.
    if kept.len() == 1 { kept == all } else { in_order && (all.starts_with(&kept) || kept.last() == all.last()) }
}

fn flush(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(fold(word));
        word.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_split_into_words() {
        let cases = [
            ("author_tutor_ATB", "author tutor atb"),
            ("HomeCity", "home city"),
            ("customerID", "customer id"),
            ("meter_300", "meter 300"),
            ("HTTPStatusCode", "http status code"),
            ("Year built", "year built"),
        ];
        for (name, want) in cases {
            assert_eq!(words(name).join(" "), want);
        }
        assert_eq!(expanded(&words("dept_no")).join(" "), "department number");
        assert_eq!(expanded(&words("qtySold")).join(" "), "quantity sold");
    }

    #[test]
    fn what_may_be_written_for_what() {
        for (short, long) in [
            ("phys", "physician"),
            ("appt", "appointment"),
            ("spclty", "specialty"),
            ("rm", "room"),
            ("drv", "driver"),
            ("shpmt", "shipment"),
            ("mbr", "member"),
            ("whse", "warehouse"),
        ] {
            assert!(abbreviates(short, long), "{short} {long}");
        }
        for (short, long) in [("cnt", "client"), ("rm", "realm"), ("or", "order"), ("sale", "salary"), ("ct", "city")] {
            assert!(!abbreviates(short, long), "{short} {long}");
        }
    }
}

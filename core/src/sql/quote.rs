//! Identifiers and literals, quoted so that the server reads exactly what was meant.

use sqlparser::keywords::ALL_KEYWORDS;

/// Quotes unless the name is lower case, plain and no keyword.
pub fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain && ALL_KEYWORDS.binary_search(&name.to_uppercase().as_str()).is_err() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A string literal that reads the same whatever `standard_conforming_strings` says.
/// NUL, which no text of the server can hold, is dropped.
pub fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\0', "").replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        assert_eq!(quote_identifier("total_sales"), "total_sales");
        assert_eq!(quote_identifier("time"), "\"time\"");
        assert_eq!(quote_identifier("select"), "\"select\"");
        assert_eq!(quote_identifier("Mixed"), "\"Mixed\"");
        assert_eq!(quote_identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_literal("O'Neil"), "'O''Neil'");
        assert_eq!(quote_literal("a\\'b"), "E'a\\\\''b'");
    }
}

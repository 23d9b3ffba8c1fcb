//! What a column is for, read from its type, its keys and the words of its name.

use super::{Aggregation, Role, ValueType};

/// What the catalogs know of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnFacts {
    pub name: String,
    pub value_type: ValueType,
    pub nullable: bool,
    /// A unique index or key covers this column alone.
    pub unique: bool,
    pub in_primary_key: bool,
    pub in_foreign_key: bool,
    /// The data (or its statistics) show no value twice. False when unknown.
    pub seen_unique: bool,
}

/// The role of a column and the aggregation used when a question names none.
pub fn infer(column: &ColumnFacts) -> (Role, Aggregation) {
    let words = split(&column.name);
    let role = role(column, &words);
    (role, default_aggregation(role, column.value_type, &column.name))
}

/// The aggregation for a column that has this role.
pub fn default_aggregation(role: Role, value_type: ValueType, name: &str) -> Aggregation {
    match role {
        Role::Measure if value_type.is_numeric() => measure_aggregation(&split(name)),
        Role::Key => Aggregation::CountDistinct,
        _ => Aggregation::Count,
    }
}

/// Index of the time column that serves as default axis: what happened, rather than when the row was written.
pub fn default_time_column(columns: &[ColumnFacts]) -> Option<usize> {
    let mut best: Option<(i32, usize)> = None;
    for (i, column) in columns.iter().enumerate().filter(|(_, c)| c.value_type.is_temporal()) {
        let score = time_score(column);
        if best.is_none_or(|(b, _)| score > b) {
            best = Some((score, i));
        }
    }
    best.map(|(_, i)| i)
}

fn role(column: &ColumnFacts, words: &[String]) -> Role {
    let last = words.last().map_or("", String::as_str);
    match column.value_type {
        t if t.is_temporal() => Role::Time,
        ValueType::Uuid => Role::Key,
        ValueType::Text => {
            let identifier = is_one_of(last, ID_WORDS) || (column.unique && is_one_of(last, CODE_WORDS));
            if identifier { Role::Key } else { Role::Dimension }
        }
        t if t.is_numeric() => numeric_role(column, words, last),
        _ => Role::Dimension,
    }
}

fn numeric_role(column: &ColumnFacts, words: &[String], last: &str) -> Role {
    let whole = column.value_type == ValueType::Integer;
    let first = words.first().map_or("", String::as_str);
    if is_one_of(last, CALENDAR_WORDS) || (whole && is_one_of(last, CALENDAR_NAMES)) {
        return Role::Dimension;
    }
    if column.in_foreign_key || (column.in_primary_key && whole) || is_one_of(last, ID_WORDS) {
        return Role::Key;
    }
    let counts = words.iter().any(|w| is_one_of(w, COUNT_WORDS));
    if is_one_of(last, CODE_WORDS) && !counts {
        return if column.unique || column.seen_unique { Role::Key } else { Role::Dimension };
    }
    if whole
        && (glued_id(last) || column.unique && column.seen_unique && words.len() == 1 && is_one_of(last, NUMBERINGS))
    {
        return Role::Key;
    }
    if is_one_of(last, LABEL_NUMBERS) || (whole && is_one_of(first, FLAG_WORDS) && words.len() > 1) {
        return Role::Dimension;
    }
    Role::Measure
}

/// Sums for what adds up, averages for rates, prices and marks; counts that were taken beforehand add up too.
fn measure_aggregation(words: &[String]) -> Aggregation {
    let has = |list| words.iter().any(|w| is_one_of(w, list));
    if has(RATE_WORDS) {
        Aggregation::Avg
    } else if has(COUNT_WORDS) || has(AMOUNT_WORDS) {
        Aggregation::Sum
    } else if has(MARK_WORDS) || has(INTENSIVE_WORDS) {
        Aggregation::Avg
    } else {
        Aggregation::Sum
    }
}

fn time_score(column: &ColumnFacts) -> i32 {
    let words = split(&column.name);
    let has = |list| words.iter().any(|w| is_one_of(w, list));
    let mut score = 0;
    score += if column.nullable { 0 } else { 4 };
    score += if has(EVENT_WORDS) { 6 } else { 0 };
    score += if words.len() == 1 && has(AXIS_WORDS) { 5 } else { 0 };
    score -= if has(BOOKKEEPING_WORDS) { 6 } else { 0 };
    score -= if has(PERSONAL_WORDS) { 8 } else { 0 };
    score + i32::from(column.value_type == ValueType::Date)
}

const ID_WORDS: &[&str] = &["id", "ids", "uuid", "guid", "oid", "pk", "fk", "key", "ssn", "isbn", "sku"];
const CODE_WORDS: &[&str] = &["code", "no", "num", "nr", "nbr", "number", "ref", "reference", "serial"];
const NUMBERINGS: &[&str] = &["rank", "position", "seq", "sequence", "line", "index"];
/// Numbers that name things.
const LABEL_NUMBERS: &[&str] = &[
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "phone",
    "telephone",
    "fax",
    "mobile",
    "extension",
    "version",
    "level",
    "class",
];
const FLAG_WORDS: &[&str] = &["is", "has", "was", "can"];
const CALENDAR_WORDS: &[&str] = &["year", "yr", "decade"];
const CALENDAR_NAMES: &[&str] = &["quarter", "month", "week", "weekday", "dow", "doy", "day", "hour"];
const COUNT_WORDS: &[&str] = &["count", "counts", "cnt", "total", "totals", "num", "nbr", "qty", "quantity", "volume"];
const AMOUNT_WORDS: &[&str] = &[
    "revenue", "revenues", "sales", "amount", "amounts", "amt", "sum", "turnover", "spend", "spent", "cost", "costs",
    "profit",
];
const RATE_WORDS: &[&str] = &[
    "average",
    "avg",
    "mean",
    "median",
    "rate",
    "rates",
    "ratio",
    "share",
    "pct",
    "percent",
    "percentage",
    "proportion",
    "fraction",
    "per",
    "roi",
    "margin",
    "probability",
    "index",
    "growth",
];
const MARK_WORDS: &[&str] =
    &["price", "prices", "performance", "quality", "score", "scores", "rating", "ratings", "grade", "gpa", "stars"];
/// Quantities of one thing that never add up over many.
const INTENSIVE_WORDS: &[&str] = &[
    "age",
    "height",
    "temperature",
    "temp",
    "humidity",
    "pressure",
    "speed",
    "velocity",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "lng",
    "elevation",
    "altitude",
    "density",
    "latency",
    "basket",
];
const EVENT_WORDS: &[&str] = &[
    "sale",
    "sales",
    "sold",
    "order",
    "ordered",
    "transaction",
    "txn",
    "purchase",
    "purchased",
    "invoice",
    "event",
    "visit",
    "booking",
    "forecast",
    "start",
    "occurred",
    "happened",
];
const AXIS_WORDS: &[&str] = &["date", "day", "ts", "time", "timestamp", "month", "week", "year", "datetime"];
const BOOKKEEPING_WORDS: &[&str] = &[
    "updated",
    "update",
    "modified",
    "deleted",
    "created",
    "inserted",
    "loaded",
    "ingested",
    "generated",
    "synced",
    "end",
    "ended",
    "expiry",
    "expires",
    "expiration",
    "due",
    "closed",
    "last",
];
const PERSONAL_WORDS: &[&str] = &["birth", "birthday", "birthdate", "dob", "born", "death", "died"];

/// English words that end in "id" without being identifiers.
const NOT_IDS: &[&str] = &[
    "paid", "unpaid", "prepaid", "bid", "grid", "solid", "liquid", "fluid", "valid", "rapid", "covid", "acid", "said",
    "laid", "aid", "raid", "maid", "kid", "lid", "mid", "hybrid", "humid", "avid", "arid", "void", "android",
    "asteroid",
];

/// `stuid`, `petid`: names that the server folded to lower case, the "id" glued on.
fn glued_id(word: &str) -> bool {
    word.len() > 3 && word.ends_with("id") && !is_one_of(word, NOT_IDS)
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.contains(&word)
}

/// Lower-case words of an identifier, split at separators and case changes.
fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let next_lower = chars.peek().is_some_and(|n| n.is_lowercase());
        let hump = c.is_uppercase() && (previous.is_lowercase() || (previous.is_uppercase() && next_lower));
        if hump || !c.is_alphabetic() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, value_type: ValueType) -> ColumnFacts {
        ColumnFacts {
            name: name.to_owned(),
            value_type,
            nullable: true,
            unique: false,
            in_primary_key: false,
            in_foreign_key: false,
            seen_unique: false,
        }
    }

    #[test]
    fn numbers_are_measures_unless_they_name_things() {
        use Aggregation::*;
        let measures = [
            ("total_sales", Sum),
            ("amount", Sum),
            ("unit_price", Avg),
            ("total_price", Sum),
            ("market_share", Avg),
            ("growth_rate", Avg),
            ("avg_basket", Avg),
            ("transactions", Sum),
            ("customers", Sum),
            ("quality", Avg),
            ("customerRating", Avg),
            ("rating_count", Sum),
            ("num_employees", Sum),
            ("roi", Avg),
            ("quantity", Sum),
            ("spend", Sum),
            ("age", Avg),
            ("amount_paid", Sum),
            ("years_working", Sum),
            ("predicted_sales", Sum),
        ];
        for (name, agg) in measures {
            assert_eq!(infer(&facts(name, ValueType::Integer)), (Role::Measure, agg), "{name}");
        }
        for name in ["id", "customer_id", "CustomerID", "stuid", "raw_id", "order_key"] {
            assert_eq!(infer(&facts(name, ValueType::Integer)).0, Role::Key, "{name}");
        }
        for name in ["year", "Founded_Year", "zip_code", "room_number", "is_active", "month", "phone"] {
            assert_eq!(infer(&facts(name, ValueType::Integer)).0, Role::Dimension, "{name}");
        }
        assert_eq!(infer(&ColumnFacts { seen_unique: true, ..facts("order_no", ValueType::Integer) }).0, Role::Key);
        assert_eq!(infer(&ColumnFacts { in_primary_key: true, ..facts("line", ValueType::Integer) }).0, Role::Key);
        assert_eq!(infer(&ColumnFacts { in_foreign_key: true, ..facts("home_city", ValueType::Integer) }).0, Role::Key);
        assert_eq!(
            infer(&ColumnFacts { in_primary_key: true, ..facts("year", ValueType::Integer) }).0,
            Role::Dimension
        );
    }

    #[test]
    fn other_types_by_type_and_name() {
        assert_eq!(infer(&facts("region", ValueType::Text)), (Role::Dimension, Aggregation::Count));
        assert_eq!(infer(&facts("txn_id", ValueType::Text)), (Role::Key, Aggregation::CountDistinct));
        assert_eq!(infer(&facts("country_code", ValueType::Text)).0, Role::Dimension);
        assert_eq!(infer(&ColumnFacts { unique: true, ..facts("country_code", ValueType::Text) }).0, Role::Key);
        assert_eq!(infer(&ColumnFacts { unique: true, ..facts("name", ValueType::Text) }).0, Role::Dimension);
        assert_eq!(infer(&facts("sold_at", ValueType::TimestampTz)).0, Role::Time);
        assert_eq!(infer(&facts("active", ValueType::Boolean)).0, Role::Dimension);
        assert_eq!(infer(&facts("payload", ValueType::Json)).0, Role::Dimension);
        assert_eq!(infer(&facts("token", ValueType::Uuid)).0, Role::Key);
    }

    #[test]
    fn the_time_axis_is_what_happened() {
        fn axis(names: &[(&'static str, ValueType)]) -> Option<&'static str> {
            let columns: Vec<_> = names.iter().map(|(n, t)| facts(n, *t)).collect();
            default_time_column(&columns).map(|i| names[i].0)
        }
        use ValueType::{Date, Text, TimestampTz};
        assert_eq!(axis(&[("sale_date", Date), ("sold_at", TimestampTz)]), Some("sale_date"));
        assert_eq!(axis(&[("created_at", TimestampTz), ("order_date", Date)]), Some("order_date"));
        assert_eq!(axis(&[("date_of_birth", Date), ("hired", Date)]), Some("hired"));
        assert_eq!(axis(&[("forecast_date", Date), ("generated_at", TimestampTz)]), Some("forecast_date"));
        assert_eq!(axis(&[("start_date", Date), ("end_date", Date)]), Some("start_date"));
        assert_eq!(axis(&[("name", Text)]), None);
        assert_eq!(axis(&[("created_at", TimestampTz)]), Some("created_at"));
    }
}

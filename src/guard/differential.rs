//! What reads or writes SQL text, against the server's own parser: texts made by chance, thousands of them, always the same.

#[cfg(any(test, feature = "pg_test"))]
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;
    use router_core::quickspec::QuickSpec;
    use router_core::sql::syntax_guard::{self, SyntaxRefusal};
    use router_core::sql::{SqlClock, build, quote_identifier, quote_literal};
    use router_core::time::Weekday;
    use serde_json::json;

    use crate::guard::{validate, validate_qualified};
    use crate::pg::analyse::raw;
    use crate::{catalog, execute};

    /// Numbers that look random: xorshift.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % n as u64) as usize
        }

        fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
            choices[self.below(choices.len())]
        }

        /// A few pieces of what lexers stumble over.
        fn text(&mut self, most: usize) -> String {
            (0..self.below(most + 1)).map(|_| self.of(PIECES)).collect()
        }
    }

    const STATEMENTS: &[&str] = &[
        "SELECT region, sum(amount) FROM g.sales WHERE region = 'North' GROUP BY region ORDER BY 2 DESC LIMIT 3",
        "WITH s AS (SELECT * FROM g.sales) SELECT count(*) FROM s WHERE amount > 5 AND day >= DATE '2024-01-01'",
        "SELECT a.region FROM g.sales a JOIN g.sales b USING (day) UNION ALL SELECT 'x' EXCEPT SELECT \"region\" FROM g.sales",
        "SELECT CASE WHEN amount < 5 THEN 'a' ELSE 'b' END, ARRAY[1, 2], (SELECT max(day) FROM g.sales) FROM g.sales",
        "SELECT sum(amount) OVER (PARTITION BY region ORDER BY day ROWS 3 PRECEDING) FROM g.sales; -- all",
        "SELECT 1; DELETE FROM g.sales",
        "DELETE FROM g.sales WHERE region = 'North'",
        "WITH gone AS (DELETE FROM g.sales RETURNING *) SELECT * FROM gone",
    ];

    const AGGREGATIONS: &[&str] = &["sum", "avg", "median", "count", "count_distinct", "min", "max", "none"];
    const PIECES: &[&str] = &[
        "'",
        "''",
        "\"",
        "\"\"",
        "\\",
        "\\'",
        "--",
        "-- ",
        "/*",
        "*/",
        ";",
        "; ",
        "\n",
        "\r",
        "\t",
        "\u{c}",
        "\u{b}",
        "$$",
        "$a$",
        "$é$",
        "E'",
        "U&'",
        "U&\"",
        "B'1'",
        "X'1F'",
        "N'",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "..",
        ":",
        "::",
        ":=",
        "=>",
        "<",
        ">",
        "<>",
        "<=",
        "<--",
        ">--'",
        "</*'",
        "-",
        "+",
        "*",
        "/",
        "%",
        "^",
        "!",
        "!!",
        "~",
        "@",
        "#",
        "&",
        "|",
        "||",
        "`",
        "?",
        "1",
        "0x1F",
        "1_000",
        "1e5",
        ".5",
        "a",
        "é",
        "日本",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "😀",
        "SELECT ",
        "FROM ",
        "DELETE ",
        "TABLE ",
        "VALUES (1) ",
        "UNION ",
        "INTO x ",
        "FOR UPDATE ",
        "select",
        "drop",
        " OR true",
        " AND ",
        "NOT ",
        "NULL",
        "COPY ",
        "EXPLAIN ",
        "SET x = 1",
        "BEGIN",
        "%s",
        "O'Brien",
        "x y",
    ];

    /// A statement with a few pieces put in, or in the place of something.
    fn mutated(chance: &mut Chance) -> String {
        let mut sql = chance.of(STATEMENTS).to_owned();
        for _ in 0..=chance.below(4) {
            let places: Vec<usize> = sql.char_indices().map(|(at, _)| at).chain([sql.len()]).collect();
            let from = chance.below(places.len());
            let to = (from + chance.below(6) * chance.below(2)).min(places.len() - 1);
            sql.replace_range(places[from]..places[to], &chance.text(3));
        }
        sql
    }

    #[pg_test]
    fn guard_second_opinion_refuses_no_query_of_the_servers() {
        let mut chance = Chance(0x5EED);
        let (mut refused, mut queries) = (0, 0);
        for conforming in ["on", "off"] {
            Spi::run(&format!("SET LOCAL standard_conforming_strings = {conforming}")).unwrap();
            for _ in 0..3_000 {
                let sql = mutated(&mut chance);
                let servers = raw::are_selects(&sql);
                let is_query = servers.as_deref() == Some(&[true][..]);
                queries += usize::from(is_query);
                if let Err(SyntaxRefusal::NotOneQuery(why)) = syntax_guard::check(&sql) {
                    refused += 1;
                    assert!(!is_query, "{why}: {sql:?} (standard_conforming_strings = {conforming})");
                }
            }
        }
        assert!(refused > 50 && queries > 100, "{refused} refused, {queries} queries");
    }

    #[pg_test]
    fn guard_lets_run_what_the_server_reads_as_the_text_it_judged() {
        Spi::run(include_str!("../../sql/guard/test_fixture.sql")).unwrap();
        let mut chance = Chance(0xBADC0DE);
        let mut valid = 0;
        for conforming in ["on", "off"] {
            Spi::run(&format!("SET LOCAL standard_conforming_strings = {conforming}")).unwrap();
            for _ in 0..1_000 {
                let sql = mutated(&mut chance);
                let verdict = validate(&sql).unwrap();
                if let Some(sanitized) = verdict.sanitized_sql {
                    valid += 1;
                    assert_eq!(raw::are_selects(&sql).as_deref(), Some(&[true][..]), "{sql:?}");
                    assert!(raw::same_statement(&sql, &sanitized), "{sql:?} is not {sanitized:?}");
                }
            }
        }
        assert!(valid > 20, "{valid} of them may run");
    }

    #[pg_test]
    fn guard_quotes_as_the_server_reads() {
        let mut chance = Chance(0xC0FFEE);
        for conforming in ["on", "off"] {
            Spi::run(&format!("SET LOCAL standard_conforming_strings = {conforming}")).unwrap();
            for _ in 0..200 {
                let (text, name) = (chance.text(6), format!("n{}", chance.text(3)));
                let name: String = name.chars().take(12).collect();
                let sql = format!("SELECT {} AS {}", quote_literal(&text), quote_identifier(&name));
                let rows = execute::run(&sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                assert_eq!((rows.columns, rows.rows), (vec![name], vec![vec![execute::Cell::Text(text)]]), "{sql}");
            }
        }
    }

    /// Whatever is asked by spec is refused by the builder or let pass by the guard; any text of a filter is that text.
    #[pg_test]
    fn guard_lets_pass_what_the_builder_builds() {
        Spi::run(
            "CREATE TABLE public.built (day date, region text, \"odd \"\"name\"\"; --\" text, amount numeric, pieces int,
                                        paid boolean);
             SELECT router_register('public.built', '{\"harvest\": false}')",
        )
        .unwrap();
        let known = catalog::model().unwrap();
        let model = &known.model;
        let clock = SqlClock { timezone: "Europe/Paris".into(), week_start: Weekday::Monday };
        let mut chance = Chance(0xF00D);
        let columns = &["day", "region", "odd \"name\"; --", "amount", "pieces", "paid", "nowhere", "*"];
        let (mut built, mut refused) = (0, 0);
        for _ in 0..400 {
            let text = chance.text(5);
            let operator = chance.of(&["eq", "ne", "gt", "lte", "like", "ilike", "in", "not_in", "between", "is_null"]);
            let operand = match operator {
                "in" | "not_in" | "between" => json!([text, chance.text(2)]),
                "is_null" => json!(chance.below(2) == 0),
                _ => json!(text),
            };
            let spec = json!({
                "schema": "QuickSpec@1", "dataset": "public.built",
                "x": chance.of(columns), "y": chance.of(columns), "splitBy": chance.of(columns),
                "agg": chance.of(AGGREGATIONS),
                "chart": chance.of(&["bar", "line", "pie", "scatter", "heatmap", "table"]),
                "timeGrain": chance.of(&["hour", "day", "week", "month", "quarter", "year", "weekday"]),
                "filters": {chance.of(columns): {operator: operand}},
                "orderBy": {"by": chance.of(&["x", "y"]), "dir": chance.of(&["asc", "desc"])},
                "topK": chance.below(20),
            });
            let mut spec = spec;
            if chance.below(3) == 0 {
                spec["topPer"] = json!(chance.of(&["x", "series"]));
            } else if chance.below(2) == 0 {
                spec["moreMeasures"] = json!([{"y": chance.of(columns), "agg": chance.of(AGGREGATIONS)}]);
                spec["splitBy"] = json!(null);
            }
            let Ok(sql) = serde_json::from_value::<QuickSpec>(spec.clone())
                .map_err(|e| e.to_string())
                .and_then(|spec| build(&spec, model, &clock).map_err(|e| e.to_string()))
            else {
                refused += 1;
                continue;
            };
            built += 1;
            let verdict = validate_qualified(&sql).unwrap();
            // A spec may compare what has no comparison, or name a date that is none. It can't reach beyond its dataset.
            let beyond = ["syntax", "statement", "parameter", "relation", "column", "privilege", "session"];
            let wrong: Vec<_> = verdict.violations.iter().filter(|v| beyond.contains(&v.rule)).collect();
            assert!(wrong.is_empty(), "{wrong:?}: {sql} of {spec}");
        }
        assert!(built > 20 && refused > 20, "{built} built, {refused} refused");

        for _ in 0..200 {
            let text = format!("v{}", chance.text(6));
            Spi::run_with_args(
                "INSERT INTO public.built (region, amount) VALUES ($1, 1), ($1 || 'x', 2)",
                &[text.clone().into()],
            )
            .unwrap();
            let spec = json!({"schema": "QuickSpec@1", "dataset": "public.built", "x": "region", "y": "amount", "agg": "max",
                              "chart": "bar", "filters": {"region": {"eq": text}}});
            let sql = build(&serde_json::from_value(spec).unwrap(), model, &clock).unwrap();
            let rows = execute::run(&sql).unwrap().rows;
            assert_eq!(rows.len(), 1, "{sql}");
            assert_eq!(rows[0][0].to_text(), Some(text), "{sql}");
            Spi::run("DELETE FROM public.built").unwrap();
        }
    }
}

//! Tables of expressions and what they mean on a given clock, and properties over arbitrary prompts.
#![allow(clippy::unwrap_used)]

use jiff::civil::Weekday;
use proptest::prelude::*;

use super::*;
use crate::prompt::tokenize;

fn clock_at(now: &str) -> Clock {
    Clock { now: now.parse().unwrap(), week_start: Weekday::Monday, fiscal_year_start: 1, rolling: false, ahead: false }
}

/// Saturday, 15 March 2025, ten in the morning in Manila.
fn manila() -> Clock {
    clock_at("2025-03-15T10:00:00+08:00[Asia/Manila]")
}

/// "start..end" with open ends left out; dates without midnight's time.
fn show(range: TimeRange) -> String {
    let at = |t: Option<jiff::civil::DateTime>| match t {
        None => String::new(),
        Some(t) if t.time() == jiff::civil::Time::midnight() => t.date().to_string(),
        Some(t) => format!("{}T{:02}:{:02}", t.date(), t.hour(), t.minute()),
    };
    format!("{}..{}", at(range.start), at(range.end))
}

fn ranges(prompt: &str, clock: &Clock) -> Vec<String> {
    find(&tokenize(prompt), clock).into_iter().map(|m| show(m.range)).collect()
}

/// Lines of `prompt | range, range`; nothing after the bar means no time at all.
fn check(clock: &Clock, table: &str) {
    let mut wrong = Vec::new();
    for line in table.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (prompt, want) = line.split_once('|').unwrap();
        let want: Vec<String> = want.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
        let got = ranges(prompt.trim(), clock);
        if got != want {
            wrong.push(format!("{}: got {got:?}, want {want:?}", prompt.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn relative_expressions() {
    check(
        &manila(),
        "sales today | 2025-03-15..2025-03-16
        sales yesterday | 2025-03-14..2025-03-15
        sales the day before yesterday | 2025-03-13..2025-03-14
        orders due tomorrow | 2025-03-16..2025-03-17
        Show Alaska milk sales in NCR last 30 days | 2025-02-13..2025-03-15
        over the past 7 days | 2025-03-08..2025-03-15
        trailing 12 months | 2024-03-15..2025-03-15
        last month | 2025-02-01..2025-03-01
        last month's revenue | 2025-02-01..2025-03-01
        previous quarter | 2024-10-01..2025-01-01
        last week | 2025-03-03..2025-03-10
        past year | 2024-01-01..2025-01-01
        last 3 months | 2024-12-01..2025-03-01
        last three full months | 2024-12-01..2025-03-01
        past two weeks | 2025-02-24..2025-03-10
        the last couple of weeks | 2025-02-24..2025-03-10
        last 2 quarters | 2024-07-01..2025-01-01
        last 5 years | 2020-01-01..2025-01-01
        last 24 hours | 2025-03-14T10:00..2025-03-15T10:00
        this hour | 2025-03-15T10:00..2025-03-15T11:00
        this week | 2025-03-10..2025-03-16
        this month | 2025-03-01..2025-03-16
        current quarter | 2025-01-01..2025-03-16
        Oishi sales YTD | 2025-01-01..2025-03-16
        MTD revenue | 2025-03-01..2025-03-16
        quarter to date | 2025-01-01..2025-03-16
        month-to-date | 2025-03-01..2025-03-16
        week to date | 2025-03-10..2025-03-16
        so far this year | 2025-01-01..2025-03-16
        2024 YTD | 2024-01-01..2024-03-16
        forecast for next month | 2025-04-01..2025-05-01
        next quarter | 2025-04-01..2025-07-01
        next week | 2025-03-17..2025-03-24
        over the next 30 days | 2025-03-16..2025-04-15
        next 2 months | 2025-04-01..2025-06-01
        3 days ago | 2025-03-12..2025-03-13
        a week ago | 2025-03-03..2025-03-10
        two months ago | 2025-01-01..2025-02-01
        month before last | 2025-01-01..2025-02-01
        on Monday | 2025-03-10..2025-03-11
        last Friday | 2025-03-14..2025-03-15
        last Saturday | 2025-03-08..2025-03-09
        next Tuesday | 2025-03-18..2025-03-19
        last weekend | 2025-03-08..2025-03-10
        this weekend | 2025-03-15..2025-03-17
        last fiscal year | 2024-01-01..2025-01-01
        last 0 days |
        last 99999999999999 days |
        last 9999999999 years |",
    );
}

#[test]
fn rolling_months_by_setting() {
    let clock = Clock { rolling: true, ..manila() };
    check(
        &clock,
        "last 3 months | 2024-12-15..2025-03-15
        last month | 2025-02-01..2025-03-01
        last 3 full months | 2024-12-01..2025-03-01
        last 30 days | 2025-02-13..2025-03-15
        next 2 weeks | 2025-03-16..2025-03-30",
    );
}

#[test]
fn named_expressions() {
    check(
        &manila(),
        "total sales in Q4 2024? | 2024-10-01..2025-01-01
        2024 Q4 | 2024-10-01..2025-01-01
        4Q24 | 2024-10-01..2025-01-01
        Q4'24 | 2024-10-01..2025-01-01
        Q4-2024 | 2024-10-01..2025-01-01
        2024Q4 | 2024-10-01..2025-01-01
        the fourth quarter of 2024 | 2024-10-01..2025-01-01
        last quarter of 2023 | 2023-10-01..2024-01-01
        quarter 2 of 2024 | 2024-04-01..2024-07-01
        second quarter | 2024-04-01..2024-07-01
        Q4 last year | 2024-10-01..2025-01-01
        last year's Q3 | 2024-07-01..2024-10-01
        Q1 this year | 2025-01-01..2025-04-01
        H1 2024 | 2024-01-01..2024-07-01
        sales in the first half of 2024 by month | 2024-01-01..2024-07-01
        second half of last year | 2024-07-01..2025-01-01
        FY2024 | 2024-01-01..2025-01-01
        fiscal year 2024 | 2024-01-01..2025-01-01
        the calendar year 2023, not pesos | 2023-01-01..2024-01-01
        in 2023 | 2023-01-01..2024-01-01
        revenue 2024 | 2024-01-01..2025-01-01
        sales in December by brand | 2024-12-01..2025-01-01
        in March | 2024-03-01..2024-04-01
        this January | 2025-01-01..2025-02-01
        last December | 2024-12-01..2025-01-01
        next June | 2025-06-01..2025-07-01
        Jan 2024 | 2024-01-01..2024-02-01
        January '24 | 2024-01-01..2024-02-01
        Mar-24 | 2024-03-01..2024-04-01
        2024-03 | 2024-03-01..2024-04-01
        March last year | 2024-03-01..2024-04-01
        January and February 2024 | 2024-01-01..2024-02-01, 2024-02-01..2024-03-01
        Q1, Q2 and Q3 2024 | 2024-01-01..2024-04-01, 2024-04-01..2024-07-01, 2024-07-01..2024-10-01
        sales in Q4 2024 vs Q4 2023 | 2024-10-01..2025-01-01, 2023-10-01..2024-01-01
        Q4 2024 vs 2023 | 2024-10-01..2025-01-01, 2023-10-01..2024-01-01
        2024 vs 2023 | 2024-01-01..2025-01-01, 2023-01-01..2024-01-01
        Nov 2024 versus December | 2024-11-01..2024-12-01, 2024-12-01..2025-01-01
        on 2024-03-01 | 2024-03-01..2024-03-02
        on '2024-03-01' | 2024-03-01..2024-03-02
        at 2024-03-01T10:30 | 2024-03-01T10:30..2024-03-01T10:31
        1/31/2024 | 2024-01-31..2024-02-01
        31/1/2024 | 2024-01-31..2024-02-01
        31.12.2024 | 2024-12-31..2025-01-01
        2/3/2024 | 2024-02-03..2024-02-04
        12/3/2025 | 2025-03-12..2025-03-13
        15 March 2024 | 2024-03-15..2024-03-16
        March 15, 2024 | 2024-03-15..2024-03-16
        15th of March 2024 | 2024-03-15..2024-03-16
        sales on Mar 15 | 2025-03-15..2025-03-16
        on 20 March | 2024-03-20..2024-03-21
        Feb 29 | 2024-02-29..2024-03-01
        week of 5 March 2025 | 2025-03-03..2025-03-10
        week 1 of 2025 | 2024-12-30..2025-01-06
        first week of January 2024 | 2024-01-01..2024-01-08
        last week of January 2024 | 2024-01-25..2024-02-01
        first 10 days of February 2025 | 2025-02-01..2025-02-11
        last 2 months of 2024 | 2024-11-01..2025-01-01
        last day of February 2024 | 2024-02-29..2024-03-01
        in the 1990s | 1990-01-01..2000-01-01
        sales in 2024年 | 2024-01-01..2025-01-01
        2024年3月 | 2024-03-01..2024-04-01
        May 2024 | 2024-05-01..2024-06-01
        sales in may | 2024-05-01..2024-06-01",
    );
}

#[test]
fn ranges_and_bounds() {
    check(
        &manila(),
        "sales between Jan and Mar 2024 by month | 2024-01-01..2024-04-01
        from January to March 2024 | 2024-01-01..2024-04-01
        from November to February 2024 | 2023-11-01..2024-03-01
        from Nov 2023 to February | 2023-11-01..2024-03-01
        2023 up to the end of May | 2023-01-01..2023-06-01
        in year 2023 up to the end of May | 2023-01-01..2023-06-01
        the year 2024 since June | 2024-06-01..2025-01-01
        from January to February | 2025-01-01..2025-03-01
        daily sales from 1 to 15 February 2025 | 2025-02-01..2025-02-16
        1-15 February 2025 | 2025-02-01..2025-02-16
        Feb 1-15, 2025 | 2025-02-01..2025-02-16
        from March 1 to 10 | 2025-03-01..2025-03-11
        between 2020 and 2023 | 2020-01-01..2024-01-01
        2022-2024 | 2022-01-01..2025-01-01
        2022 to 2024 | 2022-01-01..2025-01-01
        Q1-Q3 2024 | 2024-01-01..2024-10-01
        Q1 through Q2 2024 | 2024-01-01..2024-07-01
        from 2024-01-15 to 2024-02-14 | 2024-01-15..2024-02-15
        1/1/2024 - 1/31/2024 | 2024-01-01..2024-02-01
        January 15 to February 3, 2024 | 2024-01-15..2024-02-04
        from last month until today | 2025-02-01..2025-03-16
        since March 2024 by month | 2024-03-01..
        weekly volume of Oishi since January 2025 | 2025-01-01..
        since January | 2025-01-01..
        since March | 2025-03-01..
        since 2023 | 2023-01-01..
        since yesterday | 2025-03-14..
        since the beginning of the year | 2025-01-01..
        from 2023 onwards | 2023-01-01..
        starting March 2024 | 2024-03-01..
        after 15 March 2024 | 2024-03-16..
        after 2023 | 2024-01-01..
        hired before 2002-06-21, what | ..2002-06-21
        prior to Q3 2024 | ..2024-07-01
        until June 2024 | ..2024-07-01
        up to 15 January 2025 | ..2025-01-16
        by end of June 2024 | ..2024-07-01
        by the end of last month | ..2025-03-01
        on or before 3 March 2025 | ..2025-03-04
        date >= 2024-01-01 | 2024-01-01..
        date < '2024-02-01' | ..2024-02-01
        after 1 March 2024 and before 1 June 2024 | 2024-03-02..2024-06-01
        January 2024 to date | 2024-01-01..2025-03-16
        from 2024 | 2024-01-01..2025-01-01",
    );
}

#[test]
fn numbers_and_words_that_are_no_time() {
    check(
        &manila(),
        "top 5 brands by sales |
        line items over 2000 |
        more than 2000 units |
        orders of 2000 pesos |
        salary between 8000 and 12000 |
        price between 500 and 2000 |
        priced at $2000 |
        May I see the sales |
        which stores may close |
        the second store |
        first 10 rows |
        dairy sales by region |
        match the brand |
        sales by month |
        month over month growth |
        monthly_rental by year |
        employees with id 2001 |
        quarter pounder sales |
        30 February 2024 |
        February 30, 2024 |
        2024-13-01 |
        31/31/2024 |",
    );
    let notes = read(&tokenize("sales on 30 February 2024"), &manila()).notes;
    assert_eq!(notes, ["\"30 February 2024\" is not a time on the calendar"]);
}

#[test]
fn spelling_and_languages() {
    check(
        &manila(),
        "last quater | 2024-10-01..2025-01-01
        yesterdy | 2025-03-14..2025-03-15
        febuary 2024 | 2024-02-01..2024-03-01
        janury 2024 | 2024-01-01..2024-02-01
        lst month | 2025-02-01..2025-03-01
        last mnth | 2025-02-01..2025-03-01
        last 2 yrs | 2023-01-01..2025-01-01
        magkano benta ng Oishi sa Visayas noong Enero 2025 | 2025-01-01..2025-02-01
        buwanang benta ng Alaska noong 2024 | 2024-01-01..2025-01-01
        benta kada rehiyon ngayong taon | 2025-01-01..2025-03-16
        noong nakaraang buwan | 2025-02-01..2025-03-01
        benta kahapon | 2025-03-14..2025-03-15
        benta ngayong araw | 2025-03-15..2025-03-16
        benta ngayon | 2025-03-15..2025-03-16
        nakaraang 7 araw | 2025-03-08..2025-03-15
        noong isang linggo | 2025-03-03..2025-03-10
        sa susunod na buwan | 2025-04-01..2025-05-01
        mula Enero hanggang Marso 2024 | 2024-01-01..2024-04-01
        mula Enero 2024 | 2024-01-01..
        unang quarter ng 2024 | 2024-01-01..2024-04-01
        ventas del mes pasado | 2025-02-01..2025-03-01
        ventas en enero de 2024 | 2024-01-01..2024-02-01
        ventas de los ultimos 30 dias | 2025-02-13..2025-03-15
        les 30 derniers jours | 2025-02-13..2025-03-15
        Umsatz letzten Monat | 2025-02-01..2025-03-01
        penjualan bulan lalu | 2025-02-01..2025-03-01
        penjualan 30 hari terakhir | 2025-02-13..2025-03-15",
    );
}

#[test]
fn week_start_and_fiscal_year() {
    let clock = Clock { week_start: Weekday::Sunday, fiscal_year_start: 4, ..manila() };
    check(
        &clock,
        "last week | 2025-03-02..2025-03-09
        this week | 2025-03-09..2025-03-16
        FY2024 | 2023-04-01..2024-04-01
        FY25 | 2024-04-01..2025-04-01
        this fiscal year | 2024-04-01..2025-03-16
        last fiscal year | 2023-04-01..2024-04-01
        last fiscal quarter | 2024-10-01..2025-01-01
        Q1 FY2025 | 2024-04-01..2024-07-01
        FYTD | 2024-04-01..2025-03-16
        Q1 2025 | 2025-01-01..2025-04-01",
    );
}

#[test]
fn day_saving_changes() {
    // The night of 30 March 2025 loses an hour in Berlin; that of 26 October 2025 has one twice.
    let spring = clock_at("2025-03-30T05:00:00+02:00[Europe/Berlin]");
    check(
        &spring,
        "today | 2025-03-30..2025-03-31
        last 6 hours | 2025-03-29T22:00..2025-03-30T05:00
        yesterday | 2025-03-29..2025-03-30",
    );
    let autumn = clock_at("2025-10-26T05:00:00+01:00[Europe/Berlin]");
    check(&autumn, "last 6 hours | 2025-10-26..2025-10-26T05:00");
}

#[test]
fn days_and_shifts() {
    let of = |prompt: &str| read(&tokenize(prompt), &manila());
    let days = |prompt: &str| of(prompt).days.into_iter().map(|d| d.days).collect::<Vec<_>>();
    assert_eq!(days("weekend sales by month in 2024"), [vec![6, 7]]);
    assert_eq!(days("sales on Mondays and Tuesdays"), [vec![1, 2]]);
    assert_eq!(days("sales Monday to Friday"), [vec![1, 2, 3, 4, 5]]);
    assert_eq!(days("sales on weekdays"), [vec![1, 2, 3, 4, 5]]);
    assert!(days("sales by weekday").is_empty() && days("bin the date by weekdays").is_empty());
    assert!(days("sun cream sat on the shelf").is_empty());
    let shifts = |prompt: &str| of(prompt).shifts.into_iter().map(|s| (s.shift, s.certain)).collect::<Vec<_>>();
    use RelativeShift::*;
    assert_eq!(shifts("sales this month vs same period last year"), [(Earlier(Grain::Year), true)]);
    assert_eq!(shifts("sales this month compared to last month"), [(Earlier(Grain::Month), false)]);
    assert_eq!(shifts("Q1 2025 compared with a year ago"), [(Earlier(Grain::Year), true)]);
    assert_eq!(shifts("this week against the previous period"), [(PreviousPeriod, true)]);
    assert_eq!(ranges("this month vs same month last year", &manila()), ["2025-03-01..2025-03-16"]);
    let march = TimeRange { start: "2025-03-01T00:00".parse().ok(), end: "2025-04-01T00:00".parse().ok() };
    assert_eq!(shifted(march, PreviousPeriod).map(show).as_deref(), Some("2025-02-01..2025-03-01"));
    assert_eq!(shifted(march, Earlier(Grain::Year)).map(show).as_deref(), Some("2024-03-01..2024-04-01"));
}

#[test]
fn grains() {
    let of = |prompt: &str| find_grains(&tokenize(prompt)).into_iter().map(|g| (g.grain, g.kind)).collect::<Vec<_>>();
    use Grain::*;
    use GrainKind::*;
    let axes = [
        ("sales by month", Month),
        ("monthly sales trend for 2024", Month),
        ("transactions per week, last quarter", Week),
        ("accounts opened in each day", Day),
        ("number of bookings for each year", Year),
        ("sales by day of week in 2024", Weekday),
        ("into the day of the week interval", Weekday),
        ("bin the date by weekday", Weekday),
        ("bin the date into Year interval", Year),
        ("the date by year interval", Year),
        ("hourly sales yesterday", Hour),
        ("sales by hour of day", Hour),
        ("on a quarterly basis", Quarter),
        ("quarterly revenue", Quarter),
        ("buwanang benta", Month),
        ("benta kada linggo", Week),
        ("araw-araw na benta", Day),
        ("ventas por mes", Month),
        ("month by month", Month),
        ("dayly orders", Day),
        ("sales this week by day", Day),
        ("revenue by month and year", Month),
    ];
    for (prompt, grain) in axes {
        assert_eq!(of(prompt), [(grain, Axis)], "{prompt}");
    }
    assert_eq!(of("quarterly business review"), [(Quarter, Adjective)]);
    assert_eq!(of("highest daily market share"), [(Day, Adjective)]);
    assert_eq!(of("month over month sales growth"), [(Month, Comparison)]);
    assert_eq!(of("year on year growth"), [(Year, Comparison)]);
    for none in
        ["sales last month", "top 5 cities by sales year to date", "monthly_rental", "by tag", "a year ago", "dairy"]
    {
        assert!(of(none).is_empty(), "{none}: {:?}", of(none));
    }
}

#[test]
fn readings_are_for_people() {
    let of = |prompt: &str| find(&tokenize(prompt), &manila()).remove(0).reading;
    assert_eq!(of("sales last month"), "last month: 2025-02-01 to 2025-02-28");
    assert_eq!(of("sales since January 2025"), "since January 2025: from 2025-01-01 on");
    assert_eq!(of("on 2/3/2024"), "2/3/2024: 2024-02-03 (read as month/day)");
    assert_eq!(of("sales yesterday"), "yesterday: 2025-03-14");
}

proptest! {
    #[test]
    fn anything_goes(prompt in "\\PC{0,80}") {
        check_shape(&prompt);
    }

    #[test]
    fn any_order_of_time_words(words in proptest::collection::vec(proptest::sample::select(VOCABULARY), 0..14)) {
        check_shape(&words.join(" "));
    }

    #[test]
    fn any_number(n in any::<u64>(), unit in proptest::sample::select(&["hours", "days", "weeks", "months", "years"][..])) {
        for form in ["last", "next", "trailing"] {
            check_shape(&format!("{form} {n} {unit}"));
        }
        check_shape(&format!("{n} {unit} ago since {n} {n}-{n}-{n}"));
    }
}

const VOCABULARY: &[&str] = &[
    "last",
    "next",
    "this",
    "first",
    "second",
    "3",
    "15",
    "2024",
    "1950",
    "99999999999",
    "of",
    "to",
    "and",
    "from",
    "between",
    "since",
    "until",
    "before",
    "after",
    "by",
    "end",
    "the",
    "month",
    "week",
    "quarter",
    "year",
    "days",
    "hours",
    "January",
    "may",
    "March",
    "Q4",
    "H1",
    "FY24",
    "4Q24",
    "-",
    "/",
    ",",
    "'",
    "2024-02-30",
    "31/12/2024",
    "Monday",
    "weekend",
    "to date",
    "YTD",
    "ago",
    "vs",
    "same period",
    "half",
    "fiscal",
    "noong",
    "nakaraang",
    "buwan",
    "年",
    "decade",
    "each",
    "a",
    "week of",
    "first week of",
    "last 10 days of",
    ">",
    "=",
    "today",
    "so far",
];

/// Ordered, inside the prompt, without overlap, and start before end.
fn check_shape(prompt: &str) {
    let tokens = tokenize(prompt);
    for clock in
        [manila(), clock_at("9999-12-29T01:00:00+00:00[UTC]"), clock_at("2024-02-29T02:30:00-05:00[America/New_York]")]
    {
        let mut end = 0;
        for m in find(&tokens, &clock) {
            assert!(
                m.tokens.start >= end && m.tokens.start < m.tokens.end && m.tokens.end <= tokens.len(),
                "{prompt}: {m:?}"
            );
            assert!(m.range.start.is_some() || m.range.end.is_some());
            if let (Some(a), Some(b)) = (m.range.start, m.range.end) {
                assert!(a < b, "{prompt}: {m:?}");
            }
            end = m.tokens.end;
        }
    }
    let mut end = 0;
    for g in find_grains(&tokens) {
        assert!(g.tokens.start >= end && g.tokens.end <= tokens.len());
        end = g.tokens.end;
    }
}

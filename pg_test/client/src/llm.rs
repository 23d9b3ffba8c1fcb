//! A small database whose questions a language model may read.

use postgres::Client;
use serde_json::{Value, json};

pub use crate::wait_for;
use crate::{Database, Server, value};

/// What the router's own reading makes nothing of.
pub const UNCLEAR: &str = "how did takings split geographically";

/// A model's reading of it.
pub fn reading() -> Value {
    json!({"intent": "regional_breakdown", "confidence": 0.9, "dataset": "public.shop", "measure": "sales",
           "aggregation": "sum", "dimensions": ["region"]})
}

/// A database with [`tables`], and its worker.
pub fn shop(server: Server, url: &str) -> (Database, Client) {
    let database = Database::with_router(server);
    let mut session = database.session();
    tables(&mut session, url);
    // What is asked twice here is to be asked twice there.
    let name = &database.name;
    let uncached = format!("ALTER DATABASE {name} SET router.cache = off; SET router.cache = off");
    // On a busy machine the usual two seconds are short.
    let patient = format!("ALTER DATABASE {name} SET router.llm_timeout = '20s'; SET router.llm_timeout = '20s'");
    session.batch_execute(&format!("{uncached}; {patient}")).expect("settings");
    wait_for(&mut session, "SELECT router_wake() = 'running'", "the worker starts");
    (database, session)
}

/// A table of sales, and one agent at `url` with one model.
pub fn tables(session: &mut Client, url: &str) {
    session
        .batch_execute(&format!(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n
             FROM generate_series(0, 364) AS n;
             ANALYZE shop;
             SELECT router_register('shop');
             INSERT INTO router.agents (agent_id, base_url) VALUES ('near', '{url}');
             INSERT INTO router.models (model_id, capabilities, input_price, output_price)
             VALUES ('small', '{{\"general\": 0.9, \"reasoning\": 0.9, \"math\": 0.9, \"coding\": 0.9, \"arabic\": 0.9}}', 1, 2);
             SELECT router_assign('near', 'small', 90)"
        ))
        .expect("a shop with an agent");
}

pub fn ask(session: &mut Client, question: &str) -> Value {
    let answer = value(session, &format!("SELECT router_route($q${question}$q$)")).expect("an answer");
    serde_json::from_str(&answer).expect("a JSON object")
}

/// Has another worker take the place of the one that runs: it knows all settings of this moment.
pub fn renew_worker(session: &mut Client) {
    let before = value(session, "SELECT pid FROM router_worker()").expect("a worker");
    session.batch_execute(&format!("SELECT pg_terminate_backend({before})")).expect("it is ended");
    let another = format!("SELECT router_wake() = 'running' AND pid <> {before} FROM router_worker()");
    wait_for(session, &another, "another worker comes");
}

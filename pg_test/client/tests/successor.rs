//! A standby takes over: it answers as long as it follows, and does everything once it leads.

use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::reading;
use router_client_tests::{Database, PATIENCE, Server, cluster, sqlstate, value};

/// The cluster goes away with the test, however that ends.
struct Successor;

impl Drop for Successor {
    fn drop(&mut self) {
        cluster("successor", &["remove"]);
    }
}

fn wait_for(session: &mut Client, sql: &str, wanted: &str) {
    let deadline = Instant::now() + PATIENCE;
    while value(session, sql).as_deref() != Some(wanted) {
        assert!(Instant::now() < deadline, "{sql} never gives {wanted}, but {:?}", value(session, sql));
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_standby_answers_and_goes_on_after_promotion() {
    let primary = Database::with_router(Server::Plain);
    let mut owner = primary.session();
    owner
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n
             FROM generate_series(0, 364) AS n;
             ANALYZE shop; SELECT router_register('shop')",
        )
        .expect("a shop");
    // Nobody is there to do it, here or on the standby.
    let endpoint = Endpoint::start(Mode::Call(reading()));
    owner
        .batch_execute(&format!(
            "INSERT INTO router.agents (agent_id, base_url) VALUES ('near', '{}');
             INSERT INTO router.models (model_id) VALUES ('small'); SELECT router_assign('near', 'small', 90);
             SET router.embedding_model = 'small'; SELECT router_queue_embeddings('{{one, two}}'); CHECKPOINT",
            endpoint.url()
        ))
        .expect("a job is queued");
    cluster("successor", &["remove"]);
    let _successor = Successor;
    let dsn = cluster("successor", &["dsn", &primary.name]);
    let mut session = Client::connect(&dsn, NoTls).expect("the standby answers");
    assert_eq!(value(&mut session, "SELECT pg_is_in_recovery()").as_deref(), Some("t"));
    for cached in ["false", "true"] {
        let answer = value(&mut session, "SELECT router_route('total sales by region')::text").expect("an answer");
        assert!(answer.contains("\"status\": \"ok\"") && answer.contains(&format!("\"cached\": {cached}")), "{answer}");
    }
    assert_eq!(value(&mut session, "SELECT count(*) FROM router_query('total sales by region')").as_deref(), Some("3"));
    let steps = value(&mut session, "SELECT count(*) > 3 FROM router_explain('total sales by region')");
    assert_eq!(steps.as_deref(), Some("t"));
    for write in [
        "SELECT router_synonym('public.shop.sales', 'takings')",
        "SELECT router_teach('x', router_route('total sales by region') -> 'spec')",
        "SELECT router_golden('total sales by region')",
        "SELECT router_register('shop')",
    ] {
        assert_eq!(sqlstate(&mut session, write), "25006", "{write}");
    }
    // What is taught on the primary is heard of.
    owner.batch_execute("SELECT router_synonym('public.shop.sales', 'takings')").expect("taught");
    wait_for(&mut session, "SELECT router_route('total takings by region') ->> 'status'", "ok");

    session.batch_execute("SELECT pg_promote()").expect("promoted");
    wait_for(&mut session, "SELECT pg_is_in_recovery()", "f");
    wait_for(&mut session, "SELECT count(*) FROM router.remote_embeddings", "2");
    session.batch_execute("SELECT router_synonym('public.shop.sales', 'revenue')").expect("taught");
    assert_eq!(
        value(&mut session, "SELECT router_route('total revenue by region') ->> 'status'").as_deref(),
        Some("ok")
    );
    wait_for(
        &mut session,
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type LIKE 'router%' AND datname = current_database()",
        "t",
    );
    let id =
        value(&mut session, "SELECT router_route('sales by region in March 2024') ->> 'request_id'").expect("an id");
    wait_for(&mut session, &format!("SELECT count(*) FROM router.decisions WHERE request_id = '{id}'"), "1");
}

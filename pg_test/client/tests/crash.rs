//! The server dies without warning while everything is being written: what was acknowledged is there, all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::{Database, PATIENCE, Server, cluster, value};

/// Somebody who writes until the server is gone.
struct Writer {
    thread: std::thread::JoinHandle<Vec<usize>>,
    acknowledged: Arc<AtomicUsize>,
}

impl Writer {
    /// Has it done so much?
    fn has_done(&self, least: usize) -> bool {
        self.acknowledged.load(Ordering::Relaxed) >= least
    }

    /// The numbers whose transaction was acknowledged.
    fn done(self) -> Vec<usize> {
        self.thread.join().expect("no panic")
    }
}

/// Repeats `work` with a growing number until it fails.
fn writer(
    mut session: Client,
    stop: &Arc<AtomicBool>,
    work: fn(&mut Client, usize) -> Result<(), postgres::Error>,
) -> Writer {
    let (stop, acknowledged) = (Arc::clone(stop), Arc::<AtomicUsize>::default());
    let count = Arc::clone(&acknowledged);
    let thread = std::thread::spawn(move || {
        let mut done = Vec::new();
        // Acknowledged is what is on disk.
        if session.batch_execute("SET synchronous_commit = on").is_err() {
            return done;
        }
        for n in 0.. {
            if stop.load(Ordering::Relaxed) || work(&mut session, n).is_err() {
                break;
            }
            done.push(n);
            count.store(done.len(), Ordering::Relaxed);
        }
        done
    });
    Writer { thread, acknowledged }
}

#[test]
fn what_was_acknowledged_survives_an_immediate_stop() {
    let database = Database::with_router(Server::Faults);
    let name = database.name.clone();
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, 'Region ' || n % 50, n FROM generate_series(0, 3000) AS n;
             ANALYZE shop; SELECT router_register('shop');
             INSERT INTO router.agents (agent_id, agent_name) SELECT 'a' || i, 'Agent ' || i FROM generate_series(1, 5) i;
             INSERT INTO router.models (model_id, model_name) SELECT 'm' || i, 'Model ' || i FROM generate_series(1, 5) i",
        )
        .expect("a shop");
    let stop = Arc::new(AtomicBool::new(false));
    let teaching = writer(database.session(), &stop, |s, n| {
        s.batch_execute(&format!(
            "BEGIN; SELECT router_teach('question {n}', router_route('total sales by region') -> 'spec');
             SELECT router_synonym('public.shop.sales', 'takings {n}'); COMMIT"
        ))
    });
    let harvesting = writer(database.session(), &stop, |s, n| {
        s.batch_execute(&format!("INSERT INTO shop VALUES ('2024-01-01', 'New {n}', 1); SELECT router_refresh('shop')"))
    });
    let assigning = writer(database.session(), &stop, |s, n| {
        s.batch_execute(if n % 2 == 0 {
            "SELECT sp_auto_assign_models()"
        } else {
            "SELECT sp_update_assignment_metrics(assignment_id, true, 100) FROM router.agent_model_assignments"
        })
    });
    let asking = writer(database.session(), &stop, |s, n| {
        s.batch_execute(&format!(
            "SET router.decision_log = {}; SELECT router_route('sales by region in {n}')",
            if n % 2 == 0 { "sync" } else { "batched" }
        ))
    });
    std::thread::sleep(Duration::from_secs(4));
    let deadline = Instant::now() + PATIENCE;
    while !(teaching.has_done(4) && harvesting.has_done(2) && assigning.has_done(4) && asking.has_done(4)) {
        assert!(Instant::now() < deadline, "everything is going on");
        std::thread::sleep(Duration::from_millis(50));
    }
    cluster("faults", &["crash"]);
    stop.store(true, Ordering::Relaxed);
    let (taught, harvested, asked) = (teaching.done(), harvesting.done(), asking.done());
    assigning.done();

    let mut session = database.session();
    for n in &taught {
        let both = format!(
            "SELECT (SELECT count(*) FROM router.query_embeddings WHERE original_query = 'question {n}')
                  + (SELECT count(*) FROM router.synonyms WHERE alias = 'takings {n}')"
        );
        assert_eq!(value(&mut session, &both).as_deref(), Some("2"), "question {n}");
    }
    for (sql, why) in [
        (
            "SELECT count(*) FROM router.query_embeddings q FULL JOIN router.synonyms s
               ON replace(s.alias, 'takings', 'question') = q.original_query
             WHERE (s.alias IS NULL OR q.id IS NULL) AND COALESCE(s.alias, 'takings') LIKE 'takings%'",
            "a transaction is there whole or not at all",
        ),
        (
            "SELECT count(*) FROM (SELECT agent_id FROM router.agent_model_assignments WHERE status = 'ACTIVE' AND task_type IS NULL
             GROUP BY agent_id, model_id HAVING count(*) > 1) twice",
            "no assignment stands twice",
        ),
        (
            "SELECT count(*) FROM router.datasets d WHERE NOT EXISTS (SELECT FROM router.dataset_columns c WHERE c.relation = d.relation)
               OR NOT EXISTS (SELECT FROM router.column_values v WHERE v.relation = d.relation)",
            "a registration is whole",
        ),
    ] {
        let sql = sql.replace(" AND task_type IS NULL", "");
        assert_eq!(value(&mut session, &sql).as_deref(), Some("0"), "{why}");
    }
    let last = harvested.last().copied().unwrap_or_default();
    let harvested =
        format!("SELECT bool_or('New {last}' = ANY (stored)) FROM router.column_values WHERE column_name = 'region'");
    assert_eq!(value(&mut session, &harvested).as_deref(), Some("t"), "the last harvest that was acknowledged");
    let logged = format!(
        "SELECT count(DISTINCT prompt) FROM router.decisions WHERE logged = 'sync' AND prompt IN ({})",
        asked
            .iter()
            .filter(|n| *n % 2 == 0)
            .map(|n| format!("'sales by region in {n}'"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let synced = asked.iter().filter(|n| *n % 2 == 0).count().to_string();
    assert_eq!(value(&mut session, &logged), Some(synced), "decisions of the caller's own transaction");
    assert_eq!(value(&mut session, "SELECT router_route('total sales by region') ->> 'status'").as_deref(), Some("ok"));
    drop(session);
    drop_database(&name);
    std::mem::forget(database);
}

/// Its admin session died with the server.
fn drop_database(name: &str) {
    let dsn = std::env::var("ROUTER_FAULTS_DSN").expect("set by `make test`");
    let mut admin = Client::connect(&dsn, postgres::NoTls).expect("the server answers");
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).expect("dropped");
}

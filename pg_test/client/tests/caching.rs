//! The cache never says what is not so any more: each part of an entry's key, from two sessions.

use postgres::Client;
use router_client_tests::{Database, Server, value};

const ASK: &str = "SELECT router_route('total sales by region') ->> ";

/// A database with a small registered table that its own role may read.
struct Shop {
    database: Database,
    owner: Client,
    role: String,
}

impl Shop {
    fn new(server: Server) -> Self {
        let database = Database::with_router(server);
        let mut owner = database.session();
        let role = format!("{}_reader", database.name);
        owner
            .batch_execute(&format!(
                "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL, cost numeric);
                 INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n, 1
                 FROM generate_series(0, 364) AS n;
                 ANALYZE shop;
                 SELECT router_register('shop');
                 CREATE ROLE {role}; GRANT SELECT ON shop TO {role}"
            ))
            .expect("the table is registered");
        Self { database, owner, role }
    }

    fn reader(&self) -> Client {
        let mut session = self.database.session();
        session.batch_execute(&format!("SET ROLE {}", self.role)).expect("the role is there");
        session
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.owner.batch_execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.role));
    }
}

fn ask(session: &mut Client, key: &str) -> String {
    value(session, &format!("{ASK}'{key}'")).unwrap_or_default()
}

fn cached(session: &mut Client) -> bool {
    ask(session, "cached") == "true"
}

/// Asks until the answer comes from the cache.
fn warm(session: &mut Client) {
    ask(session, "cached");
    assert!(cached(session), "asked again without a change in between");
}

#[test]
fn the_same_question_again_is_the_same_answer_under_a_new_request_id() {
    let shop = Shop::new(Server::Preloaded);
    let (mut one, mut other) = (shop.reader(), shop.reader());
    let first = value(&mut one, "SELECT router_route('total sales by region') - 'request_id' - 'cached'");
    assert!(cached(&mut one));
    assert!(cached(&mut other), "from shared memory, in another session");
    assert_eq!(first, value(&mut other, "SELECT router_route('total sales by region') - 'request_id' - 'cached'"));
    assert_ne!(ask(&mut one, "request_id"), ask(&mut one, "request_id"));
    let spec = "SELECT router_route('only for North', jsonb_build_object('previous', \
                router_route('total sales by region') ->> 'request_id')) ->> 'status'";
    assert_eq!(value(&mut one, spec).as_deref(), Some("ok"), "a cached answer can be followed up");
    let rows = "SELECT count(*) FROM router_query('total sales by region')";
    assert_eq!(value(&mut other, rows).as_deref(), Some("3"));
    one.batch_execute("SET router.cache = off").expect("a setting");
    assert!(!cached(&mut one));
}

#[test]
fn teaching_is_seen_by_the_very_next_question() {
    let mut shop = Shop::new(Server::Preloaded);
    let mut reader = shop.reader();
    warm(&mut reader);
    shop.owner.batch_execute("SELECT router_synonym('public.shop.cost', 'sales')").expect("taught");
    assert!(!cached(&mut reader), "a synonym");
    warm(&mut reader);
    shop.owner
        .batch_execute("SELECT router_teach('total sales by region', router_route('average cost by region') -> 'spec')")
        .expect("taught");
    assert!(ask(&mut reader, "spec").contains("\"avg\""), "{}", ask(&mut reader, "spec"));
    warm(&mut reader);
    shop.owner.batch_execute("SELECT router_forget(id) FROM router.query_embeddings").expect("forgotten");
    assert!(!ask(&mut reader, "spec").contains("\"avg\""));
}

#[test]
fn uncommitted_teaching_stays_in_its_transaction() {
    let mut shop = Shop::new(Server::Preloaded);
    let mut reader = shop.reader();
    warm(&mut reader);
    let mut teacher = shop.database.session();
    warm(&mut teacher);
    teacher
        .batch_execute(
            "BEGIN; SELECT router_teach('total sales by region', router_route('average cost by region') -> 'spec')",
        )
        .expect("taught");
    assert!(ask(&mut teacher, "spec").contains("\"avg\""), "its own transaction sees it");
    assert!(cached(&mut reader) && !ask(&mut reader, "spec").contains("\"avg\""), "nobody else does");
    teacher.batch_execute("ROLLBACK").expect("rolled back");
    assert!(!ask(&mut teacher, "spec").contains("\"avg\""), "nor does it itself afterwards");
    shop.owner.batch_execute("SELECT 1").expect("alive");
}

#[test]
fn a_prepared_transaction_teaches_when_it_is_committed() {
    let mut shop = Shop::new(Server::Preloaded);
    if value(&mut shop.owner, "SHOW max_prepared_transactions").as_deref() == Some("0") {
        // The private cluster allows them; another one may not.
        panic!("max_prepared_transactions is 0");
    }
    let mut reader = shop.reader();
    warm(&mut reader);
    let name = shop.database.name.clone();
    shop.owner
        .batch_execute(&format!(
            "BEGIN; SELECT router_synonym('public.shop.cost', 'sales'); PREPARE TRANSACTION '{name}'"
        ))
        .expect("prepared");
    assert!(cached(&mut reader));
    shop.owner.batch_execute(&format!("COMMIT PREPARED '{name}'")).expect("committed");
    assert!(!cached(&mut reader));
}

#[test]
fn ddl_is_seen_by_the_very_next_question() {
    let mut shop = Shop::new(Server::Preloaded);
    let mut reader = shop.reader();
    warm(&mut reader);
    shop.owner.batch_execute("ALTER TABLE shop RENAME COLUMN region TO area").expect("renamed");
    assert!(!ask(&mut reader, "sql").contains("region"), "{}", ask(&mut reader, "sql"));
    shop.owner
        .batch_execute("ALTER TABLE shop RENAME COLUMN area TO region; ALTER TABLE shop RENAME TO store")
        .expect("renamed");
    assert!(ask(&mut reader, "sql").contains("public.store"));
    shop.owner.batch_execute("DROP TABLE store").expect("dropped");
    assert_eq!(ask(&mut reader, "status"), "refused");
}

#[test]
fn a_revoked_privilege_is_seen_by_the_very_next_question() {
    let mut shop = Shop::new(Server::Preloaded);
    let mut reader = shop.reader();
    warm(&mut reader);
    shop.owner.batch_execute(&format!("REVOKE SELECT ON shop FROM {}", shop.role)).expect("revoked");
    assert_eq!(ask(&mut reader, "sql"), "");
    shop.owner
        .batch_execute(&format!("GRANT SELECT (sold_on, region, sales) ON shop TO {}", shop.role))
        .expect("granted");
    warm(&mut reader);
    shop.owner.batch_execute(&format!("REVOKE SELECT (sales) ON shop FROM {}", shop.role)).expect("revoked");
    assert!(!ask(&mut reader, "sql").contains("sales"), "{}", ask(&mut reader, "sql"));
}

#[test]
fn a_revoked_membership_is_seen_by_the_very_next_question() {
    let mut shop = Shop::new(Server::Preloaded);
    let member = format!("{}_member", shop.database.name);
    shop.owner.batch_execute(&format!("CREATE ROLE {member}; GRANT {} TO {member}", shop.role)).expect("a member");
    let mut session = shop.database.session();
    session.batch_execute(&format!("SET ROLE {member}")).expect("the role is there");
    warm(&mut session);
    shop.owner.batch_execute(&format!("REVOKE {} FROM {member}", shop.role)).expect("revoked");
    let sql = ask(&mut session, "sql");
    shop.owner.batch_execute(&format!("DROP ROLE {member}")).expect("dropped");
    assert_eq!(sql, "");
}

#[test]
fn a_change_of_role_is_another_question() {
    let mut shop = Shop::new(Server::Preloaded);
    let stranger = format!("{}_stranger", shop.database.name);
    shop.owner.batch_execute(&format!("CREATE ROLE {stranger}")).expect("a role");
    let mut session = shop.reader();
    warm(&mut session);
    session.batch_execute(&format!("RESET ROLE; SET ROLE {stranger}")).expect("another role");
    let seen = ask(&mut session, "sql");
    session.batch_execute(&format!("RESET ROLE; SET ROLE {}", shop.role)).expect("back");
    let back = cached(&mut session);
    shop.owner.batch_execute(&format!("DROP ROLE {stranger}")).expect("dropped");
    assert_eq!(seen, "");
    assert!(back);
}

#[test]
fn a_change_of_settings_is_another_question() {
    let shop = Shop::new(Server::Preloaded);
    let mut session = shop.database.session();
    warm(&mut session);
    for setting in [
        "SET router.authorized_tables = 'public.shop'",
        "SET router.max_cost = 1000000",
        "SET router.week_start = sunday",
        "SET TimeZone = 'Asia/Manila'",
        "SET row_security = off",
    ] {
        session.batch_execute(setting).expect(setting);
        assert!(!cached(&mut session), "{setting}");
        assert!(cached(&mut session), "{setting}, asked again");
    }
    session.batch_execute("SET router.authorized_tables = 'public.other'").expect("a setting");
    assert_eq!(ask(&mut session, "status"), "refused");
    session.batch_execute("BEGIN; SET LOCAL router.authorized_tables = 'public.shop'").expect("a setting");
    assert!(cached(&mut session));
    session.batch_execute("ROLLBACK").expect("the setting goes with the transaction");
    assert_eq!(ask(&mut session, "status"), "refused");
}

#[test]
fn yesterday_dies_at_midnight() {
    let shop = Shop::new(Server::Preloaded);
    let mut session = shop.reader();
    let cached = |session: &mut Client, prompt: &str, context: &str| {
        value(session, &format!("SELECT router_route('{prompt}', '{context}') ->> 'cached'")).as_deref() == Some("true")
    };
    for prompt in ["sales yesterday", "sales by region"] {
        assert!(!cached(&mut session, prompt, "{}"));
        assert!(cached(&mut session, prompt, "{}"), "{prompt}: within the day");
    }
    // A moment that is given is part of the question.
    assert!(!cached(&mut session, "sales yesterday", r#"{"as_of": "2024-06-01T23:59:59Z", "timezone": "UTC"}"#));
    assert!(cached(&mut session, "sales yesterday", r#"{"as_of": "2024-06-01T23:59:59Z", "timezone": "UTC"}"#));
    assert!(!cached(&mut session, "sales yesterday", r#"{"as_of": "2024-06-02T00:00:01Z", "timezone": "UTC"}"#));
    // What moves within the day is never kept, nor what the connection's own last answer means.
    for _ in 0..2 {
        assert!(!cached(&mut session, "sales in the last 3 hours", "{}"));
        assert!(!cached(
            &mut session,
            "only for North",
            r#"{"previous": {"schema": "QuickSpec@1", "dataset": "public.shop", "y": "sales", "agg": "sum", "chart": "table"}}"#
        ));
    }
}

#[test]
fn databases_and_reinstalled_extensions_share_nothing() {
    let (one, other) = (Shop::new(Server::Preloaded), Shop::new(Server::Preloaded));
    let (mut in_one, mut in_other) = (one.database.session(), other.database.session());
    warm(&mut in_one);
    assert!(!cached(&mut in_other), "the same question, model and role, in another database");
    in_one
        .batch_execute("DROP EXTENSION router; CREATE EXTENSION router; SELECT router_register('shop')")
        .expect("made anew");
    assert!(!cached(&mut in_one));
}

#[test]
fn entries_are_dropped_by_hand() {
    let shop = Shop::new(Server::Preloaded);
    let (mut reader, mut admin) = (shop.reader(), shop.database.session());
    warm(&mut reader);
    assert_eq!(value(&mut admin, "SELECT router_cache_invalidate('%cost%')").as_deref(), Some("0"));
    assert!(cached(&mut reader));
    assert_eq!(value(&mut admin, "SELECT router_cache_invalidate('TOTAL%region')").as_deref(), Some("1"));
    assert!(!cached(&mut reader), "also the session's own copy is gone");
    let count = |session: &mut Client, what: &str| {
        let sql = format!("SELECT {what} FROM router_cache_stats() WHERE layer = 'spec'");
        value(session, &sql).unwrap_or_default().parse::<f64>().unwrap_or_default()
    };
    let (hits, misses) = (count(&mut admin, "hits"), count(&mut admin, "misses"));
    assert!(hits > 0.0 && misses > 0.0 && count(&mut admin, "invalidated") >= 1.0);
    assert!((count(&mut admin, "hit_rate") - hits / (hits + misses)).abs() < 0.05);
    assert_eq!(value(&mut admin, "SELECT count(*) FROM router_cache_stats()").as_deref(), Some("4"));
}

#[test]
fn a_plain_server_caches_in_the_connection() {
    let shop = Shop::new(Server::Plain);
    let (mut one, mut other) = (shop.reader(), shop.reader());
    warm(&mut one);
    assert!(!cached(&mut other), "there is no shared memory");
}

#[test]
fn a_standby_sees_what_is_taught() {
    let mut shop = Shop::new(Server::Plain);
    shop.owner.batch_execute("CHECKPOINT").expect("a checkpoint");
    let mut standby = shop.database.session_on_standby();
    warm(&mut standby);
    shop.owner
        .batch_execute("SELECT router_teach('total sales by region', router_route('average cost by region') -> 'spec')")
        .expect("taught");
    drop(shop.database.session_on_standby());
    assert!(ask(&mut standby, "spec").contains("\"avg\""), "{}", ask(&mut standby, "spec"));
    assert!(cached(&mut standby));
}

/// Whether `router_query` gives kept rows, by the notice that says so.
fn kept(shop: &Shop, role: Option<&str>, question: &str) -> bool {
    use std::sync::{Arc, Mutex};
    let notices = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&notices);
    let mut session = shop.database.session_with_notices(move |notice| heard.lock().unwrap().push_str(notice));
    session.batch_execute("SET router.cache_results = on").expect("a setting");
    if let Some(role) = role {
        session.batch_execute(&format!("SET ROLE {role}")).expect("the role is there");
    }
    session.batch_execute(&format!("SELECT * FROM router_query('{question}')")).expect(question);
    drop(session);
    let notices = notices.lock().unwrap();
    notices.contains("rows from the cache")
}

#[test]
fn kept_rows_die_with_every_change_of_a_table_they_came_from() {
    let mut shop = Shop::new(Server::Preloaded);
    shop.owner
        .batch_execute(
            "CREATE TABLE base (region text, sales numeric); CREATE TABLE other (x int);
             CREATE VIEW behind AS SELECT region, sales AS gain FROM base; SELECT router_register('behind');
             CREATE TABLE parts (region text, loss numeric) PARTITION BY LIST (region);
             CREATE TABLE parts_n PARTITION OF parts FOR VALUES IN ('North'); CREATE TABLE parts_s PARTITION OF parts DEFAULT;
             INSERT INTO parts VALUES ('North', 1), ('South', 2); SELECT router_register('parts');
             INSERT INTO base VALUES ('North', 1)",
        )
        .expect("more tables");
    for (question, changes) in [
        (
            "total sales by region",
            &[
                "INSERT INTO shop VALUES ('2024-01-01', 'North', 1)",
                "UPDATE shop SET sales = sales + 1",
                "DELETE FROM shop WHERE region = 'South'",
                "MERGE INTO shop s USING (VALUES ('West')) v (r) ON s.region = v.r WHEN MATCHED THEN UPDATE SET sales = 1",
                "TRUNCATE shop",
                "DO $$ BEGIN INSERT INTO shop VALUES ('2024-01-01', 'North', 1); END $$",
                "ALTER TABLE shop ADD COLUMN note text",
                "BEGIN; INSERT INTO shop VALUES ('2024-01-01', 'West', 1); SAVEPOINT a; ROLLBACK TO a; COMMIT",
            ][..],
        ),
        (
            "total gain by region",
            &[
                "INSERT INTO base VALUES ('East', 5)",
                "TRUNCATE base",
                "CREATE OR REPLACE VIEW behind AS SELECT region, sales * 2 AS gain FROM base",
            ][..],
        ),
        (
            "total loss by region",
            &[
                "INSERT INTO parts_n VALUES ('North', 5)",
                "INSERT INTO parts VALUES ('South', 5)",
                "ALTER TABLE parts DETACH PARTITION parts_n",
            ][..],
        ),
    ] {
        for change in changes {
            // Messages of earlier changes, and autovacuum, may end a life early.
            let lives = |shop: &Shop| (0..5).any(|_| kept(shop, None, question));
            assert!(lives(&shop), "{question} before {change}");
            shop.owner.batch_execute("INSERT INTO other VALUES (1)").expect("another table is written");
            assert!(lives(&shop), "{question}: another table is no matter");
            shop.owner.batch_execute(change).expect(change);
            assert!(!kept(&shop, None, question), "{question} after {change}");
        }
    }
    let mut writer = shop.database.session();
    kept(&shop, None, "total sales by region");
    writer.batch_execute("BEGIN; UPDATE shop SET sales = 7").expect("being written");
    assert!(!kept(&shop, None, "total sales by region"), "while it is being written");
    assert!(!kept(&shop, None, "total sales by region"), "nor is it stored then");
    writer.batch_execute("COMMIT").expect("committed");
    assert!(!kept(&shop, None, "total sales by region"));
    assert!((0..5).any(|_| kept(&shop, None, "total sales by region")));
}

#[test]
fn rows_that_depend_on_who_or_when_are_not_kept() {
    let mut shop = Shop::new(Server::Preloaded);
    let role = shop.role.clone();
    kept(&shop, None, "total sales by region");
    assert!(kept(&shop, None, "total sales by region"));
    assert!(!kept(&shop, Some(&role), "total sales by region"), "another role's rows");
    shop.owner
        .batch_execute(&format!(
            "ALTER TABLE shop ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON shop TO {role} USING (region = 'North');
             CREATE VIEW dice AS SELECT region, random() AS luck FROM shop; SELECT router_register('dice', '{{\"harvest\": false}}');
             CREATE VIEW clock AS SELECT region, extract(epoch FROM now())::numeric AS seconds FROM shop;
             SELECT router_register('clock', '{{\"harvest\": false}}')"
        ))
        .expect("a policy and views");
    for (role, question) in [
        (Some(role.as_str()), "total sales by region"),
        (None, "total luck by region"),
        (None, "total seconds by region"),
    ] {
        kept(&shop, role, question);
        assert!(!kept(&shop, role, question), "{question}");
    }
}

#[test]
fn a_full_cache_forgets_and_goes_on() {
    // The connection's own store is small.
    let shop = Shop::new(Server::Plain);
    let mut session = shop.reader();
    let count = "SELECT count(*) FROM generate_series(1, 400) n, router_route(format('top %s regions by sales', n)) r WHERE r ->> 'status' = 'ok'";
    assert_eq!(value(&mut session, count).as_deref(), Some("400"));
    session.batch_execute("RESET ROLE").expect("a superuser");
    let stats =
        "SELECT evicted > 0 AND entries > 10 AND bytes < 1000000 FROM router_cache_stats() WHERE layer = 'spec'";
    assert_eq!(value(&mut session, stats).as_deref(), Some("t"));
}

//! The compiled semantic model: one for all sessions and roles, private to none, and nothing lost without it.

use postgres::Client;
use router_client_tests::{Database, Server, value};

/// Files of the current database.
const FILES: &str = "SELECT count(*) FROM pg_ls_dir('pg_router', true, false) AS f \
                     WHERE f LIKE (SELECT oid FROM pg_database WHERE datname = current_database()) || '.%.%'";

fn shop() -> (Database, Client) {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, brand text NOT NULL, owner text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['Velora','Quintix','Zambeli'])[n % 3 + 1],
               (ARRAY['Hiddenstone','Secretariat'])[n % 2 + 1], n FROM generate_series(0, 99) AS n;
             ANALYZE shop;
             SELECT router_register('shop')",
        )
        .expect("the table is registered");
    (database, session)
}

fn status(session: &mut Client, question: &str) -> Option<String> {
    value(session, &format!("SELECT router_route('{question}') ->> 'status'"))
}

fn sql(session: &mut Client, question: &str) -> String {
    value(session, &format!("SELECT router_route('{question}') ->> 'sql'")).unwrap_or_default()
}

#[test]
fn sessions_share_files_and_do_without_them() {
    let (database, mut session) = shop();
    assert!(sql(&mut database.session(), "sales of Velora").contains("Velora"));
    assert_eq!(value(&mut session, FILES).as_deref(), Some("2"), "names and values");
    // Every change makes new ones and removes those of before.
    for name in ["turnover", "takings", "proceeds"] {
        session.batch_execute(&format!("SELECT router_synonym('public.shop.sales', '{name}')")).expect("a synonym");
        assert!(sql(&mut database.session(), &format!("{name} of Quintix")).contains("Quintix"));
    }
    assert_eq!(value(&mut session, FILES).as_deref(), Some("2"));
    // Without them, or with something else in their place, they are made anew.
    for command in ["rm -f $f", "head -c 100 $f > $f.x; mv $f.x $f"] {
        session
            .batch_execute(&format!(
                "DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'for f in ' || current_setting('data_directory')
                   || '/pg_router/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '.*s; do {command}; done');
                 END $$"
            ))
            .expect("the files are damaged");
        assert!(sql(&mut database.session(), "takings of Zambeli").contains("Zambeli"), "{command}");
    }
}

#[test]
fn what_is_not_committed_is_seen_by_its_session_alone() {
    let (database, mut session) = shop();
    let mut other = database.session();
    session.batch_execute("BEGIN; SELECT router_synonym('public.shop.sales', 'zorkmids')").expect("a synonym");
    assert_eq!(status(&mut session, "zorkmids by brand").as_deref(), Some("ok"));
    assert_ne!(status(&mut other, "zorkmids by brand").as_deref(), Some("ok"));
    session.batch_execute("ROLLBACK").expect("taken back");
    assert_ne!(status(&mut session, "zorkmids by brand").as_deref(), Some("ok"));
    session.batch_execute("SELECT router_synonym('public.shop.sales', 'zorkmids')").expect("a synonym");
    assert_eq!(status(&mut other, "zorkmids by brand").as_deref(), Some("ok"));
}

#[test]
fn a_hidden_column_is_not_found_by_a_typing_error_either() {
    let (database, mut session) = shop();
    let role = format!("{}_clerk", database.name);
    session
        .batch_execute(&format!(
            "CREATE ROLE {role}; SELECT router_grant('{role}', 'user');
             GRANT SELECT (sold_on, brand, sales) ON shop TO {role}"
        ))
        .expect("a role that may not see who owns");
    assert!(sql(&mut session, "sales of Hiddenstone").contains("owner"));
    let mut clerk = database.session();
    clerk.batch_execute(&format!("SET ROLE {role}")).expect("the role");
    assert!(sql(&mut clerk, "sales of Velora").contains("Velora"));
    for question in ["sales of Hiddenstone", "sales of Hidenstone", "sales by owner", "sales by ownr", "Secretariat"] {
        let told = value(&mut clerk, &format!("SELECT router_route('{question}')::text")).unwrap_or_default();
        let told = told.to_lowercase();
        assert!(!told.contains("owner =") && !told.contains(".owner"), "{question}: {told}");
        if !question.contains("Hiddenstone") && !question.contains("Secretariat") {
            assert!(!told.contains("hiddenstone") && !told.contains("secretariat"), "{question}: {told}");
        }
    }
    clerk.batch_execute("RESET ROLE").expect("the superuser again");
    session.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).expect("the role goes");
}

#[test]
fn a_server_without_preloading_and_a_standby_answer_as_well() {
    let database = Database::with_router(Server::Plain);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (brand text, sales numeric); INSERT INTO shop VALUES ('Velora', 1), ('Quintix', 2);
             SELECT router_register('shop'); CHECKPOINT",
        )
        .expect("the table is registered");
    assert!(sql(&mut session, "sales of Velora").contains("Velora"));
    assert!(sql(&mut database.session_on_standby(), "sales of Quintix").contains("Quintix"));
}

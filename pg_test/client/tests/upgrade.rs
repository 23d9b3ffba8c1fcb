//! An earlier version, with everything in it, becomes this one: nothing is lost, and nothing tells it from a fresh
//! installation.

use postgres::Client;
use router_client_tests::{Database, Server, value};

const SNAPSHOT: &str = include_str!("../../upgrade/snapshot.sql");

/// Earlier versions whose install scripts lie in `pg_test/upgrade`.
const EARLIER: [&str; 1] = ["0.1.0"];

fn snapshot(session: &mut Client) -> Vec<String> {
    let rows = session.query(SNAPSHOT, &[]).expect("the catalogs can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

#[test]
fn an_updated_extension_is_a_fresh_one_with_its_data() {
    let fresh = Database::with_router(Server::Preloaded);
    let wanted = snapshot(&mut fresh.session());
    for version in EARLIER {
        let database = Database::empty(Server::Preloaded);
        let mut session = database.session();
        session
            .batch_execute(&format!("CREATE EXTENSION vector; CREATE EXTENSION router VERSION '{version}'"))
            .expect("the earlier version installs with this library");
        session
            .batch_execute(
                "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
                 INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South'])[n % 2 + 1], n FROM generate_series(0, 99) n;
                 INSERT INTO router.datasets (relation, name) VALUES ('shop', 'public.shop');
                 INSERT INTO router.synonyms (relation, column_name, alias, source) VALUES ('shop', 'sales', 'takings', 'taught');
                 INSERT INTO router.column_values (relation, column_name, stored, complete) VALUES ('shop', 'region', '{North,South}', true);
                 INSERT INTO router.templates (name, patterns, quickspec) VALUES ('t', '{overview}',
                   '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.shop\", \"y\": \"sales\", \"agg\": \"sum\", \"chart\": \"table\"}');
                 INSERT INTO router.query_embeddings (original_query, normalized_query, embedding, quickspec)
                 SELECT 'how is business', 'how is business', router_embed('how is business'),
                   '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.shop\", \"y\": \"sales\", \"agg\": \"sum\", \"chart\": \"table\"}';
                 INSERT INTO router.agents (agent_id, agent_name) VALUES ('a', 'Agent a');
                 INSERT INTO router.models (model_id, model_name) VALUES ('m', 'Model m');
                 INSERT INTO router.agent_model_assignments (agent_id, agent_name, model_id, model_name, match_score, assignment_method)
                 VALUES ('a', 'Agent a', 'm', 'Model m', 90, 'AUTO')",
            )
            .expect("the earlier version's data");
        session.batch_execute("ALTER EXTENSION router UPDATE").unwrap_or_else(|e| panic!("from {version}: {e:?}"));
        // What is loaded was made for the version before.
        let mut session = database.session();
        let got = snapshot(&mut session);
        let missing: Vec<_> = wanted.iter().filter(|line| !got.contains(line)).collect();
        let extra: Vec<_> = got.iter().filter(|line| !wanted.contains(line)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "from {version}: missing {missing:#?}, too much {extra:#?}");
        for (sql, wanted) in [
            ("SELECT router_version()", env!("CARGO_PKG_VERSION")),
            ("SELECT router_route('total takings by region') ->> 'status'", "ok"),
            ("SELECT router_route('how is business') ->> 'source'", "similarity"),
            ("SELECT count(*) FROM router.templates", "1"),
            ("SELECT count(*) FROM router.agent_model_assignments", "1"),
        ] {
            let got = value(&mut session, sql).unwrap_or_default();
            assert!(got.starts_with(wanted), "from {version}: {sql} gives {got}");
        }
    }
}

//! What was taught, registered, assigned and configured comes back whole: dump and restore, table by table.

use postgres::Client;
use router_client_tests::{Database, Server, value};

/// Tables that are no one's work: made by the extension itself, or made again where they are wanted.
const NOT_DUMPED: &str = "'access_levels', 'remote_embeddings', 'learned', 'learned_learned_id_seq'";

/// Something in every table that people or programs fill.
const FILL: &str = "
    CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL, cost numeric, owner_id int);
    CREATE TABLE owners (id int PRIMARY KEY, name text);
    INSERT INTO owners VALUES (1, 'Ada'), (2, 'Grace');
    INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n, 1, 1 + n % 2
    FROM generate_series(0, 364) AS n;
    ANALYZE shop;
    SELECT router_register('owners');
    SELECT router_register('shop', '{\"label\": \"The shop\", \"relationships\": [{\"columns\": [\"owner_id\"],
      \"references\": \"public.owners\", \"referenced_columns\": [\"id\"]}]}');
    SELECT router_synonym('public.shop.sales', 'takings');
    SELECT router_synonym('public.shop.region=North', 'up there');
    SELECT router_teach('how is business', router_route('total sales by region') -> 'spec');
    SELECT router_teach(q, NULL, i) FROM (VALUES ('hi there', 'greeting'), ('hello', 'greeting'), ('good day', 'greeting'),
      ('hey', 'greeting'), ('bye', 'farewell'), ('see you', 'farewell'), ('good night', 'farewell'), ('so long', 'farewell')) v (q, i);
    SELECT router_template('overview', ARRAY['overview'], router_route('total sales by region') -> 'spec');
    SELECT router_feedback(router_route('total sales by region') ->> 'request_id', 5, 'good');
    SELECT router_golden('total sales by region');
    CREATE FUNCTION twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
    SELECT router_allow_function('twice(numeric)');
    INSERT INTO router.agents (agent_id, agent_name) VALUES ('a', 'Agent a'), ('b', 'Agent b');
    INSERT INTO router.models (model_id, model_name) VALUES ('m', 'Model m'), ('n', 'Model n');
    SELECT sp_auto_assign_models();
    SELECT router_record_outcome('m', 'coding', 'sort a list', true, 0.9, 120, 0.001);
    SELECT sp_update_assignment_metrics(assignment_id, true, 100) FROM router.agent_model_assignments;
    SELECT o_assignment_id FROM sp_get_routing_recommendation('coding')";

/// Every table of the extension with a digest of its rows, sequences with where they are, one a line.
fn contents(session: &mut Client) -> Vec<String> {
    let tables = value(
        session,
        &format!(
            "SELECT string_agg(format('SELECT %L || count(*) || '' '' || COALESCE(md5(string_agg(row, chr(10) ORDER BY row)), ''-'') FROM %s t, CAST(to_jsonb(t) - ''written_by'' AS text) row',
                                      c.oid::regclass || ': ', c.oid::regclass), ' UNION ALL ' ORDER BY c.relname)
             FROM pg_class c
             WHERE c.relnamespace = 'router'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND c.relname NOT IN ({NOT_DUMPED}, 'semantic_changes', 'uses_counted')"
        ),
    )
    .expect("tables");
    let sequences = value(
        session,
        &format!(
            "SELECT string_agg(format('SELECT %L || last_value || is_called FROM %s', c.oid::regclass || ': ', c.oid::regclass), ' UNION ALL ')
             FROM pg_class c WHERE c.relnamespace = 'router'::regnamespace AND c.relkind = 'S' AND c.relname NOT IN ({NOT_DUMPED})"
        ),
    )
    .expect("sequences");
    let lines = value(
        session,
        &format!("SELECT string_agg(line, chr(10) ORDER BY line) FROM ({tables} UNION ALL {sequences}) AS l (line)"),
    );
    lines.expect("contents").lines().map(str::to_owned).collect()
}

#[test]
fn every_table_comes_back_as_it_was() {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    // What is logged by the worker while it is looked at would differ for that alone.
    session.batch_execute("SET router.decision_log = off").expect("a setting");
    session.batch_execute(FILL).expect("something in every table");
    let before = contents(&mut session);
    assert!(before.len() > 20, "{before:?}");
    let empty: Vec<&String> = before.iter().filter(|line| line.contains(": 0 ")).collect();
    assert!(empty.len() < before.len() / 2, "most tables have something to lose: {empty:?}");
    let version = |session: &mut Client| {
        value(session, "SELECT sum(changes) FROM router.semantic_changes")
            .and_then(|v| v.parse::<i64>().ok())
            .unwrap_or(0)
    };
    let restored = Database::empty(Server::Preloaded);
    database.copy_to(&restored);
    let mut copy = restored.session();
    let after = contents(&mut copy);
    let differ: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    assert!(differ.is_empty() && before.len() == after.len(), "{differ:#?}");
    assert!(version(&mut copy) >= version(&mut session), "the semantic version never goes back");
    for question in ["total takings by region", "how is business", "sales up there", "sales by owner name", "overview"]
    {
        let ask = format!("SELECT router_route('{question}') ->> 'sql'");
        let (then, now) = (value(&mut session, &ask), value(&mut copy, &ask));
        assert_eq!(then, now, "{question}");
    }
    assert_eq!(value(&mut copy, "SELECT router_check()").as_deref(), Some("1"));
    // Identity columns go on where they were.
    copy.batch_execute("SELECT router_teach('one more', router_route('total sales by region') -> 'spec')")
        .expect("taught");
}

#[test]
fn no_table_is_forgotten_by_dumps() {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    let forgotten = value(
        &mut session,
        &format!(
            "SELECT string_agg(c.relname, ', ') FROM pg_class c, pg_extension e
             WHERE e.extname = 'router' AND c.relnamespace = 'router'::regnamespace AND c.relkind IN ('r', 'p', 'S')
               AND c.relname NOT IN ({NOT_DUMPED}) AND NOT c.oid = ANY (e.extconfig)
               AND EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass
                             AND d.refobjid = e.oid AND d.deptype = 'e')"
        ),
    );
    assert_eq!(forgotten, None, "tables that pg_extension_config_dump was not told of");
}

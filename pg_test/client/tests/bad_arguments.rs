//! Arguments that nothing can be done with: each function refuses them with the SQLSTATE that says of what kind they are,
//! and in words; none raises an internal error, none ends the session.

use router_client_tests::{Database, Server, value};

/// A call, and how it is refused.
const REFUSED: &[(&str, &str)] = &[
    ("router_assignments(status => 'NO_SUCH')", "22023"),
    ("router_assignments(task_type => 'no such type')", "22023"),
    ("router_compare_strategies(now(), now() - interval '1 day')", "22023"),
    ("match_query_embeddings('[1,2]'::vector, 0.5, 5)", "22023"),
    ("match_query_embeddings('[1,2]'::vector, 0.5, -1)", "22023"),
    ("router_accept(-1)", "42704"),
    ("router_allow_function('no_such_function(int)')", "42883"),
    ("router_assign('', 'm')", "42704"),
    ("router_assign('no such agent', 'no such model')", "42704"),
    ("router_capability_score('1', '1')", "22023"),
    ("router_capability_score('[]', '{}')", "22023"),
    ("router_choose('no uuid', 1)", "42704"),
    ("router_choose('00000000-0000-4000-8000-000000000000', 1)", "42704"),
    ("router_drop_encoder('no such encoder')", "42704"),
    ("router_embed('')", "22023"),
    ("router_embed(repeat('x', 9000))", "22023"),
    ("router_errors('-1 day')", "22023"),
    ("router_explain('', '{}')", "22023"),
    ("router_explain('sales', '[]')", "22023"),
    ("router_feedback('no uuid', 3)", "42704"),
    ("router_feedback('00000000-0000-4000-8000-000000000000', 9)", "22023"),
    ("router_golden('', '{}', 'SELECT 1')", "22023"),
    ("router_golden('sales', '{\"colour\": 1}', 'SELECT 1')", "22023"),
    ("router_golden('sales', '{}', 'DROP TABLE x')", "42501"),
    ("router_grant('no such role', 'user')", "42704"),
    ("router_grant(current_user, 'king')", "22023"),
    ("router_handler('', 1, 'pg_sleep(double precision)')", "22023"),
    ("router_handler('h', 1, 'pg_sleep(double precision)')", "22023"),
    ("router_intent('')", "42704"),
    ("router_mine(0, 7)", "22023"),
    ("router_mine(2, -1)", "22023"),
    ("router_optimize_undo(-1)", "42704"),
    ("router_query('', '{}')", "22023"),
    ("router_query('sales', '{\"colour\": 1}')", "22023"),
    ("router_queue_embeddings(ARRAY[''])", "22023"),
    ("router_recommend('', 'balanced')", "55000"),
    ("router_recommend('write code', 'no such strategy')", "22023"),
    ("router_recommend('write code', 'balanced', '[]')", "22023"),
    ("router_record_outcome('no such model', 'coding', 'p', true)", "42704"),
    ("router_record_outcome('m', 'coding', 'p', true, 'NaN')", "22003"),
    ("router_refresh('no_such_table'::text)", "42P01"),
    ("router_refresh('pg_class'::regclass)", "42P01"),
    ("router_register('pg_class'::regclass)", "42809"),
    ("router_register('pg_class'::regclass, '{\"colour\": 1}')", "22023"),
    ("router_reject(-1)", "42704"),
    ("router_remote_embedding('')", "22023"),
    ("router_replay('no uuid')", "22023"),
    ("router_replay('00000000-0000-4000-8000-000000000000')", "42704"),
    ("router_route('')", "22023"),
    ("router_route('sales', '[]')", "22023"),
    ("router_rows('', '{}')", "22023"),
    ("router_sql('', '{}')", "22023"),
    ("router_suggest('sales', '[]', 5)", "22023"),
    ("router_suggest('sales', '{}', -1)", "22023"),
    ("router_synonym('no_such.target', 'alias')", "42P01"),
    ("router_synonym('', '')", "22023"),
    ("router_teach('', '{}')", "22023"),
    ("router_teach('sales', '{\"colour\": 1}')", "22023"),
    ("router_template('', ARRAY['x'], '{}')", "22023"),
    ("router_template('t', ARRAY[]::text[], '{}')", "22023"),
    ("router_unregister('pg_class'::regclass)", "42P01"),
    ("router_unregister('no_such_table'::text)", "42P01"),
    ("router_unsynonym('no_such', 'x')", "42P01"),
    ("sp_auto_assign_models('no such method')", "22023"),
    ("sp_get_routing_recommendation('no such type')", "22023"),
    ("sp_get_routing_recommendation('coding', 'no such strategy')", "22023"),
    ("sp_update_assignment_metrics('00000000-0000-4000-8000-000000000000', true, 5)", "42704"),
    ("sp_update_assignment_metrics('00000000-0000-4000-8000-000000000000', true, -5)", "22003"),
    ("update_assignment_metrics('00000000-0000-4000-8000-000000000000', true, 5)", "42704"),
];

/// Calls that find nothing, or say what is wrong in what they return.
const ANSWERED: &[&str] = &[
    "router_assignments(agent => 'no such agent')",
    "router_cache_invalidate('')",
    "router_disallow_function('pg_sleep(double precision)')",
    "router_forget(-1)",
    "router_task_type('')",
    "router_ungolden('no such', '{}')",
    "router_validate_sql('')",
    "router_validate_sql(repeat('(', 100000))",
    "router_queue_embeddings(NULL)",
];

#[test]
fn every_function_refuses_bad_arguments_in_words() {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    for (call, wanted) in REFUSED {
        let Err(error) = session.simple_query(&format!("SELECT * FROM {call}")) else {
            panic!("{call} is not refused")
        };
        let error = error.as_db_error().unwrap_or_else(|| panic!("{call} ends the session: {error:?}"));
        assert_eq!(error.code().code(), *wanted, "{call}: {}", error.message());
        assert!(error.message().len() > 10, "{call}: {}", error.message());
    }
    for call in ANSWERED {
        session.simple_query(&format!("SELECT * FROM {call}")).unwrap_or_else(|error| panic!("{call}: {error:?}"));
    }
    assert_eq!(value(&mut session, "SELECT 1").as_deref(), Some("1"));
    // No function with arguments is left out.
    let functions = "SELECT string_agg(DISTINCT p.proname, ' ') FROM pg_depend d
         JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'router'
         JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND p.pronamespace = e.extnamespace
         WHERE d.deptype = 'e' AND p.pronargs > 0 AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)";
    let functions = value(&mut session, functions).expect("functions");
    let calls: Vec<&str> = REFUSED.iter().map(|(call, _)| *call).chain(ANSWERED.iter().copied()).collect();
    let missing: Vec<&str> =
        functions.split(' ').filter(|name| !calls.iter().any(|call| call.starts_with(&format!("{name}(")))).collect();
    assert!(missing.is_empty(), "no bad arguments are tried for {missing:?}");
}

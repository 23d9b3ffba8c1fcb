//! What the model router promises, seen from SQL.
#![allow(clippy::module_inception, clippy::panic)]

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn run(sql: &str) {
        if let Err(e) = Spi::run(sql) {
            panic!("{sql}: {e}");
        }
    }

    fn text(sql: &str) -> String {
        match Spi::get_one::<String>(sql) {
            Ok(value) => value.unwrap_or_else(|| "null".to_owned()),
            Err(e) => panic!("{sql}: {e}"),
        }
    }

    /// Assignments a (match 90), b (match 60) and c (match 40), ids ending in their letter.
    fn three() {
        run("INSERT INTO router.agent_model_assignments (assignment_id, agent_id, model_id, match_score, assignment_method) VALUES
             ('00000000-0000-0000-0000-00000000000a', 'a', 'ma', 90, 'AUTO'),
             ('00000000-0000-0000-0000-00000000000b', 'b', 'mb', 60, 'AUTO'),
             ('00000000-0000-0000-0000-00000000000c', 'c', 'mc', 40, 'AUTO')");
    }

    fn feed(id: char, successes: u32, failures: u32, latency: u32) {
        let call = |n: u32, ok: bool| {
            run(&format!(
                "SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-00000000000{id}', {ok}, {latency}) FROM generate_series(1, {n})"
            ));
        };
        // Failures first: no run of them is then surprising enough to open the circuit.
        for _ in 0..failures {
            call(1, false);
            call(successes / failures.max(1), true);
        }
        if failures == 0 {
            call(successes, true);
        }
    }

    fn best(task: &str, strategy: &str) -> String {
        text(&format!("SELECT o_agent_id FROM sp_get_routing_recommendation('{task}', '{strategy}')"))
    }

    #[pg_test]
    fn the_unmeasured_are_ordered_by_match_score() {
        three();
        for strategy in ["balanced", "quality", "speed"] {
            assert_eq!(best("math", strategy), "a");
        }
    }

    #[pg_test]
    fn outcomes_change_the_order() {
        three();
        feed('a', 20, 60, 900);
        feed('b', 80, 2, 100);
        assert_eq!(best("general", "balanced"), "b");
        assert_eq!(best("general", "quality"), "b");
        assert_eq!(best("general", "speed"), "b");
    }

    #[pg_test]
    fn counters_are_exact() {
        three();
        feed('b', 9, 3, 200);
        assert_eq!(
            text("SELECT concat_ws(' ', total_requests, successful_requests, success_rate, avg_latency_ms, last_used_at IS NOT NULL)
                  FROM router.agent_model_assignments WHERE agent_id = 'b'"),
            "12 9 75.00 200 t"
        );
    }

    #[pg_test]
    fn an_unknown_latency_leaves_the_average_alone() {
        three();
        feed('a', 3, 0, 300);
        run("SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-00000000000a', true, NULL)");
        feed('a', 3, 0, 600);
        assert_eq!(
            text(
                "SELECT concat_ws(' ', total_requests, avg_latency_ms) FROM router.agent_model_assignments WHERE agent_id = 'a'"
            ),
            "7 450"
        );
    }

    #[pg_test]
    fn task_types_limit_an_assignment() {
        three();
        run(
            r#"UPDATE router.agent_model_assignments SET capabilities = '{"task_types": ["coding"]}' WHERE agent_id = 'a'"#,
        );
        assert_eq!(best("coding", "balanced"), "a");
        assert_eq!(best("math", "balanced"), "b");
    }

    #[pg_test]
    fn inactive_and_fallback_rows_step_back() {
        three();
        run("UPDATE router.agent_model_assignments SET assignment_method = 'FALLBACK' WHERE agent_id = 'a'");
        assert_eq!(best("math", "balanced"), "b");
        run("UPDATE router.agent_model_assignments SET status = 'INACTIVE' WHERE agent_id IN ('b', 'c')");
        assert_eq!(best("math", "balanced"), "a");
    }

    #[pg_test(error = "no healthy assignment serves task type \"math\"")]
    fn nothing_suitable_is_an_error() {
        best("math", "balanced");
    }

    #[pg_test(error = "unknown task type \"cooking\"")]
    fn unknown_task_types_are_refused() {
        three();
        best("cooking", "balanced");
    }

    #[pg_test(error = "unknown strategy \"fastest\"")]
    fn unknown_strategies_are_refused() {
        three();
        best("math", "fastest");
    }

    #[pg_test(error = "latency must not be negative")]
    fn negative_latency_is_refused() {
        three();
        run("SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-00000000000a', true, -1)");
    }

    #[pg_test(error = "assignment \"00000000-0000-0000-0000-0000000000ff\" does not exist")]
    fn unknown_assignments_are_refused() {
        run("SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-0000000000ff', true, 1)");
    }

    #[pg_test]
    fn a_run_of_failures_opens_the_circuit() {
        three();
        feed('a', 200, 0, 100);
        assert_eq!(best("math", "balanced"), "a");
        run(
            "SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-00000000000a', false, 100) FROM generate_series(1, 6)",
        );
        assert_eq!(best("math", "balanced"), "b");
        run("SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-00000000000a', true, 100)");
        assert_eq!(best("math", "balanced"), "a");
    }

    #[pg_test]
    fn cost_takes_the_cheapest_that_is_good_enough() {
        three();
        run(r#"UPDATE router.agent_model_assignments SET match_score = 80,
               capabilities = jsonb_build_object('avg_cost', CASE agent_id WHEN 'a' THEN 0.03 WHEN 'b' THEN 0.02 ELSE 0.001 END)"#);
        feed('a', 98, 2, 100);
        feed('b', 92, 4, 100);
        feed('c', 40, 40, 100);
        assert_eq!(best("math", "cost"), "b");
        assert_eq!(best("math", "quality"), "a");
    }

    #[pg_test]
    fn decisions_teach_their_task_type() {
        three();
        run("INSERT INTO router.routing_decisions (assignment_id, agent_id, model_id, task_type, strategy, success, actual_cost)
             SELECT '00000000-0000-0000-0000-00000000000b', 'b', 'mb', 'math', 'quality', true, 0.001 FROM generate_series(1, 60)");
        run("INSERT INTO router.routing_decisions (assignment_id, agent_id, model_id, task_type, strategy)
             SELECT '00000000-0000-0000-0000-00000000000a', 'a', 'ma', 'math', 'quality' FROM generate_series(1, 60)");
        run("UPDATE router.routing_decisions SET success = false WHERE agent_id = 'a'");
        assert_eq!(best("math", "quality"), "b");
        assert_eq!(best("coding", "quality"), "a");
    }

    #[pg_test]
    fn trials_get_their_share_and_its_probability() {
        three();
        run(
            "UPDATE router.agent_model_assignments SET status = 'TESTING' WHERE agent_id = 'c'; SET router.exploration_rate = 0.25; SELECT setseed(0.5)",
        );
        let share = text(
            "SELECT round(avg((o_agent_id = 'c')::int), 1)::text FROM generate_series(1, 2000) i, sp_get_routing_recommendation(left('math', 4 + 0 * i), 'balanced')",
        );
        assert!(share == "0.2" || share == "0.3", "{share}");
        run("SET router.exploration_rate = 1");
        assert_eq!(best("math", "balanced"), "c");
        run("SET router.exploration_rate = 0.25");
        run(
            "INSERT INTO router.routing_decisions (assignment_id, task_type) VALUES ('00000000-0000-0000-0000-00000000000a', 'math')",
        );
        assert_eq!(text("SELECT propensity::text FROM router.routing_decisions"), "0.75");
    }

    #[pg_test]
    fn trials_get_their_share_of_prompts_too() {
        three();
        run("UPDATE router.agent_model_assignments SET status = 'TESTING' WHERE agent_id = 'c'; SELECT setseed(0.5)");
        let asked = |rate: f64, key: &str| {
            run(&format!("SET router.exploration_rate = {rate}"));
            text(&format!(
                "SELECT string_agg(DISTINCT x, ' ' ORDER BY x) FROM generate_series(1, 300) i,
                   LATERAL (SELECT router_recommend('2 + ' || i, 'balanced', '{{\"task_type\": \"math\"}}') AS r OFFSET 0) a,
                   LATERAL (SELECT (r ->> 'agent_id') || ':' || (r ->> '{key}') AS x) b"
            ))
        };
        assert_eq!(asked(0.0, "propensity"), "a:1.0");
        assert_eq!(asked(0.25, "propensity"), "a:0.75 c:0.25");
        assert_eq!(asked(1.0, "propensity"), "c:1.0");
        run("SET router.exploration_rate = 0.25; SELECT setseed(0.5)");
        let share = text(
            "SELECT round(avg((router_recommend('2 + ' || i, 'balanced', '{\"task_type\": \"math\"}') ->> 'agent_id' = 'c')::int), 1)::text FROM generate_series(1, 1000) i",
        );
        assert!(share == "0.2" || share == "0.3", "{share}");
        // With nothing else left, what is on trial serves; the probability is logged with the decision.
        run("UPDATE router.agent_model_assignments SET status = 'INACTIVE' WHERE agent_id <> 'c'");
        run("SELECT router_recommend('2 + 2', 'balanced', '{\"task_type\": \"math\", \"log\": true}')");
        assert_eq!(
            text("SELECT concat_ws(' ', agent_id, propensity, selection_reason) FROM router.routing_decisions"),
            "c 1 on trial for math: one of 1 that share router.exploration_rate of the requests"
        );
    }

    #[pg_test(error = "no healthy assignment for task type \"math\" is within the options")]
    fn options_that_leave_nothing_are_named() {
        three();
        run(r#"SELECT router_recommend('2 + 2', 'cost', '{"task_type": "math", "exclude": ["ma", "mb", "mc"]}')"#);
    }

    #[pg_test]
    fn a_fallback_says_that_it_is_one() {
        three();
        run("UPDATE router.agent_model_assignments SET assignment_method = 'FALLBACK' WHERE agent_id = 'b'");
        let reason = "SELECT router_recommend('2 + 2', 'quality', '{\"task_type\": \"math\"}') ->> 'reason'";
        assert!(!text(reason).contains("fallback"));
        run("UPDATE router.agent_model_assignments SET status = 'INACTIVE' WHERE agent_id <> 'b'");
        assert!(text(reason).ends_with("a fallback, as nothing else may serve"), "{}", text(reason));
    }

    #[pg_test]
    fn evidence_is_found_by_pgvector() {
        three();
        run("SELECT router_record_outcome('ma', 'math', p, true)
             FROM unnest(ARRAY['what is 12 times 30', 'write a poem about the sea']) p");
        let nearest = "SELECT concat_ws(' ', outcome_id = min(outcome_id) OVER (), round((features <=> v)::numeric, 2))
             FROM (SELECT outcome_id, router.prompt_vector(features) AS features, router_embed('what is 12 times 30') AS v
                   FROM router.prompt_outcomes) x ORDER BY features <=> v LIMIT 1";
        assert_eq!(text(nearest), "t 0.00");
    }

    #[pg_test]
    fn changes_are_audited_and_outcomes_are_not() {
        three();
        feed('a', 5, 0, 100);
        run("UPDATE router.agent_model_assignments SET priority = 1 WHERE agent_id = 'a'");
        run("DELETE FROM router.agent_model_assignments WHERE agent_id = 'c'");
        assert_eq!(
            text("SELECT string_agg(action || ':' || n, ' ' ORDER BY action) FROM
                  (SELECT action, count(*) AS n FROM router.audit_log WHERE changed_by = session_user GROUP BY action) x"),
            "DELETE:1 INSERT:3 UPDATE:1"
        );
        assert_eq!(
            text(
                "SELECT (before ->> 'priority') || '->' || (after ->> 'priority') FROM router.audit_log WHERE action = 'UPDATE'"
            ),
            "100->1"
        );
    }

    fn pool() {
        run(r#"INSERT INTO router.agents (agent_id, kind, capacity, requirements) VALUES
              ('gpu1', 'GPU', 1, '{"capabilities": {"math": 0.9}}'), ('gpu2', 'GPU', 1, '{"capabilities": {"coding": 0.9}}')"#);
        run(r#"INSERT INTO router.models (model_id, capabilities) VALUES
              ('m1', '{"math": 0.9, "coding": 0.8}'), ('m2', '{"math": 0.8, "coding": 0.1}')"#);
    }

    #[pg_test]
    fn hungarian_assigns_the_optimum_once() {
        pool();
        let pairs = "SELECT string_agg(agent_id || model_id || ' ' || action, ', ' ORDER BY agent_id) FROM sp_auto_assign_models()";
        assert_eq!(text(pairs), "gpu1m2 assigned, gpu2m1 assigned");
        assert_eq!(text(pairs), "gpu1m2 unchanged, gpu2m1 unchanged");
        assert_eq!(
            text(
                "SELECT string_agg(agent_id || model_id || ' ' || action, ', ' ORDER BY 1) FROM sp_auto_assign_models('greedy', true) WHERE action <> 'unchanged'"
            ),
            "gpu1m1 assigned, gpu1m2 replaced, gpu2m1 replaced, gpu2m2 assigned"
        );
        assert_eq!(text("SELECT count(*)::text FROM router.agent_model_assignments"), "2");
    }

    #[pg_test]
    fn overrides_stay_and_take_their_room() {
        pool();
        run("SELECT router_assign('gpu1', 'm1')");
        assert_eq!(
            text(
                "SELECT string_agg(agent_id || model_id || ' ' || action, ', ') FROM sp_auto_assign_models('hungarian')"
            ),
            "gpu2m2 assigned"
        );
        assert_eq!(
            text(
                "SELECT status || ' ' || assignment_method FROM router.agent_model_assignments WHERE agent_id = 'gpu1'"
            ),
            "OVERRIDDEN MANUAL"
        );
    }

    #[pg_test(error = "agent \"gpu1\" is in use by 1 assignment(s)")]
    fn agents_in_use_stay() {
        pool();
        run("SELECT router_assign('gpu1', 'm1')");
        run("DELETE FROM router.agents WHERE agent_id = 'gpu1'");
    }

    #[pg_test]
    fn an_agent_out_of_service_is_not_recommended() {
        pool();
        run("SELECT router_assign('gpu1', 'm1', 90)");
        run("SELECT router_assign('gpu2', 'm2', 60)");
        assert_eq!(best("math", "balanced"), "gpu1");
        run("UPDATE router.agents SET status = 'MAINTENANCE' WHERE agent_id = 'gpu1'");
        assert_eq!(best("math", "balanced"), "gpu2");
    }

    #[pg_test(error = "unknown assignment method \"best\"")]
    fn unknown_methods_are_refused() {
        run("SELECT sp_auto_assign_models('best')");
    }

    #[pg_test(error = "match score 101 is outside of 0 to 100")]
    fn scores_out_of_range_are_refused() {
        pool();
        run("SELECT router_assign('gpu1', 'm1', 101)");
    }

    #[pg_test]
    fn what_can_not_be_is_refused_when_it_is_written() {
        pool();
        run("SELECT router_assign('gpu1', 'm1')");
        for (state, sql) in [
            ("23503", "UPDATE router.agents SET agent_id = 'gpu9' WHERE agent_id = 'gpu1'"),
            ("23503", "UPDATE router.models SET model_id = 'm9' WHERE model_id = 'm1'"),
            ("23514", "INSERT INTO router.agents (agent_id, base_url) VALUES ('a', 'https://bob:word@host/v1')"),
            ("23514", "INSERT INTO router.agents (agent_id, budget) VALUES ('a', 'NaN')"),
            ("23514", "INSERT INTO router.models (model_id, input_price) VALUES ('m', 'NaN')"),
            ("23514", "INSERT INTO router.models (model_id, output_price) VALUES ('m', 'Infinity')"),
            ("22003", "INSERT INTO router.models (model_id, capabilities) VALUES ('m', '{\"coding\": -1}')"),
            ("22003", "INSERT INTO router.models (model_id, capabilities) VALUES ('m', '{\"coding\": \"lots\"}')"),
            ("22003", "UPDATE router.models SET capabilities = '{\"coding\": 101}'"),
            ("22003", "INSERT INTO router.agents (agent_id, requirements) VALUES ('a', '{\"math\": 101}')"),
            ("22003", "INSERT INTO router.task_types (task_type, requirements) VALUES ('t', '{\"capabilities\": 5}')"),
        ] {
            run(&format!(
                "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $$
                 BEGIN {sql}; RETURN 'stored'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$"
            ));
            assert_eq!(text("SELECT pg_temp.try()"), state, "{sql}");
        }
        run("UPDATE router.agents SET agent_id = 'gpu9' WHERE agent_id = 'gpu2'");
        run("UPDATE router.agents SET base_url = 'https://host/v1?to=a@b' WHERE agent_id = 'gpu9'");
        run(
            "INSERT INTO router.models (model_id, capabilities) VALUES ('m', '{\"coding\": 80, \"languages\": [\"ar\"]}')",
        );
    }

    #[pg_test]
    fn a_task_type_is_an_insert() {
        three();
        run("INSERT INTO router.task_types (task_type) VALUES ('translation')");
        assert_eq!(best("translation", "balanced"), "a");
    }

    #[pg_test]
    fn the_views_count() {
        three();
        feed('a', 9, 1, 100);
        run("INSERT INTO router.routing_decisions (assignment_id, agent_id, model_id, task_type, strategy, success, fallback_used, latency_ms)
             SELECT '00000000-0000-0000-0000-00000000000a', 'a', 'ma', 'math', 'speed', i <= 8, i = 1, 100 FROM generate_series(1, 10) i");
        assert_eq!(
            text(
                "SELECT concat_ws(' ', total_decisions, success_rate, fallback_rate, avg_latency_ms) FROM router.v_routing_analytics_24h"
            ),
            "10 80.00 10.00 100.00"
        );
        assert_eq!(
            text(
                "SELECT concat_ws(' ', agent_id, success_rate, requests_24h) FROM router.v_top_agent_model_pairs LIMIT 1"
            ),
            "a 90.00 10"
        );
        assert_eq!(
            text("SELECT agent_id || ' ' || success_rate FROM router.v_agent_assignments_summary LIMIT 1"),
            "a 90.00"
        );
        assert_eq!(
            text("SELECT model_id || ' ' || success_rate FROM router.v_model_assignment_performance LIMIT 1"),
            "ma 90.00"
        );
    }
}

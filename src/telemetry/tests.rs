//! Inside one server: what is logged, what is not, and what operators see of it. Decisions are
//! written synchronously here; what passes through shared memory is for the client tests.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn ledger() {
        Spi::run(
            "CREATE TABLE ledger (sold_on date, region text, sales numeric, nothing numeric);
             INSERT INTO ledger VALUES ('2024-05-01', 'North', 10, 0), ('2024-06-01', 'South', 20, 0);
             SELECT router_register('ledger')",
        )
        .unwrap();
    }

    fn text(sql: &str) -> Option<String> {
        Spi::get_one::<String>(sql).unwrap()
    }

    fn number(sql: &str) -> i64 {
        Spi::get_one::<i64>(sql).unwrap().unwrap_or(-1)
    }

    /// Asks, and returns the request id.
    fn ask(prompt: &str) -> String {
        let sql = format!("SELECT router_route({}) ->> 'request_id'", pgrx::spi::quote_literal(prompt));
        text(&sql).unwrap()
    }

    fn decision(column: &str, id: &str) -> Option<String> {
        text(&format!("SELECT max(({column})::text) FROM router.decisions WHERE request_id = '{id}'"))
    }

    #[pg_test]
    fn a_decision_says_what_was_asked_and_why_it_was_answered_so() {
        ledger();
        Spi::run("SET router.decision_log = sync").unwrap();
        let id = ask("sales by region");
        assert_eq!(decision("prompt", &id).as_deref(), Some("sales by region"));
        assert_eq!(decision("status", &id).as_deref(), Some("ok"));
        assert_eq!(decision("logged", &id).as_deref(), Some("sync"));
        assert_eq!(decision("spec ->> 'x'", &id).as_deref(), Some("region"));
        assert!(decision("steps", &id).is_some_and(|steps| steps.contains("\"won\": true")));
        assert!(decision("clock", &id).is_some_and(|clock| clock.contains('[')));
        assert!(decision("total_ms > 0 AND (timings ->> 'guard')::float8 > 0", &id).is_some_and(|t| t == "true"));
    }

    #[pg_test]
    fn a_hashed_prompt_is_quoted_nowhere() {
        ledger();
        Spi::run("SET router.decision_log = sync; SET router.log_prompts = hash").unwrap();
        let id = ask("sales in North");
        let expected = text("SELECT encode(sha256('sales in North'), 'hex')");
        assert_eq!(decision("prompt_hash", &id), expected);
        let row = decision("to_jsonb(decisions.*)", &id).unwrap();
        assert!(!row.contains("North"), "{row}");
        Spi::run("SET router.log_prompts = off").unwrap();
        let id = ask("sales in North");
        assert_eq!(decision("COALESCE(prompt, prompt_hash, 'neither')", &id).as_deref(), Some("neither"));
    }

    #[pg_test]
    fn off_is_off() {
        ledger();
        Spi::run("SET router.decision_log = off").unwrap();
        let id = ask("sales by region");
        Spi::run("SELECT router_flush()").unwrap();
        assert_eq!(decision("status", &id), None);
    }

    #[pg_test]
    fn sync_in_a_read_only_subtransaction_goes_through_shared_memory() {
        ledger();
        Spi::run("SET router.decision_log = sync").unwrap();
        let before = counted("router_records_queued_total");
        Spi::run("SET LOCAL transaction_read_only = on").unwrap();
        ask("sales by region");
        assert!(counted("router_records_queued_total") > before);
    }

    fn counted(metric: &str) -> i64 {
        let metrics = text("SELECT router_metrics()").unwrap();
        let line = metrics.lines().find(|line| line.starts_with(&format!("{metric} "))).unwrap().to_owned();
        line.split(' ').nth(1).unwrap().parse::<f64>().unwrap() as i64
    }

    #[pg_test]
    fn partitions_are_made_ahead_once_and_dropped_when_old() {
        // The worker may have been quicker.
        Spi::run("SELECT * FROM router_maintain()").unwrap();
        assert_eq!(number("SELECT count(*) FROM router.log_weeks('decision_log') WHERE low > now()"), 4);
        assert_eq!(number("SELECT count(*) FROM router_maintain() WHERE action = 'created'"), 0);
        Spi::run(
            "CREATE TABLE router.decision_log_20200106 PARTITION OF router.decision_log FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z');
             CREATE TABLE router.error_log_20200106 PARTITION OF router.error_log FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z');
             INSERT INTO router.error_log VALUES ('2019-01-01', NULL, 'x', 'route', 'internal_error', 'XX000', 'x', false, NULL, false)",
        )
        .unwrap();
        Spi::run("SET router.retention_action = detach").unwrap();
        let did = text(
            "SELECT string_agg(action || ' ' || object || COALESCE(' ' || affected, ''), ', ' ORDER BY object) FROM router_maintain()",
        );
        assert_eq!(
            did.as_deref(),
            Some("detached decision_log_20200106, detached error_log_20200106, detached error_log_default 1")
        );
        assert_eq!(number("SELECT count(*) FROM router.error_log_kept WHERE occurred_at = '2019-01-01'"), 1);
        assert_eq!(number("SELECT count(*) FROM router.decision_log_20200106"), 0, "detached, it is still there");
        Spi::run(
            "ALTER TABLE router.decision_log ATTACH PARTITION router.decision_log_20200106 FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z')",
        )
        .unwrap();
        Spi::run("SET router.retention_action = drop; SELECT * FROM router_maintain()").unwrap();
        assert_eq!(text("SELECT to_regclass('router.decision_log_20200106')::text"), None);
    }

    #[pg_test]
    fn what_is_old_goes_by_whole_weeks_and_takes_no_answer_from_its_repeats() {
        Spi::run(
            "INSERT INTO router.decision_log_default (request_id, decided_at, role_name, answer_of, cached, total_ms, logged)
             SELECT gen_random_uuid(),
                    date_trunc('week', (now() - interval '90 days') AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + hours * interval '1 hour',
                    'somebody', gen_random_uuid(), true, 1, 'batched'
             FROM unnest(ARRAY[-1, 1]) AS hours",
        )
        .unwrap();
        let deleted = "SELECT affected FROM router_maintain() WHERE object = 'decision_log_default'";
        assert_eq!(number(deleted), 1, "of two hours apart only what lies in the week before");
        assert_eq!(number("SELECT count(*) FROM router.decisions WHERE role_name = 'somebody'"), 1);
    }

    #[pg_test(error = "new row for relation \"decision_log_default\" violates check constraint \"decision_log_whole\"")]
    fn a_decision_that_repeats_nothing_is_whole() {
        Spi::run(
            "INSERT INTO router.decision_log_default (request_id, decided_at, role_name, cached, total_ms, logged)
             VALUES (gen_random_uuid(), '2020-01-01', 'somebody', true, 1, 'batched')",
        )
        .unwrap();
    }

    #[pg_test]
    fn stale_values_are_collected_again() {
        ledger();
        Spi::run(
            "INSERT INTO ledger VALUES ('2024-05-02', 'Atlantis', 1, 0);
             UPDATE router.datasets SET refreshed_at = now() - interval '2 days' WHERE name = 'public.ledger'",
        )
        .unwrap();
        let refreshed =
            "SELECT count(*) FROM router_maintain() WHERE action = 'refreshed' AND object = 'public.ledger'";
        assert_eq!(number(refreshed), 1);
        assert_eq!(number(refreshed), 0, "fresh now");
        assert_eq!(
            text("SELECT router_route('sales in Atlantis') -> 'spec' -> 'filters' ->> 'region'").as_deref(),
            Some("Atlantis")
        );
    }

    #[pg_test]
    fn frequent_questions_are_listed_and_taken_off_again() {
        ledger();
        Spi::run("SET router.decision_log = sync").unwrap();
        for _ in 0..5 {
            ask("sales by region");
        }
        ask("sales by month");
        let id = number("SELECT id FROM router_optimize() WHERE kind = 'warm_question' AND status = 'applied'");
        assert_eq!(
            text("SELECT string_agg(prompt, '|') FROM router.warm_questions").as_deref(),
            Some("sales by region")
        );
        assert_eq!(number("SELECT count(*) FROM router_optimize()"), 0, "what stands is not done again");
        Spi::run(&format!("SELECT router_optimize_undo({id})")).unwrap();
        assert_eq!(number("SELECT count(*) FROM router.warm_questions"), 0);
        assert_eq!(number("SELECT count(*) FROM router_optimize()"), 0, "nor what was just taken back");
    }

    #[pg_test]
    fn a_filter_without_an_index_is_named_with_the_statement_that_makes_one() {
        Spi::run(
            "CREATE TABLE shipments (id int, parcel text, cost numeric);
             INSERT INTO shipments SELECT i, 'parcel ' || i, i FROM generate_series(1, 12000) i;
             ANALYZE shipments;
             SELECT router_register('shipments');
             INSERT INTO router.decision_log (request_id, decided_at, role_name, status, source, intent, confidence, dataset, spec, cached,
                                           total_ms, timings, semantic_version, fingerprint, logged)
             SELECT gen_random_uuid(), now(), 'somebody', 'ok', 'direct_routing', 'unknown', 1, 'public.shipments',
                    '{\"filters\": {\"parcel\": \"parcel 7\"}}', false, 1, '{}', 1, '', 'sync'
             FROM generate_series(1, 10)",
        )
        .unwrap();
        let sql = "SELECT detail ->> 'sql' FROM router_optimize() WHERE kind = 'index'";
        assert_eq!(text(sql).as_deref(), Some("CREATE INDEX CONCURRENTLY ON public.shipments (parcel)"));
    }

    #[pg_test(error = "there is no optimization 999999 to take back")]
    fn nothing_to_take_back() {
        Spi::run("SELECT router_optimize_undo(999999)").unwrap();
    }

    #[pg_test(error = "the timeframe must be longer than nothing")]
    fn a_timeframe_has_a_length() {
        Spi::run("SELECT * FROM router_errors('-1 day')").unwrap();
    }

    #[pg_test]
    fn who_registered_taught_and_named_is_on_record() {
        ledger();
        Spi::run(
            "SELECT router_synonym('public.ledger.sales', 'turnover');
             SELECT router_teach('how is business', '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.ledger\", \"y\": \"sales\", \"agg\": \"sum\", \"chart\": \"table\"}');
             SELECT router_unsynonym('public.ledger.sales', 'turnover')",
        )
        .unwrap();
        let of = |table: &str| {
            text(&format!(
                "SELECT string_agg(action || ' by ' || changed_by, ', ' ORDER BY changed_at) FROM router.audit_log WHERE table_name = '{table}'"
            ))
        };
        assert_eq!(of("datasets").as_deref(), Some("INSERT by postgres"));
        assert_eq!(of("synonyms").as_deref(), Some("INSERT by postgres, DELETE by postgres"));
        assert_eq!(of("query_embeddings").as_deref(), Some("INSERT by postgres"));
        let taught = text("SELECT after::text FROM router.audit_log WHERE table_name = 'query_embeddings'").unwrap();
        assert!(taught.contains("how is business") && !taught.contains("\"embedding\""), "{taught}");
    }

    #[pg_test]
    fn a_query_that_fails_is_simplified_and_said_so() {
        // The running total overflows the numeric format; the sums by region don't.
        Spi::run(
            "CREATE TABLE meters (read_on date, site text, power float8);
             INSERT INTO meters SELECT '2024-01-01'::date + 31 * i, 'A', 1.7e308 FROM generate_series(0, 2) i;
             SELECT router_register('meters');
             SET router.decision_log = sync",
        )
        .unwrap();
        let before = counted_kind("router_errors_recovered_total", "sql_execution_failed");
        let rows = number("SELECT count(*) FROM router_query('cumulative power by month')");
        assert_eq!(rows, 3);
        assert_eq!(counted_kind("router_errors_recovered_total", "sql_execution_failed"), before + 1);
    }

    fn counted_kind(metric: &str, kind: &str) -> i64 {
        counted(&format!("{metric}{{kind=\"{kind}\"}}"))
    }
}

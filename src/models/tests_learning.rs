//! What recommendations learn from recorded prompts.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn run(sql: &str) {
        Spi::run(sql).unwrap();
    }

    fn text(sql: &str) -> String {
        Spi::get_one::<String>(sql).unwrap().unwrap_or_default()
    }

    /// Two models; 'poet' is good at what has to do with the sea, 'reckoner' at sums, all of one task type.
    fn two() {
        // One test at a time learns: others that run beside would be passed over.
        run(&format!("SELECT pg_advisory_xact_lock({})", crate::models::follow::LEARNING));
        run(
            "INSERT INTO router.agent_model_assignments (agent_id, model_id, match_score) VALUES ('a', 'poet', 50), ('a', 'reckoner', 50)",
        );
    }

    fn record(prompts: std::ops::RangeInclusive<i32>) {
        run(&format!(
            "SELECT router_record_outcome(m, 'general', p, (m = 'poet') = (p ~ 'sea'))
             FROM generate_series({}, {}) i, unnest(ARRAY['write verse ' || i || ' about the stormy sea', 'add ' || i || ' and ' || 3 * i]) p,
                  unnest(ARRAY['poet', 'reckoner']) m",
            prompts.start(),
            prompts.end()
        ));
    }

    fn asked(prompt: &str) -> String {
        text(&format!(
            "SELECT router_recommend('{prompt}', 'quality', '{{\"task_type\": \"general\"}}') ->> 'model_id'"
        ))
    }

    #[pg_test]
    fn similar_prompts_decide_at_once() {
        two();
        record(1..=3);
        assert_eq!(asked("a verse about the sea"), "poet");
        assert_eq!(asked("add 70 and 210"), "reckoner");
    }

    #[pg_test]
    fn what_was_learned_is_kept_once_and_follows() {
        two();
        record(1..=40);
        // Forty outcomes on, at the latest, they are fitted anew.
        let kept = "SELECT concat_ws(' ', count(*), max(fitted_outcomes) > 120) FROM router.learned";
        assert_eq!(text(kept), "1 t");
        let estimates = "SELECT string_agg(k, ' ' ORDER BY k) FROM (SELECT jsonb_object_keys(
             router_recommend('add 70 and 210', 'quality', '{\"task_type\": \"general\"}') #> '{candidates,0,estimates}') AS k) x";
        assert_eq!(text(estimates), "regression regression_on_task_type similar_prompts task_type");
        // Every outcome counts, whether it was taken in or came since: a task type's mean tells their number.
        run("INSERT INTO router.task_types (task_type) VALUES ('sums')");
        run("SELECT router_record_outcome('poet', 'sums', 'what is ' || i, true) FROM generate_series(1, 45) i");
        let evidence =
            "SELECT round((router_recommend('??', 'quality', '{\"task_type\": \"sums\", \"exclude\": [\"reckoner\"]}')
             #>> '{candidates,0,evidence}')::numeric)::text";
        assert_eq!(text(evidence), "45");
    }

    #[pg_test]
    fn a_rollback_takes_back_what_was_learned() {
        two();
        record(1..=20);
        let kept = text("SELECT max(learned_id)::text FROM router.learned");
        run("DO $$ BEGIN
               PERFORM router_record_outcome('reckoner', 'general', 'write verse ' || i || ' about the stormy sea', true) FROM generate_series(100, 300) i;
               RAISE 'back';
             EXCEPTION WHEN raise_exception THEN NULL;
             END $$");
        assert_eq!(text("SELECT max(learned_id)::text FROM router.learned"), kept);
        // Right in 20 of 40, as before: not in 221 of 241.
        let mean =
            "SELECT jsonb_path_query_first(router_recommend('add 1 and 3', 'quality', '{\"task_type\": \"general\"}'),
             '$.candidates[*] ? (@.model_id == \"reckoner\").estimates.task_type')::text";
        assert_eq!(text(mean), "0.5");
    }

    #[pg_test]
    fn a_prompt_is_found_once_and_by_its_next_outcome_when_the_first_goes() {
        two();
        record(1..=2);
        let found =
            "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE first_of_prompt)) FROM router.prompt_outcomes";
        assert_eq!(text(found), "8 4");
        run("UPDATE router.prompt_outcomes SET created_at = '2020-01-01' WHERE first_of_prompt");
        run("SELECT pg_advisory_xact_lock(hashtextextended('router.maintain_decisions', 0)); SELECT router_maintain()");
        assert_eq!(text(found), "4 4");
        assert_eq!(asked("a verse about the sea"), "poet");
    }

    #[pg_test]
    fn prompts_without_words_have_no_neighbours() {
        two();
        run(
            "SELECT router_record_outcome('poet', 'general', '??', true), router_record_outcome('reckoner', 'general', '!!', false)",
        );
        assert_eq!(asked("..."), "poet");
    }

    #[pg_test]
    fn many_prompts_are_searched_by_index() {
        two();
        record(1..=1);
        run("INSERT INTO router.prompt_outcomes (prompt_hash, task_type, model_id, features, success, quality)
             SELECT sha256(int4send(i)), 'general', 'poet', o.features, true, 1
             FROM (SELECT set_byte(features, i % 256, i % 100) AS features, i FROM generate_series(1, 3000) i,
                   (SELECT features FROM router.prompt_outcomes LIMIT 1) f) o");
        run("ANALYZE router.prompt_outcomes");
        let plan = text("SELECT router.similar_prompts_statement(128)").replace("$1", "router_embed('the sea')");
        let mut used = false;
        Spi::connect(|client| {
            for row in client.select(format!("EXPLAIN {plan}").as_str(), None, &[]).unwrap() {
                used |= row.get::<String>(1).unwrap().unwrap_or_default().contains("prompt_outcomes_similar_idx");
            }
        });
        assert!(used);
    }
}

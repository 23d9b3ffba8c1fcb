use pgrx::prelude::*;

#[pg_schema]
mod tests {
    use pgrx::JsonB;
    use pgrx::prelude::*;
    use serde_json::Value;

    fn run(sql: &str) {
        Spi::run(sql).unwrap();
    }

    fn text(sql: &str) -> Option<String> {
        Spi::get_one::<String>(sql).unwrap()
    }

    fn number(sql: &str) -> i64 {
        Spi::get_one::<i64>(sql).unwrap().unwrap()
    }

    fn refused(sql: &str) -> String {
        if text("SELECT to_regprocedure('pg_temp.try(text)')::text").is_none() {
            run("CREATE FUNCTION pg_temp.try(s text) RETURNS text LANGUAGE plpgsql AS \
                 $$BEGIN EXECUTE s; RETURN 'passed'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END$$");
        }
        Spi::get_one_with_args::<String>("SELECT pg_temp.try($1)", &[sql.into()]).unwrap().unwrap()
    }

    fn route(prompt: &str) -> Value {
        Spi::get_one_with_args::<JsonB>("SELECT router_route($1, '{\"as_of\": \"2025-03-15\"}')", &[prompt.into()])
            .unwrap()
            .unwrap()
            .0
    }

    fn teach(prompt: &str, spec: &Value) {
        Spi::run_with_args("SELECT router_teach($1, $2)", &[prompt.into(), JsonB(spec.clone()).into()]).unwrap();
    }

    fn clinic() {
        run("CREATE TABLE public.visits (clinic text, ward text, patients int, bill numeric, day date); \
             INSERT INTO public.visits SELECT (ARRAY['Northgate','Harbour','Summit'])[1 + i % 3], \
             (ARRAY['Surgery','Maternity'])[1 + i % 2], i, i * 2, DATE '2025-01-01' + i FROM generate_series(1, 70) i");
        run("SELECT router_register('public.visits')");
    }

    const SPEC: &str =
        r#"{"schema":"QuickSpec@1","dataset":"public.visits","x":"clinic","y":"bill","agg":"max","chart":"bar"}"#;

    #[pg_test]
    fn slots_of_a_taught_question_are_bound_anew() {
        clinic();
        // Taught otherwise than the router would read it: what comes back shows whose answer it is.
        let mut spec = route("patients in Northgate last month by ward")["spec"].clone();
        spec["chart"] = "pie".into();
        teach("patients in Northgate last month by ward", &spec);
        let got = route("patients in Harbour this month by ward");
        assert_eq!(got["source"], "similarity", "{got}");
        assert_eq!(got["spec"]["chart"], "pie");
        assert_eq!(got["spec"]["filters"]["clinic"], "Harbour");
        assert_eq!(got["spec"]["filters"]["day"]["gte"], "2025-03-01");
        for other in [
            "patients not in Harbour this month by ward",
            "bill in Harbour this month by ward",
            "average patients in Harbour this month by ward",
            "patients in Harbour this month by day",
            "patients in Harbour by ward",
        ] {
            let got = route(other);
            assert!(got["source"] != "similarity" && got["spec"]["chart"] != "pie", "{other}: {got}");
        }
    }

    #[pg_test]
    fn relative_dates_of_a_taught_question_move_on() {
        clinic();
        let spec = route("patients last month")["spec"].clone();
        teach("patients last month", &spec);
        run("UPDATE router.query_embeddings SET taught_at = '2025-03-15 12:00+00'");
        let asked = |day: &str| {
            let sql = format!(
                "SELECT router_route('Patients last month?', '{{\"as_of\": \"{day}\"}}') #>> '{{spec,filters,day,gte}}'"
            );
            text(&sql)
        };
        assert_eq!(asked("2025-03-15").as_deref(), Some("2025-02-01"));
        assert_eq!(asked("2025-04-02").as_deref(), Some("2025-03-01"));
        assert_eq!(text("SELECT router_route('patients last month') ->> 'source'").as_deref(), Some("similarity"));
    }

    #[pg_test]
    fn encoders_stand_side_by_side() {
        clinic();
        run(&format!("SELECT router_teach('bills by clinic', '{SPEC}')"));
        run("SELECT router.fill_embedding_queue('tiny', 100)");
        run(
            "SELECT router.store_embedding('tiny', question_id, ARRAY[1, 0, 0.5]) FROM router.claim_embeddings('tiny', 10)",
        );
        assert_eq!(number("SELECT count(*) FROM router.embedding_queue"), 0);
        assert_eq!(number("SELECT embedded FROM router.embedding_progress WHERE encoder = 'tiny'"), 1);
        run("SET CONSTRAINTS ALL IMMEDIATE");
        let index = "SELECT indexdef FROM pg_indexes WHERE tablename = 'query_embeddings' AND indexdef ~ 'tiny'";
        assert!(text(index).is_some_and(|d| d.contains("hnsw") && d.contains("(3)")), "{:?}", text(index));
        let near = "SELECT original_query FROM match_query_embeddings('[1,0.1,0.5]', 0.5)";
        assert_eq!(text(near).as_deref(), Some("bills by clinic"));
        let spec = "SELECT quickspec ->> 'agg' FROM match_query_embeddings('[1,0.1,0.5]', 0.5)";
        assert_eq!(text(spec).as_deref(), Some("max"), "what was taught comes from the local encoder's row");
        assert_eq!(refused("SELECT * FROM match_query_embeddings('[1,2]')"), "22023");
        assert_eq!(
            refused(
                "INSERT INTO router.query_embeddings (original_query, normalized_query, embedding, encoder) VALUES ('a', 'a', '[1,2]', 'tiny')"
            ),
            "22023"
        );
        assert_eq!(number("SELECT router_drop_encoder('tiny')"), 1);
        assert_eq!(refused("SELECT router_drop_encoder('tiny')"), "42704");
        assert_eq!(refused("SELECT router_drop_encoder('minilm-static-256')"), "22023");
        assert_eq!(number("SELECT count(*) FROM router.query_embeddings"), 1);
    }

    #[pg_test]
    fn an_encoder_that_is_down_is_told_and_done_without() {
        clinic();
        run(&format!("SELECT router_teach('what do we charge at each place', '{SPEC}')"));
        run("SELECT router.fill_embedding_queue('far-away', 100)");
        run(
            "SELECT router.store_embedding('far-away', question_id, ARRAY[1, 0, 0.5]) FROM router.claim_embeddings('far-away', 10)",
        );
        run(
            "SET LOCAL router.embedding_provider = 'openai'; SET LOCAL router.embedding_model = 'far-away'; SET LOCAL router.embedding_timeout = '50ms'; SET LOCAL router.direct_threshold = 1",
        );
        let got = route("patients by clinic");
        assert_eq!(got["status"], "ok");
        assert!(got["warnings"].to_string().contains("far-away"), "{got}");
    }

    #[pg_test]
    fn handlers_propose_and_are_checked() {
        clinic();
        run(&format!(
            "CREATE FUNCTION public.tell(prompt text, context jsonb) RETURNS jsonb LANGUAGE sql AS \
             $$ SELECT CASE WHEN prompt ~ 'banana' THEN jsonb_build_object('spec', '{SPEC}'::jsonb, 'confidence', 0.8) \
                            WHEN prompt ~ 'cherry' THEN '{{\"dataset\": \"public.pg_authid\"}}'::jsonb END $$; \
             CREATE FUNCTION public.wreck(prompt text, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS \
             $$ BEGIN DELETE FROM public.visits; RETURN NULL; END $$"
        ));
        run("SELECT router_handler('fruit', 50, 'public.tell(text,jsonb)')");
        let got = route("banana bread");
        assert_eq!((&got["status"], &got["source"]), (&"ok".into(), &"handler".into()), "{got}");
        assert_eq!(got["spec"]["agg"], "max");
        let bad = route("cherry pie");
        assert_ne!(bad["status"], "ok");
        assert!(bad["warnings"].to_string().contains("fruit"), "{bad}");
        run("SELECT router_handler('wreck', 60, 'public.wreck(text,jsonb)')");
        let kept = route("something unheard of");
        assert!(kept["warnings"].to_string().contains("wreck"), "{kept}");
        assert_eq!(number("SELECT count(*) FROM public.visits"), 70);
        assert_eq!(refused("SELECT router_handler('odd', 50, 'pg_catalog.lower(text)')"), "22023");
        run("SELECT router_handler('fruit', 50, NULL)");
        assert_ne!(route("banana bread")["source"], "handler");
        assert_eq!(refused("SELECT router_handler('fruit', 50, NULL)"), "42704");
        run(
            "CREATE ROLE handler_nobody; GRANT EXECUTE ON FUNCTION router_handler TO handler_nobody; SET LOCAL ROLE handler_nobody",
        );
        assert_eq!(refused("SELECT router_handler('mine', 50, 'public.tell(text,jsonb)')"), "42501");
    }

    #[pg_test]
    fn templates_have_slots() {
        clinic();
        let spec = SPEC.replace("\"chart\"", "\"filters\":{\"clinic\":\"{clinic}\"},\"chart\"");
        run(&format!("SELECT router_template('sheet', ARRAY['fact sheet of {{clinic}}'], '{spec}')"));
        let got = route("the fact sheet of Summit last month, please");
        assert_eq!(
            (&got["source"], &got["spec"]["filters"]["clinic"]),
            (&"template".into(), &"Summit".into()),
            "{got}"
        );
        assert_eq!(got["spec"]["filters"]["day"]["gte"], "2025-02-01");
        assert_eq!(refused(&format!("SELECT router_template('sheet', ARRAY['fact sheet'], '{spec}')")), "22023");
        run(&format!("SELECT router_template('state', ARRAY['morning report'], '{SPEC}')"));
        let offered = route("morning mail report");
        assert!(offered["alternatives"].to_string().contains("morning report"), "{offered}");
    }

    #[pg_test]
    fn suggestions_are_questions_that_are_answered() {
        clinic();
        run(&format!("SELECT router_teach('patients we lost to the competition', '{SPEC}')"));
        let suggested = |prefix: &str| {
            let sql = "SELECT string_agg(suggestion, '|') FROM router_suggest($1)";
            Spi::get_one_with_args::<String>(sql, &[prefix.into()]).unwrap().unwrap_or_default()
        };
        assert!(suggested("patients we").contains("patients we lost to the competition"));
        assert!(suggested("patients by wa").contains("patients by ward"), "{}", suggested("patients by wa"));
        for question in suggested("").split('|') {
            assert_eq!(route(question)["status"], "ok", "{question}");
        }
        run(
            "CREATE ROLE suggest_nobody; GRANT USAGE ON SCHEMA public TO suggest_nobody; SET LOCAL ROLE suggest_nobody",
        );
        assert_eq!(suggested("patients"), "");
        assert_eq!(suggested(""), "");
    }

    #[pg_test]
    fn mining_proposes_and_a_person_accepts() {
        clinic();
        for (clinic, times) in [("Northgate", 1), ("Harbour", 1), ("Summit", 3)] {
            for _ in 0..times {
                let sql = "INSERT INTO router.feedback (request_id, prompt, quickspec, rating, created_by) \
                           SELECT 'x', $1, router_route($2) -> 'spec', 5, current_user";
                let said = format!("takings of {clinic}");
                let meant = format!("bill of {clinic}");
                Spi::run_with_args(sql, &[said.as_str().into(), meant.as_str().into()]).unwrap();
            }
        }
        // Of these alone: the log also holds what tests beside this one ask.
        run("CREATE TEMP VIEW mine AS SELECT * FROM router_mine(3) WHERE proposal::text ~* 'takings'");
        run("CREATE TEMP TABLE mined AS SELECT * FROM mine");
        let kinds = text("SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM mined");
        assert_eq!(
            kinds.as_deref(),
            Some("golden question synonym template"),
            "{:?}",
            text("SELECT json_agg(m)::text FROM mined m")
        );
        assert_eq!(
            text("SELECT proposal ->> 'target' FROM mined WHERE kind = 'synonym'").as_deref(),
            Some("public.visits.bill")
        );
        assert_eq!(
            text("SELECT proposal ->> 'name' FROM mined WHERE kind = 'template'").as_deref(),
            Some("takings of {clinic}")
        );
        run("SELECT router_accept(id) FROM mined WHERE kind IN ('synonym', 'template', 'question')");
        assert_eq!(route("takings by clinic")["spec"]["y"], "bill");
        assert_eq!(number("SELECT count(*) FROM router.templates"), 1);
        assert_eq!(number("SELECT count(*) FROM router.query_embeddings WHERE source = 'mined'"), 1);
        run("SELECT router_reject(id) FROM mined WHERE kind = 'golden'");
        assert_eq!(
            number("SELECT count(*) FROM mine JOIN mined USING (kind, proposal)"),
            0,
            "nothing is proposed twice"
        );
        assert_eq!(refused("SELECT router_accept(4711)"), "42704");
        assert_eq!(refused("SELECT * FROM router_mine(1)"), "22023");
    }

    #[pg_test]
    fn the_matrix_has_settings_and_tells_what_it_did() {
        clinic();
        let decision = |prompt: &str| {
            let sql =
                "SELECT string_agg(detail, ' | ') FROM router_explain($1) WHERE step IN ('decision', 'passed over')";
            Spi::get_one_with_args::<String>(sql, &[prompt.into()]).unwrap().unwrap_or_default()
        };
        assert!(decision("patients by clinic").contains("direct: "), "{}", decision("patients by clinic"));
        run("SET LOCAL router.direct_threshold = 1; SET LOCAL router.intent_threshold = 1");
        let said = decision("patients by clinic");
        assert!(
            said.contains("direct: ") && said.contains("is not above 1.00") && said.contains("keyword: "),
            "{said}"
        );
        assert_eq!(route("patients by clinic")["source"], "keyword_matching");
    }
}

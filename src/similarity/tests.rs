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

    fn route(prompt: &str) -> Value {
        Spi::get_one_with_args::<JsonB>("SELECT router_route($1)", &[prompt.into()]).unwrap().unwrap().0
    }

    fn shop() {
        run("CREATE TABLE public.orders (region text, amount numeric, placed date); \
             INSERT INTO public.orders SELECT (ARRAY['North','South'])[1 + i % 2], i, DATE '2024-01-01' + i FROM generate_series(1, 50) i");
        run("SELECT router_register('public.orders')");
    }

    const SPEC: &str =
        r#"{"schema":"QuickSpec@1","dataset":"public.orders","x":"region","y":"amount","agg":"max","chart":"bar"}"#;

    #[pg_test]
    fn taught_words_get_the_taught_spec() {
        shop();
        run(&format!("SELECT router_teach('how are we doing up there', '{SPEC}')"));
        let got = route("How are we doing up there?!");
        assert_eq!(got["status"], "ok", "{got}");
        assert_eq!(got["source"], "similarity");
        assert_eq!(got["spec"]["agg"], "max");
        assert_eq!(
            text("SELECT original_query FROM match_query_embeddings(router_embed('how are we doing'), 0.5)").as_deref(),
            Some("how are we doing up there")
        );
        // Taught again: replaced, not doubled.
        run(&format!("SELECT router_teach('How are we doing up there', '{}')", SPEC.replace("max", "min")));
        assert_eq!(route("how are we doing up there")["spec"]["agg"], "min");
        assert_eq!(Spi::get_one::<i64>("SELECT count(*) FROM router.query_embeddings").unwrap(), Some(1));
        assert_eq!(Spi::get_one::<bool>("SELECT router_forget(id) FROM router.query_embeddings").unwrap(), Some(true));
        assert_ne!(route("how are we doing up there")["source"], "similarity");
    }

    #[pg_test]
    fn what_is_read_without_statements_is_what_they_find() {
        use super::super::{Known, encoder::LOCAL, exact, few, nearest_to, store};
        use router_core::similarity::normalise;
        use std::collections::HashMap;
        shop();
        for i in 1..=30 {
            run(&format!("SELECT router_teach('greatest amount {i} of the North', '{SPEC}')"));
            run(&format!("SELECT router_teach('greetings number {i}', NULL, 'small_talk')"));
        }
        run(
            "UPDATE router.query_embeddings SET source = 'chosen', created_by = 'somebody' WHERE original_query LIKE '%3 of%'",
        );
        let who = crate::pg::role_name(crate::pg::current_user());
        let vector = router_core::embed::Encoder::get().encode("greatest amount of the South").0;
        let words = [3, 5, 7].map(|i| format!("greatest amount {i} of the North"));
        let store = store::store().unwrap().unwrap();
        let (same, near) = crate::pg::with_latest_snapshot(|| {
            let same = words.each_ref().map(|words| few::exact(&store, &normalise(words), &who).unwrap());
            (same, few::nearest(&store, &vector, 20, &who).unwrap())
        });
        assert_eq!(same, words.each_ref().map(|words| exact(words).unwrap()));
        assert_eq!(same.iter().filter(|known| known.is_some()).count(), 2, "what somebody chose is for nobody else");
        let planned = nearest_to(LOCAL, &vector, -1.0, 20).unwrap();
        assert_eq!((near.len(), planned.len()), (20, 20));
        assert!(near.iter().all(|(known, may_see)| *may_see != known.query.contains("3 of")));
        // Texts that differ in a number only may be as near as each other.
        for ((one, _), other) in near.iter().zip(&planned) {
            assert!((one.similarity - other.similarity).abs() < 1e-3, "{one:?} {other:?}");
        }
        let known: HashMap<i64, &Known> = planned.iter().map(|known| (known.id, known)).collect();
        let both = near.iter().filter_map(|(one, _)| Some((one, *known.get(&one.id)?)));
        let alike = |a: &Known, b: &Known| {
            (&a.query, &a.spec, &a.intent, a.taught_at) == (&b.query, &b.spec, &b.intent, b.taught_at)
        };
        assert!(both.filter(|(one, other)| alike(one, other)).count() > 10);
    }

    #[pg_test]
    fn bad_teaching_is_refused_clearly() {
        shop();
        let refused = |sql: &str| {
            run("CREATE OR REPLACE FUNCTION pg_temp.try(s text) RETURNS text LANGUAGE plpgsql AS \
                 $$BEGIN EXECUTE s; RETURN 'passed'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END$$");
            Spi::get_one_with_args::<String>("SELECT pg_temp.try($1)", &[sql.into()]).unwrap().unwrap()
        };
        assert_eq!(refused("SELECT router_teach('  ', '{}')"), "22023");
        assert_eq!(refused("SELECT router_teach('a question')"), "22023");
        assert_eq!(refused("SELECT router_teach('a question', '{\"x\": 1}')"), "22023");
        assert_eq!(refused(&format!("SELECT router_teach('\u{1F600}', '{SPEC}')")), "22023");
        assert_eq!(
            refused(&format!("SELECT router_teach('?! ...', '{SPEC}')")),
            "22023",
            "signs alone are all the same words"
        );
        let gone = SPEC.replace("orders", "gone");
        assert_eq!(refused(&format!("SELECT router_teach('a question', '{gone}')")), "42P01");
        assert_eq!(refused(&format!("SELECT router_teach('a question', '{gone}', 'trend_analysis')")), "42P01");
        assert_eq!(refused(&format!("SELECT router_teach('a question', '{gone}', 'small_talk')")), "passed");
        assert_eq!(Spi::get_one::<bool>("SELECT quickspec IS NULL FROM router.query_embeddings").unwrap(), Some(true));
        let column = SPEC.replace("amount", "nothing");
        assert_eq!(refused(&format!("SELECT router_teach('a question', '{column}')")), "22023");
        assert_eq!(refused("SELECT * FROM match_query_embeddings(router_embed('\u{1F600}'))"), "22023");
        assert_eq!(refused("SELECT router_feedback('none', 5)"), "42704");
        assert_eq!(refused("SELECT router_intent('anything')"), "42704");
        assert_eq!(refused("SELECT router_train()"), "22023");
    }

    #[pg_test]
    fn a_transaction_that_teaches_leaves_one_mark() {
        shop();
        let marks =
            || Spi::get_one::<i64>("SELECT count(*) FROM router.semantic_changes WHERE mark = 0").unwrap().unwrap();
        let before = marks();
        run(&format!(
            "DO $$BEGIN PERFORM router_teach('rolled back', '{SPEC}'); RAISE 'back'; EXCEPTION WHEN raise_exception THEN NULL; END$$"
        ));
        assert_eq!(marks(), before, "rolled back with its subtransaction");
        run(&format!("SELECT router_teach('first', '{SPEC}')"));
        assert_eq!(marks(), before + 1);
        run(&format!("SELECT router_teach('second', '{SPEC}')"));
        assert_eq!(marks(), before + 1);
        assert_eq!(route("second")["spec"]["agg"], "max");
    }

    #[pg_test]
    fn slots_are_replaced_and_decide() {
        shop();
        run("SELECT router_teach('biggest amount in North in January 2024', \
             '{\"schema\":\"QuickSpec@1\",\"dataset\":\"public.orders\",\"y\":\"amount\",\"agg\":\"max\",\"chart\":\"table\", \
               \"filters\":{\"region\":\"North\",\"placed\":{\"gte\":\"2024-01-01\",\"lt\":\"2024-02-01\"}}}')");
        let got = route("biggest amount in South since February 2024");
        assert_eq!(got["source"], "similarity", "{got}");
        assert_eq!(got["spec"]["filters"]["region"], "South");
        assert_eq!(got["spec"]["filters"]["placed"], serde_json::json!({"gte": "2024-02-01"}));
        assert_ne!(route("biggest amount not in South since February 2024")["source"], "similarity");
        assert_ne!(route("smallest amount in South since February 2024")["source"], "similarity");
    }

    #[pg_test]
    fn ratings_move_the_score() {
        shop();
        let id = route("total amount by region")["request_id"].as_str().unwrap().to_owned();
        run(&format!("SELECT router_feedback('{id}', 5, 'right')"));
        let score =
            || Spi::get_one::<f64>("SELECT success_score::float8 FROM router.query_embeddings").unwrap().unwrap();
        let first = score();
        run(&format!("SELECT router_feedback('{id}', 1)"));
        assert!(score() < first);
        assert_eq!(Spi::get_one::<i64>("SELECT count(*) FROM router.feedback").unwrap(), Some(2));
    }

    #[pg_test]
    fn intents_are_data() {
        for (intent, questions) in [
            ("greeting", ["hello there", "good morning", "hi how are you", "hey friend"]),
            ("weather", ["is it raining", "how hot is it outside", "weather tomorrow", "will it snow today"]),
        ] {
            for q in questions {
                run(&format!("SELECT router_teach('{q}', NULL, '{intent}')"));
            }
        }
        let report = Spi::get_one::<JsonB>("SELECT router_train()").unwrap().unwrap().0;
        assert_eq!(report["intents"], 2);
        assert_eq!(text("SELECT intent FROM router_intent('is it going to rain or snow')").as_deref(), Some("weather"));
    }

    #[pg_test]
    fn templates_answer_what_nothing_else_does() {
        shop();
        run(&format!("SELECT router_template('state', ARRAY['state of affairs'], '{SPEC}')"));
        let got = route("The state of affairs, please");
        assert_eq!((&got["status"], &got["source"]), (&"ok".into(), &"template".into()), "{got}");
        assert_ne!(route("delete the state of affairs")["source"], "template");
    }

    #[pg_test]
    fn one_role_does_not_teach_another() {
        shop();
        run(
            "CREATE ROLE taught_analyst; GRANT SELECT ON public.orders TO taught_analyst; GRANT USAGE ON SCHEMA public TO taught_analyst; \
             SELECT router_grant('taught_analyst', 'analyst')",
        );
        run(&format!("SET LOCAL ROLE taught_analyst; SELECT router_teach('the usual thing', '{SPEC}')"));
        assert_eq!(route("the usual thing")["source"], "similarity");
        run("RESET ROLE");
        assert_ne!(route("the usual thing")["source"], "similarity");
    }
}

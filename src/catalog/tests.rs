//! Registration, loading and teaching, as SQL callers meet them.

use pgrx::prelude::*;

#[pg_schema]
mod tests {
    use pgrx::JsonB;
    use pgrx::prelude::*;
    use router_core::semantic::{Aggregation, ColumnRef, Dataset, Layer, Meaning, Role, ValueType};
    use serde_json::Value;

    use crate::catalog::model;

    fn run(sql: &str) {
        Spi::run(sql).unwrap();
    }

    fn register(relation: &str, options: &str) -> Value {
        let sql = format!("SELECT router_register($r${relation}$r$, $o${options}$o$)");
        Spi::get_one::<JsonB>(&sql).unwrap().unwrap().0
    }

    fn datasets() -> Vec<Dataset> {
        model().unwrap().model.datasets.iter().cloned().collect()
    }

    fn dataset(name: &str) -> Option<Dataset> {
        datasets().into_iter().find(|d| d.full_name() == name)
    }

    fn values(d: &Dataset, column: &str) -> Vec<String> {
        let seen = model().unwrap();
        let dataset = seen.model.dataset_index(&d.full_name()).unwrap();
        let of = ColumnRef { dataset, column: d.column_index(column).unwrap() };
        (0..seen.model.value_count(of)).map(|v| seen.model.value(of, v as u32)).collect()
    }

    /// What a word is taken for.
    fn meanings(word: &str) -> Vec<Meaning> {
        let words = router_core::prompt::split_words(&router_core::prompt::tokenize(word));
        let free = vec![true; words.len()];
        let mentions = router_core::semantic::find_mentions(&words, &free, model().unwrap().lexicon(), None);
        mentions
            .iter()
            .filter(|m| m.words.len() == words.len())
            .flat_map(|m| &m.candidates)
            .map(|c| c.meaning)
            .collect()
    }

    /// The stored value that a word is taken for.
    fn value_meant(word: &str) -> Option<String> {
        meanings(word).into_iter().find_map(|m| match m {
            Meaning::Value(c, v) => Some(model().unwrap().model.value(c, v)),
            _ => None,
        })
    }

    /// The error that `sql` raises: SQLSTATE, message and hint.
    fn refused(sql: &str) -> (String, String, String) {
        match crate::pg::attempt(|| Spi::run(sql)) {
            Ok(_) => panic!("not refused: {sql}"),
            Err(e) => (unpack(e.code as i32), e.message, e.hint.unwrap_or_default()),
        }
    }

    /// A packed SQLSTATE as people write it: six bits a character.
    fn unpack(code: i32) -> String {
        (0..5).map(|i| char::from(b'0' + ((code >> (6 * i)) & 0x3F) as u8)).collect()
    }

    fn sales() {
        run("CREATE TABLE public.sales (id int PRIMARY KEY, region text NOT NULL, sold_on date NOT NULL, \
             total_sales numeric(12,2), unit_price numeric, note text); \
             COMMENT ON TABLE public.sales IS 'What was sold'; COMMENT ON COLUMN public.sales.region IS 'Where'; \
             INSERT INTO public.sales SELECT g, (ARRAY['NCR','Visayas'])[1 + g % 2], '2025-01-01', 10, 1, \
             CASE WHEN g = 1 THEN repeat('x', 300) END FROM generate_series(1, 50) g");
    }

    #[pg_test]
    fn a_table_is_introspected_and_harvested() {
        sales();
        let summary = register(
            "public.sales",
            r#"{"layer": "gold", "label": "Sales", "synonyms": {"total_sales": ["revenue"]},
                "value_synonyms": {"region": {"NCR": ["Metro Manila"], "Mindanao": ["south"]}}}"#,
        );
        assert_eq!(summary["dataset"], "public.sales");
        assert_eq!(summary["time_column"], "sold_on");
        assert_eq!(summary["harvested"]["values"], 2);
        let d = dataset("public.sales").unwrap();
        assert_eq!(
            (d.layer, d.label.as_deref(), d.comment.as_deref()),
            (Layer::Gold, Some("Sales"), Some("What was sold"))
        );
        assert_eq!((d.time_column, d.primary_key.as_slice()), (Some(2), [0].as_slice()));
        let shape: Vec<_> = d.columns.iter().map(|c| (c.name.as_str(), c.value_type, c.role, c.default_agg)).collect();
        let want = [
            ("id", ValueType::Integer, Role::Key, Aggregation::CountDistinct),
            ("region", ValueType::Text, Role::Dimension, Aggregation::Count),
            ("sold_on", ValueType::Date, Role::Time, Aggregation::Count),
            ("total_sales", ValueType::Decimal, Role::Measure, Aggregation::Sum),
            ("unit_price", ValueType::Decimal, Role::Measure, Aggregation::Avg),
            ("note", ValueType::Text, Role::Dimension, Aggregation::Count),
        ];
        assert_eq!(shape, want);
        let region = d.column("region").unwrap();
        assert_eq!(values(&d, "region"), ["NCR", "Visayas", "Mindanao"]);
        assert_eq!(value_meant("Metro Manila").as_deref(), Some("NCR"));
        assert!(region.harvested_all && !region.nullable && !region.unique && d.columns[0].unique);
        assert_eq!(region.comment.as_deref(), Some("Where"));
        assert_eq!(d.column("total_sales").unwrap().aliases, ["revenue"]);
        assert!(values(&d, "note").is_empty(), "prose is not harvested");
        let by = Spi::get_one::<String>("SELECT registered_by FROM router.datasets").unwrap();
        assert_eq!(by, Spi::get_one::<String>("SELECT current_user::text").unwrap());
    }

    #[pg_test]
    fn registering_again_replaces_but_keeps_what_was_taught() {
        sales();
        register("public.sales", r#"{"synonyms": {"region": ["area"]}, "measures": {"id": "count"}}"#);
        run("SELECT router_synonym('public.sales.region', 'territory'), router_synonym('public.sales', 'shop')");
        let before = model().unwrap();
        register("public.sales", r#"{"layer": "bronze", "columns": ["region", "unit_price"]}"#);
        let after = model().unwrap();
        assert!(after.model.version > before.model.version && after.fingerprint != before.fingerprint);
        let d = dataset("public.sales").unwrap();
        assert_eq!(d.layer, Layer::Bronze);
        assert_eq!(d.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["region", "unit_price"]);
        assert_eq!(d.columns[0].aliases, ["territory"]);
        assert_eq!(d.aliases, ["shop"]);
        assert_eq!(d.time_column, None);
    }

    #[pg_test]
    fn every_kind_of_relation_that_holds_rows() {
        sales();
        run(r#"CREATE TYPE public.mood AS ENUM ('sad', 'happy');
               CREATE DOMAIN public.pesos AS numeric;
               CREATE VIEW public.v AS SELECT region, total_sales FROM public.sales;
               CREATE MATERIALIZED VIEW public.m AS SELECT region FROM public.sales;
               CREATE TABLE public.parted (day date NOT NULL, city text, amount public.pesos) PARTITION BY RANGE (day);
               CREATE TABLE public.parted_1 PARTITION OF public.parted DEFAULT;
               INSERT INTO public.parted VALUES ('2025-01-01', 'Cebu', 1);
               CREATE TABLE public."Odd Table" ("Home City" text, "totalSales" int, m public.mood,
                 doubled int GENERATED ALWAYS AS ("totalSales" * 2) STORED, tags text[], "a""b" text);
               INSERT INTO public."Odd Table" VALUES ('Las Piñas', 1)"#);
        for relation in ["public.v", "public.m", "public.parted", "public.parted_1", "public.\"Odd Table\""] {
            register(relation, "{}");
        }
        for (name, column, want) in [
            ("public.v", "region", &["NCR", "Visayas"][..]),
            ("public.m", "region", &["NCR", "Visayas"]),
            ("public.parted", "city", &["Cebu"]),
            ("public.parted_1", "city", &["Cebu"]),
            ("public.Odd Table", "Home City", &["Las Piñas"]),
            ("public.Odd Table", "m", &["sad", "happy"]),
        ] {
            assert_eq!(values(&dataset(name).unwrap(), column), want, "{name}.{column}");
        }
        let odd = dataset("public.Odd Table").unwrap();
        assert_eq!(odd.column("totalSales").unwrap().role, Role::Measure);
        assert_eq!(odd.column("doubled").unwrap().value_type, ValueType::Integer);
        assert_eq!(odd.column("tags").unwrap().value_type, ValueType::Other);
        assert_eq!(dataset("public.parted").unwrap().column("amount").unwrap().value_type, ValueType::Decimal);
    }

    #[pg_test]
    fn what_cannot_be_registered_is_said() {
        sales();
        run(
            "CREATE INDEX sales_region ON public.sales (region); CREATE SEQUENCE public.s; CREATE TEMP TABLE t (a int); \
             CREATE TYPE public.c AS (a int); CREATE TABLE public.empty ()",
        );
        let cases = [
            ("'public.sales_region'", "42809", "is an index"),
            ("'public.s'", "42809", "is a sequence"),
            ("'public.c'", "42809", "is a composite type"),
            ("'pg_class'", "42809", "is a system catalog"),
            ("'information_schema.tables'", "42809", "is a system catalog"),
            ("'t'", "42809", "is temporary"),
            ("'router.datasets'", "42809", "belongs to the router"),
            ("'public.empty'", "42809", "has no columns"),
            ("'public.nothing'", "42P01", "does not exist"),
            ("987654321::regclass", "42P01", "does not exist"),
            ("NULL", "22023", "the relation is null"),
            ("'public.sales', '[]'", "22023", "must be a JSON object"),
            ("'public.sales', '{\"layer\": 1e999}'", "22023", "out of range"),
            ("'public.sales', (repeat('[', 300) || repeat(']', 300))::jsonb", "22023", "nested too deep"),
            ("'public.sales', '{\"layr\": 1}'", "22023", "did you mean \"layer\""),
            ("'public.sales', '{\"time_column\": \"region\"}'", "22023", "is no date or timestamp"),
            ("'public.sales', '{\"measures\": [\"region\"]}'", "22023", "cannot be that measure"),
            ("'public.sales', '{\"synonyms\": {\"regoin\": [\"area\"]}}'", "22023", "did you mean \"region\""),
            (
                "'public.sales', '{\"relationships\": [{\"column\": \"id\", \"references\": \"public.x\"}]}'",
                "42P01",
                "public.x",
            ),
        ];
        for (arguments, code, message) in cases {
            let got = refused(&format!("SELECT router_register({arguments})"));
            assert!(got.0 == code && got.1.contains(message), "{arguments}: {got:?}");
            assert!(code == "42P01" || !got.2.is_empty(), "{arguments} needs a hint");
        }
        assert!(datasets().is_empty());
    }

    #[pg_test]
    fn relationships_come_from_foreign_keys_and_options() {
        run("CREATE TABLE public.brands (brand text PRIMARY KEY, maker text); \
             CREATE TABLE public.stores (store_id int PRIMARY KEY, city text); \
             CREATE TABLE public.lines (brand text, store_id int REFERENCES public.stores)");
        let options = r#"{"relationships": [{"column": "brand", "references": "brands"}]}"#;
        let summary = register("public.lines", options);
        assert_eq!(summary["relationships"].as_array().unwrap().len(), 2, "{summary}");
        assert!(model().unwrap().model.relationships.is_empty(), "the other side is not registered yet");
        register("public.stores", "{}");
        register("public.brands", "{}");
        let seen = model().unwrap();
        let mut pairs: Vec<_> = seen
            .model
            .relationships
            .iter()
            .map(|r| {
                let (from, to) = (&seen.model.datasets[r.from], &seen.model.datasets[r.to]);
                (
                    from.columns[r.from_columns[0]].name.as_str(),
                    to.name.as_str(),
                    to.columns[r.to_columns[0]].name.as_str(),
                )
            })
            .collect();
        pairs.sort_unstable();
        assert_eq!(pairs, [("brand", "brands", "brand"), ("store_id", "stores", "store_id")]);
    }

    #[pg_test]
    fn a_change_of_the_relation_is_seen_at_once() {
        sales();
        register("public.sales", "{}");
        assert_eq!(dataset("public.sales").unwrap().columns.len(), 6);
        run("ALTER TABLE public.sales ADD COLUMN discount_rate numeric, DROP COLUMN note");
        let d = dataset("public.sales").unwrap();
        assert!(d.column("note").is_none());
        assert_eq!(d.column("discount_rate").unwrap().default_agg, Aggregation::Avg);
        run("ALTER TABLE public.sales ALTER total_sales TYPE text, DROP COLUMN sold_on");
        let d = dataset("public.sales").unwrap();
        assert_eq!((d.column("total_sales").unwrap().role, d.time_column), (Role::Dimension, None));
        run("ALTER TABLE public.sales RENAME TO revenue");
        assert!(dataset("public.sales").is_none() && dataset("public.revenue").is_some());
        run("DROP TABLE public.revenue");
        assert!(datasets().is_empty());
        assert!(model().unwrap().problems[0].1.contains("dropped"));
        let told = Spi::get_one::<JsonB>("SELECT router_refresh()").unwrap().unwrap().0;
        assert_eq!(told[0]["error"], "the relation was dropped");
        run("SELECT router_unregister('public.sales')");
        assert!(model().unwrap().problems.is_empty());
    }

    #[pg_test]
    fn a_refresh_finds_new_columns_and_values_and_keeps_options() {
        sales();
        register("public.sales", r#"{"layer": "gold", "dimensions": ["id"], "synonyms": {"note": ["remark"]}}"#);
        run("ALTER TABLE public.sales DROP COLUMN note, ADD COLUMN city text; \
             UPDATE public.sales SET city = 'Cebu'; UPDATE public.sales SET region = 'Bicol' WHERE id = 1");
        let summary = Spi::get_one::<JsonB>("SELECT router_refresh('public.sales')").unwrap().unwrap().0;
        assert!(summary["warnings"][0].as_str().unwrap().contains("note"), "{summary}");
        let d = dataset("public.sales").unwrap();
        assert_eq!((d.layer, d.column("id").unwrap().role), (Layer::Gold, Role::Dimension));
        assert_eq!((values(&d, "city"), values(&d, "region").len()), (vec!["Cebu".to_owned()], 3));
        let all = Spi::get_one::<JsonB>("SELECT router_refresh()").unwrap().unwrap().0;
        assert_eq!(all.as_array().unwrap().len(), 1);
        assert_eq!(refused("SELECT router_refresh('public.nothing')").0, "42P01");
    }

    #[pg_test]
    fn synonyms_are_taught_and_taken_back() {
        sales();
        register("public.sales", "{}");
        let teach = |target: &str| {
            Spi::get_one_with_args::<bool>("SELECT router_synonym($1, 'alias ')", &[target.into()]).unwrap().unwrap()
        };
        assert!(teach("public.sales") && teach("public.sales.region") && teach("public.sales.region=NCR"));
        assert!(!teach("PUBLIC.SALES.REGION"), "known already");
        let d = dataset("public.sales").unwrap();
        assert_eq!((d.aliases.len(), d.column("region").unwrap().aliases.len()), (1, 1));
        assert!(value_meant("alias").is_some());
        run("SELECT router_unsynonym('public.sales.region=NCR', 'alias')");
        assert_eq!(value_meant("alias"), None);
        for (target, code) in [("public.x", "42P01"), ("public.sales.x", "42703"), ("public.sales.region=", "22023")] {
            assert_eq!(refused(&format!("SELECT router_synonym('{target}', 'a')")).0, code, "{target}");
        }
        assert_eq!(refused("SELECT router_synonym('public.sales', ' ')").0, "22023");
    }

    #[pg_test]
    fn a_role_sees_only_what_it_may_select() {
        sales();
        run("CREATE SCHEMA closed; CREATE TABLE closed.t (a int); CREATE TABLE public.secret (a int, b int); \
             CREATE ROLE catalog_reader; GRANT USAGE ON SCHEMA public TO catalog_reader; \
             GRANT SELECT ON closed.t TO catalog_reader; GRANT SELECT (b) ON public.secret TO catalog_reader");
        for relation in ["public.sales", "closed.t", "public.secret"] {
            register(relation, "{}");
        }
        assert_eq!(datasets().len(), 3);
        let names = || -> Vec<String> {
            datasets().iter().flat_map(|d| d.columns.iter().map(|c| format!("{}.{}", d.name, c.name))).collect()
        };
        run("SET LOCAL ROLE catalog_reader");
        assert_eq!(names(), ["secret.b"]);
        let hidden = refused("SELECT router_synonym('public.sales', 'x')");
        let missing = refused("SELECT router_synonym('public.nowhere', 'x')");
        assert_eq!((&hidden.0, hidden.1.replace("sales", "nowhere")), (&missing.0, missing.1));
        run(
            "RESET ROLE; GRANT SELECT ON public.sales TO catalog_reader; REVOKE SELECT (b) ON public.secret FROM catalog_reader; \
             GRANT USAGE ON SCHEMA closed TO catalog_reader; SET LOCAL ROLE catalog_reader",
        );
        assert_eq!(datasets().iter().map(|d| d.name.clone()).collect::<Vec<_>>(), ["t", "sales"]);
        run("RESET ROLE; CREATE ROLE catalog_group; GRANT SELECT ON public.secret TO catalog_group; \
             GRANT catalog_group TO catalog_reader; SET LOCAL ROLE catalog_reader");
        assert_eq!(datasets().len(), 3, "a new membership counts at once");
        run("RESET ROLE; REVOKE catalog_group FROM catalog_reader; SET LOCAL ROLE catalog_reader");
        assert_eq!(datasets().len(), 2);
        run("RESET ROLE");
        assert_eq!(datasets().len(), 3);
    }

    #[pg_test]
    fn rows_that_policies_filter_are_not_harvested_unless_asked() {
        sales();
        run(
            "ALTER TABLE public.sales ENABLE ROW LEVEL SECURITY; CREATE VIEW public.v AS SELECT region FROM public.sales; \
             CREATE VIEW public.mine AS SELECT a FROM (VALUES ('x'), ('y')) t (a) WHERE current_user = 'x'",
        );
        for relation in ["public.sales", "public.v", "public.mine"] {
            let summary = register(relation, "{}");
            assert_eq!(summary["harvested"]["columns"], 0, "{relation}");
            assert!(summary["warnings"][0].as_str().unwrap().contains("no values were harvested"));
        }
        register("public.sales", r#"{"harvest": true}"#);
        assert_eq!(values(&dataset("public.sales").unwrap(), "region").len(), 2);
        run("ALTER TABLE public.sales DISABLE ROW LEVEL SECURITY");
        register("public.sales", "{}");
        assert_eq!(values(&dataset("public.sales").unwrap(), "region").len(), 2);
        run("ALTER TABLE public.sales ENABLE ROW LEVEL SECURITY");
        assert!(
            values(&dataset("public.sales").unwrap(), "region").is_empty(),
            "values of before the policy are kept back"
        );
    }

    #[pg_test]
    fn harvesting_is_bounded() {
        run("CREATE TABLE public.big AS SELECT 'n' || g AS name, 'c' || g % 900 AS city, 'd' || g % 1500 AS district \
             FROM generate_series(1, 30000) g; \
             CREATE TABLE public.small AS SELECT 'n' || g AS name, ' ' AS blank FROM generate_series(1, 4000) g");
        register("public.big", "{}");
        let d = dataset("public.big").unwrap();
        assert_eq!((values(&d, "name").len(), values(&d, "city").len(), values(&d, "district").len()), (0, 900, 0));
        assert!(d.column("city").unwrap().harvested_all);
        register("public.big", r#"{"harvest": {"max_values": 2000}}"#);
        assert_eq!(values(&dataset("public.big").unwrap(), "district").len(), 1500);
        register("public.small", "{}");
        let d = dataset("public.small").unwrap();
        assert_eq!((values(&d, "name").len(), values(&d, "blank").len()), (4000, 0));
        register("public.small", r#"{"harvest": false}"#);
        assert!(values(&dataset("public.small").unwrap(), "name").is_empty());
    }

    #[pg_test]
    fn only_owners_and_administrators_register() {
        sales();
        run("CREATE ROLE catalog_analyst; GRANT ALL ON SCHEMA public TO catalog_analyst; \
             GRANT SELECT ON public.sales TO catalog_analyst; CREATE TABLE public.unseen (a int); \
             SELECT router_grant('catalog_analyst', 'analyst')");
        run("SET LOCAL ROLE catalog_analyst; CREATE TABLE public.own AS SELECT 1 AS a");
        assert_eq!(refused("SELECT router_register('public.unseen')").0, "42501");
        let got = refused("SELECT router_register('public.sales')");
        assert!(got.0 == "42501" && got.1.contains("must be owner"), "{got:?}");
        register("public.own", "{}");
        run("RESET ROLE");
        register("public.sales", "{}");
        register("public.unseen", "{}");
        run("SET LOCAL ROLE catalog_analyst");
        assert_eq!(refused("SELECT router_unregister('public.sales')").0, "42501");
        let hidden = refused("SELECT router_unregister('public.unseen')");
        let missing = refused("SELECT router_unregister('public.nowhere')");
        assert_eq!((&hidden.0, hidden.1.replace("unseen", "nowhere")), (&missing.0, missing.1));
        let hidden = refused("SELECT router_refresh('public.unseen')");
        let missing = refused("SELECT router_refresh('public.nowhere')");
        assert_eq!((&hidden.0, hidden.1.replace("unseen", "nowhere")), (&missing.0, missing.1));
        run("SELECT router_unregister('public.own'::regclass)");
        assert_eq!(refused("SELECT router_unregister('public.own'::regclass)").0, "42P01");
    }

    #[pg_test]
    fn levels_contain_one_another_and_are_on_record() {
        run("CREATE ROLE \"Odd role\"");
        let may = |function: &str| {
            let sql = "SELECT has_function_privilege('Odd role', $1, 'EXECUTE')";
            Spi::get_one_with_args::<bool>(sql, &[function.into()]).unwrap().unwrap()
        };
        const ALLOW: &str = "router_allow_function(regprocedure)";
        let able = || {
            ["router_route(text, jsonb)", "router_synonym(text, text)", "router_grant(text, text)", ALLOW]
                .map(|f| u8::from(may(f)))
        };
        assert_eq!(able(), [1, 0, 0, 0], "asking is for everybody, the rest for nobody");
        for (level, want) in
            [("analyst", [1, 1, 0, 0]), ("admin", [1, 1, 1, 0]), ("user", [1, 0, 0, 0]), ("none", [1, 0, 0, 0])]
        {
            run(&format!("SELECT router_grant('Odd role', '{level}')"));
            assert_eq!(able(), want, "{level}");
        }
        let record =
            "SELECT string_agg(level, ' ' ORDER BY granted_at) FROM router.grants WHERE granted_by = current_user";
        assert_eq!(Spi::get_one::<String>(record).unwrap().unwrap(), "analyst admin user none");
        assert_eq!(refused("SELECT router_grant('Odd role', 'king')").0, "22023");
        assert_eq!(refused("SELECT router_grant('nobody here', 'user')").0, "42704");
    }

    #[pg_test]
    fn administrators_register_what_they_do_not_own_and_grant() {
        sales();
        run("CREATE ROLE catalog_admin; CREATE ROLE catalog_other; GRANT USAGE ON SCHEMA public TO catalog_admin; \
             GRANT SELECT ON public.sales TO catalog_admin; SELECT router_grant('catalog_admin', 'admin'); \
             SET LOCAL ROLE catalog_admin");
        register("public.sales", "{}");
        run("SELECT router_grant('catalog_other', 'analyst'); SELECT * FROM router.v_top_agent_model_pairs; \
             SELECT router_unregister('public.sales')");
        assert_eq!(refused("SELECT * FROM router.column_values").0, "42501");
        run("RESET ROLE; SET LOCAL ROLE catalog_other");
        assert_eq!(refused("SELECT router_grant('catalog_other', 'admin')").0, "42501");
    }

    #[pg_test]
    fn read_only_transactions_load_but_do_not_register() {
        sales();
        register("public.sales", "{}");
        run("SET TRANSACTION READ ONLY");
        assert_eq!(refused("SELECT router_register('public.sales')").0, "25006");
        assert_eq!(refused("SELECT router_synonym('public.sales', 'x')").0, "25006");
        assert_eq!(datasets().len(), 1);
    }

    #[pg_test]
    fn malformed_rows_do_not_take_the_model_down() {
        sales();
        register("public.sales", "{}");
        run("ALTER TABLE router.datasets DROP CONSTRAINT datasets_layer_check; \
             ALTER TABLE router.dataset_columns DROP CONSTRAINT dataset_columns_role_check; \
             UPDATE router.datasets SET layer = 'copper', time_column = 'region', options = '{\"harvest\": 7, \"x\": []}'; \
             UPDATE router.dataset_columns SET role = 'nonsense' WHERE column_name = 'unit_price'; \
             INSERT INTO router.dataset_columns VALUES ('public.sales', 'gone', 'measure', 'sum'); \
             INSERT INTO router.column_values VALUES ('public.sales', 'unit_price', '{1,NULL}', true), \
               ('public.sales', 'gone', '{}', true); \
             INSERT INTO router.relationships VALUES ('public.sales', '{gone}', 'public.sales', '{id}')");
        let seen = model().unwrap();
        let d = &seen.model.datasets[0];
        assert_eq!((d.layer, d.time_column), (Layer::Silver, Some(2)));
        assert_eq!(d.column("unit_price").unwrap().role, Role::Measure);
        assert!(values(d, "unit_price").is_empty() && seen.model.relationships.is_empty());
        assert_eq!(seen.problems.len(), 2, "{:?}", seen.problems);
        let summary = Spi::get_one::<JsonB>("SELECT router_refresh('public.sales')").unwrap().unwrap().0;
        assert!(summary["warnings"][0].as_str().unwrap().contains("options were ignored"), "{summary}");
    }
}

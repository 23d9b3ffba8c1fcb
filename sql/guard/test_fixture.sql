-- What the guard's tests work on: made inside the test's transaction.
CREATE SCHEMA g;
CREATE SCHEMA evil;
CREATE TABLE g.sales (day date, region text, amount numeric);
INSERT INTO g.sales SELECT date '2024-01-01' + i, (ARRAY['North', 'South'])[1 + i % 2], i FROM generate_series(1, 60) i;
ANALYZE g.sales;
CREATE TABLE g.stores (id int);
CREATE TABLE g.secret (id int, salary text);
CREATE VIEW g.secret_view AS SELECT * FROM g.secret;
CREATE VIEW g.pay AS SELECT count(*) AS staff FROM g.secret;
CREATE TABLE g.people (name text, wage numeric);
CREATE TABLE g.log (what text);
CREATE SEQUENCE g.ids;

CREATE FUNCTION g.writes() RETURNS int LANGUAGE sql VOLATILE AS $$ INSERT INTO g.log VALUES ('written') RETURNING 1 $$;
CREATE FUNCTION g.liar() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN g.writes(); END $$;
CREATE FUNCTION g.touch(g.sales) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT g.writes() $$;
CREATE FUNCTION g.twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * $1 $$;
CREATE FUNCTION g.plus(int, int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT g.writes() $$;
CREATE OPERATOR g.### (LEFTARG = int, RIGHTARG = int, FUNCTION = g.plus);
CREATE FUNCTION g.is_fine(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN g.writes() > 0; END $$;
CREATE DOMAIN g.checked AS int CHECK (g.is_fine(VALUE));
CREATE FUNCTION g.as_date(int) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM g.writes(); RETURN now(); END $$;
CREATE CAST (int AS date) WITH FUNCTION g.as_date(int);
CREATE FUNCTION g.step(numeric, numeric) RETURNS numeric LANGUAGE sql VOLATILE AS $$ SELECT $1 + $2 + g.writes() $$;
CREATE AGGREGATE g.total(numeric) (SFUNC = g.step, STYPE = numeric, INITCOND = '0');
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT $1 || g.writes() $$;
CREATE FUNCTION evil.plus(numeric, numeric) RETURNS numeric LANGUAGE sql VOLATILE AS $$ SELECT $1 OPERATOR(pg_catalog.-) g.writes() $$;
CREATE OPERATOR evil.+ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.plus);
CREATE FUNCTION evil.plus(numeric, int) RETURNS numeric LANGUAGE sql VOLATILE AS $$ SELECT $1 OPERATOR(pg_catalog.-) g.writes() $$;
CREATE OPERATOR evil.+ (LEFTARG = numeric, RIGHTARG = int, FUNCTION = evil.plus);

-- An enum whose cast to json is a user's function.
CREATE TYPE g.mood AS ENUM ('good', 'bad');
CREATE TABLE g.moods (mood g.mood);
CREATE FUNCTION g.mood_json(g.mood) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM g.writes(); RETURN '1'; END $$;
CREATE CAST (g.mood AS json) WITH FUNCTION g.mood_json(g.mood);
CREATE TABLE g.moods_and_names (name text, mood text);

CREATE VIEW g.writing_view AS SELECT g.writes() AS n;
CREATE VIEW g.slow_view AS SELECT pg_sleep(20)::text AS n;

CREATE TABLE g.tenants (tenant text, n int);
INSERT INTO g.tenants VALUES ('g_tenant_a', 1), ('g_tenant_a', 2), ('g_tenant_b', 3);
ALTER TABLE g.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON g.tenants FOR SELECT USING (tenant = current_user);
CREATE TABLE g.tenant_names (tenant text);
INSERT INTO g.tenant_names VALUES ('g_tenant_a'), ('g_tenant_b');
CREATE VIEW g.own_tenant WITH (security_barrier) AS SELECT tenant FROM g.tenant_names WHERE tenant = current_user;

CREATE ROLE g_analyst;
CREATE ROLE g_tenant_a;
CREATE ROLE g_tenant_b;
GRANT USAGE ON SCHEMA g TO g_analyst, g_tenant_a, g_tenant_b;
GRANT SELECT ON g.sales TO g_analyst;
GRANT SELECT (name) ON g.moods_and_names TO g_analyst;
GRANT SELECT ON g.tenants, g.own_tenant TO g_tenant_a, g_tenant_b;
CREATE FUNCTION g.validate_as_definer(sql text) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$ SELECT router_validate_sql(sql) $$;

INSERT INTO router.datasets (relation, name)
SELECT r::regclass, r FROM unnest(ARRAY['g.sales', 'g.stores', 'g.pay', 'g.moods', 'g.moods_and_names', 'g.writing_view',
  'g.slow_view', 'g.tenants', 'g.own_tenant']) r;
INSERT INTO router.datasets (relation, name, all_columns) VALUES ('g.people', 'g.people', false);
INSERT INTO router.dataset_columns VALUES ('g.people', 'name', 'dimension', 'none');

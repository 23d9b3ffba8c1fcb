-- Server-side latency of the functions people call: one line each, tab-separated: name, p50, p99 (microseconds), calls.
--
--   psql -X -q -At -F $'\t' -v repeat=20 -d DBNAME -f latency.sql      (a database with the Scout data registered)
--
-- Each call is one statement executed by PL/pgSQL and timed around it, so that parsing and planning the calling
-- statement is in the figure; 'SELECT 1' measured the same way says how much that is. 'planning of the SQL' is what
-- PostgreSQL says it took to plan the statement that router_route gave.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

CREATE TEMP TABLE question (prompt text);
INSERT INTO question VALUES
  ('Show Alaska milk sales in NCR last 30 days'),
  ('Top 5 brands by sales in 2024'),
  ('Share of sales by region in 2024'),
  ('Compare Alaska and Oishi sales in Q4 2024'),
  ('Monthly sales trend for 2024'),
  ('average unit price by brand'),
  ('Number of line items with at least 10 units by channel'),
  ('Predicted Alaska sales next quarter by month');

CREATE TEMP TABLE statement (name text, cached boolean, sql text);
INSERT INTO statement VALUES ('SELECT 1', false, 'SELECT 1');
INSERT INTO statement
  SELECT name, cached, format('SELECT router_route(%L, %L)', prompt, '{"as_of": "2025-03-15T10:00:00+08:00", "timezone": "Asia/Manila"}')
  FROM question, (VALUES ('router_route', false), ('router_route, cached', true)) AS v (name, cached);
INSERT INTO statement SELECT 'router_embed', false, format('SELECT router_embed(%L)', prompt) FROM question;
INSERT INTO statement
  SELECT v.name, false, format(v.call, sql)
  FROM question, router_sql(prompt, '{"as_of": "2025-03-15T10:00:00+08:00", "timezone": "Asia/Manila"}') AS sql,
       (VALUES ('router_validate_sql', 'SELECT router_validate_sql(%L)'), ('planning of the SQL', 'EXPLAIN (FORMAT JSON, SUMMARY) %s')) AS v (name, call)
  WHERE sql IS NOT NULL;

CREATE FUNCTION pg_temp.measure(repeat int, with_cache boolean) RETURNS TABLE (name text, micros float8) LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  query text;
  plan json;
BEGIN
  PERFORM set_config('router.cache', with_cache::text, false);
  FOR turn IN 0 .. repeat LOOP
    FOR name, query IN SELECT s.name, s.sql FROM statement s WHERE s.cached = with_cache LOOP
      IF query LIKE 'EXPLAIN%' THEN
        EXECUTE query INTO plan;
        micros := (plan -> 0 ->> 'Planning Time')::float8 * 1000;
      ELSE
        began := clock_timestamp();
        EXECUTE query;
        micros := extract(epoch FROM clock_timestamp() - began) * 1e6;
      END IF;
      -- The first turn warms caches up and doesn't count.
      IF turn > 0 THEN RETURN NEXT; END IF;
    END LOOP;
  END LOOP;
END
$$;

SELECT name, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY micros)::numeric, 1),
       round(percentile_cont(0.99) WITHIN GROUP (ORDER BY micros)::numeric, 1), count(*)
FROM (SELECT * FROM pg_temp.measure(:repeat, false) UNION ALL SELECT * FROM pg_temp.measure(:repeat, true)) m
GROUP BY name ORDER BY name;

-- Microseconds a question that was never asked before, with the log off and batched by turns: mode, microseconds.
--
--   psql -X -q -At -F $'\t' -v rounds=7 -d DBNAME -f telemetry.sql      (a database with the Scout data registered)
\set ON_ERROR_STOP on
SET client_min_messages = warning;

CREATE FUNCTION pg_temp.asked(mode text, first int, n int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
BEGIN
  PERFORM set_config('router.decision_log', mode, false);
  began := clock_timestamp();
  FOR i IN first .. first + n - 1 LOOP
    PERFORM router_route('Top ' || 5 + i % 7 || ' brands by sales above ' || i || ' in 2024', '{"as_of": "2025-03-15T10:00:00+08:00"}');
  END LOOP;
  RETURN extract(epoch FROM clock_timestamp() - began) * 1e6 / n;
END
$$;

SELECT pg_temp.asked('batched', 1, 200) > 0 AS warmed \gset
SELECT mode, pg_temp.asked(mode, 1000000 + 10000 * round + CASE mode WHEN 'off' THEN 0 ELSE 5000 END, 1000)
FROM generate_series(1, :rounds) AS round, unnest('{off,batched}'::text[]) WITH ORDINALITY AS m (mode, n)
ORDER BY round, n;

-- Uncached questions over the wide warehouse, in one session: p50, p99, slowest (microseconds), questions, answered,
-- right dataset; then the memory of the session before the first question and after the last.
--
--   psql -X -q -At -F $'\t' -v questions=400 -v statements=FILE -d DBNAME -f scale_ask.sql
--
-- FILE then holds an EXPLAIN of each answer's SQL, for scale_control.sql.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid

-- Each question is about one table by its name, by one of its values, by part of one, or by one with a typing error.
CREATE TEMP TABLE question AS
SELECT q, d.name AS dataset,
       CASE q % 6
         WHEN 0 THEN 'total amount by region in ' || replace(split_part(d.name, '.', 2), '_', ' ')
         WHEN 1 THEN 'quantity of ' || v.value || ' by month'
         WHEN 2 THEN 'average discount rate for ' || v.value || ' in 2024'
         WHEN 3 THEN 'how many ' || replace(split_part(d.name, '.', 2), '_', ' ') || ' by channel'
         WHEN 4 THEN 'top 5 products by amount in ' || replace(split_part(d.name, '.', 2), '_', ' ')
         -- Its last letter left out.
         ELSE 'amount for ' || left(v.value, -1) || ' by channel'
       END AS prompt
FROM generate_series(1, :questions) AS q
JOIN LATERAL (SELECT name, relation FROM router.datasets ORDER BY hashtext(name || q) LIMIT 1) d ON true
JOIN LATERAL (SELECT stored[1 + (q * 37) % cardinality(stored)] AS value
              FROM router.column_values c WHERE c.relation = d.relation AND c.column_name = 'product') v ON true;
CREATE TEMP TABLE taken (q int, micros float8, status text, dataset text, sql text);

\echo before
\! awk '/^(Rss|Private_Clean|Private_Dirty|Pss_Shmem|Anonymous):/ { print $1 "\t" $2 }' /proc/$BACKEND/smaps_rollup

DO $$
DECLARE
  asked record;
  began timestamptz;
  answer jsonb;
BEGIN
  FOR asked IN SELECT * FROM question ORDER BY q LOOP
    began := clock_timestamp();
    answer := router_route(asked.prompt, '{"as_of": "2025-03-15T10:00:00+08:00"}');
    INSERT INTO taken VALUES (asked.q, extract(epoch FROM clock_timestamp() - began) * 1e6, answer ->> 'status', answer ->> 'dataset', answer ->> 'sql');
  END LOOP;
END
$$;

\echo after
\! awk '/^(Rss|Private_Clean|Private_Dirty|Pss_Shmem|Anonymous):/ { print $1 "\t" $2 }' /proc/$BACKEND/smaps_rollup
\! awk '/pg_router/ { on = 1 } on && /^Rss:/ { sum += $2; on = 0 } END { print "Mapped:\t" sum + 0 }' /proc/$BACKEND/smaps

\o :statements
SELECT 'EXPLAIN ' || sql || ';' FROM taken WHERE sql IS NOT NULL ORDER BY q;
\o

\echo figures
SELECT kind, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY micros)::numeric), round(percentile_cont(0.99) WITHIN GROUP (ORDER BY micros)::numeric),
       round(max(micros)::numeric), count(*), count(*) FILTER (WHERE status = 'ok'), count(*) FILTER (WHERE right_dataset)
FROM (SELECT t.micros, t.status, t.dataset = q.dataset AS right_dataset, k.kind
      FROM taken t JOIN question q USING (q)
      CROSS JOIN LATERAL (VALUES ('all'), ((ARRAY['by name','by value','by value','by name','by name','misspelt'])[1 + t.q % 6])) AS k (kind)
      -- The first one reads the model in.
      WHERE t.q > 1) s
GROUP BY kind ORDER BY kind;

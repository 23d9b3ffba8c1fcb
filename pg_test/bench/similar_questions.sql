-- Similar questions at scale: what the store answers and takes in with :questions of them.
--
--   psql -X -q -At -F $'\t' -v questions=1000000 -v taught=5000 -d DBNAME -f similar_questions.sql    (a scratch database)
--
-- Prints lines: name, value, unit. Questions are made up, each from its number: wording, measure, group, names, period.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

CREATE TABLE public.shipments (region text, carrier text, weight numeric, shipped date);
INSERT INTO public.shipments
  SELECT (ARRAY['North', 'South', 'East', 'West'])[1 + i % 4], 'carrier ' || i % 20, i, date '2024-01-01' + i % 300
  FROM generate_series(1, 1000) i;
DO $$ BEGIN PERFORM router_register('public.shipments'); END $$;

CREATE FUNCTION pg_temp.part(i bigint, k integer, of integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
  $$ SELECT 1 + (('x' || substr(md5(i || ' ' || k), 1, 7))::bit(28)::integer % of) $$;

CREATE FUNCTION pg_temp.name(i bigint, k integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['ka', 'lo', 'mi', 'ter', 'san', 'vo', 'bel', 'dra', 'fin', 'gor', 'hu', 'jen', 'kri', 'lam', 'mon', 'nel', 'os',
                'pra', 'quin', 'ros', 'sil', 'tam', 'ur', 'ven', 'wes', 'yan', 'zor', 'al', 'ber', 'cor'])[pg_temp.part(i, k, 30)]
      || (ARRAY['bay', 'ton', 'ville', 'field', 'port', 'ford', 'dale', 'wick', 'ham', 'stad', 'burg', 'luz', 'mar', 'sol', 'rio',
                'nor', 'sur', 'est', 'oak', 'pine'])[pg_temp.part(i, k + 1, 20)]
      || (ARRAY['', 'a', 'e', 'i', 'o', 's', 'an', 'er', 'is', 'um'])[pg_temp.part(i, k + 2, 10)] $$;

CREATE FUNCTION pg_temp.question(i bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format(
    (ARRAY['total %1$s by %2$s for %3$s %5$s', 'show me %1$s of %3$s in %4$s %5$s', 'what was the average %1$s per %2$s at %4$s %5$s?',
           'top 5 %2$s by %1$s in %4$s %5$s', 'how did %1$s for %3$s develop %5$s', 'compare %1$s of %3$s and %4$s %5$s',
           'which %2$s had the lowest %1$s %5$s in %4$s', 'monthly %1$s trend of %3$s %5$s',
           'share of %1$s by %2$s for %3$s and %4$s %5$s', '%1$s not in %4$s by %2$s %5$s',
           '%2$s with %1$s above %6$s in %4$s', '%3$s %1$s %4$s %5$s'])[pg_temp.part(i, 0, 12)],
    (ARRAY['sales', 'revenue', 'net margin', 'units sold', 'orders', 'returns', 'average basket', 'discount rate', 'shipping cost',
           'headcount', 'salaries', 'overtime hours', 'tickets opened', 'response time', 'page views', 'signups', 'churn', 'energy use',
           'rainfall', 'patients admitted', 'waiting time', 'claims paid', 'premiums', 'defects', 'downtime', 'flights delayed',
           'passengers', 'goals scored', 'exam scores', 'donations'])[pg_temp.part(i, 1, 30)],
    (ARRAY['region', 'store', 'brand', 'product category', 'customer segment', 'channel', 'department', 'team', 'country', 'city',
           'supplier', 'warehouse', 'hospital', 'ward', 'airline', 'airport', 'school', 'course', 'machine', 'line'])[pg_temp.part(i, 2, 20)],
    pg_temp.name(i, 3), pg_temp.name(i, 6),
    (ARRAY['last month', 'this year', 'in 2023', 'in 2024', 'last 30 days', 'yesterday', 'last quarter', 'in Q2 2024', 'since January',
           'between March and June', 'year to date', 'last week', 'over the past 6 months', 'in fiscal 2022', 'on weekends'])[pg_temp.part(i, 9, 15)],
    pg_temp.part(i, 10, 900)) $$;

-- Loaded in bulk, as a restore would: without triggers, the index made afterwards.
SET session_replication_role = replica;
SELECT format('DROP INDEX router.%I', relname) FROM pg_class
 WHERE relnamespace = 'router'::regnamespace AND relkind = 'i' AND relname LIKE 'query_embeddings_minilm%' \gexec
INSERT INTO router.query_embeddings (original_query, normalized_query, embedding, quickspec)
  SELECT q, lower(q), router_embed(q),
         '{"schema":"QuickSpec@1","dataset":"public.shipments","x":"region","y":"weight","agg":"sum","chart":"bar"}'
  FROM (SELECT DISTINCT pg_temp.question(i) AS q FROM generate_series(1, :questions) i) q
  ON CONFLICT DO NOTHING;
SET session_replication_role = origin;
SET maintenance_work_mem = '2GB';
SELECT clock_timestamp() AS began \gset
SELECT router.create_encoder_index('minilm-static-256', 256) IS NULL \g /dev/null
SELECT 'index built', round(extract(epoch FROM clock_timestamp() - :'began')::numeric, 1), 's';
ANALYZE router.query_embeddings;
SELECT 'questions', count(*), '' FROM router.query_embeddings;
SELECT 'index', round(pg_relation_size(c.oid) / 1e6), 'MB' FROM pg_class c
 WHERE relnamespace = 'router'::regnamespace AND relkind = 'i' AND relname LIKE 'query_embeddings_minilm%';

CREATE TEMP TABLE unseen AS
  SELECT i, router_embed(pg_temp.question(:questions + i)) AS v FROM generate_series(1, 1000) i;

CREATE FUNCTION pg_temp.measure() RETURNS TABLE (name text, value numeric, unit text) LANGUAGE plpgsql AS $$
DECLARE
  u record;
  began timestamptz;
  took float8[] := '{}';
  lowest float8;
  hit integer := 0;
BEGIN
  -- The first turn warms up and doesn't count.
  FOR turn IN 0 .. 1 LOOP
    took := '{}';
    FOR u IN SELECT * FROM unseen LOOP
      began := clock_timestamp();
      PERFORM FROM match_query_embeddings(u.v, 0.0, 5);
      took := took || extract(epoch FROM clock_timestamp() - began)::float8 * 1000;
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT 'match, p50', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY t)::numeric, 2), 'ms' FROM unnest(took) t;
  RETURN QUERY SELECT 'match, p99', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY t)::numeric, 2), 'ms' FROM unnest(took) t;
  -- Against a scan of everything; what is as near as the fifth counts, whichever of several equals it is.
  FOR u IN SELECT * FROM unseen WHERE i % 10 = 0 LOOP
    SELECT min(s) INTO lowest
      FROM (SELECT 1 - (embedding <=> u.v) AS s FROM router.query_embeddings ORDER BY embedding <=> u.v LIMIT 5) nearest;
    hit := hit + (SELECT count(*) FROM match_query_embeddings(u.v, -1.0, 5) WHERE similarity >= lowest - 1e-6);
  END LOOP;
  RETURN QUERY SELECT 'recall@5', round(hit / 500.0, 3), '';
END
$$;
SELECT * FROM pg_temp.measure();

-- Teaching, each question by a statement of its own.
CREATE TEMP TABLE lesson AS SELECT i, pg_temp.question(:questions + 10000 + i) AS q FROM generate_series(1, :taught) i;
CREATE FUNCTION pg_temp.teach() RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  l record;
  began timestamptz := clock_timestamp();
  n integer := 0;
BEGIN
  FOR l IN SELECT q FROM lesson LOOP
    PERFORM router_teach(l.q, '{"schema":"QuickSpec@1","dataset":"public.shipments","x":"region","y":"weight","agg":"sum","chart":"bar"}');
    n := n + 1;
  END LOOP;
  RETURN round((n / extract(epoch FROM clock_timestamp() - began))::numeric);
END
$$;
SELECT 'router_teach, one session', pg_temp.teach(), 'a second';

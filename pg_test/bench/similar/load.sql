-- :questions taught questions, loaded as a restore would: in bulk, without triggers, the index made afterwards.
-- They are made up, each from its number: wording, measure, group, names, period.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

CREATE TABLE public.shipments (region text, carrier text, weight numeric, shipped date);
INSERT INTO public.shipments
  SELECT (ARRAY['North', 'South', 'East', 'West'])[1 + i % 4], 'carrier ' || i % 20, i, date '2024-01-01' + i % 300
  FROM generate_series(1, 1000) i;
DO $$ BEGIN PERFORM router_register('public.shipments'); END $$;

CREATE SCHEMA bench;

CREATE FUNCTION bench.part(i bigint, k integer, of integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
  $$ SELECT 1 + (('x' || substr(md5(i || ' ' || k), 1, 7))::bit(28)::integer % of) $$;

CREATE FUNCTION bench.name(i bigint, k integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['ka', 'lo', 'mi', 'ter', 'san', 'vo', 'bel', 'dra', 'fin', 'gor', 'hu', 'jen', 'kri', 'lam', 'mon', 'nel', 'os',
                'pra', 'quin', 'ros', 'sil', 'tam', 'ur', 'ven', 'wes', 'yan', 'zor', 'al', 'ber', 'cor'])[bench.part(i, k, 30)]
      || (ARRAY['bay', 'ton', 'ville', 'field', 'port', 'ford', 'dale', 'wick', 'ham', 'stad', 'burg', 'luz', 'mar', 'sol', 'rio',
                'nor', 'sur', 'est', 'oak', 'pine'])[bench.part(i, k + 1, 20)]
      || (ARRAY['', 'a', 'e', 'i', 'o', 's', 'an', 'er', 'is', 'um'])[bench.part(i, k + 2, 10)] $$;

CREATE FUNCTION bench.question(i bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format(
    (ARRAY['total %1$s by %2$s for %3$s %5$s', 'show me %1$s of %3$s in %4$s %5$s', 'what was the average %1$s per %2$s at %4$s %5$s?',
           'top 5 %2$s by %1$s in %4$s %5$s', 'how did %1$s for %3$s develop %5$s', 'compare %1$s of %3$s and %4$s %5$s',
           'which %2$s had the lowest %1$s %5$s in %4$s', 'monthly %1$s trend of %3$s %5$s',
           'share of %1$s by %2$s for %3$s and %4$s %5$s', '%1$s not in %4$s by %2$s %5$s',
           '%2$s with %1$s above %6$s in %4$s', '%3$s %1$s %4$s %5$s'])[bench.part(i, 0, 12)],
    (ARRAY['sales', 'revenue', 'net margin', 'units sold', 'orders', 'returns', 'average basket', 'discount rate', 'shipping cost',
           'headcount', 'salaries', 'overtime hours', 'tickets opened', 'response time', 'page views', 'signups', 'churn', 'energy use',
           'rainfall', 'patients admitted', 'waiting time', 'claims paid', 'premiums', 'defects', 'downtime', 'flights delayed',
           'passengers', 'goals scored', 'exam scores', 'donations'])[bench.part(i, 1, 30)],
    (ARRAY['region', 'store', 'brand', 'product category', 'customer segment', 'channel', 'department', 'team', 'country', 'city',
           'supplier', 'warehouse', 'hospital', 'ward', 'airline', 'airport', 'school', 'course', 'machine', 'line'])[bench.part(i, 2, 20)],
    bench.name(i, 3), bench.name(i, 6),
    (ARRAY['last month', 'this year', 'in 2023', 'in 2024', 'last 30 days', 'yesterday', 'last quarter', 'in Q2 2024', 'since January',
           'between March and June', 'year to date', 'last week', 'over the past 6 months', 'in fiscal 2022', 'on weekends'])[bench.part(i, 9, 15)],
    bench.part(i, 10, 900)) $$;

SET session_replication_role = replica;
SELECT format('DROP INDEX router.%I', relname) FROM pg_class
 WHERE relnamespace = 'router'::regnamespace AND relkind = 'i' AND relname LIKE 'query_embeddings_minilm%' \gexec
SELECT clock_timestamp() AS began \gset
INSERT INTO router.query_embeddings (original_query, normalized_query, embedding, quickspec)
  SELECT q, lower(q), router_embed(q),
         '{"schema":"QuickSpec@1","dataset":"public.shipments","x":"region","y":"weight","agg":"sum","chart":"bar"}'
  FROM (SELECT DISTINCT bench.question(i) AS q FROM generate_series(1, :questions) i) q
  ON CONFLICT DO NOTHING;
SELECT 'loaded, without the index', round(extract(epoch FROM clock_timestamp() - :'began')::numeric, 1), 's';
SET session_replication_role = origin;
SET maintenance_work_mem = '2GB';
SET max_parallel_maintenance_workers = 4;
SELECT clock_timestamp() AS began \gset
SELECT router.create_encoder_index('minilm-static-256', 256) IS NULL \g /dev/null
SELECT 'index built', round(extract(epoch FROM clock_timestamp() - :'began')::numeric, 1), 's';
VACUUM ANALYZE router.query_embeddings;
SELECT 'questions', count(*), '' FROM router.query_embeddings;
SELECT 'index', round(pg_relation_size(c.oid) / 1e6), 'MB' FROM pg_class c
 WHERE relnamespace = 'router'::regnamespace AND relkind = 'i' AND relname LIKE 'query_embeddings_minilm%';

-- Questions that the store has not seen.
CREATE TABLE bench.unseen AS
  SELECT i, router_embed(bench.question(:questions + i)) AS v FROM generate_series(1, 1000) i;
CREATE TABLE bench.lesson AS
  SELECT i, bench.question(:questions + 10000 + i) AS q FROM generate_series(1, 60000) i;

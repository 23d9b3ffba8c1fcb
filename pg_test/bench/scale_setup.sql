-- A wide warehouse for measuring: :tables registered tables, each with :values distinct names.
--
--   psql -X -q -v tables=1000 -v values=1000 -d DBNAME -f scale_setup.sql
--
-- Names are made of syllables, the same on every run, so that no two tables and no two names are alike, while the
-- other columns are called alike everywhere, as in a warehouse that one tool has laid out.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET synchronous_commit = off;

CREATE FUNCTION public.bench_word(n bigint, syllables int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg((ARRAY['ba','ce','di','fo','gu','ha','je','ki','lo','mu','na','pe','ri','so','tu','va','we','xi','yo','zu'])
                      [1 + (n / (20 ^ k)::bigint) % 20], '' ORDER BY k)
  FROM generate_series(0, syllables - 1) AS k
$$;

CREATE SCHEMA wide;

SELECT format(
  $f$CREATE TABLE wide.%1$I (
       id int PRIMARY KEY, product text, region text, channel text,
       amount numeric, quantity int, discount_rate numeric, sold_on date);
     INSERT INTO wide.%1$I
     SELECT g, initcap(public.bench_word(%2$s * 1000003 + g * 7919, 4)) || ' ' || initcap(public.bench_word(g * 31 + %2$s, 3)),
            (ARRAY['North','South','East','West'])[1 + g %% 4], (ARRAY['Online','Retail'])[1 + g %% 2],
            g, 1 + g %% 9, 0.1, DATE '2024-01-01' + g %% 400
     FROM generate_series(1, %3$s) AS g;
     ANALYZE wide.%1$I;
     SELECT router_register('wide.%1$I', '{"harvest": {"max_values": %3$s}}')$f$,
  public.bench_word(t * 8641, 4) || '_sales', t, :values)
FROM generate_series(1, :tables) AS t
\gexec

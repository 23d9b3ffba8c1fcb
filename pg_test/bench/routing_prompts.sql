-- Times recommendations beside recorded prompts, and recording:
--
--   psql -X -q [-v prompts=100000] -d SCRATCH -f routing_prompts.sql
--
-- Prompts are made up of words; nine models, one outcome a prompt. Some minutes for a hundred thousand.
\set ON_ERROR_STOP on
\if :{?prompts} \else \set prompts 100000 \endif
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS router CASCADE;

INSERT INTO router.agent_model_assignments (agent_id, model_id, match_score)
SELECT 'prompts-agent', 'prompts-model-' || i, 50 + i FROM generate_series(1, 9) i
ON CONFLICT DO NOTHING;

CREATE TEMP TABLE words AS
SELECT row_number() OVER () AS n, word FROM (SELECT DISTINCT word FROM regexp_split_to_table(
  'the quick solve equation matrix derivative integral python function rust borrow loop recursion translate poem history '
  'war treaty river mountain cell protein enzyme reaction molecule planet orbit gravity force energy market price inflation '
  'bond interest contract clause lawyer verdict patient dose fever therapy music chord rhythm novel chapter character plot '
  'recipe flour oven sugar travel train ticket hotel visa painting sculpture football score league garden soil seed insect '
  'bird migration ocean current climate carbon battery solar engine turbine bridge concrete steel debug compile syntax array '
  'pointer hash tree graph node edge probability variance sample theorem proof logic puzzle riddle', ' ') word) w;
CREATE FUNCTION pg_temp.prompt(i integer) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(word, ' ' ORDER BY k) || ' ' || i
  FROM generate_series(1, 8 + i % 20) k
  JOIN words ON n = 1 + (hashint8(i::bigint * 100 + k) & 2147483647) % (SELECT count(*) FROM words)
$$;
CREATE TEMP TABLE timed (call text, ms double precision);
CREATE PROCEDURE pg_temp.record(first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
  prompt text;
  began timestamptz;
BEGIN
  FOR i IN first..last LOOP
    prompt := pg_temp.prompt(i);
    began := clock_timestamp();
    PERFORM router_record_outcome('prompts-model-' || 1 + i % 9, 'general', prompt, i % 3 > 0, NULL, 100 + i % 300, 0.001);
    INSERT INTO timed VALUES ('recording', 1000 * extract(epoch FROM clock_timestamp() - began));
    COMMIT;
  END LOOP;
END;
$$;

\echo 'Recording prompts'
\timing on
CALL pg_temp.record(1, :prompts);
VACUUM ANALYZE router.prompt_outcomes;
\timing off
TRUNCATE timed;
CALL pg_temp.record(:prompts + 1, :prompts + 2000);
SELECT call, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 2) AS p50_ms,
       round(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)::numeric, 2) AS p99_ms, round(max(ms)::numeric, 1) AS slowest_ms
FROM timed GROUP BY call;

\echo 'First calls of a session'
\c
SET client_min_messages = warning;
\timing on
SELECT router_recommend('solve the equation of the orbit of a planet', 'balanced', '{"task_type": "general"}') ->> 'model_id' AS first;
SELECT router_recommend('debug a python function', 'balanced', '{"task_type": "general"}') ->> 'model_id' AS second;
\timing off
CREATE TEMP TABLE timed (call text, ms double precision);
DO $$
DECLARE
  began timestamptz;
BEGIN
  FOR i IN 1..2000 LOOP
    began := clock_timestamp();
    PERFORM router_recommend('solve the puzzle of ' || i || ' birds and ' || i * 7 || ' seeds in a garden', 'balanced', '{"task_type": "general"}');
    INSERT INTO timed VALUES ('recommendation', 1000 * extract(epoch FROM clock_timestamp() - began));
  END LOOP;
END;
$$;
SELECT call, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 2) AS p50_ms,
       round(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)::numeric, 2) AS p99_ms, round(max(ms)::numeric, 1) AS slowest_ms
FROM timed GROUP BY call;
SELECT pg_size_pretty(pg_relation_size('router.prompt_outcomes_similar_idx')) AS index, fitted_outcomes,
       pg_size_pretty(octet_length(knowledge)::bigint) AS learned
FROM router.learned;
SELECT pg_backend_pid() AS pid \gset
\setenv PID :pid
\! awk '/^Anonymous/ { print "memory of its own: " $2 " kB" }' "/proc/$PID/smaps_rollup"

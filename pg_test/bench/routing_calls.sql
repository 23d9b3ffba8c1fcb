-- Times the model router's calls, with 10,000 assignments, in one session:
--
--   psql -X -q -d SCRATCH -f routing_calls.sql
--
-- Each call is timed by itself with the server's clock, which adds less than a tenth of a microsecond.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS router CASCADE;

INSERT INTO router.agent_model_assignments (agent_id, model_id, match_score, assignment_method, capabilities)
SELECT 'call-agent-' || i % 100, 'call-model-' || i / 100, 30 + i % 7000 / 100.0, 'AUTO', jsonb_build_object('avg_cost', 0.001 * (1 + i % 50))
FROM generate_series(0, 9999) i
ON CONFLICT DO NOTHING;
VACUUM ANALYZE router.agent_model_assignments;
VACUUM ANALYZE router.assignment_metrics;

CREATE TEMP TABLE timed (call text, ms double precision);
CREATE PROCEDURE pg_temp.time_calls(name text, statement text, times integer) LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  taken double precision[] := '{}';
BEGIN
  FOR i IN 1..times LOOP
    began := clock_timestamp();
    EXECUTE statement;
    taken := taken || 1000 * extract(epoch FROM clock_timestamp() - began)::float8;
  END LOOP;
  INSERT INTO timed SELECT name, unnest(taken);
  COMMIT;
END;
$$;
SELECT assignment_id AS one FROM router.agent_model_assignments WHERE agent_id = 'call-agent-0' LIMIT 1 \gset
CALL pg_temp.time_calls('recommendation, balanced', $$SELECT * FROM sp_get_routing_recommendation('math', 'balanced')$$, 2000);
CALL pg_temp.time_calls('recommendation, quality', $$SELECT * FROM sp_get_routing_recommendation('math', 'quality')$$, 2000);
CALL pg_temp.time_calls('recommendation, speed', $$SELECT * FROM sp_get_routing_recommendation('math', 'speed')$$, 2000);
CALL pg_temp.time_calls('recommendation, cost', $$SELECT * FROM sp_get_routing_recommendation('math', 'cost')$$, 2000);
CALL pg_temp.time_calls('update of metrics', format('SELECT sp_update_assignment_metrics(%L, true, 150)', :'one'), 2000);
CALL pg_temp.time_calls('decision', format($$INSERT INTO router.routing_decisions (assignment_id, agent_id, model_id, task_type, strategy, success, latency_ms, actual_cost) VALUES (%L, 'a', 'm', 'math', 'balanced', true, 150, 0.001)$$, :'one'), 2000);
SELECT call, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 4) AS p50_ms,
       round(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)::numeric, 4) AS p99_ms
FROM timed GROUP BY call ORDER BY call;

\echo 'Optimal assignment, 500 agents and 500 models, scoring included (dry run)'
DELETE FROM router.agent_model_assignments;
INSERT INTO router.agents (agent_id, requirements)
SELECT 'h' || i, jsonb_build_object('capabilities', jsonb_build_object('math', (i * 37 % 100) / 100.0, 'coding', (i * 61 % 100) / 100.0), 'max_price', 1 + i % 9)
FROM generate_series(1, 500) i;
INSERT INTO router.models (model_id, capabilities, input_price, output_price)
SELECT 'h' || i, jsonb_build_object('math', (i * 53 % 100) / 100.0, 'coding', (i * 29 % 100) / 100.0), 1 + i % 10, 1 + i % 11
FROM generate_series(1, 500) i;
\timing on
SELECT count(*) AS pairs, sum(match_score) AS total FROM sp_auto_assign_models('hungarian', true);
SELECT count(*) AS pairs, sum(match_score) AS total FROM sp_auto_assign_models('greedy', true);

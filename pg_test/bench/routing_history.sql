-- Generates a history of routing decisions and times the views over it.
--
--   psql -X -q -v decisions=10000000 -d SCRATCH -f routing_history.sql
--
-- 90 days, evenly spread, 200 assignments. The history goes to the partitions of its weeks. Some ten
-- minutes for ten million; in a scratch database, for it stays there.

\set ON_ERROR_STOP on
\if :{?decisions} \else \set decisions 10000000 \endif
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS router CASCADE;

SELECT count(router.make_week((date_trunc('week', now()) - i * interval '1 week')::date)) AS weeks
FROM generate_series(-1, 13) i;

INSERT INTO router.agent_model_assignments (agent_id, agent_name, model_id, model_name, match_score, assignment_method)
SELECT 'history-agent-' || i % 20, 'agent ' || i % 20, 'history-model-' || i, 'model ' || i, 40 + i % 60, 'AUTO'
FROM generate_series(1, 200) i
ON CONFLICT DO NOTHING;

-- The history is not to be learned again row by row.
ALTER TABLE router.routing_decisions DISABLE TRIGGER USER;
WITH a AS MATERIALIZED (
  SELECT array_agg(assignment_id ORDER BY assignment_id) AS ids FROM router.agent_model_assignments
  WHERE agent_id LIKE 'history-agent-%'
)
INSERT INTO router.routing_decisions
  (request_id, agent_id, model_id, assignment_id, task_type, strategy, success, latency_ms, actual_cost, fallback_used,
   composite_score, propensity, created_at)
SELECT i::text, 'history-agent-' || i % 20, 'history-model-' || 1 + i % 200, a.ids[1 + i % 200],
       (ARRAY['coding', 'math', 'reasoning', 'arabic', 'general'])[1 + i % 5],
       (ARRAY['balanced', 'speed', 'quality', 'cost'])[1 + i % 4],
       i % 11 > 0, 100 + i % 900, 0.0001 * (1 + i % 50), i % 37 = 0, 50 + i % 50, 1,
       now() - interval '90 days' * (i / :decisions::float8)
FROM a, generate_series(1, :decisions) i;
ALTER TABLE router.routing_decisions ENABLE TRIGGER USER;
ANALYZE router.routing_decisions;
VACUUM router.routing_decisions;

\timing on
\echo v_agent_assignments_summary
SELECT count(*) FROM (SELECT * FROM router.v_agent_assignments_summary) v;
SELECT count(*) FROM (SELECT * FROM router.v_agent_assignments_summary) v;
\echo v_model_assignment_performance
SELECT count(*) FROM (SELECT * FROM router.v_model_assignment_performance) v;
SELECT count(*) FROM (SELECT * FROM router.v_model_assignment_performance) v;
\echo v_routing_analytics_24h
SELECT sum(total_decisions) FROM router.v_routing_analytics_24h;
SELECT sum(total_decisions) FROM router.v_routing_analytics_24h;
\echo v_top_agent_model_pairs
SELECT sum(requests_24h) FROM router.v_top_agent_model_pairs;
SELECT sum(requests_24h) FROM router.v_top_agent_model_pairs;

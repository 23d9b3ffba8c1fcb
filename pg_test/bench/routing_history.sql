-- Generates a history of routing decisions and times the views over it:
--
--   psql -X -q -v decisions=10000000 -d SCRATCH -f routing_history.sql
--
-- 90 days, evenly spread, over 200 assignments, each week in its partition. Some five minutes and eight gigabytes for
-- ten million; in a scratch database, for it stays there. Each view is timed five times, cold first; the median counts.

\set ON_ERROR_STOP on
\if :{?decisions} \else \set decisions 10000000 \endif
SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
CREATE EXTENSION IF NOT EXISTS router CASCADE;

INSERT INTO router.agent_model_assignments (agent_id, agent_name, model_id, model_name, match_score, assignment_method)
SELECT 'history-agent-' || i % 20, 'agent ' || i % 20, 'history-model-' || i, 'model ' || i, 40 + i % 60, 'AUTO'
FROM generate_series(1, 200) i
ON CONFLICT DO NOTHING;

-- A week's decisions: into a table of their own first, which becomes a partition when it is full.
CREATE PROCEDURE pg_temp.fill_week(week timestamptz, decisions bigint) LANGUAGE plpgsql AS $$
DECLARE
  definition text;
  name text := 'routing_decisions_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
  began timestamptz := now() - interval '90 days';
  spread interval := interval '90 days' / decisions;
  low bigint := greatest(1, ceil(extract(epoch FROM week - began) / extract(epoch FROM spread)));
  high bigint := least(decisions, ceil(extract(epoch FROM week + interval '7 days' - began) / extract(epoch FROM spread)) - 1);
BEGIN
  IF to_regclass('router.' || name) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE router.%I (LIKE router.routing_decisions_default INCLUDING DEFAULTS)', name);
  EXECUTE format($i$
    INSERT INTO router.%I
      (request_id, agent_id, model_id, assignment_id, task_type, strategy, success, latency_ms, actual_cost, fallback_used,
       composite_score, propensity, created_at)
    SELECT 'request-' || i, 'history-agent-' || i %% 20, 'history-model-' || 1 + i %% 200, a.ids[1 + i %% 200],
           (ARRAY['coding', 'math', 'reasoning', 'arabic', 'general'])[1 + i %% 5],
           (ARRAY['balanced', 'speed', 'quality', 'cost'])[1 + i %% 4],
           i %% 11 > 0, 100 + i %% 900, 0.0001 * (1 + i %% 50), i %% 37 = 0, 50 + i %% 50, 1, $1 + i * $2
    FROM (SELECT array_agg(assignment_id ORDER BY assignment_id) AS ids FROM router.agent_model_assignments
          WHERE agent_id LIKE 'history-agent-%%') a, generate_series($3, $4) i$i$, name)
  USING began, spread, low, high;
  FOR definition IN
    SELECT regexp_replace(indexdef, 'INDEX \S+ ON \S+', format('INDEX ON router.%I', name)) FROM pg_indexes
    WHERE (schemaname, tablename) = ('router', 'routing_decisions_default')
  LOOP
    EXECUTE definition;
  END LOOP;
  EXECUTE format('ALTER TABLE router.routing_decisions ATTACH PARTITION router.%I FOR VALUES FROM (%L) TO (%L)',
                 name, week, week + interval '7 days');
END;
$$;

\echo 'Generating the history'
\timing on
SELECT format('CALL pg_temp.fill_week(%L, %s)', date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - i * interval '7 days', :decisions)
FROM generate_series(13, 0, -1) i
\gexec
VACUUM ANALYZE router.routing_decisions;
\timing off
SELECT (SELECT count(*) FROM router.routing_decisions) AS decisions, pg_size_pretty(sum(pg_total_relation_size(p.inhrelid))) AS size
FROM pg_inherits p WHERE p.inhparent = 'router.routing_decisions'::regclass;

CREATE TEMP TABLE timed (view text, ms numeric);
CREATE PROCEDURE pg_temp.time_views() LANGUAGE plpgsql AS $$
DECLARE
  view text;
  began timestamptz;
BEGIN
  FOR i IN 1..5 LOOP
    FOREACH view IN ARRAY '{v_agent_assignments_summary,v_model_assignment_performance,v_routing_analytics_24h,v_top_agent_model_pairs}'::text[] LOOP
      began := clock_timestamp();
      EXECUTE format('CREATE TEMP TABLE result ON COMMIT DROP AS SELECT * FROM router.%I', view);
      INSERT INTO timed VALUES (view, 1000 * extract(epoch FROM clock_timestamp() - began));
      COMMIT;
    END LOOP;
  END LOOP;
END;
$$;
CALL pg_temp.time_views();
SELECT view, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS median_ms, round(max(ms), 1) AS slowest_ms
FROM timed GROUP BY view ORDER BY view;

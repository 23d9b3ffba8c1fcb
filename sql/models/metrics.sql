-- What each assignment delivers for each task type it may serve, and where that ranks it. One row for
-- every eligible pair, measured or not: a recommendation is the first entry of an index.
CREATE TABLE router.assignment_metrics (
  assignment_id uuid NOT NULL REFERENCES router.agent_model_assignments ON DELETE CASCADE,
  task_type text NOT NULL REFERENCES router.task_types ON UPDATE CASCADE ON DELETE CASCADE,
  requests bigint NOT NULL DEFAULT 0,
  successes bigint NOT NULL DEFAULT 0,
  recent_weight double precision NOT NULL DEFAULT 0,
  recent_success double precision NOT NULL DEFAULT 0,
  recent_quality double precision NOT NULL DEFAULT 0,
  recent_at timestamptz,
  cost_total double precision NOT NULL DEFAULT 0,
  cost_count bigint NOT NULL DEFAULT 0,
  -- Dollars of the month with that number (router.month_number), for the agent's budget.
  month_cost double precision NOT NULL DEFAULT 0,
  month integer NOT NULL DEFAULT 0,
  latency_sketch bytea NOT NULL DEFAULT '',
  -- Hints in force: match weight of the balanced score, dollars a request, milliseconds.
  hints double precision[] NOT NULL DEFAULT '{}',
  -- 0 regular, 1 fallback, 2 testing, null not to be recommended.
  tier smallint,
  priority integer NOT NULL DEFAULT 100,
  rank_balanced real NOT NULL DEFAULT 0,
  rank_quality real NOT NULL DEFAULT 0,
  rank_latency_ms real NOT NULL DEFAULT 0,
  rank_cost real NOT NULL DEFAULT 0,
  PRIMARY KEY (assignment_id, task_type)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE router.assignment_metrics IS 'Outcomes and ranks per assignment and task type';

CREATE INDEX assignment_metrics_balanced_idx ON router.assignment_metrics
  (task_type, tier, rank_balanced DESC, priority, assignment_id) WHERE tier IS NOT NULL;
CREATE INDEX assignment_metrics_quality_idx ON router.assignment_metrics
  (task_type, tier, rank_quality DESC, priority, assignment_id) WHERE tier IS NOT NULL;
CREATE INDEX assignment_metrics_speed_idx ON router.assignment_metrics
  (task_type, tier, rank_latency_ms, priority, assignment_id) WHERE tier IS NOT NULL;
CREATE INDEX assignment_metrics_cost_idx ON router.assignment_metrics
  (task_type, tier, rank_cost, priority, assignment_id) INCLUDE (rank_quality) WHERE tier IS NOT NULL;

SELECT pg_catalog.pg_extension_config_dump('router.assignment_metrics', '');

-- Outcomes to be learned that came while another session was learning of the same assignment: whoever is next takes
-- them in, router_maintain() at the latest.
CREATE TABLE router.pending_outcomes (
  assignment_id uuid NOT NULL,
  task_type text NOT NULL,
  success boolean NOT NULL,
  quality double precision NOT NULL,
  latency_ms double precision,
  cost double precision,
  seen_at timestamptz NOT NULL
);
CREATE INDEX pending_outcomes_assignment_idx ON router.pending_outcomes (assignment_id);

SELECT pg_catalog.pg_extension_config_dump('router.pending_outcomes', '');

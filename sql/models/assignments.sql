-- Which agent serves which model. Agents and models may be known only here (other systems feed this
-- table directly), so their ids are no foreign keys; triggers guard agents and models in use. Each CHECK
-- costs every outcome some microseconds: what an outcome can't break, router.check_assignment checks.
CREATE TABLE router.agent_model_assignments (
  assignment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_id text NOT NULL,
  agent_name text NOT NULL DEFAULT '',
  model_id text NOT NULL,
  model_name text NOT NULL DEFAULT '',
  capabilities jsonb NOT NULL DEFAULT '{}',
  overlap_analysis jsonb NOT NULL DEFAULT '{}',
  match_score numeric(5, 2) NOT NULL DEFAULT 50 CHECK (match_score BETWEEN 0 AND 100),
  status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'TESTING', 'OVERRIDDEN')),
  assignment_method text NOT NULL DEFAULT 'MANUAL' CHECK (assignment_method IN ('AUTO', 'MANUAL', 'FALLBACK')),
  priority integer NOT NULL DEFAULT 100,
  performance_weights jsonb NOT NULL DEFAULT '{"match": 0.6, "success": 0.4}',
  total_requests bigint NOT NULL DEFAULT 0,
  successful_requests bigint NOT NULL DEFAULT 0,
  success_rate numeric(5, 2) NOT NULL DEFAULT 0,
  avg_latency_ms double precision NOT NULL DEFAULT 0,
  last_used_at timestamptz,
  assigned_by text NOT NULL DEFAULT router.acting_role(),
  assigned_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Learned. Requests whose latency is unknown; time-decayed outcomes; latency quantiles.
  untimed_requests bigint NOT NULL DEFAULT 0,
  recent_weight double precision NOT NULL DEFAULT 0,
  recent_success double precision NOT NULL DEFAULT 0,
  recent_at timestamptz,
  latency_sketch bytea NOT NULL DEFAULT '',
  -- Health: failures in a row, and until when the assignment is set aside because of them.
  failure_run integer NOT NULL DEFAULT 0,
  circuit_open_until timestamptz,
  -- The success and latency that router.assignment_metrics was last ranked with.
  ranked_success real NOT NULL DEFAULT 0,
  ranked_latency_ms real NOT NULL DEFAULT 0,
  ranked_at timestamptz,
  -- Counts changes that did not come from learning; audit and ranking follow it.
  edits integer NOT NULL DEFAULT 0,
  UNIQUE (agent_id, model_id)
) WITH (fillfactor = 25, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE router.agent_model_assignments IS 'Which agent serves which model, and how well that went';
COMMENT ON COLUMN router.agent_model_assignments.capabilities IS
  'What the pair is good at; task_types, when present, limits it to those task types; hints: avg_cost, input_price, output_price, latency_ms';
COMMENT ON COLUMN router.agent_model_assignments.success_rate IS 'Percent';
COMMENT ON COLUMN router.agent_model_assignments.priority IS 'Among equal scores the lowest goes first';

-- No index holds a counter: an outcome is then a heap-only update. The unique key is the index for agents.
CREATE INDEX agent_model_assignments_model_idx ON router.agent_model_assignments (model_id);
-- Every statement that names the table opens them all: what is asked for together shares one.
CREATE INDEX agent_model_assignments_status_idx ON router.agent_model_assignments (status, match_score DESC);
CREATE INDEX agent_model_assignments_method_idx ON router.agent_model_assignments (assignment_method, assigned_at);

SELECT pg_catalog.pg_extension_config_dump('router.agent_model_assignments', '');

-- Every routing decision, by week. Rows outside the weeks made ahead go to the default partition, so
-- that an insert never fails; router_maintain() makes weeks ahead and drops old ones. A decision is written for every
-- request: what a CHECK would say, the trigger router.prepare_decision says in a tenth of the time.
CREATE TABLE router.routing_decisions (
  decision_id uuid NOT NULL DEFAULT router.next_decision_id(),
  request_id text,
  agent_id text,
  task_type text,
  strategy text,
  assignment_id uuid REFERENCES router.agent_model_assignments ON DELETE SET NULL,
  model_id text,
  capability_score numeric,
  performance_score numeric,
  composite_score numeric,
  candidates jsonb NOT NULL DEFAULT '[]',
  selection_reason text,
  propensity double precision,
  success boolean,
  quality double precision,
  latency_ms integer,
  estimated_cost numeric,
  actual_cost numeric,
  fallback_used boolean NOT NULL DEFAULT false,
  fallback_reason text,
  error text,
  feedback_rating smallint,
  feedback_comment text,
  semantic_version text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  completed_at timestamptz
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE router.routing_decisions IS 'What was routed where, why, and how it went';
COMMENT ON COLUMN router.routing_decisions.candidates IS
  'Who was considered: objects with assignment_id, model_id, score and the scores per strategy';
COMMENT ON COLUMN router.routing_decisions.propensity IS 'Probability with which this choice was made';
COMMENT ON COLUMN router.routing_decisions.success IS 'Null until the outcome is known';

CREATE TABLE router.routing_decisions_default PARTITION OF router.routing_decisions DEFAULT;

-- Each partition has indexes of its own, like those of the default one: with indexes of the parent, which the extension
-- makes, a dump that holds weeks could not be restored. Every index costs every decision: there is one for what is asked
-- for alone (agent, model, assignment, request, time), and one for task type and strategy, of which there are few.
ALTER TABLE router.routing_decisions_default ADD PRIMARY KEY (decision_id, created_at);

CREATE INDEX routing_decisions_time_idx ON router.routing_decisions_default (created_at);
CREATE INDEX routing_decisions_agent_idx ON router.routing_decisions_default (agent_id, created_at);
CREATE INDEX routing_decisions_model_idx ON router.routing_decisions_default (model_id, created_at);
CREATE INDEX routing_decisions_task_type_idx ON router.routing_decisions_default (task_type, strategy, created_at);
CREATE INDEX routing_decisions_assignment_idx ON router.routing_decisions_default (assignment_id, created_at);
CREATE INDEX routing_decisions_request_idx ON router.routing_decisions_default (request_id);
-- Failures, what has no outcome yet, and fallbacks: few rows, and one condition for however they are asked for.
CREATE INDEX routing_decisions_trouble_idx ON router.routing_decisions_default (created_at, success, fallback_used)
  WHERE NOT success OR success IS NULL OR success IS NOT TRUE OR fallback_used;

SELECT pg_catalog.pg_extension_config_dump('router.routing_decisions', '');
SELECT pg_catalog.pg_extension_config_dump('router.routing_decisions_default', '');

-- What the background worker keeps: requests that can wait, what calls cost, vectors from endpoints, and where a
-- model read a question differently.

ALTER TABLE router.agents
  ADD COLUMN daily_budget numeric CHECK (daily_budget >= 0 AND daily_budget < 'Infinity'),
  ADD COLUMN max_in_flight integer CHECK (max_in_flight BETWEEN 1 AND 10000);
COMMENT ON COLUMN router.agents.daily_budget IS 'Dollars a day (UTC); null: as router.llm_daily_budget says';
COMMENT ON COLUMN router.agents.max_in_flight IS 'Requests to it at the same time; null: as router.llm_concurrency says';

-- A worker claims entries (attempts counted, claimed_until set) and commits before it calls; what a crash interrupts
-- comes again when the claim is over.
CREATE TABLE router.remote_queue (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('embed', 'classify')),
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'parked')),
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of a question: it is not queued twice.
  question_key bytea UNIQUE
) WITH (autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE router.remote_queue IS 'Requests to endpoints that nobody waits for';
COMMENT ON COLUMN router.remote_queue.state IS 'parked: given up after router.queue_attempts; UPDATE it to queued to try again';
CREATE INDEX remote_queue_due_idx ON router.remote_queue (not_before, entry_id) WHERE state = 'queued';

CREATE TABLE router.llm_usage (
  day date NOT NULL,
  agent_id text NOT NULL,
  model_id text NOT NULL,
  calls bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  attempts bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cost double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (day, agent_id, model_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE router.llm_usage IS 'Calls of endpoints by day (UTC)';
COMMENT ON COLUMN router.llm_usage.cost IS 'Dollars';

CREATE TABLE router.remote_embeddings (
  text_hash bytea NOT NULL CHECK (length(text_hash) = 32),
  model_id text NOT NULL,
  embedding real[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (text_hash, model_id)
);
COMMENT ON TABLE router.remote_embeddings IS 'Vectors that endpoints gave, by SHA-256 of the text';

CREATE TABLE router.llm_readings (
  reading_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id text NOT NULL,
  role_name text NOT NULL,
  prompt text NOT NULL,
  context jsonb NOT NULL,
  model_id text NOT NULL,
  local_spec jsonb,
  local_confidence real NOT NULL,
  -- The model's reading as it said it: not resolved, not to be trusted.
  model_draft jsonb NOT NULL,
  -- By the names alone.
  agrees boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE router.llm_readings IS 'Questions that a model read later, differently or where the router was not sure: for router_mine()';
CREATE INDEX llm_readings_time_idx ON router.llm_readings (created_at);

SELECT pg_catalog.pg_extension_config_dump('router.remote_queue', '');
SELECT pg_catalog.pg_extension_config_dump('router.remote_queue_entry_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('router.llm_usage', '');
SELECT pg_catalog.pg_extension_config_dump('router.llm_readings', '');
SELECT pg_catalog.pg_extension_config_dump('router.llm_readings_reading_id_seq', '');

-- Who can serve (agents) and what they can serve (models).
CREATE TABLE router.agents (
  agent_id text PRIMARY KEY CHECK (agent_id <> ''),
  agent_name text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT 'GPU' CHECK (kind <> ''),
  base_url text CHECK (base_url ~ '^https?://' AND base_url !~ '^https?://[^/?#]*@'),
  capacity integer NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 0 AND 10000),
  budget numeric CHECK (budget >= 0 AND budget < 'Infinity'),
  requirements jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(requirements) = 'object'),
  status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'MAINTENANCE')),
  secret_name text CHECK (secret_name ~ '^[A-Za-z_][A-Za-z0-9_.-]{0,127}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.agents IS 'Inference endpoints';
COMMENT ON COLUMN router.agents.base_url IS 'Where it answers; without a user and a password, which are secrets';
COMMENT ON COLUMN router.agents.kind IS 'Hardware or service class, such as GPU or CPU';
COMMENT ON COLUMN router.agents.capacity IS 'How many models the agent may serve at once';
COMMENT ON COLUMN router.agents.budget IS 'Dollars a month (UTC): when the costs of outcomes reach it, the agent is not recommended until the next';
COMMENT ON COLUMN router.agents.requirements IS 'What the agent asks of a model, as router_capability_score takes it';
COMMENT ON COLUMN router.agents.secret_name IS 'Name under which the worker finds the key; never the key itself';

CREATE TABLE router.models (
  model_id text PRIMARY KEY CHECK (model_id <> ''),
  model_name text NOT NULL DEFAULT '',
  capabilities jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(capabilities) = 'object'),
  context_window integer CHECK (context_window > 0),
  input_price numeric CHECK (input_price >= 0 AND input_price < 'Infinity'),
  output_price numeric CHECK (output_price >= 0 AND output_price < 'Infinity'),
  latency_ms integer CHECK (latency_ms >= 0),
  status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'DEPRECATED')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.models IS 'Models with what they can do and what they cost';
COMMENT ON COLUMN router.models.capabilities IS 'Capability -> level (0 to 1); also languages';
COMMENT ON COLUMN router.models.input_price IS 'Dollars per million tokens';
COMMENT ON COLUMN router.models.latency_ms IS 'Expected latency until it is measured';

SELECT pg_catalog.pg_extension_config_dump('router.agents', '');
SELECT pg_catalog.pg_extension_config_dump('router.models', '');

-- Prompts whose outcome is known, as vectors only: the text itself is not kept.
CREATE TABLE router.prompt_outcomes (
  outcome_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Writing transaction: readers that keep what they have read ask for what is newer.
  written_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
  prompt_hash bytea NOT NULL,
  task_type text NOT NULL,
  model_id text NOT NULL,
  assignment_id uuid,
  -- 256 values of one signed byte each, then the surface features as 32-bit floats.
  features bytea NOT NULL,
  success boolean NOT NULL,
  quality real NOT NULL CHECK (quality BETWEEN 0 AND 1),
  latency_ms integer CHECK (latency_ms >= 0),
  cost double precision CHECK (cost >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The outcome by which its prompt is found among similar ones.
  first_of_prompt boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE router.prompt_outcomes IS 'Evidence for content-aware recommendation';
CREATE INDEX prompt_outcomes_writer_idx ON router.prompt_outcomes (written_by, outcome_id);
CREATE INDEX prompt_outcomes_time_idx ON router.prompt_outcomes (created_at);
CREATE INDEX prompt_outcomes_prompt_idx ON router.prompt_outcomes (prompt_hash, outcome_id);

-- What was learned from outcomes (means, regressions): the newest row counts. In no dump: outcomes are, and the next one
-- has it made anew.
CREATE TABLE router.learned (
  learned_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The means hold outcomes up to this transaction and, in it, this outcome; later ones are added when somebody asks.
  read_to xid8 NOT NULL,
  read_to_outcome bigint NOT NULL,
  last_outcome bigint NOT NULL,     -- the newest there was
  fitted_last bigint NOT NULL,      -- the newest when the regressions were fitted, and how many they were fitted to
  fitted_outcomes bigint NOT NULL,
  knowledge bytea NOT NULL,
  learned_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.learned IS 'What router_recommend knows of recorded outcomes, beside the outcomes themselves';

SELECT pg_catalog.pg_extension_config_dump('router.prompt_outcomes', '');
SELECT pg_catalog.pg_extension_config_dump('router.prompt_outcomes_outcome_id_seq', '');

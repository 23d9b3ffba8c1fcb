-- Task types and capabilities as data: a new one is an INSERT.
CREATE TABLE router.task_types (
  task_type text PRIMARY KEY CHECK (task_type ~ '^[a-z][a-z0-9_]{0,62}$'),
  description text NOT NULL DEFAULT '',
  -- What a task of this type asks of a model, as router_capability_score takes it.
  requirements jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(requirements) = 'object')
);
COMMENT ON TABLE router.task_types IS 'Kinds of tasks that the model router tells apart';

CREATE TABLE router.capabilities (
  capability text PRIMARY KEY CHECK (capability = lower(capability) AND capability <> ''),
  description text NOT NULL DEFAULT ''
);
COMMENT ON TABLE router.capabilities IS 'What models can be good at; levels are 0 to 1';

INSERT INTO router.capabilities (capability, description) VALUES
  ('coding', 'writes, reads and repairs program code'),
  ('math', 'calculates and proves'),
  ('reasoning', 'draws conclusions over several steps'),
  ('arabic', 'understands and writes Arabic'),
  ('general', 'knows the world, converses, summarises');

INSERT INTO router.task_types (task_type, description, requirements) VALUES
  ('coding', 'program code', '{"capabilities": {"coding": 0.8, "reasoning": 0.3}}'),
  ('math', 'calculation and proof', '{"capabilities": {"math": 0.8, "reasoning": 0.4}}'),
  ('reasoning', 'logic, puzzles, science questions', '{"capabilities": {"reasoning": 0.8}}'),
  ('arabic', 'prompts in Arabic', '{"capabilities": {"arabic": 0.8, "general": 0.4}, "languages": ["ar"]}'),
  ('general', 'everything else', '{"capabilities": {"general": 0.8}}');

SELECT pg_catalog.pg_extension_config_dump('router.task_types',
  'WHERE task_type NOT IN (''coding'', ''math'', ''reasoning'', ''arabic'', ''general'')');
SELECT pg_catalog.pg_extension_config_dump('router.capabilities',
  'WHERE capability NOT IN (''coding'', ''math'', ''reasoning'', ''arabic'', ''general'')');

-- Sample agents and models for the demo, assigned and with a few outcomes:
--
--   psql -d DBNAME -f sample.sql          (after CREATE EXTENSION)
--
-- Invented names and round figures; nothing here can be reached. Prices are dollars per million tokens. Loading it
-- again changes nothing.

\set ON_ERROR_STOP on
BEGIN;

INSERT INTO router.agents (agent_id, agent_name, kind, base_url, capacity, budget, requirements, secret_name) VALUES
  ('gpu-east', 'GPU server, east', 'GPU', 'http://gpu-east.example:8000', 2, NULL,
   '{"task_types": ["coding", "math"], "context_window": 16000, "max_latency_ms": 3000}', NULL),
  ('gpu-west', 'GPU server, west', 'GPU', 'http://gpu-west.example:8000', 1, NULL,
   '{"task_types": ["arabic", "general"], "languages": ["ar", "en"]}', NULL),
  ('cpu-pool', 'CPU servers', 'CPU', 'http://cpu.example:8080', 2, NULL,
   '{"task_types": ["general"], "max_price": 0.5, "max_latency_ms": 1500}', NULL),
  ('cloud', 'Hosted models', 'API', 'https://models.example/v1', 2, 250,
   '{"task_types": ["coding", "math", "reasoning", "arabic", "general"]}', 'CLOUD_API_KEY')
ON CONFLICT DO NOTHING;

INSERT INTO router.models (model_id, model_name, capabilities, context_window, input_price, output_price, latency_ms) VALUES
  ('atlas-large', 'Atlas Large', '{"coding": 0.95, "math": 0.93, "reasoning": 0.95, "general": 0.92, "arabic": 0.8, "languages": ["en", "ar"]}', 128000, 3, 15, 2400),
  ('atlas-small', 'Atlas Small', '{"coding": 0.75, "math": 0.7, "reasoning": 0.72, "general": 0.8, "arabic": 0.5, "languages": ["en", "ar"]}', 64000, 0.25, 1, 700),
  ('coder-15b', 'Coder 15B', '{"coding": 0.88, "math": 0.6, "reasoning": 0.55, "general": 0.4, "languages": ["en"]}', 32000, 0.2, 0.2, 900),
  ('prover-7b', 'Prover 7B', '{"coding": 0.5, "math": 0.86, "reasoning": 0.7, "general": 0.35, "languages": ["en"]}', 16000, 0.15, 0.15, 800),
  ('nakhla-13b', 'Nakhla 13B', '{"coding": 0.3, "math": 0.4, "reasoning": 0.6, "general": 0.7, "arabic": 0.93, "languages": ["ar", "en"]}', 32000, 0.2, 0.2, 850),
  ('tiny-3b', 'Tiny 3B', '{"coding": 0.3, "math": 0.3, "reasoning": 0.3, "general": 0.55, "arabic": 0.2, "languages": ["en"]}', 8000, 0.02, 0.02, 250)
ON CONFLICT DO NOTHING;

-- A model that is tried out, and one for when nothing else answers.
SELECT router_assign('cloud', 'atlas-small', 70, 'TESTING');
INSERT INTO router.agent_model_assignments (agent_id, agent_name, model_id, model_name, match_score, assignment_method)
SELECT 'cpu-pool', 'CPU servers', 'tiny-3b', 'Tiny 3B', 40, 'FALLBACK'
ON CONFLICT DO NOTHING;

SELECT action, agent_id, model_id, match_score FROM sp_auto_assign_models();

-- Outcomes, the first time: the better the match, the more often it went well.
SELECT count(sp_update_assignment_metrics(a.assignment_id, i * 7 % 100 < a.match_score, (o.latency_ms * (0.8 + i % 9 * 0.06))::int)) AS outcomes
FROM router.agent_model_assignments a
JOIN router.models o ON o.model_id = a.model_id
CROSS JOIN generate_series(1, 40) i
WHERE a.total_requests = 0 AND a.agent_id IN ('gpu-east', 'gpu-west', 'cpu-pool', 'cloud');

COMMIT;

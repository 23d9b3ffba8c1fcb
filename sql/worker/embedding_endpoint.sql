-- The endpoint that serves model $1 for embeddings: of an agent in use, the healthiest first.
SELECT a.agent_id, g.base_url, g.secret_name, g.daily_budget::float8, g.max_in_flight,
       m.input_price::float8, m.output_price::float8, m.capabilities ->> 'output'
FROM router.agent_model_assignments a
JOIN router.agents g ON g.agent_id = a.agent_id
LEFT JOIN router.models m ON m.model_id = a.model_id
WHERE a.model_id = $1 AND a.status IN ('ACTIVE', 'OVERRIDDEN') AND g.status = 'ACTIVE' AND g.base_url IS NOT NULL
ORDER BY a.circuit_open_until > clock_timestamp() NULLS FIRST, a.priority, a.agent_id
LIMIT 1

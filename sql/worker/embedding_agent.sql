-- The agent that serves model $1 for embeddings: one in use, the healthiest first.
SELECT a.agent_id
FROM router.agent_model_assignments a
JOIN router.agents g ON g.agent_id = a.agent_id
WHERE a.model_id = $1 AND a.status IN ('ACTIVE', 'OVERRIDDEN') AND g.status = 'ACTIVE' AND g.base_url IS NOT NULL
ORDER BY a.circuit_open_until > clock_timestamp() NULLS FIRST, a.priority, a.agent_id
LIMIT 1

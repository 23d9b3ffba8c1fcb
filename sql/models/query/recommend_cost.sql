-- The cheapest healthy assignment for task type $1 whose expected quality reaches the share $2 of
-- the best one's; fallbacks come last.
WITH best AS MATERIALIZED (
  SELECT m.rank_quality
  FROM router.assignment_metrics m
  JOIN router.agent_model_assignments a ON a.assignment_id = m.assignment_id
  WHERE m.task_type = $1 AND m.tier < 2
    AND (a.circuit_open_until IS NULL OR a.circuit_open_until <= clock_timestamp())
  ORDER BY m.tier, m.rank_quality DESC, m.priority, m.assignment_id
  LIMIT 1
)
SELECT a.agent_id, a.model_id, a.assignment_id, m.rank_balanced, m.rank_quality, m.rank_latency_ms, m.rank_cost,
       EXISTS (SELECT FROM router.assignment_metrics t WHERE t.task_type = $1 AND t.tier = 2),
       random()
FROM router.assignment_metrics m
JOIN router.agent_model_assignments a ON a.assignment_id = m.assignment_id
WHERE m.task_type = $1 AND m.tier < 2
  AND m.rank_quality >= $2 * (SELECT rank_quality FROM best)
  AND (a.circuit_open_until IS NULL OR a.circuit_open_until <= clock_timestamp())
ORDER BY m.tier, m.rank_cost, m.priority, m.assignment_id
LIMIT 1

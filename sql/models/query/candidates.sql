-- Healthy assignments with budget left for task type $1 within a cost ($2, dollars a request) and a latency ($3, ms), without
-- the models $4; null restricts nothing. Those on trial if $5, the others if not.
SELECT a.agent_id, a.model_id, a.assignment_id, m.tier, m.rank_quality, m.rank_latency_ms, m.rank_cost,
       a.match_score::float8, COALESCE(m.hints[1], 0.6), m.recent_weight, random()
FROM router.assignment_metrics m
JOIN router.agent_model_assignments a ON a.assignment_id = m.assignment_id
WHERE m.task_type = $1 AND (m.tier = 2) = $5
  AND (a.circuit_open_until IS NULL OR a.circuit_open_until <= clock_timestamp())
  AND NOT EXISTS (SELECT FROM router.exhausted_budgets e WHERE e.agent_id = a.agent_id AND e.month = router.month_number())
  AND ($2 IS NULL OR m.rank_cost <= $2)
  AND ($3 IS NULL OR m.rank_latency_ms <= $3)
  AND ($4 IS NULL OR a.model_id <> ALL ($4))
ORDER BY m.tier, m.rank_quality DESC, m.priority, m.assignment_id
LIMIT 100

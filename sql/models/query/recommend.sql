-- The first healthy assignment for task type $1 in the order of a rank; fallbacks come last.
SELECT a.agent_id, a.model_id, a.assignment_id, m.rank_balanced, m.rank_quality, m.rank_latency_ms, m.rank_cost,
       EXISTS (SELECT FROM router.assignment_metrics t WHERE t.task_type = $1 AND t.tier = 2),
       random()
FROM router.assignment_metrics m
JOIN router.agent_model_assignments a ON a.assignment_id = m.assignment_id
WHERE m.task_type = $1 AND m.tier < 2
  AND (a.circuit_open_until IS NULL OR a.circuit_open_until <= clock_timestamp())
ORDER BY m.tier, {rank}, m.priority, m.assignment_id
LIMIT 1

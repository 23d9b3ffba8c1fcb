SELECT a.assignment_id, a.agent_id, a.agent_name, a.model_id, a.model_name, a.status, a.assignment_method,
       a.match_score, a.priority, a.total_requests, a.successful_requests, a.success_rate, a.avg_latency_ms,
       router.latency_quantile(a.latency_sketch, 0.95), a.circuit_open_until, a.last_used_at, a.assigned_by, a.assigned_at
FROM router.agent_model_assignments a
WHERE ($1 IS NULL OR a.agent_id = $1) AND ($2 IS NULL OR a.model_id = $2) AND ($3 IS NULL OR a.status = $3)
  AND ($4 IS NULL OR EXISTS (
    SELECT FROM router.assignment_metrics m
    WHERE m.assignment_id = a.assignment_id AND m.task_type = $4 AND m.tier IS NOT NULL))
ORDER BY a.agent_id, a.model_id

-- What the names promise, from counters where the whole history counts and from an index range where
-- the last day does: none of them reads the history.

CREATE VIEW router.v_agent_assignments_summary AS
SELECT
  a.agent_id,
  max(a.agent_name) AS agent_name,
  max(g.kind) AS kind,
  COALESCE(max(g.status), 'ACTIVE') AS agent_status,
  max(g.capacity) AS capacity,
  count(*) AS total_assignments,
  count(*) FILTER (WHERE a.status = 'ACTIVE') AS active_assignments,
  count(*) FILTER (WHERE a.status = 'TESTING') AS testing_assignments,
  count(*) FILTER (WHERE a.status = 'OVERRIDDEN') AS overridden_assignments,
  count(*) FILTER (WHERE a.assignment_method = 'FALLBACK') AS fallback_assignments,
  round(avg(a.match_score), 2) AS avg_match_score,
  sum(a.total_requests)::bigint AS total_requests,
  sum(a.successful_requests)::bigint AS successful_requests,
  round(100.0 * sum(a.successful_requests) / NULLIF(sum(a.total_requests), 0), 2) AS success_rate,
  round((sum(a.avg_latency_ms * a.total_requests) / NULLIF(sum(a.total_requests), 0))::numeric, 2) AS avg_latency_ms,
  max(g.budget) AS budget,
  round(sum(m.month_cost)::numeric, 8) AS spent_this_month,
  max(a.last_used_at) AS last_used_at
FROM router.agent_model_assignments a
LEFT JOIN router.agents g ON g.agent_id = a.agent_id
LEFT JOIN (
  SELECT assignment_id, sum(month_cost) AS month_cost
  FROM router.assignment_metrics WHERE month = router.month_number(now()) GROUP BY assignment_id
) m ON m.assignment_id = a.assignment_id
GROUP BY a.agent_id
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, a.agent_id;
COMMENT ON VIEW router.v_agent_assignments_summary IS 'One row an agent: its assignments, success rate (percent), latency, last use';

CREATE VIEW router.v_model_assignment_performance AS
SELECT
  a.model_id,
  max(a.model_name) AS model_name,
  count(*) AS total_assignments,
  count(*) FILTER (WHERE a.status <> 'INACTIVE') AS serving_assignments,
  round(avg(a.match_score), 2) AS avg_match_score,
  sum(a.total_requests)::bigint AS total_requests,
  sum(a.successful_requests)::bigint AS successful_requests,
  round(100.0 * sum(a.successful_requests) / NULLIF(sum(a.total_requests), 0), 2) AS success_rate,
  round((sum(a.avg_latency_ms * a.total_requests) / NULLIF(sum(a.total_requests), 0))::numeric, 2) AS avg_latency_ms,
  round((sum(m.cost_total) / NULLIF(sum(m.cost_count), 0))::numeric, 8) AS avg_cost,
  sum(m.cost_total)::numeric AS total_cost,
  max(a.last_used_at) AS last_used_at
FROM router.agent_model_assignments a
LEFT JOIN (
  SELECT assignment_id, sum(cost_total) AS cost_total, sum(cost_count) AS cost_count
  FROM router.assignment_metrics GROUP BY assignment_id
) m ON m.assignment_id = a.assignment_id
GROUP BY a.model_id
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, a.model_id;
COMMENT ON VIEW router.v_model_assignment_performance IS 'One row a model: success rate (percent), latency, cost in dollars, last use';

-- By assignment first: to count different ones at the end would sort the day's decisions.
CREATE VIEW router.v_routing_analytics_24h AS
WITH served AS (
  SELECT d.task_type, d.strategy, d.assignment_id,
    count(*) AS decisions,
    count(d.success) AS known,
    count(*) FILTER (WHERE d.success) AS successful,
    count(*) FILTER (WHERE d.fallback_used) AS fallbacks,
    sum(d.latency_ms) AS latency_sum,
    count(d.latency_ms) AS latency_count,
    max(d.latency_ms) AS latency_max,
    sum(d.actual_cost) AS cost_sum,
    count(d.actual_cost) AS cost_count,
    sum(d.composite_score) AS score_sum,
    count(d.composite_score) AS score_count,
    sum(d.feedback_rating) AS rating_sum,
    count(d.feedback_rating) AS rating_count,
    max(d.created_at) AS last_used_at
  FROM router.routing_decisions d
  WHERE d.created_at >= now() - interval '24 hours'
  GROUP BY d.task_type, d.strategy, d.assignment_id
)
SELECT
  s.task_type,
  s.strategy,
  sum(s.decisions)::bigint AS total_decisions,
  sum(s.successful)::bigint AS successful_decisions,
  round(100.0 * sum(s.successful) / NULLIF(sum(s.known), 0), 2) AS success_rate,
  round(100.0 * sum(s.fallbacks) / sum(s.decisions), 2) AS fallback_rate,
  round(sum(s.latency_sum) / NULLIF(sum(s.latency_count), 0), 2) AS avg_latency_ms,
  max(s.latency_max) AS max_latency_ms,
  round(sum(s.cost_sum) / NULLIF(sum(s.cost_count), 0), 8) AS avg_cost,
  sum(s.cost_sum) AS total_cost,
  round(sum(s.score_sum) / NULLIF(sum(s.score_count), 0), 2) AS avg_score,
  round(sum(s.rating_sum)::numeric / NULLIF(sum(s.rating_count), 0), 2) AS avg_rating,
  count(s.assignment_id) AS assignments_used,
  max(s.last_used_at) AS last_used_at
FROM served s
GROUP BY s.task_type, s.strategy
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, s.task_type, s.strategy;
COMMENT ON VIEW router.v_routing_analytics_24h IS 'The last 24 hours by task type and strategy; rates in percent';

CREATE VIEW router.v_top_agent_model_pairs AS
SELECT
  a.assignment_id,
  a.agent_id,
  a.agent_name,
  a.model_id,
  a.model_name,
  a.status,
  a.assignment_method,
  a.match_score,
  a.total_requests,
  a.successful_requests,
  CASE WHEN a.total_requests > 0 THEN a.success_rate END AS success_rate,
  CASE WHEN a.total_requests > 0 THEN round(a.avg_latency_ms::numeric, 2) END AS avg_latency_ms,
  COALESCE(u.requests_24h, 0) AS requests_24h,
  u.avg_cost_24h,
  a.last_used_at
FROM router.agent_model_assignments a
LEFT JOIN (
  SELECT d.assignment_id, count(*) AS requests_24h, round(avg(d.actual_cost), 8) AS avg_cost_24h
  FROM router.routing_decisions d
  WHERE d.created_at >= now() - interval '24 hours' AND d.assignment_id IS NOT NULL
  GROUP BY d.assignment_id
) u ON u.assignment_id = a.assignment_id
WHERE a.status <> 'INACTIVE'
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, a.match_score DESC, a.assignment_id;
COMMENT ON VIEW router.v_top_agent_model_pairs IS 'Serving pairs, best success rate first; use and cost of the last 24 hours';

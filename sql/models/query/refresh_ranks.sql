-- Ranks of assignment $1 for all its task types, after its record over all task types moved.
UPDATE router.assignment_metrics m
SET (rank_balanced, rank_quality, rank_latency_ms, rank_cost) = (
  SELECT r.ranks[1], r.ranks[2], r.ranks[3], r.ranks[4]
  FROM (
    SELECT router.rank(
      a.match_score::float8, m.hints, a.recent_weight, a.recent_success, a.latency_sketch,
      m.recent_weight, m.recent_success, m.recent_quality, m.latency_sketch, m.cost_total, m.cost_count) AS ranks
    FROM router.agent_model_assignments a
    WHERE a.assignment_id = m.assignment_id
    OFFSET 0
  ) r)
WHERE m.assignment_id = $1 AND m.tier IS NOT NULL

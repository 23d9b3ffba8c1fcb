-- One outcome of assignment $1 for task type $2: success $3, quality $4, latency in ms $5 (null:
-- unknown), cost in dollars $6 (null: unknown), decay per second $7. The caller holds the row lock
-- of the assignment.
UPDATE router.assignment_metrics m
SET requests = m.requests + 1,
    successes = m.successes + $3::int,
    (recent_weight, recent_success, recent_quality, recent_at, latency_sketch, cost_total, cost_count,
     rank_balanced, rank_quality, rank_latency_ms, rank_cost) = (
      SELECT r.weight, r.success, r.quality, r.at, r.sketch, r.cost_total, r.cost_count,
             r.ranks[1], r.ranks[2], r.ranks[3], r.ranks[4]
      FROM (
        SELECT n.*, router.rank(
          a.match_score::float8, m.hints, a.recent_weight, a.recent_success, a.latency_sketch,
          n.weight, n.success, n.quality, n.sketch, n.cost_total, n.cost_count) AS ranks
        FROM router.agent_model_assignments a, (
          SELECT d.at, 1 + m.recent_weight * d.decay AS weight,
                 $3::int + m.recent_success * d.decay AS success,
                 $4 + m.recent_quality * d.decay AS quality,
                 router.add_latency(m.latency_sketch, $5) AS sketch,
                 m.cost_total + COALESCE($6, 0) AS cost_total,
                 m.cost_count + ($6 IS NOT NULL)::int AS cost_count
          FROM (
            SELECT t.at, COALESCE(exp(greatest(-60, $7 * date_part('epoch', m.recent_at - t.at))), 1) AS decay
            FROM (SELECT clock_timestamp() AS at OFFSET 0) t OFFSET 0
          ) d OFFSET 0
        ) n
        WHERE a.assignment_id = m.assignment_id
        OFFSET 0
      ) r)
WHERE m.assignment_id = $1 AND m.task_type = $2
RETURNING true

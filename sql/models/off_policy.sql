-- What each strategy would have scored and cost on past decisions, from decisions made otherwise.
--
-- A decision counts for a strategy where that strategy would have made the same choice, weighed by the
-- inverse of the probability with which it was made; the estimate is the weighed mean (self-normalised
-- inverse propensity scoring: Swaminathan, Joachims, "The self-normalized estimator for counterfactual
-- learning", NIPS 2015), its error by the delta method. `effective` says how many decisions the estimate
-- is worth: below some thirty, believe nothing. Decisions without a propensity or an outcome are left out.
CREATE FUNCTION router.compare_strategies(
  since timestamptz, until timestamptz,
  OUT strategy text, OUT decisions bigint, OUT matched bigint, OUT effective numeric,
  OUT success_rate numeric, OUT success_error numeric, OUT avg_cost numeric, OUT cost_error numeric,
  OUT avg_latency_ms numeric, OUT latency_error numeric)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH strategies (strategy) AS (VALUES ('balanced'), ('quality'), ('speed'), ('cost')),
  -- What a strategy would take today, for decisions that did not log their candidates.
  today AS (
    SELECT s.strategy, t.task_type, (
      SELECT m.assignment_id FROM router.assignment_metrics m
      WHERE m.task_type = t.task_type AND m.tier < 2
        AND (s.strategy <> 'cost' OR m.rank_quality >= current_setting('router.quality_floor')::float8 * (
          SELECT max(b.rank_quality) FROM router.assignment_metrics b WHERE b.task_type = t.task_type AND b.tier = 0))
      ORDER BY m.tier,
        CASE s.strategy WHEN 'balanced' THEN -m.rank_balanced WHEN 'quality' THEN -m.rank_quality
                        WHEN 'speed' THEN m.rank_latency_ms ELSE m.rank_cost END,
        m.priority, m.assignment_id
      LIMIT 1) AS assignment_id
    FROM strategies s CROSS JOIN router.task_types t
  ),
  logged AS (
    SELECT s.strategy, d.success::int AS success, d.actual_cost::float8 AS cost, d.latency_ms::float8 AS latency,
      CASE WHEN d.assignment_id = COALESCE((
          SELECT (c ->> 'assignment_id')::uuid
          FROM jsonb_array_elements(CASE jsonb_typeof(d.candidates) WHEN 'array' THEN d.candidates ELSE '[]' END) c
          WHERE jsonb_typeof(c -> 'scores' -> s.strategy) = 'number'
            AND (s.strategy <> 'cost' OR (c ->> 'quality')::float8 >= current_setting('router.quality_floor')::float8 * (
              SELECT max((b ->> 'quality')::float8) FROM jsonb_array_elements(d.candidates) b))
          ORDER BY (c ->> 'fallback')::boolean NULLS FIRST, (c -> 'scores' ->> s.strategy)::float8 DESC, c ->> 'assignment_id'
          LIMIT 1), t.assignment_id)
        THEN 1 / d.propensity ELSE 0 END AS w
    FROM router.routing_decisions d
    CROSS JOIN strategies s
    LEFT JOIN today t ON t.strategy = s.strategy AND t.task_type = d.task_type
    WHERE d.created_at >= since AND d.created_at < until AND d.success IS NOT NULL AND d.propensity IS NOT NULL
  ),
  means AS (
    SELECT l.strategy, sum(l.w) AS sum_w,
      sum(l.w * l.success) / NULLIF(sum(l.w), 0) AS success,
      sum(l.w * l.cost) / NULLIF(sum(l.w) FILTER (WHERE l.cost IS NOT NULL), 0) AS cost,
      sum(l.w * l.latency) / NULLIF(sum(l.w) FILTER (WHERE l.latency IS NOT NULL), 0) AS latency
    FROM logged l GROUP BY l.strategy
  )
  SELECT l.strategy, count(*), count(*) FILTER (WHERE l.w > 0),
    round((sum(l.w) ^ 2 / NULLIF(sum(l.w ^ 2), 0))::numeric, 1),
    round(100 * max(m.success)::numeric, 2),
    round(100 * (sqrt(sum((l.w * (l.success - m.success)) ^ 2)) / NULLIF(max(m.sum_w), 0))::numeric, 2),
    round(max(m.cost)::numeric, 8),
    round((sqrt(sum((l.w * (l.cost - m.cost)) ^ 2)) / NULLIF(sum(l.w) FILTER (WHERE l.cost IS NOT NULL), 0))::numeric, 8),
    round(max(m.latency)::numeric, 1),
    round((sqrt(sum((l.w * (l.latency - m.latency)) ^ 2)) / NULLIF(sum(l.w) FILTER (WHERE l.latency IS NOT NULL), 0))::numeric, 1)
  FROM logged l JOIN means m ON m.strategy = l.strategy
  GROUP BY l.strategy
  ORDER BY l.strategy
$$;
REVOKE ALL ON FUNCTION router.compare_strategies(timestamptz, timestamptz) FROM PUBLIC;

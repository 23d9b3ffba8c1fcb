-- One outcome of assignment $1: success $2, latency in ms $3 (null: unknown), decay per second $4,
-- seconds for which a circuit opens $5. Returns no row for an unknown id; moved: ranks need a refresh.
UPDATE router.agent_model_assignments a
SET total_requests = a.total_requests + 1,
    successful_requests = a.successful_requests + $2::int,
    success_rate = round(100.0 * (a.successful_requests + $2::int) / (a.total_requests + 1), 2),
    untimed_requests = a.untimed_requests + ($3 IS NULL)::int,
    avg_latency_ms = a.avg_latency_ms
      + COALESCE(($3 - a.avg_latency_ms) / (a.total_requests - a.untimed_requests + 1), 0),
    last_used_at = clock_timestamp(),
    updated_at = clock_timestamp(),
    failure_run = CASE WHEN $2 THEN 0 ELSE a.failure_run + 1 END,
    circuit_open_until = CASE
      WHEN $2 THEN NULL
      WHEN router.opens_circuit(a.failure_run + 1, a.successful_requests, a.total_requests + 1, a.match_score::float8)
        THEN clock_timestamp() + make_interval(secs => $5)
      ELSE a.circuit_open_until
    END,
    (recent_weight, recent_success, recent_at, latency_sketch, ranked_success, ranked_latency_ms, ranked_at) = (
      SELECT n.weight, n.success, n.at, n.sketch,
             CASE WHEN n.moved THEN n.expected ELSE a.ranked_success END,
             CASE WHEN n.moved THEN n.p95 ELSE a.ranked_latency_ms END,
             CASE WHEN n.moved THEN n.at ELSE a.ranked_at END
      FROM (
        SELECT w.*, abs(w.expected - a.ranked_success) > 0.0025
                 OR abs(w.p95 - a.ranked_latency_ms) > 0.03 * a.ranked_latency_ms AS moved
        FROM (
          SELECT v.*, router.expected_success(a.match_score::float8, v.weight, v.success) AS expected,
                 CASE WHEN a.total_requests < 64 OR a.total_requests % 16 = 0
                   THEN COALESCE(router.latency_quantile(v.sketch, 0.95), 0) ELSE a.ranked_latency_ms END AS p95
          FROM (
            SELECT d.at, 1 + a.recent_weight * d.decay AS weight,
                   $2::int + a.recent_success * d.decay AS success,
                   router.add_latency(a.latency_sketch, $3) AS sketch
            FROM (
              SELECT t.at, COALESCE(exp(greatest(-60, $4 * date_part('epoch', a.recent_at - t.at))), 1) AS decay
              FROM (
                SELECT greatest(clock_timestamp(), a.recent_at + interval '1 microsecond') AS at OFFSET 0
              ) t OFFSET 0
            ) d OFFSET 0
          ) v OFFSET 0
        ) w OFFSET 0
      ) n)
WHERE a.assignment_id = $1
RETURNING a.ranked_at = a.recent_at AS moved

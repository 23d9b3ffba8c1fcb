-- The outcome of decision $1: success $2, quality $3, latency in ms $4, cost in dollars $5.
UPDATE router.routing_decisions
SET success = $2, quality = $3, latency_ms = $4::int, actual_cost = $5::numeric, completed_at = clock_timestamp()
WHERE decision_id = $1 AND success IS NULL
RETURNING assignment_id

-- Calls of agent $1 with model $2: $3 calls, $4 failures, $5 attempts, $6 and $7 tokens, $8 dollars.
INSERT INTO router.llm_usage AS u (day, agent_id, model_id, calls, failures, attempts, input_tokens, output_tokens, cost)
VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, $1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (day, agent_id, model_id) DO UPDATE
SET calls = u.calls + $3, failures = u.failures + $4, attempts = u.attempts + $5,
    input_tokens = u.input_tokens + $6, output_tokens = u.output_tokens + $7, cost = u.cost + $8

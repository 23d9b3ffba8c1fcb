-- The endpoint of agent $1 with model $2.
SELECT a.agent_id, a.base_url, a.secret_name, a.daily_budget::float8, a.max_in_flight,
       m.input_price::float8, m.output_price::float8, m.capabilities ->> 'output'
FROM router.agents a
LEFT JOIN router.models m ON m.model_id = $2
WHERE a.agent_id = $1

-- What the model router says over the sample agents and models:
--
--   psql -X -q -d DBNAME -f demo.sql      (after sample.sql)

\set ON_ERROR_STOP on
\pset footer off
-- Else one of twenty goes to what is on trial.
SET router.exploration_rate = 0;
\echo 'Which agent and model, by task type and strategy'
SELECT t.task_type, r.strategy, c.o_agent_id AS agent, c.o_model_id AS model, c.o_score AS score
FROM (VALUES ('coding'), ('math'), ('arabic')) t (task_type)
CROSS JOIN (VALUES ('quality', 1), ('speed', 2), ('cost', 3)) r (strategy, place)
CROSS JOIN LATERAL sp_get_routing_recommendation(t.task_type, r.strategy) c
ORDER BY t.task_type, r.place;

\echo 'For a prompt'
SELECT a ->> 'task_type' AS task_type, a ->> 'model_id' AS model, a ->> 'reason' AS reason
FROM router_recommend('Write a SQL query that finds customers without orders') a;

-- The same up to outcome $4 of transaction $3.
SELECT model_id, task_type, sum(quality::float8), count(*)::float8
FROM router.prompt_outcomes
WHERE (written_by, outcome_id) > ($1::text::xid8, $2) AND (written_by, outcome_id) <= ($3::text::xid8, $4)
GROUP BY model_id, task_type

-- The next $5 outcomes after outcome $1, up to $2; whether the means hold each: up to outcome $4 of transaction $3 they do.
SELECT outcome_id, prompt_hash, features, task_type, model_id, quality, (written_by, outcome_id) <= ($3::text::xid8, $4)
FROM router.prompt_outcomes
WHERE outcome_id > $1 AND outcome_id <= $2
ORDER BY outcome_id
LIMIT $5

SELECT prompt_hash, features, task_type, model_id, quality
FROM router.prompt_outcomes
WHERE outcome_id > $1
ORDER BY outcome_id

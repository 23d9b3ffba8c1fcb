-- Outcomes not read yet: newer than id $1, or written by transactions that ran when last was read
-- ($2: the oldest of them), but not by this one ($3), whose rows were read as they came.
SELECT outcome_id, prompt_hash, features, task_type, model_id, quality
FROM router.prompt_outcomes
WHERE outcome_id > $1 OR (written_by >= $2::text::xid8 AND written_by <> COALESCE($3::text::xid8, '0'))
ORDER BY outcome_id

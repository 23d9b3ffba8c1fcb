-- Qualities by model and task type in outcomes after outcome $2 of transaction $1, the latest $3 of them.
SELECT model_id, task_type, sum(quality::float8), count(*)::float8
FROM (
  SELECT model_id, task_type, quality FROM router.prompt_outcomes
  WHERE (written_by, outcome_id) > ($1::text::xid8, $2)
  ORDER BY written_by DESC, outcome_id DESC LIMIT $3) o
GROUP BY model_id, task_type

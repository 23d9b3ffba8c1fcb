-- Frequent questions for which model $1 gave no vector yet, and was not asked for one in the last hour; marked as asked now.
UPDATE router.warm_questions w
SET queued_at = clock_timestamp()
WHERE w.prompt IN (
  SELECT q.prompt
  FROM router.warm_questions q
  WHERE (q.queued_at IS NULL OR q.queued_at < now() - interval '1 hour')
    AND NOT EXISTS (SELECT FROM router.remote_embeddings e
                    WHERE e.text_hash = sha256(convert_to(q.prompt, 'UTF8')) AND e.model_id = $1)
  ORDER BY q.asked DESC, q.prompt
  LIMIT 100)
RETURNING w.prompt

-- Up to $1 entries of kinds $3 that are due, for $2 seconds; their attempts are counted before anything is sent. Whoever else
-- claims at the same time gets others.
UPDATE router.remote_queue q
SET attempts = q.attempts + 1, claimed_until = clock_timestamp() + make_interval(secs => $2)
FROM (
  SELECT entry_id FROM router.remote_queue
  WHERE state = 'queued' AND kind = ANY ($3) AND not_before <= clock_timestamp()
    AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())
  ORDER BY not_before, entry_id
  LIMIT $1
  FOR UPDATE SKIP LOCKED
) due
WHERE q.entry_id = due.entry_id
RETURNING q.entry_id, q.kind, q.payload

-- Takes optimization $1 back; $2 acts.
WITH undone AS (
  UPDATE router.optimizations SET status = 'undone', undone_by = $2, undone_at = clock_timestamp()
  WHERE id = $1 AND status <> 'undone'
  RETURNING id
),
unlisted AS (
  DELETE FROM router.warm_questions w USING undone u WHERE w.optimization = u.id
)
SELECT id FROM undone

-- Takes optimization $1 back; $2 acts. Returns the setting that is to be put back, if it is one, and its former value.
WITH standing AS (
  SELECT o.id, o.kind, o.target, o.status, o.before ->> 'value' AS value
  FROM router.optimizations o
  WHERE o.id = $1 AND o.status <> 'undone'
  FOR UPDATE
),
undone AS (
  UPDATE router.optimizations o SET status = 'undone', undone_by = $2, undone_at = clock_timestamp()
  FROM standing s WHERE o.id = s.id
),
unlisted AS (
  DELETE FROM router.warm_questions w USING standing s WHERE w.optimization = s.id
)
SELECT CASE WHEN s.kind = 'setting' AND s.status = 'applied' THEN s.target END, s.value FROM standing s

-- Puts questions asked often in the last week on the worker's list; $1 acts.
WITH frequent AS (
  SELECT d.prompt, count(*) AS asked
  FROM router.decisions d
  WHERE d.decided_at >= now() - interval '7 days' AND d.status = 'ok' AND d.prompt IS NOT NULL
  GROUP BY d.prompt
  HAVING count(*) >= 5
  ORDER BY count(*) DESC, d.prompt
  LIMIT 100
),
done AS (
  INSERT INTO router.optimizations AS o (kind, target, reason, before, after, status, done_by)
  SELECT 'warm_question', f.prompt, format('asked %s times in the last week', f.asked), NULL,
         jsonb_build_object('prompt', f.prompt, 'asked', f.asked), 'applied', $1
  FROM frequent f
  WHERE NOT EXISTS (SELECT FROM router.optimizations p
                    WHERE p.kind = 'warm_question' AND p.target = f.prompt
                      AND (p.status <> 'undone' OR p.undone_at > now() - interval '30 days'))
  ON CONFLICT DO NOTHING
  RETURNING o.*
),
listed AS (
  INSERT INTO router.warm_questions (prompt, asked, optimization)
  SELECT d.target, (d.after ->> 'asked')::bigint, d.id FROM done d
  ON CONFLICT (prompt) DO NOTHING
)
SELECT id, kind, target, reason, status, after FROM done ORDER BY id

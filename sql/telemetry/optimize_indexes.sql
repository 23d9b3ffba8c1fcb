-- Suggests indexes on columns that questions of the last week filter by, in tables where it matters; $1 acts.
WITH used AS (
  SELECT d.dataset, key AS column_name, count(*) AS asked
  FROM router.decisions d, LATERAL jsonb_object_keys(d.spec -> 'filters') AS key
  WHERE d.decided_at >= now() - interval '7 days' AND d.status = 'ok'
    AND jsonb_typeof(d.spec -> 'filters') = 'object'
  GROUP BY d.dataset, key
  HAVING count(*) >= 10
),
missing AS (
  SELECT s.name || '.' || u.column_name AS target, u.asked, c.reltuples,
         format('CREATE INDEX %s ON %s (%I)', CASE c.relkind WHEN 'r' THEN 'CONCURRENTLY' ELSE '' END, c.oid::regclass, a.attname) AS sql
  FROM used u
  JOIN router.datasets s ON s.name = u.dataset
  JOIN pg_class c ON c.oid = s.relation AND c.relkind IN ('r', 'p', 'm')
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = u.column_name AND NOT a.attisdropped
  LEFT JOIN pg_stats t ON t.schemaname = c.relnamespace::regnamespace::text AND t.tablename = c.relname AND t.attname = a.attname
  WHERE c.reltuples >= 10000
    -- A column of few values narrows nothing down.
    AND (t.n_distinct IS NULL OR t.n_distinct < 0 OR t.n_distinct > 20)
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indkey[0] = a.attnum)
)
INSERT INTO router.optimizations AS o (kind, target, reason, before, after, status, done_by)
SELECT 'index', m.target,
       format('%s questions of the last week filter by it, over about %s rows, and no index begins with it', m.asked, m.reltuples::bigint),
       NULL, jsonb_build_object('sql', m.sql), 'suggested', $1
FROM missing m
WHERE NOT EXISTS (SELECT FROM router.optimizations p
                  WHERE p.kind = 'index' AND p.target = m.target
                    AND (p.status <> 'undone' OR p.undone_at > now() - interval '30 days'))
ON CONFLICT DO NOTHING
RETURNING o.id, o.kind, o.target, o.reason, o.status, o.after

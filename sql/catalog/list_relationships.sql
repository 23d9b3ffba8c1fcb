-- Relationships of relation $1: its foreign keys and those stated at its registration.
WITH found (columns, referenced, referenced_columns) AS (
  SELECT ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, at)
               JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum ORDER BY k.at),
         f.confrelid,
         ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, at)
               JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum ORDER BY k.at)
  FROM pg_constraint f
  WHERE f.contype = 'f' AND f.conrelid = $1
  UNION
  SELECT r.columns, r.referenced::oid, r.referenced_columns FROM router.relationships r WHERE r.relation = $1
)
SELECT f.columns, n.nspname || '.' || c.relname, f.referenced_columns,
       EXISTS (SELECT 1 FROM router.datasets d WHERE d.relation = c.oid)
FROM found f
JOIN pg_class c ON c.oid = f.referenced
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 2, 1

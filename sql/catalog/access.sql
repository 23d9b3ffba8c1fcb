-- What makes a role reach level $1 and no further: each object with the privileges to give, or null to take all.
WITH reached (level) AS (
  SELECT u.level FROM unnest('{user,analyst,admin}'::text[]) WITH ORDINALITY AS u (level, rank)
  WHERE u.rank <= COALESCE(array_position('{user,analyst,admin}', $1), 0)
),
objects (kind, oid, sql_name, name) AS (
  SELECT 'function', p.oid, p.oid::regprocedure::text, p.proname::text
  FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                  AND d.classid = 'pg_proc'::regclass
  JOIN pg_proc p ON p.oid = d.objid AND p.pronamespace = e.extnamespace AND p.prorettype <> 'trigger'::regtype
  WHERE e.extname = 'router'
  UNION ALL
  SELECT 'relation', c.oid, c.oid::regclass::text, c.relname::text
  FROM pg_class c
  WHERE c.relnamespace = 'router'::regnamespace
    AND c.relname IN (SELECT l.name FROM router.access_levels l WHERE l.kind = 'relation')
)
SELECT upper(CASE o.kind WHEN 'relation' THEN 'table' ELSE o.kind END) || ' ' || o.sql_name,
       CASE WHEN COALESCE(l.level, 'admin') IN (SELECT r.level FROM reached r) THEN COALESCE(l.privileges, 'EXECUTE') END
FROM objects o
LEFT JOIN router.access_levels l ON l.kind = o.kind AND l.name = o.name
WHERE l.level IS DISTINCT FROM 'superuser'
ORDER BY 1

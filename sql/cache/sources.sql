-- Relations ($1, oid[]) with everything they inherit from; null if rows of one may change without notice.
WITH RECURSIVE source (oid) AS (
  SELECT unnest($1)
  UNION
  SELECT i.inhparent FROM source s JOIN pg_inherits i ON i.inhrelid = s.oid
)
SELECT CASE
    WHEN bool_and(c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND c.oid >= 16384)
     AND NOT EXISTS (SELECT FROM pg_subscription)
    THEN array_agg(c.oid ORDER BY c.oid)
  END
FROM source s LEFT JOIN pg_class c ON c.oid = s.oid

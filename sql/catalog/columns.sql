-- The columns of relations ($1, oid[]) as the catalogs have them now, and whether role $2 may read each.
-- Domains are seen through (two deep; deeper ones by their category).
WITH base AS (
  SELECT t.oid, u.oid AS base_type, u.typtype, u.typcategory
  FROM pg_type t
  LEFT JOIN pg_type d ON d.oid = t.typbasetype
  JOIN pg_type u ON u.oid = COALESCE(NULLIF(d.typbasetype, 0), NULLIF(t.typbasetype, 0), t.oid)
),
one_column_unique AS (
  SELECT i.indrelid, i.indkey[0] AS attnum
  FROM pg_index i
  WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
    AND i.indpred IS NULL AND i.indexprs IS NULL
),
primary_key AS (
  SELECT i.indrelid, k.attnum
  FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) AS k (attnum)
  WHERE i.indrelid = ANY ($1) AND i.indisprimary
),
foreign_key AS (
  SELECT DISTINCT c.conrelid, k.attnum
  FROM pg_constraint c CROSS JOIN unnest(c.conkey) AS k (attnum)
  WHERE c.conrelid = ANY ($1) AND c.contype = 'f'
),
never_twice AS (
  SELECT s.starelid, s.staattnum FROM pg_statistic s
  WHERE s.starelid = ANY ($1) AND s.stadistinct = -1 AND NOT s.stainherit
)
SELECT a.attrelid,
       a.attnum,
       a.attname::text,
       format_type(a.atttypid, a.atttypmod),
       b.base_type,
       b.typtype::text,
       b.typcategory::text,
       NOT a.attnotnull AS nullable,
       d.description,
       (a.attrelid, a.attnum) IN (SELECT * FROM one_column_unique) AS is_unique,
       (a.attrelid, a.attnum) IN (SELECT * FROM primary_key) AS in_primary_key,
       (a.attrelid, a.attnum) IN (SELECT * FROM foreign_key) AS in_foreign_key,
       (a.attrelid, a.attnum) IN (SELECT * FROM never_twice) AS seen_unique,
       COALESCE(has_table_privilege($2, a.attrelid, 'SELECT')
                OR has_column_privilege($2, a.attrelid, a.attnum, 'SELECT'), false) AS readable
FROM pg_attribute a
JOIN base b ON b.oid = a.atttypid
LEFT JOIN pg_description d
  ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum

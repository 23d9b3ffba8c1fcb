-- The columns of relations $2 that role $1 may read.
SELECT a.attrelid, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_attribute a
WHERE a.attrelid = ANY ($2) AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege($1, a.attrelid, a.attnum, 'SELECT')
GROUP BY a.attrelid

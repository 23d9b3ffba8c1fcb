-- Which columns have harvested values: a number that tells one state of them from another, whether all are there, and
-- their size as stored.
SELECT relation::oid, column_name, hash_record_extended(ROW(xmin, ctid::text, harvested_at), 0), complete,
       COALESCE(pg_column_size(stored), 0)::bigint
FROM router.column_values
ORDER BY relation, column_name

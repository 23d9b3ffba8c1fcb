-- Every registered relation that still exists, with the columns it is restricted to (null: all).
SELECT c.oid,
       n.nspname::text,
       c.relname::text,
       CASE WHEN NOT d.all_columns THEN
         ARRAY(SELECT a.attnum
               FROM router.dataset_columns dc
               JOIN pg_attribute a ON a.attrelid = dc.relation AND a.attname = dc.column_name
               WHERE dc.relation = d.relation AND a.attnum > 0 AND NOT a.attisdropped)
       END
FROM router.datasets d
JOIN pg_class c ON c.oid = d.relation
JOIN pg_namespace n ON n.oid = c.relnamespace

-- Every dataset, also of relations that are gone (null name).
SELECT d.relation::oid,
       d.name,
       n.nspname::text,
       c.relname::text,
       d.layer,
       d.label,
       d.time_column,
       d.all_columns,
       obj_description(c.oid, 'pg_class'),
       -- Harvested values are kept from callers whose rows a policy filters, unless registration asked for them.
       NOT c.relrowsecurity OR jsonb_typeof(d.options -> 'harvest') IN ('boolean', 'object') AS values_shown,
       CASE c.relkind
         WHEN 'p' THEN (SELECT COALESCE(sum(greatest(l.reltuples, 0)), 0)
                        FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid WHERE t.isleaf)
         ELSE greatest(c.reltuples, 0)
       END::float8 AS row_estimate
FROM router.datasets d
LEFT JOIN pg_class c ON c.oid = d.relation
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY n.nspname, c.relname

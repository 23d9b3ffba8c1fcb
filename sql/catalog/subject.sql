-- What registration must know of relation $1 before it reads it, and what role $2 may do with it.
SELECT n.nspname::text,
       c.relname::text,
       c.relkind::text,
       c.relpersistence = 't' AS temporary,
       c.oid < 16384 AS of_the_server,
       n.nspname = 'router' OR EXISTS (
         SELECT 1 FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
           AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'router') AS of_the_router,
       has_schema_privilege($2, n.oid, 'USAGE') AND has_any_column_privilege($2, c.oid, 'SELECT') AS readable,
       pg_has_role($2, c.relowner, 'USAGE') AS owned,
       pg_get_userbyid(c.relowner)::text,
       greatest(c.reltuples, 0)::float8 AS row_estimate,
       obj_description(c.oid, 'pg_class')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = $1

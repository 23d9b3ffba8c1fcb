-- The extension is there, in the schema it was created in, and says which version it is.
SELECT extname, extnamespace::regnamespace, extversion = router_version() AS same_version
FROM pg_extension WHERE extname = 'router';
-- Its tables have a schema of their own.
SELECT count(*) AS stray FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'router'
WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace::regnamespace::text <> 'router';
-- What people call runs with their own rights; what runs with the owner's (triggers and the like, in the tables' schema)
-- pins search_path, and not everybody may call it.
SELECT p.oid::regprocedure, p.pronamespace::regnamespace AS in_schema, p.proconfig, p.prorettype::regtype
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'router'
WHERE p.prosecdef
  AND (p.pronamespace = e.extnamespace
       OR NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
       OR p.prorettype <> 'trigger'::regtype AND has_function_privilege('public', p.oid, 'EXECUTE'));

-- The extension is there, in the schema it was created in, and says which version it is.
SELECT extname, extnamespace::regnamespace, extversion = router_version() AS same_version
FROM pg_extension WHERE extname = 'router';
-- Its tables have a schema of their own.
SELECT count(*) AS stray FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'router'
WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace::regnamespace::text <> 'router';
-- Every function pins down nothing of the caller: none runs with its owner's rights.
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'router'
WHERE p.prosecdef;

-- Role $1 is a superuser or may call the extension's function router_grant.
SELECT COALESCE((SELECT r.rolsuper FROM pg_roles r WHERE r.oid = $1), false)
    OR EXISTS (
         SELECT 1
         FROM pg_proc p
         JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
         JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
         WHERE e.extname = 'router' AND p.proname = 'router_grant' AND has_function_privilege($1, p.oid, 'EXECUTE'))

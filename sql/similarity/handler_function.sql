-- Whether a function can be a handler: its name as it is called, and what it takes and returns.
SELECT format('%I.%I', n.nspname, p.proname),
       p.prokind = 'f' AND NOT p.proretset AND p.prorettype = 'jsonb'::regtype
         AND p.pronargs = 2
         AND p.proargtypes[0] = 'text'::regtype AND p.proargtypes[1] = 'jsonb'::regtype
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.oid = $1

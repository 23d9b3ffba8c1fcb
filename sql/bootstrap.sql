-- The schema of the extension's tables and views. It may exist already when the extension
-- itself is created there; a schema that somebody else owns is not to be trusted.
DO $$
DECLARE
  owner oid := (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'router');
BEGIN
  IF owner IS NULL THEN
    CREATE SCHEMA router;
  ELSIF owner <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'schema "router" exists and belongs to another role'
      USING ERRCODE = 'duplicate_schema',
            HINT = 'Drop or rename that schema, or give it to the role that creates the extension.';
  END IF;
END
$$;

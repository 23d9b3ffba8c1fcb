-- A user's own steps of the fallback chain. The function is kept by name: OIDs change with a dump.
CREATE TABLE router.handlers (
  name       text        PRIMARY KEY CHECK (name <> ''),
  priority   integer     NOT NULL,
  function   text        NOT NULL,  -- schema.name(text,jsonb)
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.handlers IS 'Functions that propose answers in the fallback chain, by priority';
REVOKE ALL ON router.handlers FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.handlers', '');

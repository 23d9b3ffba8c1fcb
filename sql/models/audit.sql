-- Who changed what: assignments, agents, models.
CREATE TABLE router.audit_log (
  audit_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  table_name text NOT NULL,
  row_id text NOT NULL,
  action text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'AUTO_ASSIGN')),
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  before jsonb,
  after jsonb
);
COMMENT ON TABLE router.audit_log IS 'Every change of assignments, agents and models: who, when, before, after';
CREATE INDEX audit_log_row_idx ON router.audit_log (table_name, row_id, changed_at);
CREATE INDEX audit_log_time_idx ON router.audit_log (changed_at);

SELECT pg_catalog.pg_extension_config_dump('router.audit_log', '');

-- The role that acts: inside the extension's own functions current_user is the extension's owner.
CREATE FUNCTION router.acting_role() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT COALESCE(NULLIF(pg_catalog.current_setting('role', true), 'none'), SESSION_USER::text);
END;

-- Whether pg_restore or psql replays a dump: its header sets both. A dump holds the audit log and
-- what was learned, so neither is to be made again from the rows it inserts.
CREATE FUNCTION router.restoring() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT pg_catalog.current_setting('check_function_bodies') = 'off'
     AND pg_catalog.current_setting('row_security') = 'off';
END;

-- Writes one audit row. The key column's name is the trigger's argument. What was learned is left
-- out: it changes with every request and is no one's decision.
CREATE FUNCTION router.audit_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  learned constant text[] := '{recent_weight,recent_success,recent_at,latency_sketch,ranked_success,ranked_latency_ms,ranked_at,edits,untimed_requests}';
  old_row jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) - learned END;
  new_row jsonb := CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) - learned END;
BEGIN
  IF router.restoring() THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO router.audit_log (table_name, row_id, action, changed_by)
    VALUES (TG_TABLE_NAME, '*', TG_OP, router.acting_role());
    RETURN NULL;
  END IF;
  INSERT INTO router.audit_log (table_name, row_id, action, changed_by, before, after)
  VALUES (TG_TABLE_NAME, COALESCE(new_row, old_row) ->> TG_ARGV[0], TG_OP, router.acting_role(), old_row, new_row);
  RETURN NULL;
END;
$$;

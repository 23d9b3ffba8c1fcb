-- Who registered, taught, allowed and granted, beside who changed assignments: the audit log.
COMMENT ON TABLE router.audit_log IS
  'Every change of assignments, agents, models, registrations, names, taught questions, templates, grants: who, when, before, after';

-- Writes one audit row. First argument: the column that names the row. Others: columns that are no one's decision.
CREATE FUNCTION router.audit_teaching() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  left_out text[] := TG_ARGV[1:];
  old_row jsonb;
  new_row jsonb;
BEGIN
  IF router.restoring() THEN
    RETURN NULL;
  END IF;
  -- A vector is left out before it is written out as text, which would take longer than all the rest.
  IF TG_OP <> 'INSERT' THEN
    IF 'embedding' = ANY (left_out) THEN OLD.embedding := NULL; END IF;
    old_row := to_jsonb(OLD) - left_out;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    IF 'embedding' = ANY (left_out) THEN NEW.embedding := NULL; END IF;
    new_row := to_jsonb(NEW) - left_out;
  END IF;
  IF old_row = new_row THEN
    RETURN NULL;
  END IF;
  INSERT INTO router.audit_log (table_name, row_id, action, changed_by, before, after)
  VALUES (TG_TABLE_NAME, COALESCE(COALESCE(new_row, old_row) ->> TG_ARGV[0], ''), TG_OP, router.acting_role(), old_row, new_row);
  RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION router.audit_teaching() FROM PUBLIC;

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.datasets
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('name', 'refreshed_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.synonyms
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('alias');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.query_embeddings
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('id', 'embedding', 'usage_count', 'success_score', 'updated_at', 'taught_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.templates
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('name');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.handlers
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('name');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON router.intent_models
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('id', 'weights', 'labels');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.golden_questions
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('prompt');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON router.allowed_functions
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('function');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.optimizations
  FOR EACH ROW EXECUTE FUNCTION router.audit_teaching('target');

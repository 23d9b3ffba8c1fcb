-- updated_at, ranks and audit follow every change, whoever makes it.

-- What no CHECK says (see the table): ids, shapes of JSON, counters that can be.
CREATE FUNCTION router.check_assignment(a router.agent_model_assignments) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  problem text := CASE
    WHEN a.agent_id = '' OR a.model_id = '' THEN 'agent and model must have an id'
    WHEN jsonb_typeof(a.capabilities) <> 'object' THEN 'capabilities must be a JSON object'
    WHEN jsonb_typeof(a.capabilities -> 'task_types') <> 'array' THEN 'capabilities.task_types must be an array'
    WHEN jsonb_typeof(a.performance_weights) <> 'object' THEN 'performance_weights must be a JSON object'
    WHEN a.successful_requests NOT BETWEEN 0 AND a.total_requests THEN
      'successful_requests must lie between 0 and total_requests'
    WHEN a.success_rate NOT BETWEEN 0 AND 100 THEN 'success_rate must lie between 0 and 100'
    WHEN a.avg_latency_ms < 0 THEN 'avg_latency_ms must not be negative'
  END;
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'check_violation', TABLE = 'agent_model_assignments', SCHEMA = 'router';
  END IF;
END;
$$;

-- A task type that is not known yet is no error, as it may come later; until then the assignment does not serve it.
CREATE FUNCTION router.warn_of_task_types(capabilities jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text := (
    SELECT string_agg(format('"%s"', named), ', ') FROM jsonb_array_elements_text(capabilities -> 'task_types') AS t (named)
    WHERE NOT EXISTS (SELECT FROM router.task_types k WHERE k.task_type = t.named));
BEGIN
  IF unknown IS NOT NULL AND NOT router.restoring() THEN
    RAISE WARNING 'unknown task type %', unknown
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The assignment serves it as soon as it is inserted into router.task_types.';
  END IF;
END;
$$;

-- An outcome moves recent_at and nothing else does; any other update passes here.
CREATE FUNCTION router.touch_assignment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM router.check_assignment(NEW);
  IF NEW.capabilities <> OLD.capabilities THEN
    PERFORM router.warn_of_task_types(NEW.capabilities);
  END IF;
  NEW.updated_at := clock_timestamp();
  NEW.edits := OLD.edits + 1;
  IF NEW.total_requests <> OLD.total_requests OR NEW.successful_requests <> OLD.successful_requests THEN
    NEW.recent_weight := NEW.total_requests;
    NEW.recent_success := NEW.successful_requests;
  END IF;
  RETURN NEW;
END;
$$;

CREATE FUNCTION router.touch_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END;
$$;

-- Counters that came with an inserted row are evidence like any other.
CREATE FUNCTION router.start_assignment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM router.check_assignment(NEW);
  PERFORM router.warn_of_task_types(NEW.capabilities);
  IF NEW.recent_weight = 0 AND NEW.total_requests > 0 THEN
    NEW.recent_weight := NEW.total_requests;
    NEW.recent_success := NEW.successful_requests;
  END IF;
  NEW.ranked_success := router.expected_success(NEW.match_score::float8, NEW.recent_weight, NEW.recent_success);
  NEW.ranked_latency_ms := COALESCE(router.latency_quantile(NEW.latency_sketch, 0.95), 0);
  RETURN NEW;
END;
$$;

-- Makes and ranks the metrics rows of the given assignments.
CREATE FUNCTION router.rank_assignments(assignments uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO router.assignment_metrics (assignment_id, task_type)
  SELECT a.assignment_id, t.task_type
  FROM router.agent_model_assignments a
  CROSS JOIN router.task_types t
  WHERE a.assignment_id = ANY (assignments)
    AND (NOT a.capabilities ? 'task_types' OR (a.capabilities -> 'task_types') ? t.task_type)
  ON CONFLICT DO NOTHING;

  UPDATE router.agent_model_assignments a
  SET ranked_success = router.expected_success(a.match_score::float8, a.recent_weight, a.recent_success),
      ranked_latency_ms = COALESCE(router.latency_quantile(a.latency_sketch, 0.95), 0),
      recent_at = COALESCE(a.recent_at + interval '1 microsecond', clock_timestamp())
  WHERE a.assignment_id = ANY (assignments)
    AND (a.ranked_success IS DISTINCT FROM
           router.expected_success(a.match_score::float8, a.recent_weight, a.recent_success)::real
      OR a.ranked_latency_ms IS DISTINCT FROM
           COALESCE(router.latency_quantile(a.latency_sketch, 0.95), 0)::real);

  UPDATE router.assignment_metrics m
  SET (tier, hints, priority, rank_balanced, rank_quality, rank_latency_ms, rank_cost) = (
    SELECT
      CASE
        WHEN a.status = 'INACTIVE' OR g.status <> 'ACTIVE' OR o.status <> 'ACTIVE'
          OR (a.capabilities ? 'task_types' AND NOT (a.capabilities -> 'task_types') ? m.task_type) THEN NULL
        WHEN a.status = 'TESTING' THEN 2
        WHEN a.assignment_method = 'FALLBACK' THEN 1
        ELSE 0
      END,
      h.hints, a.priority, r.ranks[1], r.ranks[2], r.ranks[3], r.ranks[4]
    FROM router.agent_model_assignments a
    LEFT JOIN router.agents g ON g.agent_id = a.agent_id
    LEFT JOIN router.models o ON o.model_id = a.model_id
    CROSS JOIN LATERAL (
      SELECT router.assignment_hints(
        a.capabilities, a.performance_weights, o.input_price::float8, o.output_price::float8, o.latency_ms) AS hints
      OFFSET 0) h
    CROSS JOIN LATERAL (
      SELECT router.rank(
        a.match_score::float8, h.hints, a.recent_weight, a.recent_success, a.latency_sketch,
        m.recent_weight, m.recent_success, m.recent_quality, m.latency_sketch, m.cost_total, m.cost_count) AS ranks
      OFFSET 0) r
    WHERE a.assignment_id = m.assignment_id)
  WHERE m.assignment_id = ANY (assignments);
END;
$$;

CREATE FUNCTION router.rank_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- A dump holds the metrics too: they are restored, not made anew.
  IF NOT router.restoring() THEN
    PERFORM router.rank_assignments(ARRAY(SELECT assignment_id FROM inserted ORDER BY 1));
  END IF;
  RETURN NULL;
END;
$$;

CREATE FUNCTION router.rank_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM router.rank_assignments(ARRAY[NEW.assignment_id]);
  RETURN NULL;
END;
$$;

-- A change of an agent's or a model's status, price or latency reaches its assignments.
CREATE FUNCTION router.rank_dependents() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  key text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
  IF router.restoring() THEN
    RETURN NULL;
  END IF;
  PERFORM router.rank_assignments(ARRAY(
    SELECT a.assignment_id FROM router.agent_model_assignments a
    WHERE CASE TG_ARGV[0] WHEN 'agent_id' THEN a.agent_id = key ELSE a.model_id = key END
    ORDER BY a.assignment_id FOR NO KEY UPDATE));
  RETURN NULL;
END;
$$;

CREATE FUNCTION router.rank_task_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- A dump holds the ranks too.
  IF router.restoring() THEN
    RETURN NULL;
  END IF;
  PERFORM router.rank_assignments(ARRAY(
    SELECT assignment_id FROM router.agent_model_assignments ORDER BY assignment_id FOR NO KEY UPDATE));
  RETURN NULL;
END;
$$;

-- An agent or a model that serves can't be deleted, or called otherwise, under its assignments.
CREATE FUNCTION router.refuse_delete_in_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  key text := to_jsonb(OLD) ->> TG_ARGV[0];
  used bigint := (
    SELECT count(*) FROM router.agent_model_assignments a
    WHERE a.status <> 'INACTIVE'
      AND CASE TG_ARGV[0] WHEN 'agent_id' THEN a.agent_id = key ELSE a.model_id = key END);
BEGIN
  IF used > 0 THEN
    RAISE EXCEPTION '% "%" is in use by % assignment(s)', replace(TG_ARGV[0], '_id', ''), key, used
      USING ERRCODE = 'foreign_key_violation',
            HINT = 'Set its assignments INACTIVE or delete them first.';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END;
$$;

-- Levels that can't be would stop the next automatic assignment of everybody.
CREATE FUNCTION router.check_levels() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT router.restoring() THEN
    IF TG_ARGV[0] = 'capabilities' THEN
      PERFORM router.check_offer(NEW.capabilities);
    ELSE
      PERFORM router.check_requirement(NEW.requirements);
    END IF;
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER start BEFORE INSERT ON router.agent_model_assignments
  FOR EACH ROW EXECUTE FUNCTION router.start_assignment();
CREATE TRIGGER touch BEFORE UPDATE ON router.agent_model_assignments
  FOR EACH ROW WHEN (NEW.recent_at IS NOT DISTINCT FROM OLD.recent_at)
  EXECUTE FUNCTION router.touch_assignment();
CREATE TRIGGER rank_inserted AFTER INSERT ON router.agent_model_assignments
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION router.rank_inserted();
CREATE TRIGGER rank_changed AFTER UPDATE ON router.agent_model_assignments
  FOR EACH ROW WHEN (NEW.edits <> OLD.edits)
  EXECUTE FUNCTION router.rank_changed();
CREATE TRIGGER audit AFTER INSERT OR DELETE ON router.agent_model_assignments
  FOR EACH ROW EXECUTE FUNCTION router.audit_change('assignment_id');
CREATE TRIGGER audit_update AFTER UPDATE ON router.agent_model_assignments
  FOR EACH ROW WHEN (NEW.edits <> OLD.edits)
  EXECUTE FUNCTION router.audit_change('assignment_id');

-- Decisions whose outcome is laid down refer to assignments without a lock in their row: whoever deletes one waits here.
CREATE TRIGGER referred BEFORE DELETE OR UPDATE OF assignment_id ON router.agent_model_assignments
  FOR EACH ROW EXECUTE FUNCTION router.keep_references_away();

CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.agent_model_assignments
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('assignment_id');

CREATE TRIGGER touch BEFORE UPDATE ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.touch_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.audit_change('agent_id');
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.agents
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('agent_id');
CREATE TRIGGER in_use BEFORE DELETE ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.refuse_delete_in_use('agent_id');
CREATE TRIGGER renamed BEFORE UPDATE OF agent_id ON router.agents
  FOR EACH ROW WHEN (NEW.agent_id <> OLD.agent_id) EXECUTE FUNCTION router.refuse_delete_in_use('agent_id');
CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF requirements ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('requirements');
CREATE TRIGGER rank AFTER INSERT OR UPDATE OF status ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.rank_dependents('agent_id');

CREATE TRIGGER touch BEFORE UPDATE ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.touch_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.audit_change('model_id');
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.models
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('model_id');
CREATE TRIGGER in_use BEFORE DELETE ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.refuse_delete_in_use('model_id');
CREATE TRIGGER renamed BEFORE UPDATE OF model_id ON router.models
  FOR EACH ROW WHEN (NEW.model_id <> OLD.model_id) EXECUTE FUNCTION router.refuse_delete_in_use('model_id');
CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF capabilities ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('capabilities');
CREATE TRIGGER rank AFTER INSERT OR UPDATE OF status, input_price, output_price, latency_ms ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.rank_dependents('model_id');

CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF requirements ON router.task_types
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('requirements');
CREATE TRIGGER rank AFTER INSERT ON router.task_types
  FOR EACH STATEMENT EXECUTE FUNCTION router.rank_task_type();

-- Refuses figures that can't be; a decision on what this session was recommended gets the recommendation's probability.
CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON router.routing_decisions
  FOR EACH ROW EXECUTE FUNCTION router.prepare_decision();
-- A decision with an outcome teaches, whether the outcome came with it or later.
CREATE TRIGGER learn AFTER INSERT ON router.routing_decisions
  FOR EACH ROW EXECUTE FUNCTION router.learn_from_decision();
CREATE TRIGGER learn_later AFTER UPDATE OF success ON router.routing_decisions
  FOR EACH ROW WHEN (OLD.success IS NULL AND NEW.success IS NOT NULL AND NEW.assignment_id IS NOT NULL)
  EXECUTE FUNCTION router.learn_from_decision();

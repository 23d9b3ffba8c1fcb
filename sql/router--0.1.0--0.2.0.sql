-- From 0.1.0 to 0.2.0, with everything that was registered, taught, assigned and logged.
\echo Use "ALTER EXTENSION router UPDATE" to load this file. \quit

-- Views that have other columns now are made anew; who may read them stays.
CREATE TEMP TABLE kept_privileges AS
SELECT c.relname, a.grantee, a.privilege_type
FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) AS a
WHERE c.relnamespace = 'router'::regnamespace AND c.relkind = 'v' AND a.grantee <> c.relowner;

-- What "last month" in a spec means hangs on when it was said: so far, when the row was written last.
ALTER TABLE router.query_embeddings ADD COLUMN taught_at timestamptz NOT NULL DEFAULT now();
UPDATE router.query_embeddings SET taught_at = updated_at;
DROP INDEX router.query_embeddings_minilm_static_256_idx;
DROP FUNCTION router.nearest_questions(real[], integer), router.nearest_questions_of_length(real[], integer),
  router.keep_question(text, text, real[], jsonb, text, real, text, text);

CREATE INDEX query_embeddings_prefix_idx
  ON router.query_embeddings (left(normalized_query, 100) text_pattern_ops)
  WHERE encoder = 'minilm-static-256' AND quickspec IS NOT NULL;

CREATE TABLE router.handlers (
  name       text        PRIMARY KEY CHECK (name <> ''),
  priority   integer     NOT NULL,
  function   text        NOT NULL,  -- schema.name(text,jsonb)
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE router.handlers IS 'Functions that propose answers in the fallback chain, by priority';

REVOKE ALL ON router.query_embeddings, router.feedback, router.intent_models, router.templates, router.handlers FROM PUBLIC;

DO $$
BEGIN
  PERFORM pg_catalog.pg_extension_config_dump('router.query_embeddings', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.query_embeddings_id_seq', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.feedback', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.feedback_id_seq', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.templates', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.handlers', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.intent_models', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.intent_models_id_seq', '');
END
$$;

ALTER TABLE router.semantic_changes ADD COLUMN mark bigint NOT NULL
  DEFAULT pg_catalog.hashtextextended(pg_catalog.gen_random_uuid()::text, 0);

CREATE TABLE router.golden_questions (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prompt       text        NOT NULL,
  context      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(context) = 'object'),
  as_of        timestamptz NOT NULL,  -- what "now" means where the context doesn't say
  timezone     text        NOT NULL,  -- likewise
  expected_sql text        NOT NULL,  -- every name qualified
  created_by   text        NOT NULL DEFAULT current_user,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE router.golden_questions IS 'Questions with the SQL that must answer them, checked by router_check()';

CREATE UNIQUE INDEX golden_questions_question_idx ON router.golden_questions (md5(prompt), md5(context::text), created_by);

REVOKE ALL ON router.golden_questions FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('router.golden_questions', '');

SELECT pg_catalog.pg_extension_config_dump('router.golden_questions_id_seq', '');

ALTER TABLE router.dataset_columns DROP CONSTRAINT dataset_columns_default_agg_check,
  ADD CHECK (default_agg IN ('sum', 'avg', 'median', 'count', 'count_distinct', 'min', 'max', 'none'));
ALTER TABLE router.audit_log DROP CONSTRAINT audit_log_action_check,
  ADD CHECK (action IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'AUTO_ASSIGN'));

CREATE OR REPLACE FUNCTION router.audit_change() RETURNS trigger
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

COMMENT ON COLUMN router.agents.budget IS 'Dollars a month (UTC): when the costs of outcomes reach it, the agent is not recommended until the next';

ALTER TABLE router.agent_model_assignments SET (fillfactor = 25);
DROP INDEX IF EXISTS router.agent_model_assignments_status_idx, router.agent_model_assignments_score_idx,
  router.agent_model_assignments_method_idx, router.agent_model_assignments_assigned_idx;
CREATE INDEX agent_model_assignments_status_idx ON router.agent_model_assignments (status, match_score DESC);
CREATE INDEX agent_model_assignments_method_idx ON router.agent_model_assignments (assignment_method, assigned_at);

CREATE TABLE router.decision_log (
  request_id       uuid        NOT NULL,  -- of the model router's decision too, in router.routing_decisions, if one was made
  decided_at       timestamptz NOT NULL,
  role_name        text        NOT NULL,  -- whose rights counted
  answer_of        uuid,                  -- the request, at most a minute before, whose answer was given again
  prompt           text,                  -- null where router.log_prompts said so
  prompt_hash      text,                  -- SHA-256, hexadecimal, instead of the prompt
  context          jsonb,
  status           text,
  source           text,
  intent           text,
  confidence       real,
  layer            text,
  dataset          text,
  spec             jsonb,
  sql              text,
  candidates       jsonb,                 -- other readings
  steps            jsonb,                 -- sources looked at, and by what margin they were taken or passed over
  error            text,                  -- SQLSTATE
  cached           boolean     NOT NULL,
  total_ms         real        NOT NULL,
  timings          jsonb,                 -- milliseconds by step
  clock            text,                  -- what "now" meant, with its zone
  settings         jsonb,                 -- those that change an answer
  semantic_version bigint,
  fingerprint      text,                  -- of the semantic model as the role saw it
  logged           text        NOT NULL,
  CONSTRAINT decision_log_whole CHECK (
    logged IN ('batched', 'sync')
    AND (answer_of IS NOT NULL
         OR num_nulls(status, source, intent, confidence, timings, semantic_version, fingerprint) = 0))
) PARTITION BY RANGE (decided_at);

COMMENT ON TABLE router.decision_log IS 'What was decided, by week; where answer_of is set, what is null here is as in that decision. router.decisions has it whole.';

CREATE TABLE router.decision_log_default PARTITION OF router.decision_log DEFAULT;

CREATE INDEX decision_log_default_request_idx ON router.decision_log_default (request_id);

CREATE INDEX decision_log_default_time_idx ON router.decision_log_default (decided_at);

CREATE VIEW router.decisions WITH (security_invoker = true) AS
SELECT d.request_id, d.decided_at, d.role_name,
       COALESCE(d.prompt, f.prompt) AS prompt, COALESCE(d.prompt_hash, f.prompt_hash) AS prompt_hash,
       COALESCE(d.context, f.context) AS context, COALESCE(d.status, f.status) AS status,
       COALESCE(d.source, f.source) AS source, COALESCE(d.intent, f.intent) AS intent,
       COALESCE(d.confidence, f.confidence) AS confidence, COALESCE(d.layer, f.layer) AS layer,
       COALESCE(d.dataset, f.dataset) AS dataset, COALESCE(d.spec, f.spec) AS spec, COALESCE(d.sql, f.sql) AS sql,
       COALESCE(d.candidates, f.candidates) AS candidates, COALESCE(d.steps, f.steps) AS steps,
       COALESCE(d.error, f.error) AS error, d.cached, d.total_ms, COALESCE(d.timings, f.timings) AS timings,
       COALESCE(d.clock, f.clock) AS clock, COALESCE(d.settings, f.settings) AS settings,
       COALESCE(d.semantic_version, f.semantic_version) AS semantic_version,
       COALESCE(d.fingerprint, f.fingerprint) AS fingerprint,
       d.logged
FROM router.decision_log d
LEFT JOIN router.decision_log f
  ON f.request_id = d.answer_of AND f.answer_of IS NULL
  AND f.decided_at >= d.decided_at - interval '2 minutes' AND f.decided_at <= d.decided_at + interval '1 minute';

COMMENT ON VIEW router.decisions IS 'One row a question: how it was routed. A role sees its own, administrators all.';

CREATE TABLE router.error_log (
  occurred_at timestamptz NOT NULL,
  request_id  uuid,
  role_name   text        NOT NULL,
  operation   text        NOT NULL,
  kind        text        NOT NULL,
  sqlstate    text        NOT NULL,
  message     text        NOT NULL,
  recoverable boolean     NOT NULL,
  recovery    text,                  -- what was tried instead
  recovered   boolean     NOT NULL   -- and whether it gave an answer
) PARTITION BY RANGE (occurred_at);

COMMENT ON TABLE router.error_log IS 'What went wrong, also where the transaction was rolled back';

CREATE TABLE router.error_log_default PARTITION OF router.error_log DEFAULT;

CREATE INDEX error_log_default_time_idx ON router.error_log_default (occurred_at);

CREATE TABLE router.optimizations (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text        NOT NULL CHECK (kind IN ('setting', 'warm_question', 'index', 'slow_route')),
  target     text        NOT NULL,
  reason     text        NOT NULL,
  before     jsonb,
  after      jsonb,
  status     text        NOT NULL CHECK (status IN ('applied', 'suggested', 'undone')),
  done_by    text        NOT NULL,
  done_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  undone_by  text,
  undone_at  timestamptz
);

COMMENT ON TABLE router.optimizations IS 'What router_optimize() did or suggests; router_optimize_undo(id) takes one back';

CREATE UNIQUE INDEX optimizations_standing_idx ON router.optimizations (kind, target) WHERE status <> 'undone';

CREATE TABLE router.warm_questions (
  prompt       text        PRIMARY KEY,
  asked        bigint      NOT NULL,
  queued_at    timestamptz,             -- when the endpoint was last asked
  optimization bigint      NOT NULL REFERENCES router.optimizations ON DELETE CASCADE
);

COMMENT ON TABLE router.warm_questions IS 'Frequent questions whose embeddings are computed ahead';

CREATE FUNCTION router.is_admin() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT COALESCE((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), false)
      OR EXISTS (
           SELECT 1
           FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
           JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND e.oid = d.refobjid
           WHERE e.extname = 'router' AND p.proname = 'router_grant'
             AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'));
END;

ALTER TABLE router.decision_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_or_admin ON router.decision_log FOR SELECT
  USING (role_name = current_user OR (SELECT router.is_admin()));

REVOKE ALL ON router.decisions, router.decision_log, router.decision_log_default, router.error_log, router.error_log_default,
  router.optimizations, router.warm_questions FROM PUBLIC;

CREATE INDEX audit_log_auto_assign_idx ON router.audit_log (changed_at) WHERE action = 'AUTO_ASSIGN';

DO $$
BEGIN
  PERFORM pg_catalog.pg_extension_config_dump('router.decision_log', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.decision_log_default', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.error_log', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.error_log_default', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.optimizations', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.optimizations_id_seq', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.warm_questions', '');
END
$$;

COMMENT ON TABLE router.audit_log IS
  'Every change of assignments, agents, models, registrations, names, taught questions, templates, grants: who, when, before, after';

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

CREATE FUNCTION router.make_log_week(log text, week date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := log || '_' || to_char(week, 'YYYYMMDD');
  time_column text := CASE log WHEN 'decision_log' THEN 'decided_at' ELSE 'occurred_at' END;
  low timestamptz := week::timestamp AT TIME ZONE 'UTC';
  high timestamptz := (week + 7)::timestamp AT TIME ZONE 'UTC';
  early boolean;
BEGIN
  IF to_regclass('router.' || quote_ident(name)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  -- Whoever has chosen the default partition for a row writes it first: attaching would have it refused.
  EXECUTE format('LOCK TABLE router.%I IN SHARE ROW EXCLUSIVE MODE', log);
  -- Rows that came before their week was made stay in the default partition, which then keeps that week.
  EXECUTE format('SELECT EXISTS (SELECT FROM router.%I WHERE %I >= $1 AND %2$I < $2)', log || '_default', time_column)
    INTO early USING low, high;
  IF early THEN
    RETURN NULL;
  END IF;
  -- Attaching, unlike creating in place, lets others go on reading.
  EXECUTE format('CREATE TABLE router.%I (LIKE router.%I INCLUDING ALL)', name, log || '_default');
  EXECUTE format('ALTER TABLE router.%I ATTACH PARTITION router.%I FOR VALUES FROM (%L) TO (%L)', log, name, low, high);
  RETURN name;
END;
$$;

CREATE FUNCTION router.log_weeks(log text) RETURNS TABLE (name text, low timestamptz, high timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.relname::text,
         substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$FROM \('([^']+)'\)$x$)::timestamptz AS low,
         substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$TO \('([^']+)'\)$x$)::timestamptz
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('router.' || quote_ident(log)) AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ORDER BY low
$$;

CREATE FUNCTION router.make_log_weeks(weeks_ahead integer DEFAULT 4) RETURNS SETOF text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  -- One at a time: two would make the same week.
  SELECT pg_advisory_xact_lock(hashtextextended('router.maintain_logs', 0));
  SELECT name
  FROM unnest('{decision_log,error_log}'::text[]) AS log,
       generate_series(0, weeks_ahead) AS i,
       router.make_log_week(log, date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date + 7 * i) AS name
  WHERE name IS NOT NULL
$$;

CREATE FUNCTION router.maintain_logs(days_kept integer, detach boolean DEFAULT false, weeks_ahead integer DEFAULT 4)
RETURNS TABLE (action text, object text, affected bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Whole weeks, in the default partitions too: answers given again lie in the week of what they repeat.
  cutoff timestamptz := date_trunc('week', (clock_timestamp() - make_interval(days => days_kept)) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  log text;
  week record;
  time_column text;
  early boolean;
  n bigint;
BEGIN
  RETURN QUERY SELECT 'created', made, NULL::bigint FROM router.make_log_weeks(weeks_ahead) AS made;
  FOREACH log IN ARRAY '{decision_log,error_log}'::text[] LOOP
    FOR week IN SELECT * FROM router.log_weeks(log) AS w WHERE w.high <= cutoff LOOP
      IF detach THEN
        EXECUTE format('ALTER TABLE router.%I DETACH PARTITION router.%I', log, week.name);
      ELSE
        EXECUTE format('DROP TABLE router.%I', week.name);
      END IF;
      RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'dropped' END, week.name, NULL::bigint;
    END LOOP;
    time_column := CASE log WHEN 'decision_log' THEN 'decided_at' ELSE 'occurred_at' END;
    EXECUTE format('SELECT EXISTS (SELECT FROM router.%I WHERE %I < $1)', log || '_default', time_column) INTO early USING cutoff;
    IF detach AND early THEN
      EXECUTE format('CREATE TABLE IF NOT EXISTS router.%I (LIKE router.%I)', log || '_kept', log || '_default');
      EXECUTE format('INSERT INTO router.%I SELECT * FROM router.%I WHERE %I < $1', log || '_kept', log || '_default', time_column)
        USING cutoff;
    END IF;
    EXECUTE format('DELETE FROM router.%I WHERE %I < $1', log || '_default', time_column) USING cutoff;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
      RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'deleted' END, log || '_default', n;
    END IF;
  END LOOP;
END;
$$;

REVOKE ALL ON FUNCTION router.make_log_week(text, date), router.log_weeks(text), router.make_log_weeks(integer),
  router.maintain_logs(integer, boolean, integer) FROM PUBLIC;

CREATE TABLE router.uses_counted (counted_to timestamptz NOT NULL);
REVOKE ALL ON router.uses_counted FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.uses_counted', '');

CREATE TABLE router.proposals (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text        NOT NULL CHECK (kind IN ('template', 'synonym', 'golden', 'question')),
  content    jsonb       NOT NULL,
  support    integer     NOT NULL,  -- questions that speak for it
  reason     text        NOT NULL,
  status     text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'rejected')),
  decided_by text,
  decided_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE router.proposals IS 'What was learned from questions that ended well, for a person to accept';

CREATE UNIQUE INDEX proposals_content_idx ON router.proposals (kind, md5(content::text));

REVOKE ALL ON router.proposals FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('router.proposals', '');

SELECT pg_catalog.pg_extension_config_dump('router.proposals_id_seq', '');

CREATE FUNCTION router.good_outcomes(days integer)
RETURNS TABLE (prompt text, quickspec jsonb, times bigint, confirmed boolean, asked_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  since timestamptz := now() - make_interval(days => days);
BEGIN
  RETURN QUERY
  SELECT f.prompt, f.quickspec, count(*), true, max(f.created_at)
    FROM router.feedback f
   WHERE f.created_at >= since AND f.quickspec IS NOT NULL
   GROUP BY f.prompt, f.quickspec
  HAVING min(f.rating) >= 3 AND max(f.rating) >= 4
   UNION ALL
  SELECT q.original_query, q.quickspec, count(*), true, max(q.taught_at)
    FROM router.query_embeddings q
   WHERE q.source = 'chosen' AND q.quickspec IS NOT NULL AND q.success_score >= 0.5 AND q.updated_at >= since
   GROUP BY q.original_query, q.quickspec
   LIMIT 20000;
  IF to_regclass('router.decisions') IS NOT NULL THEN
    RETURN QUERY EXECUTE
      'SELECT d.prompt, d.spec, count(*), false, max(d.decided_at)
         FROM router.decisions d
        WHERE d.decided_at >= $1 AND d.status = ''ok'' AND d.spec IS NOT NULL AND d.confidence >= 0.8
          AND NOT EXISTS (SELECT FROM router.feedback f WHERE f.request_id = d.request_id::text AND f.rating < 4)
        GROUP BY d.prompt, d.spec
        LIMIT 20000' USING since;
  END IF;
END
$$;

REVOKE ALL ON FUNCTION router.good_outcomes(integer) FROM PUBLIC;

ALTER TABLE router.assignment_metrics ADD COLUMN month_cost double precision NOT NULL DEFAULT 0,
  ADD COLUMN month integer NOT NULL DEFAULT 0;

CREATE TABLE router.pending_outcomes (
  assignment_id uuid NOT NULL,
  task_type text NOT NULL,
  success boolean NOT NULL,
  quality double precision NOT NULL,
  latency_ms double precision,
  cost double precision,
  seen_at timestamptz NOT NULL
);

CREATE INDEX pending_outcomes_assignment_idx ON router.pending_outcomes (assignment_id);

SELECT pg_catalog.pg_extension_config_dump('router.pending_outcomes', '');

CREATE TABLE router.exhausted_budgets (
  agent_id text NOT NULL REFERENCES router.agents ON UPDATE CASCADE ON DELETE CASCADE,
  month integer NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (agent_id, month)
);

COMMENT ON TABLE router.exhausted_budgets IS 'Agents that are not recommended until the month ends, since their budget is spent';

COMMENT ON COLUMN router.exhausted_budgets.month IS 'As router.month_number() counts';

SELECT pg_catalog.pg_extension_config_dump('router.exhausted_budgets', '');

CREATE FUNCTION router.month_number(at timestamptz DEFAULT clock_timestamp()) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT (12 * date_part('year', at AT TIME ZONE 'UTC') + date_part('month', at AT TIME ZONE 'UTC') - 1)::int;
END;

CREATE FUNCTION router.spent_in_month(agent text, month_number integer) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT COALESCE(sum(m.month_cost), 0)::numeric
  FROM router.agent_model_assignments a
  JOIN router.assignment_metrics m ON m.assignment_id = a.assignment_id
  WHERE a.agent_id = agent AND m.month = month_number;
END;

CREATE FUNCTION router.note_budget(agent text, month_number integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  available numeric := (SELECT g.budget FROM router.agents g WHERE g.agent_id = agent);
BEGIN
  IF available IS NULL OR available > router.spent_in_month(agent, month_number) THEN
    DELETE FROM router.exhausted_budgets e WHERE e.agent_id = agent AND e.month = month_number;
    RETURN false;
  END IF;
  INSERT INTO router.exhausted_budgets (agent_id, month) VALUES (agent, month_number) ON CONFLICT DO NOTHING;
  RETURN true;
END;
$$;

CREATE FUNCTION router.budget_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT router.restoring() THEN
    PERFORM router.note_budget(NEW.agent_id, router.month_number());
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER budget AFTER INSERT OR UPDATE OF budget ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.budget_changed();

-- Each week has indexes of its own now, like those of the default partition: with indexes of the parent a dump that
-- holds weeks could not be restored.
ALTER TABLE router.routing_decisions
  DROP CONSTRAINT routing_decisions_pkey,
  DROP CONSTRAINT routing_decisions_feedback_rating_check,
  DROP CONSTRAINT routing_decisions_propensity_check,
  DROP CONSTRAINT routing_decisions_quality_check,
  DROP CONSTRAINT routing_decisions_latency_ms_check;
-- Ids grow with the time, so that their index grows at its end.
CREATE FUNCTION router.next_decision_id() RETURNS uuid
VOLATILE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'next_decision_id_wrapper';
ALTER TABLE router.routing_decisions ALTER COLUMN decision_id SET DEFAULT router.next_decision_id();
DROP INDEX router.routing_decisions_time_idx,
  router.routing_decisions_agent_idx,
  router.routing_decisions_model_idx,
  router.routing_decisions_task_type_idx,
  router.routing_decisions_strategy_idx,
  router.routing_decisions_assignment_idx,
  router.routing_decisions_request_idx,
  router.routing_decisions_failure_idx,
  router.routing_decisions_fallback_idx;
ALTER TABLE router.routing_decisions_default ADD PRIMARY KEY (decision_id, created_at);
CREATE INDEX routing_decisions_time_idx ON router.routing_decisions_default (created_at);
CREATE INDEX routing_decisions_agent_idx ON router.routing_decisions_default (agent_id, created_at);
CREATE INDEX routing_decisions_model_idx ON router.routing_decisions_default (model_id, created_at);
CREATE INDEX routing_decisions_task_type_idx ON router.routing_decisions_default (task_type, strategy, created_at);
CREATE INDEX routing_decisions_assignment_idx ON router.routing_decisions_default (assignment_id, created_at);
CREATE INDEX routing_decisions_request_idx ON router.routing_decisions_default (request_id);
CREATE INDEX routing_decisions_trouble_idx ON router.routing_decisions_default (created_at, success, fallback_used)
  WHERE NOT success OR success IS NULL OR success IS NOT TRUE OR fallback_used;
DO $$
DECLARE
  week regclass;
  definition text;
BEGIN
  FOR week IN SELECT i.inhrelid::regclass FROM pg_catalog.pg_inherits i
              WHERE i.inhparent = 'router.routing_decisions'::regclass AND i.inhrelid <> 'router.routing_decisions_default'::regclass
  LOOP
    FOR definition IN SELECT pg_catalog.pg_get_indexdef(x.indexrelid) FROM pg_catalog.pg_index x
                      WHERE x.indrelid = 'router.routing_decisions_default'::regclass AND NOT x.indisprimary
    LOOP
      EXECUTE pg_catalog.regexp_replace(definition, '^CREATE INDEX \S+ ON \S+', pg_catalog.format('CREATE INDEX ON %s', week));
    END LOOP;
    EXECUTE pg_catalog.format('ALTER TABLE %s ADD PRIMARY KEY (decision_id, created_at)', week);
  END LOOP;
END
$$;

CREATE TABLE router.encoders (
  name          text        PRIMARY KEY CHECK (name <> ''),
  dimensions    integer     CHECK (dimensions BETWEEN 1 AND 16000),  -- null until its first vector arrived
  -- Its cosines on the local encoder's scale: offset + factor * cosine.
  cosine_offset real        NOT NULL DEFAULT 0,
  cosine_factor real        NOT NULL DEFAULT 1 CHECK (cosine_factor > 0),
  calibrated_on integer     NOT NULL DEFAULT 0,  -- pairs of questions
  queued_to     bigint      NOT NULL DEFAULT 0,  -- questions up to this id have been queued for it
  first_seen    timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE router.encoders IS 'Encoders that questions are embedded with, and how their cosines compare';

CREATE FUNCTION router.indexed_type(dimensions integer)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN dimensions <= 4000 AND EXISTS (SELECT FROM pg_catalog.pg_type t
                                                   WHERE t.typname = 'halfvec' AND t.typnamespace = e.extnamespace)
              THEN format('%s.halfvec(%s)', e.extnamespace::regnamespace, dimensions)
              WHEN dimensions <= 2000
              THEN format('%s.vector(%s)', e.extnamespace::regnamespace, dimensions) END
    FROM pg_catalog.pg_extension e
   WHERE e.extname = 'vector';
END;

CREATE FUNCTION router.create_encoder_index(encoder text, dimensions integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := router.indexed_type(dimensions);
BEGIN
  IF kind IS NULL THEN RETURN; END IF;
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON router.query_embeddings USING hnsw ((embedding::%s) %s.%s)
                  WITH (m = 8, ef_construction = 32) WHERE encoder = %L',
                 format('query_embeddings_%s_%s_idx', left(regexp_replace(lower(encoder), '[^a-z0-9]+', '_', 'g'), 30),
                        dimensions),
                 kind,
                 (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'vector'),
                 CASE WHEN kind ~ 'halfvec' THEN 'halfvec_cosine_ops' ELSE 'vector_cosine_ops' END,
                 encoder);
END
$$;

SELECT router.create_encoder_index('minilm-static-256', 256);

INSERT INTO router.encoders (name, dimensions, first_seen) VALUES ('minilm-static-256', 256, '1970-01-01 UTC');

CREATE FUNCTION router.index_encoder()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM router.create_encoder_index(NEW.name, NEW.dimensions);
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER index_encoder
  AFTER INSERT OR UPDATE OF dimensions ON router.encoders
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.dimensions IS NOT NULL) EXECUTE FUNCTION router.index_encoder();

CREATE FUNCTION router.check_encoder()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given integer := cardinality(NEW.embedding::real[]);
  known integer := (SELECT e.dimensions FROM router.encoders e WHERE e.name = NEW.encoder);
BEGIN
  IF known IS NULL THEN
    INSERT INTO router.encoders AS e (name, dimensions) VALUES (NEW.encoder, given)
    ON CONFLICT (name) DO UPDATE SET dimensions = coalesce(e.dimensions, EXCLUDED.dimensions)
    RETURNING e.dimensions INTO known;
  END IF;
  IF known <> given THEN
    RAISE EXCEPTION 'the vector has % dimensions, those of encoder "%" have %', given, NEW.encoder, known
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Take the encoder out first: SELECT router_drop_encoder(''...''), or store it under another name.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER check_encoder
  BEFORE INSERT OR UPDATE OF embedding, encoder ON router.query_embeddings
  FOR EACH ROW WHEN (NEW.encoder <> 'minilm-static-256') EXECUTE FUNCTION router.check_encoder();

CREATE FUNCTION router.nearest_statement(for_encoder text, n integer)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($s$
    SELECT r.id, r.original_query, e.similarity, r.quickspec, r.usage_count, r.intent_category, r.success_score::float8,
           r.source IN ('taught', 'mined') OR r.created_by = $2,
           has_table_privilege($3, 'router.query_embeddings', 'SELECT'),
           (extract(epoch FROM r.taught_at) * 1000000)::bigint
      FROM (SELECT q, 1 - (q.embedding OPERATOR(%1$s.<=>) $1) AS similarity
              FROM router.query_embeddings q
             WHERE q.encoder = %3$L
             ORDER BY q.embedding::%2$s OPERATOR(%1$s.<=>) $1::%2$s
             LIMIT %4$s) e
      %5$s r
     ORDER BY e.similarity DESC, r.id$s$,
    x.extnamespace::regnamespace,
    coalesce(router.indexed_type(k.dimensions), format('%s.vector', x.extnamespace::regnamespace)),
    k.name, n,
    CASE WHEN k.name = 'minilm-static-256' THEN 'CROSS JOIN LATERAL (SELECT (e.q).*)'
         ELSE 'LEFT JOIN router.query_embeddings l ON md5(l.normalized_query) = md5((e.q).normalized_query) '
              'AND l.created_by = (e.q).created_by AND l.encoder = ''minilm-static-256'' '
              'CROSS JOIN LATERAL (SELECT (coalesce(l, e.q)).*)' END)
    FROM router.encoders k, pg_catalog.pg_extension x
   WHERE k.name = for_encoder AND k.dimensions IS NOT NULL AND x.extname = 'vector';
END;

CREATE FUNCTION router.prepare_decision() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'prepare_decision_wrapper';
CREATE FUNCTION router.keep_references_away() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'keep_references_away_wrapper';
CREATE FUNCTION router.prompt_vector(features bytea) RETURNS vector
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'prompt_vector_wrapper';

ALTER TABLE router.prompt_outcomes ADD COLUMN first_of_prompt boolean NOT NULL DEFAULT true;
UPDATE router.prompt_outcomes o SET first_of_prompt = false
WHERE EXISTS (SELECT FROM router.prompt_outcomes e WHERE e.prompt_hash = o.prompt_hash AND e.outcome_id < o.outcome_id);
DROP INDEX router.prompt_outcomes_writer_idx;
CREATE INDEX prompt_outcomes_writer_idx ON router.prompt_outcomes (written_by, outcome_id);
DROP INDEX router.prompt_outcomes_prompt_idx;
CREATE INDEX prompt_outcomes_prompt_idx ON router.prompt_outcomes (prompt_hash, outcome_id);

CREATE TABLE router.learned (
  learned_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The means hold outcomes up to this transaction and, in it, this outcome; later ones are added when somebody asks.
  read_to xid8 NOT NULL,
  read_to_outcome bigint NOT NULL,
  last_outcome bigint NOT NULL,     -- the newest there was
  fitted_last bigint NOT NULL,      -- the newest when the regressions were fitted, and how many they were fitted to
  fitted_outcomes bigint NOT NULL,
  knowledge bytea NOT NULL,
  learned_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.learned IS 'What router_recommend knows of recorded outcomes, beside the outcomes themselves';

-- Recorded prompts by similarity: an index like those of taught questions, with one entry a prompt.
CREATE FUNCTION router.create_prompt_index() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := router.indexed_type(256);
BEGIN
  EXECUTE format('CREATE INDEX prompt_outcomes_similar_idx ON router.prompt_outcomes
                  USING hnsw ((router.prompt_vector(features)::%s) %s.%s)
                  WITH (m = 8, ef_construction = 32) WHERE first_of_prompt',
                 kind,
                 (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'vector'),
                 CASE WHEN kind ~ 'halfvec' THEN 'halfvec_cosine_ops' ELSE 'vector_cosine_ops' END);
END
$$;

SELECT router.create_prompt_index();

-- The statement that finds the n recorded prompts nearest to a vector ($1), each with its latest outcomes.
CREATE FUNCTION router.similar_prompts_statement(n integer) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($s$
    SELECT p.outcome_id, p.features, o.model_id, o.quality
      FROM (SELECT outcome_id, prompt_hash, features FROM router.prompt_outcomes
             WHERE first_of_prompt
             ORDER BY router.prompt_vector(features)::%2$s OPERATOR(%1$s.<=>) $1::%2$s
             LIMIT %3$s) p
     CROSS JOIN LATERAL (SELECT model_id, quality FROM router.prompt_outcomes
                          WHERE prompt_hash = p.prompt_hash ORDER BY outcome_id DESC LIMIT 256) o$s$,
    x.extnamespace::regnamespace, router.indexed_type(256), n)
    FROM pg_catalog.pg_extension x
   WHERE x.extname = 'vector';
END;

-- The transactions of a dump are those of another server.
CREATE FUNCTION router.written_here() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.written_by := pg_current_xact_id();
  RETURN NEW;
END
$$;

CREATE TRIGGER written_here BEFORE INSERT ON router.prompt_outcomes
  FOR EACH ROW WHEN (router.restoring()) EXECUTE FUNCTION router.written_here();

REVOKE ALL ON FUNCTION router.create_prompt_index(), router.similar_prompts_statement(integer), router.written_here() FROM PUBLIC;

CREATE OR REPLACE FUNCTION router.rank_task_type() RETURNS trigger
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

CREATE OR REPLACE FUNCTION router.touch_assignment() RETURNS trigger
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

CREATE OR REPLACE FUNCTION router.start_assignment() RETURNS trigger
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

REVOKE ALL ON FUNCTION router.warn_of_task_types(jsonb), router.keep_references_away() FROM PUBLIC;

CREATE TRIGGER referred BEFORE DELETE OR UPDATE OF assignment_id ON router.agent_model_assignments
  FOR EACH ROW EXECUTE FUNCTION router.keep_references_away();

CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.agent_model_assignments
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('assignment_id');

CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.agents
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('agent_id');

CREATE TRIGGER audit_truncate AFTER TRUNCATE ON router.models
  FOR EACH STATEMENT EXECUTE FUNCTION router.audit_change('model_id');

CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON router.routing_decisions
  FOR EACH ROW EXECUTE FUNCTION router.prepare_decision();

DROP TRIGGER learn ON router.routing_decisions;
CREATE TRIGGER learn AFTER INSERT ON router.routing_decisions
  FOR EACH ROW EXECUTE FUNCTION router.learn_from_decision();

DROP TRIGGER learn_later ON router.routing_decisions;
CREATE TRIGGER learn_later AFTER UPDATE OF success ON router.routing_decisions
  FOR EACH ROW WHEN (OLD.success IS NULL AND NEW.success IS NOT NULL AND NEW.assignment_id IS NOT NULL)
  EXECUTE FUNCTION router.learn_from_decision();

-- What can't be is refused when it is written. Credentials in an address are left out of it; prices that are no numbers
-- are not known.
UPDATE router.agents SET base_url = regexp_replace(base_url, '^(https?://)[^/?#]*@', '\1') WHERE base_url ~ '^https?://[^/?#]*@';
UPDATE router.agents SET budget = NULL WHERE NOT budget < 'Infinity';
UPDATE router.models SET input_price = NULL WHERE NOT input_price < 'Infinity';
UPDATE router.models SET output_price = NULL WHERE NOT output_price < 'Infinity';
ALTER TABLE router.agents
  DROP CONSTRAINT agents_base_url_check,
  DROP CONSTRAINT agents_budget_check,
  ADD CONSTRAINT agents_base_url_check CHECK (base_url ~ '^https?://' AND base_url !~ '^https?://[^/?#]*@'),
  ADD CONSTRAINT agents_budget_check CHECK (budget >= 0 AND budget < 'Infinity');
ALTER TABLE router.models
  DROP CONSTRAINT models_input_price_check,
  DROP CONSTRAINT models_output_price_check,
  ADD CONSTRAINT models_input_price_check CHECK (input_price >= 0 AND input_price < 'Infinity'),
  ADD CONSTRAINT models_output_price_check CHECK (output_price >= 0 AND output_price < 'Infinity');
COMMENT ON COLUMN router.agents.base_url IS 'Where it answers; without a user and a password, which are secrets';
CREATE FUNCTION router.check_offer(capabilities jsonb) RETURNS void
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'check_offer_wrapper';
CREATE FUNCTION router.check_requirement(requirement jsonb) RETURNS void
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'check_requirement_wrapper';
CREATE OR REPLACE FUNCTION router.refuse_delete_in_use() RETURNS trigger
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
CREATE TRIGGER renamed BEFORE UPDATE OF agent_id ON router.agents
  FOR EACH ROW WHEN (NEW.agent_id <> OLD.agent_id) EXECUTE FUNCTION router.refuse_delete_in_use('agent_id');
CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF requirements ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('requirements');
CREATE TRIGGER renamed BEFORE UPDATE OF model_id ON router.models
  FOR EACH ROW WHEN (NEW.model_id <> OLD.model_id) EXECUTE FUNCTION router.refuse_delete_in_use('model_id');
CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF capabilities ON router.models
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('capabilities');
CREATE TRIGGER levels BEFORE INSERT OR UPDATE OF requirements ON router.task_types
  FOR EACH ROW EXECUTE FUNCTION router.check_levels('requirements');
REVOKE ALL ON FUNCTION router.check_levels() FROM PUBLIC;

ALTER TABLE router.agents
  ADD COLUMN daily_budget numeric CHECK (daily_budget >= 0 AND daily_budget < 'Infinity'),
  ADD COLUMN max_in_flight integer CHECK (max_in_flight BETWEEN 1 AND 10000);

COMMENT ON COLUMN router.agents.daily_budget IS 'Dollars a day (UTC); null: as router.llm_daily_budget says';

COMMENT ON COLUMN router.agents.max_in_flight IS 'Requests to it at the same time; null: as router.llm_concurrency says';

CREATE TABLE router.remote_queue (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('embed', 'classify')),
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'parked')),
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of a question: it is not queued twice.
  question_key bytea UNIQUE
) WITH (autovacuum_vacuum_scale_factor = 0.02);

COMMENT ON TABLE router.remote_queue IS 'Requests to endpoints that nobody waits for';

COMMENT ON COLUMN router.remote_queue.state IS 'parked: given up after router.queue_attempts; UPDATE it to queued to try again';

CREATE INDEX remote_queue_due_idx ON router.remote_queue (not_before, entry_id) WHERE state = 'queued';

CREATE TABLE router.llm_usage (
  day date NOT NULL,
  agent_id text NOT NULL,
  model_id text NOT NULL,
  calls bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  attempts bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cost double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (day, agent_id, model_id)
) WITH (fillfactor = 70);

COMMENT ON TABLE router.llm_usage IS 'Calls of endpoints by day (UTC)';

COMMENT ON COLUMN router.llm_usage.cost IS 'Dollars';

CREATE TABLE router.remote_embeddings (
  text_hash bytea NOT NULL CHECK (length(text_hash) = 32),
  model_id text NOT NULL,
  embedding real[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (text_hash, model_id)
);

COMMENT ON TABLE router.remote_embeddings IS 'Vectors that endpoints gave, by SHA-256 of the text';

CREATE TABLE router.llm_readings (
  reading_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id text NOT NULL,
  role_name text NOT NULL,
  prompt text NOT NULL,
  context jsonb NOT NULL,
  model_id text NOT NULL,
  local_spec jsonb,
  local_confidence real NOT NULL,
  -- The model's reading as it said it: not resolved, not to be trusted.
  model_draft jsonb NOT NULL,
  -- By the names alone.
  agrees boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE router.llm_readings IS 'Questions that a model read later, differently or where the router was not sure: for router_mine()';

CREATE INDEX llm_readings_time_idx ON router.llm_readings (created_at);

SELECT pg_catalog.pg_extension_config_dump('router.remote_queue', '');

SELECT pg_catalog.pg_extension_config_dump('router.remote_queue_entry_id_seq', '');

SELECT pg_catalog.pg_extension_config_dump('router.llm_usage', '');

SELECT pg_catalog.pg_extension_config_dump('router.llm_readings', '');

SELECT pg_catalog.pg_extension_config_dump('router.llm_readings_reading_id_seq', '');

CREATE TABLE router.embedding_queue (
  encoder     text        NOT NULL,
  question_id bigint      NOT NULL,
  attempts    smallint    NOT NULL DEFAULT 0,
  not_before  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (encoder, question_id)
);

COMMENT ON TABLE router.embedding_queue IS 'Questions that wait to be embedded by an encoder other than the local one';

CREATE INDEX embedding_queue_due_idx ON router.embedding_queue (encoder, not_before);

CREATE FUNCTION router.fill_embedding_queue(for_encoder text, n integer)
RETURNS integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO router.encoders (name) VALUES (for_encoder) ON CONFLICT DO NOTHING;
  WITH next AS (
    SELECT l.id
      FROM router.query_embeddings l
     WHERE l.encoder = 'minilm-static-256' AND l.id > (SELECT e.queued_to FROM router.encoders e WHERE e.name = for_encoder)
     ORDER BY l.id
     LIMIT n),
  advanced AS (
    UPDATE router.encoders e SET queued_to = (SELECT max(id) FROM next)
     WHERE e.name = for_encoder AND EXISTS (SELECT FROM next)),
  queued AS (
    INSERT INTO router.embedding_queue (encoder, question_id) SELECT for_encoder, id FROM next
    ON CONFLICT DO NOTHING)
  SELECT count(*)::integer FROM next;
END;

CREATE FUNCTION router.claim_embeddings(for_encoder text, n integer)
RETURNS TABLE (question_id bigint, question text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  WITH due AS (
    SELECT q.question_id FROM router.embedding_queue q
     WHERE q.encoder = for_encoder AND q.not_before <= now()
     ORDER BY q.not_before, q.question_id
     LIMIT n
     FOR UPDATE SKIP LOCKED),
  claimed AS (
    UPDATE router.embedding_queue q
       SET attempts = least(q.attempts + 1, 30000)::smallint,
           not_before = now() + least(interval '4 hours', interval '2 minutes' * 2 ^ least(q.attempts, 9))
      FROM due
     WHERE q.encoder = for_encoder AND q.question_id = due.question_id
    RETURNING q.question_id)
  SELECT e.id, e.original_query FROM claimed c JOIN router.query_embeddings e ON e.id = c.question_id;
END;

CREATE FUNCTION router.store_embedding(for_encoder text, for_question bigint, vec real[])
RETURNS boolean
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  DELETE FROM router.embedding_queue q WHERE q.encoder = for_encoder AND q.question_id = for_question;
  WITH stored AS (
    INSERT INTO router.query_embeddings AS e (original_query, normalized_query, embedding, encoder, intent_category,
                                              source, created_by)
    SELECT l.original_query, l.normalized_query, vec::vector, for_encoder, l.intent_category, l.source, l.created_by
      FROM router.query_embeddings l
     WHERE l.id = for_question
    ON CONFLICT (md5(normalized_query), encoder, created_by) DO UPDATE
       SET original_query = EXCLUDED.original_query, embedding = EXCLUDED.embedding, updated_at = now()
    RETURNING 1)
  SELECT count(*) > 0 FROM stored;
END;

CREATE FUNCTION router.store_arrived_embeddings(for_encoder text, n integer)
RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  WITH arrived AS (
    SELECT q.question_id, r.text_hash, r.embedding
      FROM router.embedding_queue q
      JOIN router.query_embeddings l ON l.id = q.question_id
      JOIN router.remote_embeddings r ON r.text_hash = sha256(convert_to(l.original_query, 'UTF8')) AND r.model_id = for_encoder
     WHERE q.encoder = for_encoder AND q.attempts > 0
     LIMIT n),
  taken AS (
    DELETE FROM router.remote_embeddings r USING arrived a WHERE r.text_hash = a.text_hash AND r.model_id = for_encoder)
  SELECT count(router.store_embedding(for_encoder, a.question_id, a.embedding)) FROM arrived a;
END;

CREATE FUNCTION router.tidy_embedding_queue(for_encoder text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  DELETE FROM router.embedding_queue q
   WHERE q.encoder = for_encoder AND NOT EXISTS (SELECT FROM router.query_embeddings l WHERE l.id = q.question_id);
END;

CREATE VIEW router.embedding_progress AS
SELECT e.name AS encoder, e.dimensions,
       (SELECT count(*) FROM router.query_embeddings l WHERE l.encoder = 'minilm-static-256') AS questions,
       (SELECT count(*) FROM router.query_embeddings v WHERE v.encoder = e.name) AS embedded,
       (SELECT count(*) FROM router.embedding_queue q WHERE q.encoder = e.name) AS queued,
       (SELECT r.last_error FROM router.remote_queue r WHERE r.kind = 'embed' AND r.last_error IS NOT NULL
         ORDER BY r.entry_id DESC LIMIT 1) AS last_error
  FROM router.encoders e;

COMMENT ON VIEW router.embedding_progress IS 'How many of the stored questions each encoder has embedded';

REVOKE ALL ON router.encoders, router.embedding_queue, router.embedding_progress FROM PUBLIC;

REVOKE ALL ON FUNCTION router.indexed_type(integer), router.create_encoder_index(text, integer), router.index_encoder(),
  router.check_encoder(), router.nearest_statement(text, integer), router.fill_embedding_queue(text, integer),
  router.claim_embeddings(text, integer), router.store_embedding(text, bigint, real[]),
  router.store_arrived_embeddings(text, integer), router.tidy_embedding_queue(text) FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('router.encoders', $$WHERE name <> 'minilm-static-256'$$);

SELECT pg_catalog.pg_extension_config_dump('router.embedding_queue', '');

DROP VIEW router.v_agent_assignments_summary;
CREATE VIEW router.v_agent_assignments_summary AS
SELECT
  a.agent_id,
  max(a.agent_name) AS agent_name,
  max(g.kind) AS kind,
  COALESCE(max(g.status), 'ACTIVE') AS agent_status,
  max(g.capacity) AS capacity,
  count(*) AS total_assignments,
  count(*) FILTER (WHERE a.status = 'ACTIVE') AS active_assignments,
  count(*) FILTER (WHERE a.status = 'TESTING') AS testing_assignments,
  count(*) FILTER (WHERE a.status = 'OVERRIDDEN') AS overridden_assignments,
  count(*) FILTER (WHERE a.assignment_method = 'FALLBACK') AS fallback_assignments,
  round(avg(a.match_score), 2) AS avg_match_score,
  sum(a.total_requests)::bigint AS total_requests,
  sum(a.successful_requests)::bigint AS successful_requests,
  round(100.0 * sum(a.successful_requests) / NULLIF(sum(a.total_requests), 0), 2) AS success_rate,
  round((sum(a.avg_latency_ms * a.total_requests) / NULLIF(sum(a.total_requests), 0))::numeric, 2) AS avg_latency_ms,
  max(g.budget) AS budget,
  round(sum(m.month_cost)::numeric, 8) AS spent_this_month,
  max(a.last_used_at) AS last_used_at
FROM router.agent_model_assignments a
LEFT JOIN router.agents g ON g.agent_id = a.agent_id
LEFT JOIN (
  SELECT assignment_id, sum(month_cost) AS month_cost
  FROM router.assignment_metrics WHERE month = router.month_number(now()) GROUP BY assignment_id
) m ON m.assignment_id = a.assignment_id
GROUP BY a.agent_id
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, a.agent_id;
COMMENT ON VIEW router.v_agent_assignments_summary IS 'One row an agent: its assignments, success rate (percent), latency, last use';

DROP VIEW router.v_routing_analytics_24h;
CREATE VIEW router.v_routing_analytics_24h AS
WITH served AS (
  SELECT d.task_type, d.strategy, d.assignment_id,
    count(*) AS decisions,
    count(d.success) AS known,
    count(*) FILTER (WHERE d.success) AS successful,
    count(*) FILTER (WHERE d.fallback_used) AS fallbacks,
    sum(d.latency_ms) AS latency_sum,
    count(d.latency_ms) AS latency_count,
    max(d.latency_ms) AS latency_max,
    sum(d.actual_cost) AS cost_sum,
    count(d.actual_cost) AS cost_count,
    sum(d.composite_score) AS score_sum,
    count(d.composite_score) AS score_count,
    sum(d.feedback_rating) AS rating_sum,
    count(d.feedback_rating) AS rating_count,
    max(d.created_at) AS last_used_at
  FROM router.routing_decisions d
  WHERE d.created_at >= now() - interval '24 hours'
  GROUP BY d.task_type, d.strategy, d.assignment_id
)
SELECT
  s.task_type,
  s.strategy,
  sum(s.decisions)::bigint AS total_decisions,
  sum(s.successful)::bigint AS successful_decisions,
  round(100.0 * sum(s.successful) / NULLIF(sum(s.known), 0), 2) AS success_rate,
  round(100.0 * sum(s.fallbacks) / sum(s.decisions), 2) AS fallback_rate,
  round(sum(s.latency_sum) / NULLIF(sum(s.latency_count), 0), 2) AS avg_latency_ms,
  max(s.latency_max) AS max_latency_ms,
  round(sum(s.cost_sum) / NULLIF(sum(s.cost_count), 0), 8) AS avg_cost,
  sum(s.cost_sum) AS total_cost,
  round(sum(s.score_sum) / NULLIF(sum(s.score_count), 0), 2) AS avg_score,
  round(sum(s.rating_sum)::numeric / NULLIF(sum(s.rating_count), 0), 2) AS avg_rating,
  count(s.assignment_id) AS assignments_used,
  max(s.last_used_at) AS last_used_at
FROM served s
GROUP BY s.task_type, s.strategy
ORDER BY success_rate DESC NULLS LAST, avg_latency_ms NULLS LAST, s.task_type, s.strategy;
COMMENT ON VIEW router.v_routing_analytics_24h IS 'The last 24 hours by task type and strategy; rates in percent';

CREATE OR REPLACE FUNCTION router.make_week(week date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := 'routing_decisions_' || to_char(week, 'YYYYMMDD');
  low timestamptz := week::timestamp AT TIME ZONE 'UTC';
  high timestamptz := (week + 7)::timestamp AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass('router.' || quote_ident(name)) IS NOT NULL THEN
    RETURN false;
  END IF;
  -- Whoever has chosen the default partition for a row writes it first: attaching would have it refused.
  LOCK TABLE router.routing_decisions IN SHARE ROW EXCLUSIVE MODE;
  -- Rows that came before their week was made stay in the default partition, which then keeps it.
  IF EXISTS (SELECT FROM router.routing_decisions_default WHERE created_at >= low AND created_at < high) THEN
    RETURN false;
  END IF;
  -- Attaching, unlike creating in place, lets others go on reading.
  EXECUTE format('CREATE TABLE router.%I (LIKE router.routing_decisions_default INCLUDING ALL)', name);
  EXECUTE format('ALTER TABLE router.routing_decisions ATTACH PARTITION router.%I FOR VALUES FROM (%L) TO (%L)', name, low, high);
  RETURN true;
END;
$$;

CREATE FUNCTION router.detach_week(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tie name;
BEGIN
  EXECUTE format('ALTER TABLE router.routing_decisions DETACH PARTITION router.%I', name);
  FOR tie IN
    SELECT conname FROM pg_constraint WHERE conrelid = format('router.%I', name)::regclass AND contype = 'f'
  LOOP
    EXECUTE format('ALTER TABLE router.%I DROP CONSTRAINT %I', name, tie);
  END LOOP;
END;
$$;

CREATE FUNCTION router.maintain_decisions(days_kept integer, detach boolean, weeks_ahead integer DEFAULT 4)
RETURNS TABLE (action text, object text, affected bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  this_week date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
  cutoff timestamptz := clock_timestamp() - make_interval(days => days_kept);
  part record;
  n bigint;
BEGIN
  -- One at a time: two would make the same week.
  PERFORM pg_advisory_xact_lock(hashtextextended('router.maintain_decisions', 0));
  FOR i IN 0..weeks_ahead LOOP
    IF router.make_week(this_week + 7 * i) THEN
      RETURN QUERY SELECT 'created', 'routing_decisions_' || to_char(this_week + 7 * i, 'YYYYMMDD'), NULL::bigint;
    END IF;
  END LOOP;
  FOR part IN
    SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$TO \('([^']+)'\)$x$)::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'router.routing_decisions'::regclass
    ORDER BY c.relname
  LOOP
    IF part.high <= cutoff AND detach THEN
      PERFORM router.detach_week(part.relname);
      RETURN QUERY SELECT 'detached', part.relname::text, NULL::bigint;
    ELSIF part.high <= cutoff THEN
      EXECUTE format('DROP TABLE router.%I', part.relname);
      RETURN QUERY SELECT 'dropped', part.relname::text, NULL::bigint;
    END IF;
  END LOOP;
  IF detach AND EXISTS (SELECT FROM router.routing_decisions_default WHERE created_at < cutoff) THEN
    CREATE TABLE IF NOT EXISTS router.routing_decisions_kept (LIKE router.routing_decisions_default);
    INSERT INTO router.routing_decisions_kept
    SELECT * FROM router.routing_decisions_default WHERE created_at < cutoff;
  END IF;
  DELETE FROM router.routing_decisions_default WHERE created_at < cutoff;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'deleted' END, 'routing_decisions_default', n;
  END IF;
  DELETE FROM router.prompt_outcomes WHERE created_at < cutoff;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    RETURN QUERY SELECT 'deleted', 'prompt_outcomes', n;
    -- A prompt is found by its first outcome: the next one takes its place. What was learned is learned anew.
    UPDATE router.prompt_outcomes SET first_of_prompt = true
    WHERE outcome_id IN (SELECT min(outcome_id) FROM router.prompt_outcomes GROUP BY prompt_hash HAVING NOT bool_or(first_of_prompt));
    DELETE FROM router.learned;
  END IF;
END;
$$;

REVOKE ALL ON FUNCTION router.make_week(date), router.detach_week(text), router.maintain_decisions(integer, boolean, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION router.spent_in_month(text, integer), router.note_budget(text, integer), router.budget_changed() FROM PUBLIC;

CREATE  FUNCTION "router_accept"(
	"id" bigint
) RETURNS TEXT
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_accept_wrapper';

CREATE  FUNCTION "router_cache_invalidate"(
	"pattern" TEXT DEFAULT NULL
) RETURNS bigint
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_cache_invalidate_wrapper';

CREATE  FUNCTION "router_cache_stats"() RETURNS TABLE (
	"layer" TEXT,
	"entries" bigint,
	"bytes" bigint,
	"hits" bigint,
	"local_hits" bigint,
	"shared_hits" bigint,
	"misses" bigint,
	"hit_rate" double precision,
	"stored" bigint,
	"evicted" bigint,
	"expired" bigint,
	"invalidated" bigint,
	"ttl_seconds" INT
)
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_cache_stats_wrapper';

CREATE  FUNCTION "router_calibrate"() RETURNS jsonb
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_calibrate_wrapper';

CREATE  FUNCTION "router_check"() RETURNS bigint
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_check_wrapper';

CREATE  FUNCTION "router_drop_encoder"(
	"name" TEXT
) RETURNS bigint
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_drop_encoder_wrapper';

CREATE  FUNCTION "router_endpoints"() RETURNS TABLE (
	"agent_id" TEXT,
	"base_url" TEXT,
	"state" TEXT,
	"calls" bigint,
	"failures" bigint,
	"in_flight" bigint,
	"retry_in_ms" bigint
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_endpoints_wrapper';

CREATE  FUNCTION "router_errors"(
	"timeframe" interval DEFAULT '1 day'
) RETURNS TABLE (
	"kind" TEXT,
	"count" bigint,
	"recoverable" bool,
	"recovery_rate" double precision,
	"last_message" TEXT,
	"last_at" timestamp with time zone,
	"sample_request_ids" TEXT[]
)
VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_errors_wrapper';

CREATE  FUNCTION "router_flush"() RETURNS bigint
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_flush_wrapper';

CREATE  FUNCTION "router_golden"(
	"prompt" TEXT,
	"context" jsonb DEFAULT '{}',
	"expected_sql" TEXT DEFAULT NULL
) RETURNS bigint
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_golden_wrapper';

CREATE  FUNCTION "router_handler"(
	"name" TEXT,
	"priority" INT,
	"function" regprocedure
) RETURNS VOID
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_handler_wrapper';

CREATE  FUNCTION "router_health"() RETURNS jsonb
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_health_wrapper';

CREATE  FUNCTION "router_metrics"() RETURNS TEXT
STRICT VOLATILE PARALLEL SAFE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_metrics_wrapper';

CREATE  FUNCTION "router_mine"(
	"support" INT DEFAULT 3,
	"days" INT DEFAULT 30
) RETURNS TABLE (
	"id" bigint,
	"kind" TEXT,
	"proposal" jsonb,
	"support" INT,
	"reason" TEXT
)
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_mine_wrapper';

CREATE  FUNCTION "router_optimize"() RETURNS TABLE (
	"id" bigint,
	"kind" TEXT,
	"target" TEXT,
	"reason" TEXT,
	"status" TEXT,
	"detail" jsonb
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_optimize_wrapper';

CREATE  FUNCTION "router_optimize_undo"(
	"id" bigint
) RETURNS VOID
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_optimize_undo_wrapper';

CREATE  FUNCTION "router_performance"() RETURNS TABLE (
	"operation" TEXT,
	"calls" bigint,
	"success_rate" double precision,
	"avg_ms" double precision,
	"p50_ms" double precision,
	"p95_ms" double precision,
	"p99_ms" double precision
)
STRICT VOLATILE PARALLEL SAFE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_performance_wrapper';

CREATE  FUNCTION "router_queue_embeddings"(
	"texts" TEXT[]
) RETURNS bigint
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_queue_embeddings_wrapper';

CREATE  FUNCTION "router_reject"(
	"id" bigint
) RETURNS VOID
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_reject_wrapper';

CREATE  FUNCTION "router_remote_embedding"(
	"text" TEXT
) RETURNS real[]
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_remote_embedding_wrapper';

CREATE  FUNCTION "router_replay"(
	"request_id" TEXT
) RETURNS jsonb
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_replay_wrapper';

CREATE  FUNCTION "router_slots"() RETURNS TABLE (
	"slots" bigint,
	"taken" bigint
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_slots_wrapper';

CREATE  FUNCTION "router_suggest"(
	"prefix" TEXT DEFAULT '',
	"context" jsonb DEFAULT '{}',
	"most" INT DEFAULT 10
) RETURNS TABLE (
	"suggestion" TEXT,
	"kind" TEXT,
	"dataset" TEXT,
	"confidence" double precision
)
STABLE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_suggest_wrapper';

CREATE  FUNCTION "router_ungolden"(
	"prompt" TEXT,
	"context" jsonb DEFAULT '{}'
) RETURNS bool
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_ungolden_wrapper';

CREATE  FUNCTION "router_wake"() RETURNS TEXT
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_wake_wrapper';

CREATE  FUNCTION "router_worker"() RETURNS TABLE (
	"state" TEXT,
	"pid" INT,
	"started_at" timestamp with time zone,
	"starts" bigint,
	"failures" bigint,
	"retry_in_ms" bigint
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'router_worker_wrapper';

CREATE OR REPLACE FUNCTION "sp_auto_assign_models"(
	"method" TEXT DEFAULT 'hungarian',
	"dry_run" bool DEFAULT false
) RETURNS TABLE (
	"action" TEXT,
	"agent_id" TEXT,
	"model_id" TEXT,
	"assignment_id" uuid,
	"match_score" NUMERIC,
	"overlap_analysis" jsonb
)
VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_auto_assign_models_wrapper';

CREATE FUNCTION "router_knowledge_changed"()
	RETURNS TRIGGER
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'router_knowledge_changed_wrapper';

CREATE TRIGGER knowledge_changed
  AFTER INSERT OR DELETE OR TRUNCATE
     OR UPDATE OF original_query, normalized_query, embedding, encoder, quickspec, intent_category, success_score, source, created_by
  ON router.query_embeddings
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();

CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.templates
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();

CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.handlers
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();

CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.intent_models
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();

CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.allowed_functions
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();

CREATE TABLE router.calibrations (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  weights      real[]      NOT NULL CHECK (cardinality(weights) > 0),
  samples      integer     NOT NULL CHECK (samples > 0),
  error_before real        NOT NULL,  -- expected calibration error, 0..1, over the samples
  error_after  real        NOT NULL,
  fitted_by    text        NOT NULL DEFAULT current_user,
  fitted_at    timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE router.calibrations IS 'Fits of the confidence by router_calibrate(); delete rows to go back';

CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.calibrations
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();

REVOKE ALL ON router.calibrations FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('router.calibrations', '');

SELECT pg_catalog.pg_extension_config_dump('router.calibrations_id_seq', '');

-- What the functions above took the place of.
DROP INDEX IF EXISTS router.agent_model_assignments_agent_idx;
DROP FUNCTION router.add_latency(bytea, double precision), router.opens_circuit(integer, bigint, bigint, double precision);
DROP FUNCTION router.maintain_decisions(integer, integer);

DO $$
DECLARE
  g record;
BEGIN
  FOR g IN SELECT * FROM pg_temp.kept_privileges LOOP
    EXECUTE pg_catalog.format('GRANT %s ON router.%I TO %s', g.privilege_type, g.relname,
                              CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END);
  END LOOP;
END
$$;
DROP TABLE pg_temp.kept_privileges;

DELETE FROM router.access_levels;

INSERT INTO router.access_levels (kind, name, level)
SELECT 'function', name, 'user'
FROM unnest('{router_route,router_query,router_rows,router_sql,router_chart,router_plot,router_svg,router_explain,
  router_feedback,router_choose,router_suggest,router_validate_sql,router_embed,router_intent,router_version,router_task_type,
  router_capability_score,router_recommend,sp_get_routing_recommendation}'::text[]) AS u (name);

-- Teaching, and recording outcomes.
INSERT INTO router.access_levels (kind, name, level)
SELECT 'function', name, 'analyst'
FROM unnest('{router_register,router_unregister,router_refresh,router_synonym,router_unsynonym,router_teach,router_forget,
  router_template,router_golden,router_ungolden,router_check,router_replay,router_cache_stats,router_train,router_calibrate,match_query_embeddings,router_assignments,router_compare_strategies,
  router_record_outcome,sp_update_assignment_metrics,update_assignment_metrics}'::text[]) AS u (name);

-- What decides which code the guard lets run stays with superusers.
INSERT INTO router.access_levels (kind, name, level)
SELECT 'function', name, 'superuser'
FROM unnest('{router_allow_function,router_disallow_function,router_handler}'::text[]) AS u (name);

-- The analytical views, and the tables that operators keep. Not harvested values: they belong to who may SELECT the column.
INSERT INTO router.access_levels (kind, name, level, privileges) VALUES
  ('relation', 'v_agent_assignments_summary',   'analyst', 'SELECT'),
  ('relation', 'v_model_assignment_performance', 'analyst', 'SELECT'),
  ('relation', 'v_routing_analytics_24h',       'analyst', 'SELECT'),
  ('relation', 'v_top_agent_model_pairs',       'analyst', 'SELECT'),
  ('relation', 'agents',                        'admin',   'SELECT, INSERT, UPDATE, DELETE'),
  ('relation', 'models',                        'admin',   'SELECT, INSERT, UPDATE, DELETE'),
  ('relation', 'agent_model_assignments',       'admin',   'SELECT, INSERT, UPDATE, DELETE'),
  ('relation', 'routing_decisions',             'admin',   'SELECT'),
  ('relation', 'audit_log',                     'admin',   'SELECT'),
  ('relation', 'decisions',                     'analyst', 'SELECT'),  -- row security shows each role its own
  ('relation', 'decision_log',                  'analyst', 'SELECT'),  -- what it shows
  ('relation', 'error_log',                     'admin',   'SELECT'),
  ('relation', 'optimizations',                 'admin',   'SELECT'),
  ('relation', 'warm_questions',                'admin',   'SELECT'),
  ('relation', 'datasets',                      'admin',   'SELECT'),
  ('relation', 'dataset_columns',               'admin',   'SELECT'),
  ('relation', 'relationships',                 'admin',   'SELECT'),
  ('relation', 'remote_queue',                  'admin',   'SELECT, UPDATE, DELETE'),
  ('relation', 'llm_usage',                     'admin',   'SELECT'),
  ('relation', 'llm_readings',             'admin',   'SELECT'),
  ('relation', 'golden_questions',              'admin',   'SELECT'),
  ('relation', 'grants',                        'admin',   'SELECT');

DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN
    SELECT p.oid::regprocedure
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
                               AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_proc'::regclass
    JOIN pg_catalog.pg_proc p ON p.oid = d.objid AND p.pronamespace = e.extnamespace
    WHERE e.extname = 'router'
      AND NOT EXISTS (SELECT 1 FROM router.access_levels l
                      WHERE l.kind = 'function' AND l.name = p.proname AND l.level = 'user')
  LOOP
    EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
END
$$;


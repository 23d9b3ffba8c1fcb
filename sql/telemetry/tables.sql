-- What was asked and what went wrong, by week. Rows of weeks that were not made ahead go to the default partition,
-- so that writing never fails for want of one. Each partition has indexes of its own, like those of the default one:
-- with indexes of the parent, which the extension makes, a dump that holds weeks could not be restored.

-- An answer given again takes a tenth of the room: what it repeats stands in the decision on the first.
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

-- The log made whole.
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
  -- Its time says in which weeks to look.
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

-- What router_optimize() did or suggests, with what was there before.
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

-- Asked often: the background worker has an endpoint's vectors for them ready. The local encoder needs no such help.
CREATE TABLE router.warm_questions (
  prompt       text        PRIMARY KEY,
  asked        bigint      NOT NULL,
  queued_at    timestamptz,             -- when the endpoint was last asked
  optimization bigint      NOT NULL REFERENCES router.optimizations ON DELETE CASCADE
);
COMMENT ON TABLE router.warm_questions IS 'Frequent questions whose embeddings are computed ahead';

-- Whether the current role operates the router: a superuser, or whoever may call router_grant.
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

-- The last automatic assignment, for router_health().
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

-- Who may do what. Runs last: whatever the extension's schema then holds is either named here or an
-- administrator's. Levels contain one another: user, analyst, admin.

CREATE TABLE router.access_levels (
  kind       text NOT NULL CHECK (kind IN ('function', 'relation')),
  name       text NOT NULL,  -- a function (in the extension's schema) or a relation (in schema router)
  level      text NOT NULL CHECK (level IN ('user', 'analyst', 'admin', 'superuser')),
  privileges text NOT NULL DEFAULT 'EXECUTE',
  PRIMARY KEY (kind, name, level)
);
COMMENT ON TABLE router.access_levels IS 'What router_grant grants. Functions not named here need level admin; superuser is never granted.';

-- Asking, and what only computes. Everybody may, until revoked from PUBLIC.
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

-- On record: who was given which level by whom, oldest first. What holds is in the privileges themselves.
CREATE TABLE router.grants (
  role_name  text        NOT NULL,
  level      text        NOT NULL CHECK (level IN ('none', 'user', 'analyst', 'admin')),
  granted_by text        NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT pg_catalog.pg_extension_config_dump('router.grants', '');

REVOKE ALL ON router.access_levels, router.grants FROM PUBLIC;

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

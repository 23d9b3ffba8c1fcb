-- Auto-assignment on a schedule, by the real pg_cron: needs shared_preload_libraries = 'router,pg_cron' and
-- cron.database_name = this database. `make test SUITE=cron` runs it.
SET client_min_messages = warning;
CREATE EXTENSION pg_cron;
CREATE EXTENSION router CASCADE;
INSERT INTO router.agents (agent_id, requirements) VALUES ('agent', '{"capabilities": {"math": 0.9}}');
INSERT INTO router.models (model_id, capabilities) VALUES ('model', '{"math": 0.9}');

SELECT cron.schedule('auto-assign', '*/15 * * * *', 'SELECT sp_auto_assign_models()');
SELECT cron.schedule('maintain', '0 3 * * *', 'SELECT router_maintain()');
-- The same statements every minute: the shortest that every version of pg_cron knows.
SELECT cron.schedule('auto-assign-now', '* * * * *', 'SELECT sp_auto_assign_models()');
SELECT cron.schedule('maintain-now', '* * * * *', 'SELECT router_maintain()');

DO $$
BEGIN
  FOR i IN 1..900 LOOP
    PERFORM pg_sleep(0.1);
    IF (SELECT count(*) FILTER (WHERE j.jobname = 'auto-assign-now' AND d.status = 'succeeded') > 0
           AND count(*) FILTER (WHERE j.jobname = 'maintain-now' AND d.status = 'succeeded') > 0
        FROM cron.job_run_details d JOIN cron.job j USING (jobid))
    THEN
      EXIT;
    END IF;
    COMMIT;
  END LOOP;
  IF NOT EXISTS (SELECT FROM router.agent_model_assignments
                 WHERE (agent_id, model_id, status, assignment_method) = ('agent', 'model', 'ACTIVE', 'AUTO'))
  THEN
    RAISE EXCEPTION 'pg_cron did not assign: %', (SELECT json_agg(d) FROM cron.job_run_details d);
  END IF;
  IF to_regclass('router.routing_decisions_' || to_char(date_trunc('week', now() AT TIME ZONE 'UTC') + interval '7 days', 'YYYYMMDD')) IS NULL THEN
    RAISE EXCEPTION 'pg_cron did not maintain: %', (SELECT json_agg(d) FROM cron.job_run_details d);
  END IF;
END
$$;
SELECT count(cron.unschedule(jobname)) FROM cron.job;

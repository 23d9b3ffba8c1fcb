-- Auto-assignment on a schedule by the real pg_cron: needs postgresql-15-cron and
-- shared_preload_libraries = 'router,pg_cron', cron.database_name = this database.
--
--   psql -X -q -v ON_ERROR_STOP=1 -d DBNAME -f pg_cron.sql
CREATE EXTENSION IF NOT EXISTS pg_cron;
CREATE EXTENSION IF NOT EXISTS router CASCADE;
INSERT INTO router.agents (agent_id, requirements) VALUES ('cron-agent', '{"capabilities": {"math": 0.9}}');
INSERT INTO router.models (model_id, capabilities) VALUES ('cron-model', '{"math": 0.9}');
SELECT cron.schedule('auto-assign', '*/15 * * * *', 'SELECT sp_auto_assign_models()');
-- The same statement once a second, so that the test need not wait.
SELECT cron.schedule('auto-assign-now', '1 second', 'SELECT sp_auto_assign_models()');
DO $$
BEGIN
  FOR i IN 1..150 LOOP
    PERFORM pg_sleep(0.1);
    IF EXISTS (SELECT FROM router.agent_model_assignments WHERE agent_id = 'cron-agent' AND model_id = 'cron-model') THEN
      RETURN;
    END IF;
    COMMIT;
  END LOOP;
  RAISE EXCEPTION 'pg_cron did not assign within 15 s';
END
$$;
SELECT cron.unschedule('auto-assign-now'), cron.unschedule('auto-assign');
DELETE FROM router.agent_model_assignments WHERE agent_id = 'cron-agent';
DELETE FROM router.agents WHERE agent_id = 'cron-agent';
DELETE FROM router.models WHERE model_id = 'cron-model';

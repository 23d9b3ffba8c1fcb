-- Maintenance on a schedule by the real pg_cron, beside auto-assignment: after auto_assign.sql, in the same database.
-- `make test SUITE=cron` runs it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_cron;
CREATE EXTENSION IF NOT EXISTS router CASCADE;
CREATE TABLE cron_shop (region text, sales numeric);
INSERT INTO cron_shop VALUES ('North', 1);
SELECT router_register('cron_shop') IS NOT NULL AS registered;
-- Something to do: an old week, a stale harvest.
CREATE TABLE router.decision_log_20200106 PARTITION OF router.decision_log FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z');
INSERT INTO cron_shop VALUES ('Atlantis', 2);
UPDATE router.datasets SET refreshed_at = now() - interval '2 days' WHERE name = 'public.cron_shop';
CREATE TABLE router.routing_decisions_20200106 (LIKE router.routing_decisions_default INCLUDING ALL);
ALTER TABLE router.routing_decisions ATTACH PARTITION router.routing_decisions_20200106
  FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z');
SELECT cron.schedule('auto-assign', '*/15 * * * *', 'SELECT sp_auto_assign_models()');
SELECT cron.schedule('maintain', '17 3 * * *', 'SELECT * FROM router_maintain()');
-- The same statement every minute: the shortest that every version of pg_cron knows.
SELECT cron.schedule('maintain-now', '* * * * *', 'SELECT * FROM router_maintain()');
DO $$
BEGIN
  FOR i IN 1..900 LOOP
    PERFORM pg_sleep(0.1);
    IF to_regclass('router.decision_log_20200106') IS NULL
      AND to_regclass('router.routing_decisions_20200106') IS NULL
      AND EXISTS (SELECT FROM router.log_weeks('decision_log') WHERE low > now())
      AND router_route('sales in Atlantis') ->> 'status' = 'ok'
    THEN
      RETURN;
    END IF;
    COMMIT;
  END LOOP;
  RAISE EXCEPTION 'pg_cron did not maintain within 90 s: %', (SELECT json_agg(d) FROM cron.job_run_details d);
END
$$;
SELECT count(cron.unschedule(jobname)) FROM cron.job;
SELECT router_unregister('cron_shop');
DROP TABLE cron_shop;

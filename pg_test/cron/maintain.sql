-- Maintenance on a schedule by the real pg_cron, beside auto-assignment: as auto_assign.sql, in the same database.
--
--   psql -X -q -v ON_ERROR_STOP=1 -d DBNAME -f maintain.sql
CREATE EXTENSION IF NOT EXISTS pg_cron;
CREATE EXTENSION IF NOT EXISTS router CASCADE;
CREATE TABLE cron_shop (region text, sales numeric);
INSERT INTO cron_shop VALUES ('North', 1);
SELECT router_register('cron_shop') IS NOT NULL AS registered;
-- Something to do: an old week, a stale harvest.
CREATE TABLE router.decisions_20200106 PARTITION OF router.decisions FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z');
INSERT INTO cron_shop VALUES ('Atlantis', 2);
UPDATE router.datasets SET refreshed_at = now() - interval '2 days' WHERE name = 'public.cron_shop';
SELECT cron.schedule('maintain', '17 3 * * *', 'SELECT * FROM router_maintain()');
-- The same statement once a second, so that the test need not wait.
SELECT cron.schedule('maintain-now', '1 second', 'SELECT * FROM router_maintain()');
DO $$
BEGIN
  FOR i IN 1..150 LOOP
    PERFORM pg_sleep(0.1);
    IF to_regclass('router.decisions_20200106') IS NULL
      AND EXISTS (SELECT FROM router.log_weeks('decisions') WHERE low > now())
      AND router_route('sales in Atlantis') ->> 'status' = 'ok'
    THEN
      RETURN;
    END IF;
    COMMIT;
  END LOOP;
  RAISE EXCEPTION 'pg_cron did not maintain within 15 s';
END
$$;
SELECT cron.unschedule('maintain-now'), cron.unschedule('maintain');
SELECT router_unregister('cron_shop');
DROP TABLE cron_shop;

\set n random(1, 1000000)
BEGIN;
SELECT set_config('soak.sql', format('CREATE TABLE soak.t%s (region text, amount numeric)', :n), true);
DO $$ BEGIN EXECUTE current_setting('soak.sql'); END $$;
SELECT router_register(format('soak.t%s', :n)::regclass);
ROLLBACK;
ANALYZE soak.sales;

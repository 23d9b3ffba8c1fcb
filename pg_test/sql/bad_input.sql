-- What can't be answered says so, each in its own words; the session goes on.
SET client_min_messages = warning;
\set VERBOSITY default
CREATE TABLE ledger (sold_on date, region text, sales numeric);
INSERT INTO ledger VALUES ('2024-05-01', 'North', 10);
SELECT router_register('ledger') IS NOT NULL AS registered;
SELECT router_route('');
SELECT router_route('   ');
SELECT router_route(repeat('sales ', 1000));
SELECT router_route('sales by region', '[]');
SELECT router_route('sales by region', '"text"');
SELECT router_route('sales by region', '{"colour": "red"}');
SELECT router_route('sales by region', '{"datasets": ["public.no_such_table"]}');
SELECT router_route('sales by region', '{"as_of": "the day after"}');
SELECT router_route('sales by region', '{"timezone": "Mars/Olympus"}');
SELECT router_register('pg_catalog.pg_class');
SELECT router_register('ledger', '{"layer": "tin"}');
SELECT router_register('ledger', '{"colour": "red"}');
SELECT router_register('ledger', '{"time_column": "nowhere"}');
SELECT router_register('no_such_table');
INSERT INTO router.agent_model_assignments (agent_id, model_id, capabilities) VALUES ('a', 'm', '{"task_types": ["math", "maths"]}');
SELECT count(*) FROM router_compare_strategies('2026-02-01', '2026-01-01');
DELETE FROM router.agent_model_assignments WHERE agent_id = 'a';
-- A column that vanished since registration is not used.
ALTER TABLE ledger DROP COLUMN sales;
SELECT router_route('sales by region') ->> 'status' <> 'ok' AS not_answered;
DROP TABLE ledger;

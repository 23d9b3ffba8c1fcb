-- What the soak works on: a small registered shop, agents and models, and a way to expect an error.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS soak CASCADE;
CREATE SCHEMA soak;
CREATE TABLE soak.sales (sold_on date NOT NULL, region text NOT NULL, product text NOT NULL, amount numeric NOT NULL, units int NOT NULL);
INSERT INTO soak.sales
SELECT date '2024-01-01' + n % 366, (ARRAY['North', 'South', 'East', 'West'])[n % 4 + 1],
       'Product ' || n % 50, n % 1000, n % 9
FROM generate_series(1, 20000) AS n;
ANALYZE soak.sales;
SELECT router_register('soak.sales');

-- Runs a statement that must be refused in this way.
CREATE FUNCTION soak.refused(statement text, expected text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RAISE EXCEPTION 'not refused: %', statement USING ERRCODE = 'XX001';
EXCEPTION WHEN OTHERS THEN
  IF SQLSTATE <> expected THEN
    RAISE EXCEPTION 'refused with % instead of %: %', SQLSTATE, expected, statement USING ERRCODE = 'XX001';
  END IF;
END
$$;

INSERT INTO router.agents (agent_id, agent_name) SELECT 'soak-agent-' || i, 'soak agent ' || i FROM generate_series(1, 5) i
ON CONFLICT DO NOTHING;
INSERT INTO router.models (model_id, model_name) SELECT 'soak-model-' || i, 'soak model ' || i FROM generate_series(1, 5) i
ON CONFLICT DO NOTHING;
SELECT sp_auto_assign_models();

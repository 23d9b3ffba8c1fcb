-- What scripts/bench-worker.sh measures on: a table of sales, one agent with one model, no caches.
CREATE EXTENSION router CASCADE;
CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n FROM generate_series(0, 364) AS n;
ANALYZE shop;
SELECT router_register('shop');
INSERT INTO router.agents (agent_id, base_url, max_in_flight) VALUES ('near', 'http://127.0.0.1:9100/v1', 200);
INSERT INTO router.models (model_id, capabilities, input_price, output_price)
VALUES ('small', '{"general": 0.9, "reasoning": 0.9, "math": 0.9, "coding": 0.9, "arabic": 0.9}', 1, 2);
SELECT router_assign('near', 'small', 90);
ALTER DATABASE bench SET router.cache = off;
ALTER DATABASE bench SET router.embedding_model = 'small';
ALTER DATABASE bench SET router.llm_timeout = '20s';
-- What a call takes its caller beyond the time that the endpoint says it took itself.
CREATE UNLOGGED TABLE overheads (ms real NOT NULL, endpoint real NOT NULL);
CREATE FUNCTION measured_call() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  own real[] := router_remote_embedding('total sales by region');
  endpoint float8 := own[1] + own[2] / 1000;
BEGIN
  INSERT INTO overheads VALUES (1000 * extract(epoch FROM clock_timestamp() - began) - endpoint, endpoint);
END $$;
SELECT router_wake();
SELECT pg_sleep(1);

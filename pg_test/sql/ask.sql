-- Ask about a registered table in plain words.
SET client_min_messages = warning;
CREATE TABLE shop_sales (sold_on date NOT NULL, region text NOT NULL, product text NOT NULL, units integer NOT NULL, sales numeric NOT NULL);
INSERT INTO shop_sales
SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], (ARRAY['Tea', 'Coffee'])[n % 2 + 1], n % 5 + 1, n
FROM generate_series(0, 364) AS n;
ANALYZE shop_sales;
-- Nothing is registered yet: nothing is answered.
SELECT router_route('total sales by region') ->> 'status' AS status;
SELECT router_register('shop_sales') IS NOT NULL AS registered;
-- One question, as rows,
SELECT * FROM router_query('total sales by region') ORDER BY x_axis;
-- as SQL,
SELECT router_sql('total sales by region');
-- and as the whole answer.
SELECT answer ->> 'status' AS status, answer ->> 'dataset' AS dataset, answer -> 'spec' ->> 'agg' AS agg, answer -> 'spec' ->> 'chart' AS chart
FROM router_route('total sales by region') AS answer;
-- Stored values are filters, times are ranges on the given clock.
SELECT * FROM router_query('sales of tea in the North by month in Q1 2024', '{"as_of": "2024-12-31"}') ORDER BY x_axis;
SELECT * FROM router_query('units last month', '{"as_of": "2024-03-15"}');
-- A typing error is forgiven.
SELECT * FROM router_query('sales of cofee by region') ORDER BY x_axis;
-- What the data can't answer is not answered.
SELECT router_route('what is the weather tomorrow?') ->> 'status' IN ('refused', 'clarify') AS not_answered;
SELECT router_route('DROP TABLE shop_sales') ->> 'sql' AS sql;
DROP TABLE shop_sales;
-- Gone with its table: an answer from what is no more would be wrong.
SELECT router_route('total sales by region') ->> 'status' AS status;

-- Eight questions over the Scout data, each answered by router_route and drawn as text:
--
--   psql -X -q -At -d DBNAME -f demo.sql      (after scout.sql and register.sql)
--
-- The data ends in March 2025, so the questions are asked as of then.

\set ON_ERROR_STOP on
\pset footer off

-- A number as people write it: thousands apart, decimals where they matter.
CREATE FUNCTION pg_temp.written(value numeric, decimals bool) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(to_char(value, CASE WHEN decimals THEN 'FM999,999,999,990.00' ELSE 'FM999,999,999,999,990' END), '-')
$$;

-- One line a bar: label, bar, number; at most 12 lines, then how many more there are. A longer line chart is drawn
-- in one line, lowest to highest.
CREATE FUNCTION pg_temp.draw(prompt text, context jsonb, chart text) RETURNS SETOF text LANGUAGE sql AS $$
  WITH answer AS (
    SELECT x_axis, series, concat_ws(' / ', x_axis, series) AS label, y_value, row_number() OVER () AS place
    FROM router_query(prompt, context)
  ), scale AS (
    SELECT count(*) AS rows, max(length(label)) AS label_width, max(abs(y_value)) AS largest,
           min(y_value) AS lowest, max(y_value) AS highest, count(series) AS in_series,
           bool_or(y_value <> trunc(y_value)) AND max(abs(y_value)) < 10000 AS decimals
    FROM answer
  ), number AS (
    SELECT place, pg_temp.written(y_value, decimals) AS number FROM answer, scale
  ), lines AS (
    SELECT place, format('   %s  %s %s', rpad(label, label_width),
                         rpad(repeat('█', coalesce(round(40 * abs(y_value) / nullif(largest, 0)), 0)::int), 40),
                         lpad(number, max(length(number)) OVER ())) AS line
    FROM answer JOIN number USING (place), scale
    WHERE place <= 12 AND NOT (chart = 'line' AND rows > 12 AND in_series = 0)
    UNION ALL
    SELECT 13, format('   … and %s more', rows - 12) FROM scale
    WHERE rows > 12 AND NOT (chart = 'line' AND in_series = 0)
    UNION ALL
    SELECT 1, format('   %s %s %s   lowest %s, highest %s', min(x_axis),
                     string_agg(substr('▁▂▃▄▅▆▇█', width_bucket(y_value, lowest, highest + (highest = lowest)::int, 7), 1), ''
                                ORDER BY place),
                     max(x_axis), pg_temp.written(min(lowest), bool_or(decimals)), pg_temp.written(max(highest), bool_or(decimals)))
    FROM answer, scale WHERE chart = 'line' AND rows > 12 AND in_series = 0 HAVING count(*) > 0
  )
  SELECT line FROM lines ORDER BY place
$$;

-- The rows as an aligned table of at most six columns; at most 12 rows, then how many more there are.
CREATE FUNCTION pg_temp.tabulate(prompt text, context jsonb, sql text) RETURNS SETOF text LANGUAGE sql AS $$
  WITH answer AS (
    SELECT object, row_number() OVER () AS place, count(*) OVER () AS rows FROM router_rows(prompt, context) AS object
  ), cell AS (
    SELECT place, key AS name, rank() OVER (PARTITION BY place ORDER BY strpos(sql, key)) AS position,
           left(coalesce(value #>> '{}', ''), 19) AS value
    FROM answer, jsonb_each(object) WHERE place <= 12
  ), padded AS (
    SELECT place, position, name, value, greatest(max(length(value)) OVER column_, length(name)) AS width
    FROM cell WHERE position <= 6 WINDOW column_ AS (PARTITION BY position)
  ), lines AS (
    SELECT 0 AS place, '   ' || string_agg(rpad(name, width), '  ' ORDER BY position) AS line FROM padded WHERE place = 1
    UNION ALL
    SELECT place, '   ' || string_agg(rpad(value, width), '  ' ORDER BY position) FROM padded GROUP BY place
    UNION ALL
    SELECT 13, format('   … and %s more', rows - 12) FROM answer WHERE place = 13
  )
  SELECT line FROM lines ORDER BY place
$$;

-- The sentence of explanation, the SQL, the drawing; for what was not answered, the status and why.
CREATE FUNCTION pg_temp.ask(number int, prompt text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  context constant jsonb := '{"as_of": "2025-03-15T10:00:00+08:00", "timezone": "Asia/Manila"}';
  answer  constant jsonb := router_route(prompt, context);
BEGIN
  RETURN NEXT format('%s. %s', number, prompt);
  RETURN NEXT format('   %s', answer ->> 'explain');
  IF answer ->> 'status' = 'ok' THEN
    RETURN QUERY SELECT '   ' || line FROM regexp_split_to_table(answer ->> 'sql', E'\n') AS line;
    RETURN NEXT '';
    IF answer -> 'spec' ->> 'chart' = 'table' AND answer -> 'spec' ->> 'agg' = 'none' THEN
      RETURN QUERY SELECT * FROM pg_temp.tabulate(prompt, context, answer ->> 'sql');
    ELSE
      RETURN QUERY SELECT * FROM pg_temp.draw(prompt, context, answer -> 'spec' ->> 'chart');
    END IF;
  ELSE
    RETURN NEXT format('   status: %s %s', answer ->> 'status', answer -> 'alternatives');
  END IF;
  RETURN NEXT '';
END
$$;

SELECT pg_temp.ask(1, 'Show Alaska milk sales in NCR last 30 days');
SELECT pg_temp.ask(2, 'Top 5 brands by sales in 2024');
SELECT pg_temp.ask(3, 'Share of sales by region in 2024');
SELECT pg_temp.ask(4, 'Compare Alaska and Oishi sales in Q4 2024');
SELECT pg_temp.ask(5, 'Monthly sales trend for 2024');
SELECT pg_temp.ask(6, 'list the 5 latest raw transactions');
SELECT pg_temp.ask(7, 'Number of line items with at least 10 units by channel');
SELECT pg_temp.ask(8, 'Predicted Alaska sales next quarter by month');

-- Eight questions over the Scout data, each answered by router_route and drawn as text:
--
--   psql -X -q -At -d DBNAME -f demo.sql      (after scout.sql and register.sql)
--
-- The data ends in March 2025, so the questions are asked as of then.

\set ON_ERROR_STOP on
\pset footer off

-- One line a bar: label, bar, number. At most 12 lines, then how many more there are.
CREATE FUNCTION pg_temp.draw(prompt text, context jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  WITH answer AS (
    SELECT concat_ws(' / ', x_axis, series) AS label, y_value, row_number() OVER () AS place, count(*) OVER () AS rows
    FROM router_query(prompt, context)
  ), shown AS (
    SELECT label, y_value, place, rows, max(length(label)) OVER () AS label_width, max(abs(y_value)) OVER () AS largest,
           trim(to_char(y_value, CASE WHEN y_value = trunc(y_value) OR abs(y_value) >= 10000
                                      THEN 'FM999,999,999,999,990' ELSE 'FM999,990.00' END)) AS number
    FROM answer WHERE place <= 12
  ), lines AS (
    SELECT place, format('   %s  %s %s', rpad(label, label_width),
                         rpad(repeat('█', coalesce(round(40 * abs(y_value) / nullif(largest, 0)), 0)::int), 40),
                         lpad(coalesce(number, '-'), max(length(number)) OVER ())) AS line
    FROM shown
    UNION ALL
    SELECT 13, format('   … and %s more', rows - 12) FROM answer WHERE place = 13
  )
  SELECT line FROM lines ORDER BY place
$$;

-- The rows as an aligned table of at most six columns; at most 12 rows, then how many more there are.
CREATE FUNCTION pg_temp.tabulate(prompt text, context jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  WITH answer AS (
    SELECT object, row_number() OVER () AS place, count(*) OVER () AS rows FROM router_rows(prompt, context) AS object
  ), cell AS (
    SELECT place, key AS name, rank() OVER (PARTITION BY place ORDER BY ordinality) AS position,
           left(coalesce(value #>> '{}', ''), 24) AS value
    FROM answer, jsonb_each(object) WITH ORDINALITY WHERE place <= 12
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
      RETURN QUERY SELECT * FROM pg_temp.tabulate(prompt, context);
    ELSE
      RETURN QUERY SELECT * FROM pg_temp.draw(prompt, context);
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

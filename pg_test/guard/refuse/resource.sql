-- ten billion rows of a series
SELECT count(*) FROM generate_series(1, 10000000000)

-- a series of numerics
SELECT count(*) FROM generate_series(1.0, 1e9)

-- a series of seconds
SELECT count(*) FROM generate_series(timestamp '1900-01-01', '2100-01-01', '1 second')

-- two series of minutes, crossed
SELECT count(*) FROM generate_series(timestamp '2024-01-01', '2024-03-01', '1 minute') a, generate_series(timestamp '2024-01-01', '2024-03-01', '1 minute') b

-- two series of numerics, crossed
SELECT count(*) FROM generate_series(1.0, 90000.0) a, generate_series(1.0, 90000.0) b

-- a series as long as a column says
SELECT count(*) FROM trade.orders, LATERAL generate_series(1, pieces * 100000000)

-- a series of a series
SELECT count(*) FROM (SELECT generate_series(1, generate_series(1, 100000)) AS n) x

-- rows of arrays, crossed
SELECT count(*) FROM unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) a, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) b, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) c, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) d, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) e, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) f, unnest(string_to_array('1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5', ' ')) g

-- rows of a long text, crossed
SELECT count(*) FROM string_to_table(repeat('x,', 60000), ',') a, string_to_table(repeat('x,', 60000), ',') b

-- a table crossed with itself
SELECT count(*) FROM trade.orders a, trade.orders b, trade.orders c, trade.orders d

-- sorted, too
SELECT a.id FROM trade.orders a, trade.orders b, trade.orders c, trade.orders d ORDER BY a.amount * b.amount LIMIT 1

-- joined by what is always true, which the planner can't know
SELECT count(*) FROM trade.orders a JOIN trade.orders b ON a.pieces * 0 = b.pieces * 0 JOIN trade.orders c ON b.pieces * 0 = c.pieces * 0 JOIN trade.orders d ON c.pieces * 0 = d.pieces * 0 JOIN trade.orders e ON d.pieces * 0 = e.pieces * 0

-- a recursion that does not end
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r

-- a recursion that goes round in circles
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT -n FROM r) SELECT max(n) FROM r

-- a recursion that doubles its rows
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + k FROM r, generate_series(1, 10) AS k WHERE n < 1000000000) SELECT count(*) FROM r

-- a recursion that joins the table each time
WITH RECURSIVE r(id) AS (SELECT id FROM trade.orders UNION ALL SELECT o.id FROM r JOIN trade.orders o ON o.id > 0) SELECT count(*) FROM r

-- a recursion that grows a text
WITH RECURSIVE r(t) AS (SELECT 'x'::text UNION ALL SELECT t || t FROM r) SELECT max(length(t)) FROM r

-- by formatting it twice
WITH RECURSIVE r(t) AS (SELECT 'x'::text UNION ALL SELECT format('%1$s%1$s%1$s%1$s', t) FROM r WHERE length(t) < 900000000) SELECT max(length(t)) FROM r

-- by quoting it
WITH RECURSIVE r(t) AS (SELECT ''''::text UNION ALL SELECT quote_literal(quote_literal(t)) FROM r WHERE length(t) < 900000000) SELECT max(length(t)) FROM r

-- an array
WITH RECURSIVE r(a) AS (SELECT ARRAY[1] UNION ALL SELECT a || a FROM r) SELECT max(cardinality(a)) FROM r

-- a document
WITH RECURSIVE r(j) AS (SELECT '1'::jsonb UNION ALL SELECT jsonb_build_array(j, j) FROM r) SELECT count(*) FROM r

-- repeat
SELECT repeat('x', 1000000000)

-- repeat within repeat
SELECT length(repeat(repeat(repeat('x', 1000), 1000), 1000))

-- repeat of a column, as often as a column says
SELECT length(repeat(customer, amount::int * 1000000)) FROM trade.orders

-- lpad
SELECT lpad('x', 900000000)

-- rpad, with a filling
SELECT length(rpad('x', 900000000, 'ab'))

-- a char type
SELECT 'x'::char(10000000), 'y'::char(10000000), 'z'::char(10000000), 'x'::char(10000000), 'y'::char(10000000), 'z'::char(10000000), 'x'::char(10000000), 'y'::char(10000000)

-- by a char type of a column
SELECT sum(length(customer::char(10000000) || 'x')) FROM trade.orders

-- a bit type
SELECT '1'::bit(83886080), '1'::bit(83886080), '1'::bit(83886080)

-- a char type of json's columns
SELECT * FROM json_to_recordset('[{"a": 1}, {"a": 2}, {"a": 3}]') AS t(a char(10000000))

-- format by widths
SELECT format('%900000000s', 'x')

-- format by computed widths
SELECT format('%*s', 900000000, 'x')

-- format by many places
SELECT length(format('«2000*%1$s»', repeat('x', 100000)))

-- a separator
SELECT length(concat_ws(repeat(',', 100000)«90*, 'x'»)) + length(concat_ws(repeat(',', 100000), VARIADIC string_to_array(repeat('x,', 30000), ',')))

-- a separator of an array
SELECT length(array_to_string(string_to_array(repeat('x,', 50000), ','), repeat('y', 100000)))

-- doubled by subqueries
SELECT length(x) FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT x || x AS x FROM (SELECT repeat('x', 100000) AS x) a) b) c) d) e) f) g) h) i) j) k) l) m

-- doubled by CTEs
WITH a AS (SELECT repeat('x', 100000) AS x), b AS (SELECT x || x || x || x || x || x || x || x AS x FROM a), c AS (SELECT x || x || x || x || x || x || x || x AS x FROM b), d AS (SELECT x || x || x || x || x || x || x || x AS x FROM c), e AS (SELECT x || x || x || x || x || x || x || x AS x FROM d) SELECT length(x) FROM e

-- replace makes more of it
SELECT length(replace(repeat('x', 100000), 'x', repeat('y', 10000)))

-- by a regular expression
SELECT length(regexp_replace(repeat('x', 100000), 'x', repeat('y', 10000), 'g'))

-- array_fill
SELECT array_fill(0, ARRAY[100000000])

-- array_fill, in many dimensions
SELECT array_fill('x'::text, ARRAY[100, 100, 100, 100])

-- array_fill, as a column says
SELECT array_fill(0, ARRAY[pieces * 100000000]) FROM trade.orders

-- an array of a subquery
SELECT cardinality(ARRAY(SELECT repeat('x', 30000) FROM generate_series(1, 100000)))

-- array_agg of long texts
SELECT cardinality(array_agg(repeat(a.customer, 1000))) FROM trade.orders a, trade.orders b

-- string_agg over a product
SELECT length(string_agg(a.customer, b.customer)) FROM trade.orders a, trade.orders b, trade.orders c

-- json of rows over a product
SELECT length(json_agg(a)::text) FROM trade.orders a, trade.orders b, trade.orders c

-- an object of a product
SELECT length(jsonb_object_agg(a.id * 40000 + b.id * 200 + c.id, a.attrs)::text) FROM trade.orders a, trade.orders b, trade.orders c

-- XML of a product
SELECT length(xmlagg(xmlelement(NAME a, repeat(a.customer, 100)))::text) FROM trade.orders a, trade.orders b, trade.orders c

-- a running string_agg, which copies all of it for every row
SELECT sum(length(s)) FROM (SELECT string_agg('0123456789', '') OVER (ORDER BY g) AS s FROM generate_series(1, 100000) AS g) x

-- a sliding maximum over a wide frame
SELECT sum(m) FROM (SELECT max(g) OVER (ORDER BY g ROWS BETWEEN 50000 PRECEDING AND 1 PRECEDING) AS m FROM generate_series(1, 100000) AS g) x

-- a frame that leaves out the current row, so that each row starts anew
SELECT sum(m) FROM (SELECT sum(g) OVER (ORDER BY g ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS m FROM generate_series(1, 100000) AS g) x

-- a frame that shrinks at its start
SELECT sum(m) FROM (SELECT min(g) OVER (ORDER BY g ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS m FROM generate_series(1, 100000) AS g) x

-- a regular expression with back references
SELECT repeat('a', 301) || 'b' ~ '^(a*)(a*)(a*)(a*)\1\2\3\4b$'

-- the same for substring
SELECT substring(customer from '^(.*)(.*)\1\2$') FROM trade.orders

-- the same for SIMILAR TO
SELECT customer SIMILAR TO '(a*)(a*)#1#2' ESCAPE '#' FROM trade.orders

-- the same in substring of SQL
SELECT substring(customer similar 'x#"(a*)(a*)#"#1#2' escape '#') FROM trade.orders

-- counted repetitions that multiply
SELECT customer ~ '((((a{1,50}){1,50}){1,50}){1,50})' FROM trade.orders

-- a pattern that is computed
SELECT customer ~ (customer || '(a*)' || repeat('(b*)', pieces)) FROM trade.orders

-- nested looking ahead
SELECT repeat('a', 100000) ~ '(?=.*(?=.*(?=.*(?=.*b))))'

-- a pattern in a JSON path
SELECT jsonb_path_exists(attrs, '$.channel ? (@ like_regex "^(a*)(a*)\\1\\2$")') FROM trade.orders

-- a JSON path that multiplies
SELECT jsonb_path_query_array('[[1,2,3],[4,5,6],[7,8,9],[1,2,3],[4,5,6],[7,8,9],[1,2,3],[4,5,6],[7,8,9],[1,2,3],[4,5,6],[7,8,9]]', '$[*] ? (exists($[*] ? (exists($[*] ? (exists($[*] ? (exists($[*] ? (exists($[*] ? (exists($[*] ? (@ == 10)))))))))))))')

-- a JSON path that goes down again and again
SELECT jsonb_path_query_array('«40*[»1«40*]»', '$.**.**.**.**.**.**.**.**')

-- a deep document made pretty
SELECT length(jsonb_pretty(('«3000*[»' || '«3000*]»')::jsonb))

-- a search that is quadratic
SELECT position(repeat('a', 60000) || 'b' in repeat('a', 120000))

-- a number of many digits
SELECT 10::numeric ^ 100000

-- a power of powers
-- rule: analysis
SELECT ((9.9 ^ 999.0) ^ 99.0) ^ 99.0

-- a factorial
SELECT factorial(50000)

-- factorial of a column
SELECT factorial(pieces * 100000) FROM trade.orders

-- a number in scientific notation
-- rule: analysis
SELECT 1e100000 * 1e-100000 FROM trade.orders

-- a number that a text spells
SELECT '9e99999'::text::numeric * '9e9999'::text::numeric

-- a number that several texts spell
SELECT ('9e' || '130000')::numeric

-- a number that a text and a column spell
SELECT ('9e' || pieces * 10000)::numeric FROM trade.orders

-- numbers within a document
SELECT ('[1e131000, 1e131000, 1e131000, 1e131000, 1e131000, 1e131000]'::jsonb)::text

-- a scale
SELECT round(1.5, 16000) * round(2.5, 16000)

-- sets of groups that multiply
SELECT count(*) FROM trade.orders GROUP BY CUBE (id, ordered_on, customer, country, amount, pieces, paid), CUBE (tags, attrs, took, rating, code, placed_at)

-- many relations
SELECT 1«70* + (SELECT count(*) FROM trade.customers)»

-- many lists of values
SELECT 1 WHERE true«70* AND EXISTS (SELECT FROM (VALUES (1), (2)) AS v)»

-- many functions
SELECT 1 WHERE true«70* AND EXISTS (SELECT FROM generate_series(1, 2))»

-- many subqueries
SELECT 1 WHERE true«70* AND EXISTS (SELECT FROM (SELECT vip FROM trade.customers LIMIT 1) AS s)»

-- a polygon of many points
SELECT polygon(100000000, circle '((0,0),1)')

-- the caller's own idea of costs
-- set: SET cpu_tuple_cost = 0; SET cpu_operator_cost = 0; SET seq_page_cost = 0; SET cpu_index_tuple_cost = 0
SELECT count(*) FROM trade.orders a, trade.orders b, trade.orders c, trade.orders d

-- the same for parallel plans
-- set: SET cpu_tuple_cost = 0; SET cpu_operator_cost = 0; SET parallel_tuple_cost = 0; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0
SELECT count(*) FROM trade.orders a, trade.orders b, trade.orders c, trade.orders d

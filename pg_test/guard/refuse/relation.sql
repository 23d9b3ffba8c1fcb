-- a table that nobody registered
SELECT * FROM trade.wages

-- behind an alias that looks registered
SELECT orders.wage FROM trade.wages AS orders

-- in a scalar subquery of the select list
SELECT country, (SELECT max(wage) FROM trade.wages) FROM trade.orders

-- in a subquery of the HAVING clause
SELECT country FROM trade.orders GROUP BY country HAVING sum(amount) > (SELECT sum(wage) FROM trade.wages)

-- in ORDER BY
SELECT id FROM trade.orders ORDER BY (SELECT wage FROM trade.wages LIMIT 1)

-- in LIMIT
SELECT id FROM trade.orders LIMIT (SELECT count(*) FROM trade.wages)

-- in OFFSET
SELECT id FROM trade.orders OFFSET (SELECT count(*) FROM trade.wages)

-- in an aggregate's FILTER
SELECT count(*) FILTER (WHERE amount > (SELECT min(wage) FROM trade.wages)) FROM trade.orders

-- in an aggregate's ORDER BY
SELECT string_agg(customer, ',' ORDER BY (SELECT max(wage) FROM trade.wages)) FROM trade.orders

-- in a window definition
SELECT sum(amount) OVER (PARTITION BY (SELECT max(wage) FROM trade.wages)) FROM trade.orders

-- in a window frame's bound
SELECT sum(amount) OVER (ORDER BY id ROWS (SELECT count(*) FROM trade.wages) PRECEDING) FROM trade.orders

-- in a join condition
SELECT o.id FROM trade.orders o JOIN trade.customers c ON c.name = o.customer AND EXISTS (SELECT FROM trade.wages)

-- in a LATERAL subquery
SELECT o.id, x.wage FROM trade.orders o, LATERAL (SELECT wage FROM trade.wages LIMIT o.pieces) x

-- in an argument of a function in FROM
SELECT n FROM generate_series(1, (SELECT count(*) FROM trade.wages)) AS n

-- in ROWS FROM
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY(SELECT wage FROM trade.wages))) AS t(a, b)

-- in VALUES
SELECT v FROM (VALUES (1), ((SELECT max(wage) FROM trade.wages))) AS t(v)

-- in GROUPING SETS
SELECT count(*) FROM trade.orders GROUP BY GROUPING SETS (((SELECT max(wage) FROM trade.wages)), ())

-- in DISTINCT ON
SELECT DISTINCT ON ((SELECT max(wage) FROM trade.wages)) id FROM trade.orders

-- in an array constructor
SELECT ARRAY(SELECT wage FROM trade.wages)

-- in a row comparison
SELECT id FROM trade.orders WHERE (amount, pieces) < (SELECT max(wage), 1 FROM trade.wages)

-- compared by ANY
SELECT id FROM trade.orders WHERE amount < ANY (SELECT wage FROM trade.wages)

-- in CASE
SELECT CASE WHEN paid THEN (SELECT sum(wage) FROM trade.wages) END FROM trade.orders

-- as an arm of UNION ALL
SELECT customer, amount FROM trade.orders UNION ALL SELECT * FROM trade.wages

-- as an arm that TABLE names
SELECT 'a', 1.0 UNION ALL TABLE trade.wages

-- as an arm of EXCEPT, which tells of it too
SELECT 3001.0 EXCEPT SELECT wage FROM trade.wages

-- in a CTE that nothing reads
WITH unused AS (SELECT * FROM trade.wages) SELECT 1

-- in a CTE named as a registered table
WITH orders AS (SELECT * FROM trade.wages) SELECT * FROM orders

-- in a recursive arm
WITH RECURSIVE r(n) AS (SELECT 1.0 UNION ALL SELECT w.wage FROM r, trade.wages w WHERE r.n < 2) SELECT * FROM r

-- in a CTE within a subquery
SELECT * FROM (WITH w AS (SELECT wage FROM trade.wages) SELECT * FROM w) x

-- a name that a CTE of another scope has
SELECT a.*, b.* FROM (WITH wages AS (SELECT 1) SELECT * FROM wages) a, trade.wages b

-- a view over it
SELECT * FROM trade.wages_v

-- a materialised view over it
SELECT * FROM trade.wages_mv

-- an unregistered view over a registered table
SELECT * FROM trade.orders_copy

-- a partition whose parent is registered
SELECT count(*) FROM trade.visits_2024

-- an inheritance parent whose child is registered
SELECT * FROM trade.sensor

-- the parent alone
SELECT * FROM ONLY trade.sensor

-- a sequence as a relation
SELECT last_value FROM trade.numbers

-- NATURAL JOIN against it
SELECT count(*) FROM trade.people NATURAL JOIN trade.wages

-- by the caller's search_path
-- set: SET search_path = evil, trade
SELECT * FROM orders

-- by a temporary table of the same name
-- set: CREATE TEMP TABLE orders AS SELECT * FROM trade.wages; SET search_path = trade
SELECT * FROM orders

-- by a temporary view
-- set: CREATE TEMP VIEW customers AS SELECT * FROM trade.wages; SET search_path = trade
SELECT * FROM customers

-- a system catalog
SELECT relname FROM pg_class

-- a catalog that a user's own schema hides
SELECT usename, passwd FROM pg_catalog.pg_shadow

-- the information schema
SELECT column_name FROM information_schema.columns

-- statistics of what others keep
SELECT most_common_vals FROM pg_stats

-- what others run
SELECT query FROM pg_stat_activity

-- large objects' pages
SELECT data FROM pg_largeobject

-- settings as a relation
SELECT setting FROM pg_settings WHERE name = 'data_directory'

-- files of the server's configuration
SELECT * FROM pg_hba_file_rules

-- the extension's own tables
SELECT * FROM router.datasets

-- what the extension collected of values
SELECT * FROM router.allowed_functions

-- a quoted name written with escapes
SELECT * FROM trade.U&"w\0061ges"

-- a quoted name with another escape character
SELECT * FROM trade.U&"w!0061ges" UESCAPE '!'

-- a name in capitals
SELECT * FROM TRADE.WAGES

-- a name with the database before it
-- rule: analysis
SELECT * FROM nowhere.trade.wages

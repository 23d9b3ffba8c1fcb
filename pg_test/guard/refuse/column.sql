-- a column that is not registered
SELECT wage FROM trade.people

-- in a condition alone
SELECT name FROM trade.people WHERE wage > 5500

-- in ORDER BY alone
SELECT name FROM trade.people ORDER BY wage

-- by a star
SELECT * FROM trade.people

-- by the whole row
SELECT p FROM trade.people p

-- by the whole row's text
SELECT p::text FROM trade.people p

-- by counting whole rows
SELECT count(p) FROM trade.people p

-- by the whole row as json
SELECT row_to_json(p) FROM trade.people p

-- through a field of the whole row
SELECT (p).wage FROM trade.people p

-- through an alias that renames the columns
SELECT b FROM trade.people AS p(a, b, c)

-- through NATURAL JOIN
WITH w AS (SELECT 5000.0 AS wage) SELECT name FROM trade.people NATURAL JOIN w

-- through USING
SELECT p.name FROM trade.people p JOIN (SELECT 5000.0 AS wage) w USING (wage)

-- through an alias of a join
SELECT j.wage FROM (trade.people p CROSS JOIN (SELECT 1 AS one) x) AS j

-- through a subquery's star
SELECT s.name FROM (SELECT * FROM trade.people) s

-- through IS NULL of the row
SELECT name FROM trade.people p WHERE p IS NOT NULL

-- through a comparison of rows
SELECT a.name FROM trade.people a, trade.people b WHERE a < b

-- through DISTINCT on rows
SELECT count(DISTINCT p) FROM trade.people p

-- in a window
SELECT name, rank() OVER (ORDER BY wage) FROM trade.people

-- where a row lies
SELECT ctid FROM trade.orders

-- which transaction wrote it
SELECT xmin, xmax, cmin, cmax FROM trade.orders

-- which partition it is in
SELECT DISTINCT tableoid FROM trade.visits

-- in a condition alone
SELECT id FROM trade.orders WHERE tableoid IS NOT NULL

-- joined by a key
SELECT c.country, sum(o.amount) FROM trade.orders o JOIN trade.customers c ON c.name = o.customer GROUP BY c.country

-- outer joins
SELECT c.name, count(o.placed_at) FROM trade.customers c LEFT JOIN trade.orders o ON o.customer = c.name AND o.paid GROUP BY c.name

-- full, natural and by USING
SELECT count(*) FROM (SELECT name AS customer FROM trade.customers) c FULL JOIN trade.orders o USING (customer) NATURAL JOIN (SELECT 1 AS id) i

-- joined by a range
SELECT a.id, count(*) FROM trade.orders a JOIN trade.orders b ON b.placed_at BETWEEN a.placed_at AND a.placed_at + interval '1 day' GROUP BY a.id

-- joined by what is computed
SELECT count(*) FROM trade.orders o JOIN trade.customers c ON lower(c.name) = lower(o.customer) AND date_trunc('year', o.placed_at) >= date_trunc('year', c.since::timestamptz)

-- LATERAL
SELECT c.name, x.amount FROM trade.customers c, LATERAL (SELECT amount FROM trade.orders o WHERE o.customer = c.name ORDER BY amount DESC LIMIT 2) x

-- LEFT JOIN LATERAL
SELECT c.name, x.n FROM trade.customers c LEFT JOIN LATERAL (SELECT count(*) AS n FROM trade.orders o WHERE o.customer = c.name) x ON true

-- EXISTS and NOT EXISTS
SELECT name FROM trade.customers c WHERE EXISTS (SELECT 1 FROM trade.orders o WHERE o.customer = c.name) AND NOT EXISTS (SELECT 1 FROM trade.orders o WHERE o.customer = c.name AND o.amount > 10000)

-- IN, ANY, ALL
SELECT id FROM trade.orders WHERE customer IN (SELECT name FROM trade.customers WHERE vip) AND amount > ALL (SELECT 10) AND pieces = ANY (ARRAY[1, 2, 3])

-- scalar subqueries
SELECT id, amount - (SELECT avg(amount) FROM trade.orders) FROM trade.orders

-- CTEs
WITH monthly AS (SELECT date_trunc('month', placed_at) AS m, sum(amount) AS s FROM trade.orders GROUP BY 1), best AS (SELECT max(s) AS s FROM monthly) SELECT m FROM monthly JOIN best USING (s)

-- CTEs, materialised or not
WITH a AS MATERIALIZED (SELECT * FROM trade.orders), b AS NOT MATERIALIZED (SELECT * FROM a WHERE paid) SELECT count(*) FROM b

-- a CTE that hides an unregistered name
WITH wages AS (SELECT 1 AS n) SELECT * FROM wages

-- a short recursion
WITH RECURSIVE d(day) AS (SELECT DATE '2024-01-01' UNION ALL SELECT day + 1 FROM d WHERE day < DATE '2024-01-31') SELECT day FROM d

-- a recursion that builds a path
WITH RECURSIVE r(id, path) AS (SELECT 1, '1' UNION ALL SELECT id + 1, path || '>' || (id + 1) FROM r WHERE id < 20) SELECT path FROM r

-- a recursion with SEARCH and CYCLE
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n % 5 + 1 FROM r) SEARCH DEPTH FIRST BY n SET o CYCLE n SET looped USING path SELECT n FROM r WHERE NOT looped

-- set operations
SELECT country FROM trade.orders UNION SELECT country FROM trade.customers INTERSECT SELECT 'France' EXCEPT SELECT 'Japan' ORDER BY 1

-- arms with their own limits
(SELECT 'most', customer FROM trade.orders ORDER BY amount DESC LIMIT 1) UNION ALL (SELECT 'least', customer FROM trade.orders ORDER BY amount LIMIT 1)

-- VALUES as a table
SELECT v.label, count(o.placed_at) FROM (VALUES ('France', 'FR'), ('Japan', 'JP')) AS v(country, label) LEFT JOIN trade.orders o ON o.country = v.country GROUP BY v.label

-- rows as values
SELECT id FROM trade.orders WHERE (country, paid) IN (('France', true), ('Japan', false)) AND (pieces, id) > (2, 100)

-- a pivot by hand
SELECT customer, sum(amount) FILTER (WHERE country = 'France') AS france, sum(CASE WHEN country = 'Japan' THEN amount END) AS japan FROM trade.orders GROUP BY customer

-- an unpivot by LATERAL VALUES
SELECT id, k, v FROM trade.orders, LATERAL (VALUES ('amount', amount), ('pieces', pieces::numeric)) AS t(k, v)

-- islands
SELECT min(ordered_on), max(ordered_on) FROM (SELECT ordered_on, ordered_on - (row_number() OVER (ORDER BY ordered_on))::int AS island FROM trade.orders) x GROUP BY island

-- a median by hand
SELECT avg(amount) FROM (SELECT amount, row_number() OVER (ORDER BY amount) AS r, count(*) OVER () AS n FROM trade.orders) x WHERE r IN ((n + 1) / 2, (n + 2) / 2)

-- cohorts
WITH first AS (SELECT customer, min(date_trunc('month', placed_at)) AS cohort FROM trade.orders GROUP BY 1) SELECT f.cohort, extract(month FROM age(date_trunc('month', o.placed_at), f.cohort)) AS after, count(DISTINCT o.customer) FROM first f JOIN trade.orders o USING (customer) GROUP BY 1, 2

-- deep but sane
SELECT «60*(»amount«60*)» FROM trade.orders

-- a series of numbers
SELECT n, n * n FROM generate_series(1, 100) AS n

-- a series in the select list
SELECT generate_series(1, 3), id FROM trade.orders

-- several functions side by side
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS t(n, x, i)

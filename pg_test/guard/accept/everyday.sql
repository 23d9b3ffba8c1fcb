-- totals per group
SELECT country, sum(amount) AS total FROM trade.orders GROUP BY country ORDER BY total DESC LIMIT 10

-- with a final semicolon
SELECT count(*) FROM trade.orders;

-- every simple aggregate
SELECT count(*), count(country), count(DISTINCT customer), sum(amount), avg(amount), min(amount), max(placed_at) FROM trade.orders

-- statistics
SELECT stddev_pop(amount), stddev_samp(amount), var_pop(amount), var_samp(amount), variance(pieces), corr(amount, pieces), covar_pop(amount, pieces), regr_r2(amount, pieces), regr_intercept(amount, pieces), regr_count(amount, pieces) FROM trade.orders

-- ordered sets
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY country) FROM trade.orders

-- hypothetical sets
SELECT rank(100) WITHIN GROUP (ORDER BY amount), dense_rank(100) WITHIN GROUP (ORDER BY amount), percent_rank(100) WITHIN GROUP (ORDER BY amount), cume_dist(100) WITHIN GROUP (ORDER BY amount) FROM trade.orders

-- logical and bit aggregates
SELECT bool_and(paid), bool_or(paid), every(paid), bit_and(pieces), bit_or(pieces), bit_xor(pieces) FROM trade.orders

-- filtered aggregates
SELECT count(*) FILTER (WHERE paid), sum(amount) FILTER (WHERE country = 'Japan') FROM trade.orders

-- a list of texts
SELECT country, string_agg(DISTINCT customer, ', ' ORDER BY customer) FROM trade.orders GROUP BY country

-- an array of values
SELECT customer, array_agg(amount ORDER BY placed_at DESC) FROM trade.orders GROUP BY customer

-- HAVING
SELECT customer, count(*) FROM trade.orders GROUP BY customer HAVING sum(amount) > 1000 AND count(*) >= 2

-- grouped by a position and an expression
SELECT extract(month FROM ordered_on), paid, avg(amount)::numeric(10, 2) FROM trade.orders GROUP BY 1, 2 ORDER BY 1, 2

-- ROLLUP
SELECT country, customer, sum(amount), grouping(country, customer) FROM trade.orders GROUP BY ROLLUP (country, customer)

-- CUBE
SELECT country, paid, count(*) FROM trade.orders GROUP BY CUBE (country, paid)

-- GROUPING SETS
SELECT country, customer, count(*) FROM trade.orders GROUP BY GROUPING SETS ((country), (customer), ())

-- a share of the total
SELECT country, round(100.0 * sum(amount) / sum(sum(amount)) OVER (), 1) AS share FROM trade.orders GROUP BY country

-- a weighted mean
SELECT sum(amount * pieces) / NULLIF(sum(pieces), 0) FROM trade.orders

-- DISTINCT
SELECT DISTINCT country, paid FROM trade.orders

-- DISTINCT ON
SELECT DISTINCT ON (customer) customer, placed_at, amount FROM trade.orders ORDER BY customer, placed_at DESC

-- BETWEEN, IN, LIKE, IS NULL
SELECT id FROM trade.orders WHERE amount BETWEEN 10 AND 90 AND country IN ('France', 'Japan') AND customer NOT LIKE '%x%' AND took IS NOT NULL AND country IS DISTINCT FROM 'Kenya'

-- BETWEEN SYMMETRIC and ILIKE
SELECT count(*) FROM trade.orders WHERE pieces BETWEEN SYMMETRIC 5 AND 2 OR customer ILIKE 'CUST%'

-- a regular expression
SELECT count(*) FROM trade.orders WHERE customer ~ '^cust.*[0-9]$' AND customer !~* 'zzz'

-- SIMILAR TO
SELECT count(*) FROM trade.orders WHERE country SIMILAR TO '(France|Japan)%'

-- a long list
SELECT count(*) FROM trade.orders WHERE id IN (1«500*, 2»)

-- CASE in both forms
SELECT CASE WHEN amount < 100 THEN 'small' WHEN amount < 300 THEN 'middle' ELSE 'large' END AS size, CASE paid WHEN true THEN 'yes' ELSE 'no' END, count(*) FROM trade.orders GROUP BY 1, 2

-- COALESCE, GREATEST, LEAST
SELECT COALESCE(country, 'unknown'), GREATEST(pieces, 3), LEAST(amount, 50, 20) FROM trade.orders

-- paging
SELECT id, amount FROM trade.orders ORDER BY amount DESC NULLS LAST, id OFFSET 20 ROWS FETCH NEXT 10 ROWS ONLY

-- ties
SELECT id, pieces FROM trade.orders ORDER BY pieces DESC FETCH FIRST 3 ROWS WITH TIES

-- all rows
SELECT * FROM trade.orders

-- a star of one table and expressions
SELECT o.*, o.amount / o.pieces AS each FROM trade.orders AS o WHERE o.paid

-- an enum column, compared and grouped
SELECT stage, count(*) FROM trade.orders WHERE stage <> 'lost' AND stage > 'new' GROUP BY stage ORDER BY stage

-- a domain column, read
SELECT contact, split_part(contact, '@', 2) FROM trade.orders GROUP BY contact

-- no table at all
SELECT 1 + 1 AS two, 'x' AS letter, NULL AS nothing, true AND NOT false AS yes

-- quoted names
SELECT "Year", sum("Visitors; total") AS "of which; --" FROM "Trade Fairs" GROUP BY "Year"

-- a registered column of a table that has others
SELECT name FROM trade.people WHERE name LIKE 'A%'

-- a view, a materialised view, a partitioned table, a child table
SELECT (SELECT sum(orders) FROM trade.orders_per_day), (SELECT max(amount) FROM trade.by_country), (SELECT count(*) FROM trade.visits), (SELECT avg(celsius) FROM trade.sensor_north)

-- a view over what is not registered
SELECT people, total / people FROM trade.payroll

-- a table with row security
SELECT tenant, sum(balance) FROM trade.accounts GROUP BY tenant

-- ranks
SELECT customer, amount, rank() OVER w, dense_rank() OVER w, row_number() OVER w, percent_rank() OVER w, cume_dist() OVER w, ntile(4) OVER w FROM trade.orders WINDOW w AS (PARTITION BY customer ORDER BY amount DESC)

-- neighbours
SELECT placed_at, amount, lag(amount) OVER w, lead(amount, 2, 0.0) OVER w, first_value(amount) OVER w, last_value(amount) OVER w, nth_value(amount, 3) OVER w FROM trade.orders WINDOW w AS (ORDER BY placed_at)

-- a running total
SELECT ordered_on, sum(amount) OVER (ORDER BY ordered_on ROWS UNBOUNDED PRECEDING) FROM trade.orders

-- a moving mean
SELECT ordered_on, avg(amount) OVER (ORDER BY ordered_on ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM trade.orders

-- a moving maximum
SELECT ordered_on, max(amount) OVER (ORDER BY ordered_on ROWS BETWEEN 29 PRECEDING AND 1 FOLLOWING) FROM trade.orders

-- a moving mean over time
SELECT placed_at, avg(amount) OVER (ORDER BY placed_at RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW) FROM trade.orders

-- a moving maximum over numbers
SELECT id, max(amount) OVER (ORDER BY id RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING) FROM trade.orders

-- groups of peers
SELECT pieces, count(*) OVER (ORDER BY pieces GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM trade.orders

-- a filtered window
SELECT id, count(*) FILTER (WHERE paid) OVER (PARTITION BY country) FROM trade.orders

-- growth
SELECT m, s, round(100 * (s / NULLIF(lag(s) OVER (ORDER BY m), 0) - 1), 1) FROM (SELECT date_trunc('month', placed_at) AS m, sum(amount) AS s FROM trade.orders GROUP BY 1) x

-- the best of each group
SELECT * FROM (SELECT customer, amount, row_number() OVER (PARTITION BY customer ORDER BY amount DESC) AS n FROM trade.orders) x WHERE n <= 3

-- a list that runs along
SELECT id, string_agg(code, ',') OVER (PARTITION BY customer ORDER BY id) FROM trade.orders

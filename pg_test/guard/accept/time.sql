-- by month
SELECT date_trunc('month', placed_at) AS month, sum(amount) FROM trade.orders GROUP BY 1 ORDER BY 1

-- by week, as a date
SELECT date_trunc('week', placed_at)::date, count(*) FROM trade.orders GROUP BY 1

-- in a time zone
SELECT date_trunc('day', placed_at, 'Asia/Tokyo'), placed_at AT TIME ZONE 'Europe/Paris', timezone('UTC', placed_at) FROM trade.orders

-- parts
SELECT extract(year FROM ordered_on), extract(quarter FROM ordered_on), extract(dow FROM ordered_on), date_part('isodow', placed_at), extract(epoch FROM took) FROM trade.orders

-- the last thirty days
SELECT sum(amount) FROM trade.orders WHERE ordered_on >= current_date - 30 AND placed_at < now()

-- the last three months
SELECT sum(amount) FROM trade.orders WHERE placed_at >= date_trunc('month', current_timestamp) - interval '3 months'

-- between literals
SELECT count(*) FROM trade.orders WHERE ordered_on BETWEEN '2024-01-01' AND DATE '2024-06-30' AND placed_at >= TIMESTAMPTZ '2024-01-01 00:00+00'

-- arithmetic
SELECT ordered_on + 7, ordered_on - DATE '2024-01-01', placed_at - interval '1 day 2 hours', took * 2, took / 3, ordered_on + interval '1 month' FROM trade.orders

-- ages
SELECT age(placed_at), age(ordered_on, DATE '2020-01-01'), justify_days(took), justify_hours(took), justify_interval(took) FROM trade.orders

-- made of parts
SELECT make_date(2024, pieces, 1), make_time(8, 15, 23.5), make_timestamp(2024, 1, 1, 0, 0, 0), make_interval(days => pieces), make_timestamptz(2024, 1, 1, 0, 0, 0, 'UTC') FROM trade.orders

-- read from text
SELECT to_date('2024-03', 'YYYY-MM'), to_timestamp('2024-03-01 10', 'YYYY-MM-DD HH24'), to_timestamp(1700000000)

-- written as text
SELECT to_char(placed_at, 'YYYY-MM-DD HH24:MI'), to_char(amount, 'FM999G990D00'), to_char(took, 'HH24:MI'), to_char(pieces, '000') FROM trade.orders

-- binned
SELECT date_bin('15 minutes', placed_at, TIMESTAMPTZ '2024-01-01'), count(*) FROM trade.orders GROUP BY 1

-- overlapping periods
SELECT count(*) FROM trade.orders WHERE (ordered_on, interval '3 days') OVERLAPS (DATE '2024-02-01', DATE '2024-02-10')

-- gaps filled by a series of days
SELECT d::date, COALESCE(sum(o.amount), 0) FROM generate_series(DATE '2024-01-01', DATE '2024-02-29', '1 day') AS d LEFT JOIN trade.orders o ON o.ordered_on = d::date GROUP BY 1 ORDER BY 1

-- a series between the ends of the data
SELECT d FROM generate_series((SELECT min(ordered_on) FROM trade.orders), (SELECT max(ordered_on) FROM trade.orders), interval '1 week') AS d

-- a series of months up to now
SELECT m::date FROM generate_series(date_trunc('month', now()) - interval '11 months', now(), '1 month') AS m

-- a series of hours over a year
SELECT count(*) FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-12-31', '1 hour') AS h

-- ranges of time
SELECT count(*) FROM trade.orders WHERE placed_at <@ tstzrange('2024-01-01', '2024-02-01') AND daterange(ordered_on, ordered_on + 3) && daterange('2024-01-05', '2024-01-06')

-- a year before
SELECT a.m, a.s, b.s FROM (SELECT date_trunc('month', placed_at) m, sum(amount) s FROM trade.orders GROUP BY 1) a LEFT JOIN (SELECT date_trunc('month', placed_at) m, sum(amount) s FROM trade.orders GROUP BY 1) b ON b.m = a.m - interval '1 year'

-- finite ones
SELECT count(*) FROM trade.orders WHERE isfinite(placed_at) AND placed_at < 'infinity'

-- local times
SELECT localtimestamp, localtime, current_time, statement_timestamp(), transaction_timestamp()

-- texts
SELECT lower(customer), upper(country), initcap(customer), length(customer), char_length(customer), octet_length(customer), reverse(customer), ascii(customer), chr(65), md5(customer) FROM trade.orders

-- parts of texts
SELECT left(customer, 3), right(customer, 2), substring(customer FROM 2 FOR 3), substr(customer, 2), split_part(customer, ' ', 2), strpos(customer, 'm'), position('m' IN customer), overlay(customer PLACING 'X' FROM 1 FOR 1) FROM trade.orders

-- trimmed and padded
SELECT trim(customer), btrim(customer, 'c'), ltrim(code, '0'), rtrim(code), lpad(id::text, 6, '0'), rpad(customer, 20), repeat('*', pieces), repeat('=', least(pieces, 50)) FROM trade.orders

-- joined
SELECT customer || ' (' || country || ')', concat(customer, NULL, 1), concat_ws(', ', customer, country), format('%s: %s%%', customer, pieces), quote_literal(customer) FROM trade.orders

-- replaced
SELECT replace(customer, 'customer', 'c'), translate(customer, 'abc', 'xyz'), regexp_replace(customer, '\d+', '', 'g'), regexp_replace(customer, '(\w+) (\w+)', '\2 \1') FROM trade.orders

-- matched
SELECT substring(customer FROM '[0-9]+'), (regexp_match(customer, '(\w+) (\d)'))[2], regexp_count(customer, 'm'), regexp_like(customer, '^c'), regexp_substr(customer, '\d'), customer ~ '\d{1,3}' FROM trade.orders

-- split to rows
SELECT word, count(*) FROM trade.orders, regexp_split_to_table(customer, '\s+') AS word GROUP BY word

-- split to arrays
SELECT string_to_array(customer, ' '), regexp_split_to_array(customer, ' '), array_to_string(tags, ', ') FROM trade.orders

-- compared in a collation
SELECT customer FROM trade.orders ORDER BY customer COLLATE "C", starts_with(customer, 'c')

-- rounded
SELECT round(amount), round(amount, 1), trunc(amount, 1), ceil(amount), ceiling(rating), floor(rating), sign(amount), abs(-amount) FROM trade.orders

-- computed
SELECT amount % 7, mod(pieces, 2), div(amount, 3), power(pieces, 2), pieces ^ 2, amount ^ 2, sqrt(amount), cbrt(rating), exp(1.0), ln(amount), log(amount), log(2, amount), |/ rating, @ amount FROM trade.orders

-- compound interest
SELECT round(1000 * power(1.05, pieces), 2), 1000 * (1 + 0.05 / 12) ^ (12 * pieces) FROM trade.orders

-- in bands
SELECT width_bucket(amount, 0, 500, 5) AS band, count(*) FROM trade.orders GROUP BY band

-- in given bands
SELECT width_bucket(amount, ARRAY[100, 200, 300]::numeric[]), count(*) FROM trade.orders GROUP BY 1

-- trigonometry
SELECT sin(rating), cos(rating), atan2(rating, 1), radians(180.0), degrees(pi()) FROM trade.orders

-- distances on a globe
SELECT 6371 * 2 * asin(sqrt(power(sin(radians(rating - 48) / 2), 2) + cos(radians(48)) * cos(radians(rating)) * power(sin(radians(2) / 2), 2))) FROM trade.orders

-- cast
SELECT amount::int, amount::bigint, pieces::float8, '12.5'::numeric, CAST(id AS text), '2024-01-01'::date, 'true'::boolean, '1 day'::interval, amount::text::numeric, customer::varchar(8), code::text FROM trade.orders

-- a number out of a text
SELECT NULLIF(regexp_replace(customer, '\D', '', 'g'), '')::int, to_number('1,234.5', '9G999D9'), (attrs ->> 'items')::text FROM trade.orders

-- a large but plain number
SELECT 12345678901234567890.123456789 * amount, 1e6 * pieces, 1.5e-3 FROM trade.orders

-- bits
SELECT pieces & 3, pieces | 4, pieces # 1, ~pieces, pieces << 2, B'101'::bit(3) FROM trade.orders

-- greatest common divisors
SELECT gcd(pieces, 12), lcm(pieces, 4), factorial(5) FROM trade.orders

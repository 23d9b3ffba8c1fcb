-- fields of documents
SELECT attrs -> 'items' -> 0, attrs ->> 'channel', attrs #>> '{items,1}', (attrs -> 'items' ->> 0)::int, attrs['channel'] FROM trade.orders

-- conditions on documents
SELECT count(*) FROM trade.orders WHERE attrs @> '{"channel": "web"}' AND attrs ? 'items' AND attrs ?| ARRAY['a', 'items'] AND jsonb_typeof(attrs -> 'items') = 'array'

-- documents to rows
SELECT o.id, e.value FROM trade.orders o, jsonb_array_elements(o.attrs -> 'items') AS e

-- keys to rows
SELECT key, count(*) FROM trade.orders, jsonb_each_text(attrs) GROUP BY key

-- documents to columns
SELECT x.channel, count(*) FROM trade.orders, jsonb_to_record(attrs) AS x(channel text, items jsonb) GROUP BY 1

-- paths
SELECT jsonb_path_query_first(attrs, '$.items[0]'), jsonb_path_exists(attrs, '$.items[*] ? (@ > 100)'), attrs @? '$.channel', attrs @@ '$.items[0] > 10' FROM trade.orders

-- documents built
SELECT json_build_object('customer', customer, 'total', sum(amount)), jsonb_build_array(customer, count(*)) FROM trade.orders GROUP BY customer

-- documents aggregated
SELECT json_agg(customer), jsonb_object_agg(id, amount) FROM trade.orders WHERE id < 20

-- rows as documents
SELECT to_jsonb(c), row_to_json(c) FROM trade.customers c

-- rows of a query as documents
SELECT json_agg(x) FROM (SELECT country, sum(amount) AS total FROM trade.orders GROUP BY country) x

-- documents changed
SELECT attrs || '{"seen": true}', attrs - 'items', jsonb_set(attrs, '{channel}', '"x"'), jsonb_strip_nulls(attrs), jsonb_pretty(attrs) FROM trade.orders

-- a number in a plain document
SELECT ('{"price": 12.5}'::jsonb ->> 'price')::numeric

-- arrays
SELECT tags[1], tags[1:1], array_length(tags, 1), cardinality(tags), array_upper(tags, 1), 'all' = ANY (tags), tags @> ARRAY['all'], tags && ARRAY['t1'], array_position(tags, 'all'), array_append(tags, 'x'), tags || 'y'::text, array_remove(tags, 'all') FROM trade.orders

-- arrays to rows
SELECT tag, count(*) FROM trade.orders, unnest(tags) AS tag GROUP BY tag ORDER BY 2 DESC

-- arrays to rows with their places
SELECT id, tag, n FROM trade.orders CROSS JOIN LATERAL unnest(tags) WITH ORDINALITY AS u(tag, n)

-- arrays of a subquery
SELECT c.name, ARRAY(SELECT amount FROM trade.orders o WHERE o.customer = c.name ORDER BY 1) FROM trade.customers c

-- arrays of arrays
SELECT ARRAY[[1, 2], [3, 4]], array_agg(DISTINCT pieces), (array_agg(amount ORDER BY amount DESC))[1:3] FROM trade.orders

-- ranges
SELECT int4range(1, 10) @> pieces, numrange(0, amount), lower(int4range(1, 5)), range_merge(int4range(1, 2), int4range(5, 6)) FROM trade.orders

-- XML written
SELECT xmlelement(NAME customer, xmlattributes(country AS country), customer)::text, xmlforest(amount, pieces)::text FROM trade.orders

-- XML written as content
SELECT xmlserialize(CONTENT xmlelement(NAME a, customer) AS text) FROM trade.orders

-- network addresses
SELECT host('10.0.0.1/8'::inet), inet '10.1.0.0/16' << inet '10.0.0.0/8'

-- hashes
SELECT md5(customer), encode(sha256(customer::bytea), 'hex'), hashtext(customer) FROM trade.orders

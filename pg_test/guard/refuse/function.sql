-- a user's function that writes
SELECT trade.writes()

-- one that says it is immutable
SELECT trade.liar() FROM trade.orders

-- with constant arguments, which planning would run
SELECT trade.liar('x')

-- with the definer's rights
SELECT * FROM trade.steal()

-- as an attribute of a row
-- set: SET search_path = trade
SELECT o.vat FROM trade.orders o

-- as an attribute of a whole row in parentheses
-- set: SET search_path = trade
SELECT (o).vat FROM trade.orders o

-- as an attribute of a subquery's column
-- set: SET search_path = trade
SELECT (x.o).vat FROM (SELECT o FROM trade.orders o) x

-- as a function of a column's type
-- set: SET search_path = trade
SELECT initial(stage) FROM trade.orders

-- in a condition that is never reached
SELECT id FROM trade.orders WHERE false AND trade.liar() = 1

-- in a branch that is never taken
SELECT CASE WHEN true THEN 1 ELSE trade.liar() END

-- in LIMIT
SELECT id FROM trade.orders LIMIT trade.liar()

-- in a window's frame
SELECT sum(amount) OVER (ORDER BY id ROWS trade.liar() PRECEDING) FROM trade.orders

-- in a join condition
SELECT 1 FROM trade.orders o JOIN trade.customers c ON trade.fine(c.name)

-- in FROM
SELECT * FROM trade.liar() AS x

-- in ROWS FROM
SELECT * FROM ROWS FROM (generate_series(1, 2), trade.steal()) AS t

-- in FILTER
SELECT count(*) FILTER (WHERE trade.fine(customer)) FROM trade.orders

-- behind an operator
SELECT id OPERATOR(trade.@+) 1 FROM trade.orders

-- behind a prefix operator
SELECT OPERATOR(trade.~~~) id FROM trade.orders

-- behind ANY
SELECT id OPERATOR(trade.!==) ANY (ARRAY[1, 2]) FROM trade.orders

-- behind what NOT turns an operator into
SELECT count(*) FROM trade.orders WHERE NOT (pieces OPERATOR(trade.===) 1)

-- behind what NOT turns an operator with ANY into
SELECT count(*) FROM trade.orders WHERE NOT (pieces OPERATOR(trade.===) ANY (ARRAY[1, 2]))

-- behind what swapped arguments turn an operator into
SELECT count(*) FROM trade.orders WHERE 5 OPERATOR(trade.>>>) pieces

-- behind a cast between built-in types
SELECT paid::date FROM trade.orders

-- behind the same cast, in another spelling
SELECT CAST(paid AS date) FROM trade.orders

-- behind the same cast, within arrays
SELECT ARRAY[paid]::date[] FROM trade.orders

-- behind an overload that fits better than the built-in
SELECT count(pieces) FROM trade.orders

-- behind an overload of to_char
SELECT to_char(ordered_on, 'YYYY-MM') FROM trade.orders

-- behind an overload that fits where no built-in does
SELECT round(rating, 2) FROM trade.orders

-- behind an overload of date_trunc
SELECT date_trunc('month', ordered_on) FROM trade.orders

-- an aggregate of a user
SELECT trade.total(amount) FROM trade.orders

-- an aggregate of a user, made of built-in parts
SELECT trade.glue(customer) FROM trade.orders

-- the same over a window
SELECT trade.total(amount) OVER (ORDER BY id) FROM trade.orders

-- the caller's search_path hides a built-in
-- set: SET search_path = evil, pg_catalog
SELECT lower(customer) FROM trade.orders

-- hides an aggregate
-- set: SET search_path = evil, pg_catalog
SELECT sum(amount) FROM trade.orders

-- hides the operator behind IN
-- set: SET search_path = evil, pg_catalog
SELECT id FROM trade.orders WHERE customer IN ('a', 'b')

-- hides the operator behind NULLIF
-- set: SET search_path = evil, pg_catalog
SELECT NULLIF(customer, 'a') FROM trade.orders

-- hides the operator behind CASE
-- set: SET search_path = evil, pg_catalog
SELECT CASE customer WHEN 'a' THEN 1 END FROM trade.orders

-- hides the operator behind IS DISTINCT FROM
-- set: SET search_path = evil, pg_catalog
SELECT customer IS DISTINCT FROM 'a' FROM trade.orders

-- hides the operator behind USING
-- set: SET search_path = evil, pg_catalog
SELECT count(*) FROM trade.orders JOIN (SELECT 'a'::pg_catalog.text AS customer) x USING (customer)

-- a procedure of the server
SELECT pg_sleep(5)

-- by another name
SELECT pg_sleep_for('5 seconds')

-- files
SELECT pg_read_file('/etc/passwd')

-- files as bytes
SELECT pg_read_binary_file('PG_VERSION')

-- directories
SELECT pg_ls_dir('/')

-- the state of files
SELECT (pg_stat_file('PG_VERSION')).size

-- logs
SELECT pg_ls_logdir()

-- another statement, as XML
SELECT query_to_xml('SELECT * FROM trade.wages', true, true, '')

-- another statement's shape
SELECT query_to_xmlschema('SELECT * FROM trade.wages', true, true, '')

-- another statement with its shape
SELECT query_to_xml_and_xmlschema('SELECT 1', true, true, '')

-- a table, as XML
SELECT table_to_xml('trade.wages', true, true, '')

-- a schema, as XML
SELECT schema_to_xml('trade', true, true, '')

-- the database's shape
SELECT database_to_xmlschema(true, true, '')

-- a cursor, as XML
SELECT cursor_to_xml('c', 1, true, true, '')

-- words of another statement
SELECT * FROM ts_stat('SELECT to_tsvector(name) FROM trade.wages')

-- a query rewritten by another statement
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')

-- a large object from a file
SELECT lo_import('/etc/passwd')

-- a large object to a file
SELECT lo_export(1, '/tmp/x')

-- a large object made
SELECT lo_create(0)

-- a large object read
SELECT lo_get(1)

-- a large object dropped
SELECT lo_unlink(1)

-- a setting read
SELECT current_setting('data_directory')

-- a setting changed
SELECT set_config('router.max_rows', '1000000', false)

-- a sequence drawn from
SELECT nextval('trade.numbers')

-- a sequence set
SELECT setval('trade.numbers', 1)

-- a sequence's last number
SELECT lastval()

-- chance
SELECT id FROM trade.orders ORDER BY random() LIMIT 5

-- chance as an identifier
SELECT gen_random_uuid()

-- a clock that moves
SELECT clock_timestamp()

-- the same, as text
SELECT timeofday()

-- the transaction's number
SELECT txid_current()

-- the same, newer
SELECT pg_current_xact_id()

-- a lock nobody sees
SELECT pg_advisory_lock(1)

-- another session ended
SELECT pg_terminate_backend(1)

-- another session's statement ended
SELECT pg_cancel_backend(1)

-- the configuration read anew
SELECT pg_reload_conf()

-- the log turned
SELECT pg_rotate_logfile()

-- the write-ahead log switched
SELECT pg_switch_wal()

-- a message to whoever replicates
SELECT pg_logical_emit_message(true, 'a', 'b')

-- a message to whoever listens
SELECT pg_notify('a', 'b')

-- the size of what may not be read
SELECT pg_relation_size(16384)

-- the size of the database
SELECT pg_database_size('postgres')

-- how a view is made
SELECT pg_get_viewdef(16384)

-- what a column holds, from the statistics
SELECT pg_stat_get_live_tuples(16384)

-- privileges asked for
SELECT has_schema_privilege('trade', 'usage')

-- a column's privileges asked for
SELECT has_column_privilege('postgres', 'trade.wages', 'wage', 'select')

-- whether a name exists
SELECT to_regclass('trade.wages')

-- whether a type exists
SELECT to_regtype('trade.pair')

-- comments of others
SELECT obj_description(16384, 'pg_class')

-- a column's comment
SELECT col_description(16384, 1)

-- the type of a value, as a catalog handle
SELECT pg_typeof(amount) FROM trade.orders

-- where a value is stored
SELECT pg_column_size(amount), pg_column_compression(customer) FROM trade.orders

-- the visible names
SELECT pg_table_is_visible(16384)

-- text search by a configuration of the catalogs
SELECT to_tsvector('english', customer) FROM trade.orders

-- by the session's
SELECT to_tsvector(customer) @@ to_tsquery('a') FROM trade.orders

-- a headline
SELECT ts_headline('simple', customer, 'a'::tsquery) FROM trade.orders

-- a dictionary
SELECT ts_lexize('english_stem', 'stars')

-- a parser
SELECT * FROM ts_parse('default', 'a b')

-- a conversion that users can define
SELECT convert_to(customer, 'LATIN1') FROM trade.orders

-- XML parsed
SELECT xmlparse(DOCUMENT '<a/>')

-- XML parsed to be written as a document
SELECT xmlserialize(DOCUMENT xmlelement(NAME a) AS text)

-- a path over XML
SELECT xpath('/a', '<a/>'::xml)

-- XML as a table
SELECT * FROM XMLTABLE('/a' PASSING xmlelement(NAME a) COLUMNS b int)

-- XML that must be parsed to be checked
SELECT xmlelement(NAME a) IS DOCUMENT

-- rows of a type made by its input function
SELECT json_populate_record(NULL::trade.point3, '{"x": 1}')

-- many of them
SELECT * FROM jsonb_populate_recordset(NULL::trade.point3, '[{"x": 1}]')

-- for the server's own use
SELECT int4in('1')

-- output as cstring
SELECT textout(customer) FROM trade.orders

-- other extensions' functions
SELECT '[1,2]'::vector <-> '[3,4]'::vector

-- the extension's own, which may ask questions in other names
SELECT router_route('total amount by country')

-- the extension's own judge
SELECT router_validate_sql('SELECT 1')

-- the extension's own encoder
SELECT router_embed(customer) FROM trade.orders

-- which partition a key belongs to, by opening the relation
SELECT satisfies_hash_partition(16384, 4, 1, 5)

-- dblink, here or not
SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)

-- the replication's slots
SELECT pg_drop_replication_slot('x')

-- an import of statistics
SELECT pg_stat_reset()

-- an index's inner life
SELECT brin_summarize_new_values(16384)

-- what a function's text is
SELECT prosrc FROM pg_get_functiondef(16384) AS prosrc

-- keywords of the server
SELECT word FROM pg_get_keywords()

-- time zones of the server
SELECT name FROM pg_timezone_names()

-- names by enum order, which reads the catalogs
SELECT enum_range(NULL::trade.stage)

-- a snapshot
SELECT pg_export_snapshot()

-- memory of the session
SELECT name FROM pg_get_backend_memory_contexts()

-- a wait for a standby
SELECT pg_wal_replay_pause()

-- a crypt of the server
SELECT pg_partition_tree('trade.visits')

-- a literal of a domain
SELECT 5::trade.checked

-- a literal of a domain within an array
SELECT '{5}'::trade.checked[]

-- a null of a domain still runs its check
SELECT NULL::trade.checked

-- a column cast to a domain
SELECT pieces::trade.checked FROM trade.orders

-- a text domain
SELECT customer::trade.checked_text FROM trade.orders

-- a harmless domain is a domain
SELECT 'a@b'::trade.email

-- a row type with a domain in it
SELECT '(5,x)'::trade.pair

-- the same, by ROW
SELECT ROW(5, 'x')::trade.pair

-- a domain declared for json's columns
SELECT * FROM json_to_record('{"a": 5}') AS t(a trade.checked)

-- a row type declared for json's columns
SELECT * FROM jsonb_to_recordset('[{"a": {"a": 5}}]') AS t(a trade.pair)

-- a range of a user
SELECT '[1,5]'::trade.span

-- its constructor
SELECT trade.span(1, 5)

-- an enum whose cast to json is a user's
SELECT to_json(size) FROM trade.shirts

-- the same, within an aggregate
SELECT json_agg(size) FROM trade.shirts

-- the same, within a row
SELECT row_to_json(s) FROM trade.shirts s

-- the same, within an array
SELECT array_to_json(array_agg(size)) FROM trade.shirts

-- the same, within an object
SELECT jsonb_build_object('size', size) FROM trade.shirts

-- a relation by name
SELECT 'trade.wages'::regclass

-- within an array
SELECT '{trade.wages}'::regclass[]

-- as a number
SELECT 'trade.wages'::regclass::oid::int

-- a column as a relation's name
SELECT customer::regclass FROM trade.orders

-- a number as a relation
SELECT id::regclass FROM trade.orders

-- a function by name
SELECT 'trade.liar()'::regprocedure

-- a role by name
SELECT 'postgres'::regrole

-- a schema by name
SELECT 'trade'::regnamespace

-- a type by name
SELECT 'trade.pair'::regtype

-- a configuration by name
SELECT 'english'::regconfig

-- a collation by name
SELECT '"C"'::regcollation

-- an operator by name
SELECT '+(int,int)'::regoperator

-- a row of a table that is not registered
SELECT NULL::trade.wages

-- its text read
SELECT ('(a,1)'::trade.wages).wage

-- declared for json's columns
SELECT * FROM json_to_record('{"a": {}}') AS t(a trade.wages)

-- a row of a system catalog
SELECT NULL::pg_class

-- a privilege
SELECT 'postgres=r/postgres'::aclitem

-- a transaction
SELECT '1:1:'::pg_snapshot

-- a place in a table
SELECT '(0,1)'::tid

-- a number of a transaction
SELECT '1'::xid

-- a cursor's name
SELECT 'c'::refcursor

-- XML from text
SELECT '<a/>'::xml

-- XML from a column
SELECT customer::xml FROM trade.orders

-- a domain that the caller's search_path puts before a built-in type
-- set: SET search_path = evil, pg_catalog
SELECT '2024-01-01'::date

-- a domain of the information schema
SELECT 'x'::information_schema.sql_identifier

-- the server's own
-- rule: analysis
SELECT NULL::internal

-- a trigger's
-- rule: analysis
SELECT NULL::trigger

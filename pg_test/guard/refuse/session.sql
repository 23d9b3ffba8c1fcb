-- who asks
SELECT current_user

-- by another name
SELECT user

-- who logged in
SELECT session_user

-- in which role
SELECT current_role

-- where
SELECT current_catalog

-- in which schema
SELECT current_schema

-- by a function
SELECT current_schemas(true)

-- in which database
SELECT current_database()

-- which server
SELECT version()

-- from where
SELECT inet_client_addr()

-- to where
SELECT inet_server_port()

-- as which process
SELECT pg_backend_pid()

-- since when
SELECT pg_postmaster_start_time()

-- in a condition alone
SELECT id FROM trade.orders WHERE customer = current_user

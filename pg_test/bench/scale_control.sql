-- What the server itself keeps of the tables behind scale_ask.sql: the memory of a session that has the same statements
-- explained and never asks the router.
--
--   psql -X -q -At -F $'\t' -v statements=FILE -d DBNAME -f scale_control.sql

\set ON_ERROR_STOP on
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid
EXPLAIN SELECT 1;

\echo before
\! awk '/^(Rss|Anonymous):/ { print $1 "\t" $2 }' /proc/$BACKEND/smaps_rollup
\o /dev/null
\i :statements
\o
\echo after
\! awk '/^(Rss|Anonymous):/ { print $1 "\t" $2 }' /proc/$BACKEND/smaps_rollup

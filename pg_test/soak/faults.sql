SELECT soak.refused($$SELECT router_route('')$$, '22023');
SELECT soak.refused($$SELECT router_route('sales', '{"no_such_key": 1}')$$, '22023');
SELECT soak.refused($$SELECT router_route('sales', '{"timezone": "Mars"}')$$, '22023');
SELECT soak.refused($$SELECT router_sql('drop table sales')$$, '22023');
SELECT soak.refused($$SELECT router_register('pg_catalog.pg_class')$$, '22023');
SELECT soak.refused($$SELECT router_synonym('soak.nothing.amount', 'x')$$, '42P01');
SELECT (router_validate_sql('DELETE FROM soak.sales') ->> 'valid')::boolean AS deletes \gset
SELECT 1 / (CASE WHEN :'deletes' = 'f' THEN 1 ELSE 0 END);

SELECT soak.refused($$SELECT router_route('')$$, '22023');
SELECT soak.refused($$SELECT router_route('sales', '{"no_such_key": 1}')$$, '22023');
SELECT soak.refused($$SELECT router_route('sales', '{"timezone": "Mars"}')$$, '22023');
SELECT soak.refused($$SELECT router_sql('drop table sales')$$, '22023');
SELECT soak.refused($$SELECT router_register('pg_catalog.pg_class')$$, '42809');
SELECT soak.refused($$SELECT router_synonym('soak.nothing.amount', 'x')$$, '42P01');
SELECT 1 / (CASE WHEN (router_validate_sql('DELETE FROM soak.sales') ->> 'valid')::boolean THEN 0 ELSE 1 END);

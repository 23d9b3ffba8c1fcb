\set n random(1, 100)
BEGIN;
SELECT router_teach(format('soak question %s', :n), router_route('total amount by region') -> 'spec') AS id \gset
SELECT router_synonym('soak.sales.amount', format('takings%s', :n));
COMMIT;
SELECT router_route(format('soak question %s', :n));
SELECT router_forget(:id);
SELECT router_unsynonym('soak.sales.amount', format('takings%s', :n));

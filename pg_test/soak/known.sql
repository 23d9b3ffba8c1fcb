SELECT router_route('total amount by region');
SELECT router_route('monthly amount in 2024');
SELECT router_sql('average amount by product');

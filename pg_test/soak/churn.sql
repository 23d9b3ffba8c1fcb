SELECT router_route('total amount by region');

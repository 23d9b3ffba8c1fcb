\set product random(0, 49)
\set days random(1, 300)
\set limit random(1, 20)
SELECT router_route(format('top %s products by amount in the last %s days', :limit, :days), '{"as_of": "2024-12-31"}');
SELECT router_route(format('units of Product %s by region and month', :product));

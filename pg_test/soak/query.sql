\set product random(0, 49)
SELECT count(*) FROM router_query('total amount by region');
SELECT count(*) FROM router_rows(format('amount of Product %s by month', :product));
SELECT count(*) FROM router_explain('total amount by region');

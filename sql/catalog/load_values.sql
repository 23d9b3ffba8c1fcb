-- Harvested values, one array a column.
SELECT relation::oid, column_name, stored, complete FROM router.column_values WHERE relation = ANY ($1)

-- Harvested values of columns $2 of relations $1, pairwise: one array a column.
SELECT v.relation::oid, v.column_name, v.stored
FROM router.column_values v
JOIN unnest($1, $2) AS w (relation, column_name) ON w.relation = v.relation::oid AND w.column_name = v.column_name
ORDER BY v.relation, v.column_name

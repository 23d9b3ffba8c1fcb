-- Whether role $2 (named $3) owns dataset $1, or registered it if the relation is gone; and whether it may see it.
-- No row: not registered.
SELECT CASE WHEN c.oid IS NULL THEN d.registered_by = $3 ELSE pg_has_role($2, c.relowner, 'USAGE') END AS owned,
       COALESCE(has_schema_privilege($2, c.relnamespace, 'USAGE') AND has_any_column_privilege($2, c.oid, 'SELECT'), false)
         AS visible
FROM router.datasets d
LEFT JOIN pg_class c ON c.oid = d.relation
WHERE d.relation = $1

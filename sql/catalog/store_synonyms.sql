-- Other names given as options: $2 columns, $3 values (or null), $4 names. What was taught besides stays.
INSERT INTO router.synonyms (relation, column_name, value, alias, source, created_by)
SELECT $1, u.column_name, u.value, u.alias, 'options', $5
FROM unnest($2, $3, $4) AS u (column_name, value, alias)
ON CONFLICT DO NOTHING

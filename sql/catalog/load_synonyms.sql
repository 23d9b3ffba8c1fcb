-- Other names of datasets, columns and stored values.
SELECT relation::oid, column_name, value, alias FROM router.synonyms WHERE relation = ANY ($1)
ORDER BY relation, column_name, value, created_at, alias

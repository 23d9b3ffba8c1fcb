-- What each column is for: $2 names, $3 roles, $4 aggregations.
WITH gone AS (DELETE FROM router.dataset_columns WHERE relation = $1 AND column_name <> ALL ($2))
INSERT INTO router.dataset_columns AS c (relation, column_name, role, default_agg)
SELECT $1, u.name, u.role, u.agg FROM unnest($2, $3, $4) AS u (name, role, agg)
ON CONFLICT (relation, column_name) DO UPDATE SET role = EXCLUDED.role, default_agg = EXCLUDED.default_agg
WHERE (c.role, c.default_agg) IS DISTINCT FROM (EXCLUDED.role, EXCLUDED.default_agg)

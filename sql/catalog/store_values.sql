-- Harvested values: $2 columns and $3 whether complete; $4 and $5 the values with their columns.
WITH gone AS (DELETE FROM router.column_values WHERE relation = $1 AND column_name <> ALL ($2)),
listed AS (
  SELECT v.name, array_agg(v.stored ORDER BY v.at) AS stored
  FROM unnest($4, $5) WITH ORDINALITY AS v (name, stored, at) GROUP BY v.name
)
INSERT INTO router.column_values AS c (relation, column_name, stored, complete)
SELECT $1, h.name, COALESCE(l.stored, '{}'), h.complete
FROM unnest($2, $3) AS h (name, complete) LEFT JOIN listed l ON l.name = h.name
ON CONFLICT (relation, column_name) DO UPDATE
  SET stored = EXCLUDED.stored, complete = EXCLUDED.complete, harvested_at = now()

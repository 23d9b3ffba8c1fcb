-- Registers a relation or replaces what was registered; says whether it is new.
INSERT INTO router.datasets AS d
  (relation, name, layer, label, time_column, all_columns, options, registered_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (relation) DO UPDATE SET
  name = EXCLUDED.name, layer = EXCLUDED.layer, label = EXCLUDED.label, time_column = EXCLUDED.time_column,
  all_columns = EXCLUDED.all_columns, options = EXCLUDED.options, registered_by = EXCLUDED.registered_by,
  registered_at = now(), refreshed_at = now()
RETURNING (d.xmax = 0) AS is_new

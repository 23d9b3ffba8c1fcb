-- A refresh changes what was found, not who registered it, when, or with which options.
UPDATE router.datasets SET name = $2, time_column = $3, refreshed_at = now() WHERE relation = $1

SELECT learned_id, read_to::text, read_to_outcome, last_outcome, fitted_last, fitted_outcomes, tableoid
FROM router.learned
ORDER BY learned_id DESC
LIMIT 1

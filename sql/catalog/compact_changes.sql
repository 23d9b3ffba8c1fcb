-- Folds old rows of the change log into one; the semantic version, their sum, stays.
WITH old AS (
  DELETE FROM router.semantic_changes WHERE changed_at < now() - interval '30 days' RETURNING changed_at, changes
)
INSERT INTO router.semantic_changes (changed_at, changes)
SELECT max(changed_at), sum(changes) FROM old HAVING count(*) > 0

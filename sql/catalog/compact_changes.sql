-- Folds old rows of the change log into one; the semantic version, their sum, stays, and so does the mark of the state.
WITH old AS (
  DELETE FROM router.semantic_changes WHERE changed_at < now() - interval '30 days' RETURNING changed_at, changes, mark
)
INSERT INTO router.semantic_changes (changed_at, changes, mark)
SELECT max(changed_at), sum(changes), bit_xor(mark) FROM old HAVING count(*) > 0

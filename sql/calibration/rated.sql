-- The last rating of each question and spec that says yes (4, 5) or no (1, 2).
SELECT DISTINCT ON (prompt, quickspec) prompt, quickspec::text, rating >= 4
FROM router.feedback
WHERE quickspec IS NOT NULL AND rating <> 3
ORDER BY prompt, quickspec, created_at DESC
LIMIT 10000

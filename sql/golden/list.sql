-- The golden questions of $1, or ($2) of everybody.
SELECT id, prompt, context::text, to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), timezone, expected_sql
FROM router.golden_questions
WHERE $2 OR created_by = $1
ORDER BY id

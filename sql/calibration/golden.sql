-- Questions whose right answer is known, with what "now" meant.
SELECT prompt, context::text, to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), timezone, expected_sql
FROM router.golden_questions
ORDER BY id
LIMIT 10000

-- The same question of the same person is one row.
INSERT INTO router.golden_questions (prompt, context, as_of, timezone, expected_sql, created_by)
VALUES ($1, $2, $3::timestamptz, $4, $5, $6)
ON CONFLICT (md5(prompt), md5(context::text), created_by) DO UPDATE
  SET as_of = EXCLUDED.as_of, timezone = EXCLUDED.timezone, expected_sql = EXCLUDED.expected_sql, updated_at = now()
RETURNING id

-- Questions of the array $1 for a model to read, unless they wait already, or $2 do.
INSERT INTO router.remote_queue (kind, payload, question_key)
SELECT 'classify', q, sha256(convert_to(concat_ws(E'\n', q #>> '{shadow,role}', q #>> '{shadow,context}', q ->> 'prompt'), 'UTF8'))
FROM jsonb_array_elements($1) q
WHERE (SELECT count(*) FROM (SELECT FROM router.remote_queue WHERE kind = 'classify' LIMIT $2) waiting) < $2
ON CONFLICT (question_key) DO NOTHING

-- What was taught or registered after moment $1, newest first: who changed which rows.
SELECT jsonb_build_object('table', table_name, 'row', row_id, 'action', action, 'by', changed_by, 'at', changed_at)::text
FROM router.audit_log
WHERE changed_at > $1::timestamptz
  AND table_name IN ('datasets', 'synonyms', 'query_embeddings', 'templates', 'intent_models', 'handlers')
ORDER BY changed_at DESC
LIMIT 50

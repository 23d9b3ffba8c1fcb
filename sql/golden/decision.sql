-- The decision on request $1, of role $2 or ($3) of anybody.
SELECT prompt, context::text, status, source, intent, confidence, layer, dataset, spec::text, sql,
       clock, settings::text, semantic_version, fingerprint, role_name, error,
       to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM router.decisions
WHERE request_id = $1::uuid AND ($3 OR role_name = $2)
ORDER BY decided_at
LIMIT 1

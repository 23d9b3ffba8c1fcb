-- The decision on request $1, as repeats of it are to say.
SELECT role_name, prompt, context::text, status, source, intent, confidence, layer, dataset, spec::text, sql,
       candidates::text, error, clock, settings::text, semantic_version, fingerprint,
       (extract(epoch FROM decided_at) * 1000000)::bigint
FROM router.decision_log
WHERE request_id = $1 AND answer_of IS NULL AND prompt_hash IS NULL
LIMIT 1

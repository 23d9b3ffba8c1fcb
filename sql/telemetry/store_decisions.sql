-- Decisions of a batch, one array a column; $25 says how they came here.
INSERT INTO router.decision_log (
  request_id, decided_at, role_name, prompt, prompt_hash, context, status, source, intent, confidence, layer, dataset,
  spec, sql, candidates, steps, error, cached, total_ms, timings, clock, settings, semantic_version, fingerprint,
  logged)
SELECT d.request_id, 'epoch'::timestamptz + d.decided_at * interval '1 microsecond', d.role_name,
       CASE WHEN NOT d.hashed THEN d.prompt END,
       CASE WHEN d.hashed THEN encode(sha256(convert_to(d.prompt, 'UTF8')), 'hex') END,
       d.context::jsonb, d.status, d.source, d.intent, d.confidence, d.layer, d.dataset, d.spec::jsonb, d.sql,
       d.candidates::jsonb, d.steps::jsonb, d.error, d.cached, d.total_ms, d.timings::jsonb, d.clock, d.settings::jsonb,
       d.semantic_version, d.fingerprint, $25
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::real[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
            $17::text[], $18::boolean[], $19::real[], $20::text[], $21::text[], $22::text[], $23::bigint[], $24::text[])
  AS d (request_id, decided_at, role_name, hashed, prompt, context, status, source, intent, confidence, layer,
        dataset, spec, sql, candidates, steps, error, cached, total_ms, timings, clock, settings, semantic_version,
        fingerprint)

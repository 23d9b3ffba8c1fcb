-- Up to when the decision log has been looked through for uses of stored questions: one row, made by the first look.
CREATE TABLE router.uses_counted (counted_to timestamptz NOT NULL);
REVOKE ALL ON router.uses_counted FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.uses_counted', '');

-- What router_mine() proposes, for a person to accept or reject. A proposal is made once.
CREATE TABLE router.proposals (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text        NOT NULL CHECK (kind IN ('template', 'synonym', 'golden', 'question')),
  content    jsonb       NOT NULL,
  support    integer     NOT NULL,  -- questions that speak for it
  reason     text        NOT NULL,
  status     text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'rejected')),
  decided_by text,
  decided_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.proposals IS 'What was learned from questions that ended well, for a person to accept';
CREATE UNIQUE INDEX proposals_content_idx ON router.proposals (kind, md5(content::text));
REVOKE ALL ON router.proposals FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.proposals', '');
SELECT pg_catalog.pg_extension_config_dump('router.proposals_id_seq', '');

-- Questions of the last days that ended well: rated 4 or 5 and by nobody 1 or 2, chosen, or answered surely and never
-- complained of. When they were asked says what "last month" in them meant.
CREATE FUNCTION router.good_outcomes(days integer)
RETURNS TABLE (prompt text, quickspec jsonb, times bigint, confirmed boolean, asked_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  since timestamptz := now() - make_interval(days => days);
BEGIN
  RETURN QUERY
  SELECT f.prompt, f.quickspec, count(*), true, max(f.created_at)
    FROM router.feedback f
   WHERE f.created_at >= since AND f.quickspec IS NOT NULL
   GROUP BY f.prompt, f.quickspec
  HAVING min(f.rating) >= 3 AND max(f.rating) >= 4
   UNION ALL
  SELECT q.original_query, q.quickspec, count(*), true, max(q.taught_at)
    FROM router.query_embeddings q
   WHERE q.source = 'chosen' AND q.quickspec IS NOT NULL AND q.success_score >= 0.5 AND q.updated_at >= since
   GROUP BY q.original_query, q.quickspec
   LIMIT 20000;
  IF to_regclass('router.decisions') IS NOT NULL THEN
    RETURN QUERY EXECUTE
      'SELECT d.prompt, d.spec, count(*), false, max(d.decided_at)
         FROM router.decisions d
        WHERE d.decided_at >= $1 AND d.status = ''ok'' AND d.spec IS NOT NULL AND d.confidence >= 0.8
          AND NOT EXISTS (SELECT FROM router.feedback f WHERE f.request_id = d.request_id::text AND f.rating < 4)
        GROUP BY d.prompt, d.spec
        LIMIT 20000' USING since;
  END IF;
END
$$;
REVOKE ALL ON FUNCTION router.good_outcomes(integer) FROM PUBLIC;

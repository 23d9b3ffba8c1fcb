-- Bodies in standard SQL are parsed here and now: pgvector's type and operators are bound while its schema is
-- on the search_path, so that the callers' pinned path need not name it.

-- The nearest questions of the local encoder, best first.
CREATE FUNCTION router.nearest_questions(query real[], n integer)
RETURNS TABLE (id bigint, original_query text, similarity double precision, quickspec jsonb, usage_count bigint,
               intent_category text, success_score real, source text, created_by text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT e.id, e.original_query, 1 - ((e.embedding::vector(256)) <=> query::vector(256)), e.quickspec, e.usage_count,
         e.intent_category, e.success_score, e.source, e.created_by
    FROM router.query_embeddings e
   WHERE e.encoder = 'minilm-static-256'
   ORDER BY (e.embedding::vector(256)) <=> query::vector(256)
   LIMIT n;
END;

-- The same over another encoder's vectors of that length, by exact scan.
CREATE FUNCTION router.nearest_questions_of_length(query real[], n integer)
RETURNS TABLE (id bigint, original_query text, similarity double precision, quickspec jsonb, usage_count bigint,
               intent_category text, success_score real, source text, created_by text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT e.id, e.original_query, 1 - (e.embedding <=> query::vector), e.quickspec, e.usage_count,
         e.intent_category, e.success_score, e.source, e.created_by
    FROM router.query_embeddings e
   WHERE vector_dims(e.embedding) = cardinality(query)
   ORDER BY e.embedding <=> query::vector
   LIMIT n;
END;

-- Adds a question, or replaces what the same person taught for the same words.
CREATE FUNCTION router.keep_question(query text, normalized text, vec real[], spec jsonb, intent text,
                                     score real, origin text, who text)
RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO router.query_embeddings AS e (original_query, normalized_query, embedding, quickspec, intent_category,
                                            success_score, source, created_by)
  VALUES (query, normalized, vec::vector, spec, intent, score, origin, who)
  ON CONFLICT (md5(normalized_query), encoder, created_by) DO UPDATE
     SET original_query = EXCLUDED.original_query, embedding = EXCLUDED.embedding, quickspec = EXCLUDED.quickspec,
         intent_category = EXCLUDED.intent_category, success_score = EXCLUDED.success_score,
         source = EXCLUDED.source, updated_at = now()
  RETURNING e.id;
END;

REVOKE ALL ON FUNCTION router.nearest_questions(real[], integer), router.nearest_questions_of_length(real[], integer),
  router.keep_question(text, text, real[], jsonb, text, real, text, text) FROM PUBLIC;

-- Adds a question, or replaces what the same role taught for the same words.
INSERT INTO router.query_embeddings AS e (original_query, normalized_query, embedding, quickspec, intent_category,
                                          success_score, source, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (md5(normalized_query), encoder, created_by) DO UPDATE
   SET original_query = EXCLUDED.original_query, embedding = EXCLUDED.embedding, quickspec = EXCLUDED.quickspec,
       intent_category = EXCLUDED.intent_category, success_score = EXCLUDED.success_score,
       source = EXCLUDED.source, updated_at = now(), taught_at = now()
RETURNING e.id

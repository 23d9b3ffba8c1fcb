-- The spec taught for exactly these words: what was taught for all first, the newest of it; what the asking
-- role chose or rated well itself otherwise.
SELECT id, original_query, quickspec, intent_category, success_score::float8,
       (extract(epoch FROM taught_at) * 1000000)::bigint
  FROM router.query_embeddings
 WHERE md5(normalized_query) = md5($1)
   AND normalized_query = $1
   AND quickspec IS NOT NULL
   AND success_score >= 0.3
   AND (source IN ('taught', 'mined') OR created_by = $2)
 ORDER BY source IN ('taught', 'mined') DESC, taught_at DESC, id DESC
 LIMIT 1

-- Past questions that begin with $1 (normalised, at most 100 characters), that ended well and that $2 may be shown.
SELECT original_query, quickspec, success_score::float8
  FROM (SELECT original_query, quickspec, success_score, usage_count, source, created_by
          FROM router.query_embeddings
         WHERE encoder = 'minilm-static-256' AND quickspec IS NOT NULL
           AND left(normalized_query, 100) ~>=~ $1 AND left(normalized_query, 100) ~<~ ($1 || U&'\+10FFFF')
         LIMIT 1000) q
 WHERE success_score >= 0.5 AND (source IN ('taught', 'mined') OR created_by = $2)
 ORDER BY usage_count DESC, success_score DESC, length(original_query), original_query
 LIMIT 50

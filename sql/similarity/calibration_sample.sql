-- The newest questions that both encoder $1 and the local one have embedded: their vectors.
SELECT v.embedding, l.embedding
  FROM router.query_embeddings v
  JOIN router.query_embeddings l ON md5(l.normalized_query) = md5(v.normalized_query) AND l.created_by = v.created_by
                                AND l.encoder = 'minilm-static-256'
 WHERE v.encoder = $1
 ORDER BY v.id DESC
 LIMIT $2

-- Takes a question out, with what other encoders made of it.
DELETE FROM router.query_embeddings o
 USING router.query_embeddings q
 WHERE q.id = $1 AND ($2 OR q.created_by = $3)
   AND md5(o.normalized_query) = md5(q.normalized_query)
   AND o.normalized_query = q.normalized_query
   AND o.created_by = q.created_by

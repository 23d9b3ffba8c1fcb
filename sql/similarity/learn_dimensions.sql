-- How long an encoder's vectors are, from the first that came: the index is made before they are stored.
UPDATE router.encoders e SET dimensions = cardinality(r.embedding)
  FROM (SELECT embedding FROM router.remote_embeddings WHERE model_id = $1 LIMIT 1) r
 WHERE e.name = $1 AND e.dimensions IS NULL

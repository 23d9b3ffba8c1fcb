-- Takes an encoder's vectors and what waits for it out. Its index stays, empty, for when it comes back.
WITH vectors AS (DELETE FROM router.query_embeddings WHERE encoder = $1 RETURNING 1),
     queued AS (DELETE FROM router.embedding_queue WHERE encoder = $1),
     encoder AS (DELETE FROM router.encoders WHERE name = $1 RETURNING 1)
SELECT EXISTS (SELECT FROM encoder), (SELECT count(*) FROM vectors)

-- The vector $3 that model $2 gave for text $1.
INSERT INTO router.remote_embeddings AS e (text_hash, model_id, embedding)
VALUES (sha256(convert_to($1, 'UTF8')), $2, $3)
ON CONFLICT (text_hash, model_id) DO UPDATE SET embedding = excluded.embedding, created_at = clock_timestamp()

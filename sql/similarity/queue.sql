-- Questions that wait to be embedded by another encoder than the local one. The worker hands some at a time to the
-- requests to endpoints (router.remote_queue), and stores the vectors that came (router.remote_embeddings).
CREATE TABLE router.embedding_queue (
  encoder     text        NOT NULL,
  question_id bigint      NOT NULL,
  attempts    smallint    NOT NULL DEFAULT 0,
  not_before  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (encoder, question_id)
);
COMMENT ON TABLE router.embedding_queue IS 'Questions that wait to be embedded by an encoder other than the local one';
CREATE INDEX embedding_queue_due_idx ON router.embedding_queue (encoder, not_before);

-- Queues up to n more questions for this encoder, in the order in which they were taught. Returns how many.
CREATE FUNCTION router.fill_embedding_queue(for_encoder text, n integer)
RETURNS integer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO router.encoders (name) VALUES (for_encoder) ON CONFLICT DO NOTHING;
  WITH next AS (
    SELECT l.id
      FROM router.query_embeddings l
     WHERE l.encoder = 'minilm-static-256' AND l.id > (SELECT e.queued_to FROM router.encoders e WHERE e.name = for_encoder)
     ORDER BY l.id
     LIMIT n),
  advanced AS (
    UPDATE router.encoders e SET queued_to = (SELECT max(id) FROM next)
     WHERE e.name = for_encoder AND EXISTS (SELECT FROM next)),
  queued AS (
    INSERT INTO router.embedding_queue (encoder, question_id) SELECT for_encoder, id FROM next
    ON CONFLICT DO NOTHING)
  SELECT count(*)::integer FROM next;
END;

-- Takes up to n due questions, and puts off when they are due again (2 min, 4 min, ... up to 4 hours): what was lost
-- on the way is asked for once more, and not for ever at once.
CREATE FUNCTION router.claim_embeddings(for_encoder text, n integer)
RETURNS TABLE (question_id bigint, question text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  WITH due AS (
    SELECT q.question_id FROM router.embedding_queue q
     WHERE q.encoder = for_encoder AND q.not_before <= now()
     ORDER BY q.not_before, q.question_id
     LIMIT n
     FOR UPDATE SKIP LOCKED),
  claimed AS (
    UPDATE router.embedding_queue q
       SET attempts = least(q.attempts + 1, 30000)::smallint,
           not_before = now() + least(interval '4 hours', interval '2 minutes' * 2 ^ least(q.attempts, 9))
      FROM due
     WHERE q.encoder = for_encoder AND q.question_id = due.question_id
    RETURNING q.question_id)
  SELECT e.id, e.original_query FROM claimed c JOIN router.query_embeddings e ON e.id = c.question_id;
END;

-- Stores what the endpoint gave for a claimed question. False when the question was forgotten meanwhile.
CREATE FUNCTION router.store_embedding(for_encoder text, for_question bigint, vec real[])
RETURNS boolean
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  DELETE FROM router.embedding_queue q WHERE q.encoder = for_encoder AND q.question_id = for_question;
  WITH stored AS (
    INSERT INTO router.query_embeddings AS e (original_query, normalized_query, embedding, encoder, intent_category,
                                              source, created_by)
    SELECT l.original_query, l.normalized_query, vec::vector, for_encoder, l.intent_category, l.source, l.created_by
      FROM router.query_embeddings l
     WHERE l.id = for_question
    ON CONFLICT (md5(normalized_query), encoder, created_by) DO UPDATE
       SET original_query = EXCLUDED.original_query, embedding = EXCLUDED.embedding, updated_at = now()
    RETURNING 1)
  SELECT count(*) > 0 FROM stored;
END;

-- Moves up to n vectors that endpoints gave for queued questions to where they are searched; returns how many.
CREATE FUNCTION router.store_arrived_embeddings(for_encoder text, n integer)
RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  WITH arrived AS (
    SELECT q.question_id, r.text_hash, r.embedding
      FROM router.embedding_queue q
      JOIN router.query_embeddings l ON l.id = q.question_id
      JOIN router.remote_embeddings r ON r.text_hash = sha256(convert_to(l.original_query, 'UTF8')) AND r.model_id = for_encoder
     WHERE q.encoder = for_encoder AND q.attempts > 0
     LIMIT n),
  taken AS (
    DELETE FROM router.remote_embeddings r USING arrived a WHERE r.text_hash = a.text_hash AND r.model_id = for_encoder)
  SELECT count(router.store_embedding(for_encoder, a.question_id, a.embedding)) FROM arrived a;
END;

-- Takes the questions out of the queue that were forgotten.
CREATE FUNCTION router.tidy_embedding_queue(for_encoder text)
RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  DELETE FROM router.embedding_queue q
   WHERE q.encoder = for_encoder AND NOT EXISTS (SELECT FROM router.query_embeddings l WHERE l.id = q.question_id);
END;

-- How far each encoder is with the questions there are.
CREATE VIEW router.embedding_progress AS
SELECT e.name AS encoder, e.dimensions,
       (SELECT count(*) FROM router.query_embeddings l WHERE l.encoder = 'minilm-static-256') AS questions,
       (SELECT count(*) FROM router.query_embeddings v WHERE v.encoder = e.name) AS embedded,
       (SELECT count(*) FROM router.embedding_queue q WHERE q.encoder = e.name) AS queued,
       (SELECT r.last_error FROM router.remote_queue r WHERE r.kind = 'embed' AND r.last_error IS NOT NULL
         ORDER BY r.entry_id DESC LIMIT 1) AS last_error
  FROM router.encoders e;
COMMENT ON VIEW router.embedding_progress IS 'How many of the stored questions each encoder has embedded';

REVOKE ALL ON router.encoders, router.embedding_queue, router.embedding_progress FROM PUBLIC;
REVOKE ALL ON FUNCTION router.indexed_type(integer), router.create_encoder_index(text, integer), router.index_encoder(),
  router.check_encoder(), router.nearest_statement(text, integer), router.fill_embedding_queue(text, integer),
  router.claim_embeddings(text, integer), router.store_embedding(text, bigint, real[]),
  router.store_arrived_embeddings(text, integer), router.tidy_embedding_queue(text) FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('router.encoders', $$WHERE name <> 'minilm-static-256'$$);
SELECT pg_catalog.pg_extension_config_dump('router.embedding_queue', '');

-- Questions with a known answer or a known intent, and their vectors. `vector` is pgvector's type, found
-- wherever that extension lives: its schema is on the search_path while this one is created.
CREATE TABLE router.query_embeddings (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  original_query   text        NOT NULL,
  normalized_query text        NOT NULL,
  embedding        vector      NOT NULL,
  encoder          text        NOT NULL DEFAULT 'minilm-static-256',
  quickspec        jsonb       CHECK (jsonb_typeof(quickspec) = 'object'),  -- null: an example of an intent
  intent_category  text,
  success_score    real        NOT NULL DEFAULT 1 CHECK (success_score BETWEEN 0 AND 1),
  usage_count      bigint      NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
  source           text        NOT NULL DEFAULT 'taught' CHECK (source IN ('taught', 'chosen', 'feedback', 'mined')),
  created_by       text        NOT NULL DEFAULT current_user,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  taught_at        timestamptz NOT NULL DEFAULT now(),  -- when its spec was said: what 'last month' in it means
  -- A zero vector is near nothing: cosine distance to it is not a number.
  CONSTRAINT embedding_is_not_zero CHECK (vector_norm(embedding) > 0),
  CONSTRAINT embedding_fits_encoder CHECK (encoder <> 'minilm-static-256' OR vector_dims(embedding) = 256)
);
COMMENT ON TABLE router.query_embeddings IS 'Questions with a known answer or intent, for exact and similar questions';

-- The same words by the same person are one row. The exact match is one probe of this index.
CREATE UNIQUE INDEX query_embeddings_question_idx
  ON router.query_embeddings (md5(normalized_query), encoder, created_by);

-- Completions of what somebody begins to ask.
CREATE INDEX query_embeddings_prefix_idx
  ON router.query_embeddings (left(normalized_query, 100) text_pattern_ops)
  WHERE encoder = 'minilm-static-256' AND quickspec IS NOT NULL;

-- What people thought of answers.
CREATE TABLE router.feedback (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id text        NOT NULL,
  prompt     text        NOT NULL,
  quickspec  jsonb,
  rating     smallint    NOT NULL CHECK (rating BETWEEN 1 AND 5),
  comment    text,
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.feedback IS 'Ratings of answers by the people who asked';
CREATE INDEX feedback_time_idx ON router.feedback (created_at);

-- Classifiers of intents; the newest is in use.
CREATE TABLE router.intent_models (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  labels     text[]      NOT NULL,
  weights    bytea       NOT NULL,
  report     jsonb       NOT NULL,
  trained_by text        NOT NULL,
  trained_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.intent_models IS 'Intent classifiers fitted by router_train()';

-- Answers by keyword, for questions that nothing else answers.
CREATE TABLE router.templates (
  name       text        PRIMARY KEY CHECK (name <> ''),
  patterns   text[]      NOT NULL CHECK (cardinality(patterns) > 0),
  quickspec  jsonb       NOT NULL CHECK (jsonb_typeof(quickspec) = 'object'),
  created_by text        NOT NULL DEFAULT current_user,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.templates IS 'Answers by keyword, tried when a question is not understood otherwise';

-- A user's own steps of the fallback chain. The function is kept by name: OIDs change with a dump.
CREATE TABLE router.handlers (
  name       text        PRIMARY KEY CHECK (name <> ''),
  priority   integer     NOT NULL,
  function   text        NOT NULL,  -- schema.name(text,jsonb)
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.handlers IS 'Functions that propose answers in the fallback chain, by priority';

REVOKE ALL ON router.query_embeddings, router.feedback, router.intent_models, router.templates, router.handlers FROM PUBLIC;

DO $$
BEGIN
  PERFORM pg_catalog.pg_extension_config_dump('router.query_embeddings', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.query_embeddings_id_seq', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.feedback', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.feedback_id_seq', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.templates', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.handlers', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.intent_models', '');
  PERFORM pg_catalog.pg_extension_config_dump('router.intent_models_id_seq', '');
END
$$;
